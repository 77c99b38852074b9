"""Many pictures of a latent family at once: of seeds, of latents, of other pictures."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.image.dcgan import DCGAN
from pipelines.image.vae import VAE
from pipelines.request import Request
from pipelines.training.mixture import encode
from pipelines.training.sheets import to_pixels

__all__ = ["again", "latents", "painted"]

BATCH = 32
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def latents(model: VAE | DCGAN, first: int, count: int) -> Floats:
    """Where ``count`` seeds from ``first`` on land, shape [N, 1, Z]."""
    fresh = Request(model.card.id, model.weights)
    return np.stack([model.locate(fresh.but(seed=first + i)) for i in range(count)])


def painted(model: VAE | DCGAN, z: Floats) -> Pixels:
    """Pictures [N, R, R, 3] of latents [N, 1, Z]."""
    with torch.inference_mode():
        made = [to_pixels(model.painter(part)) for part in torch.split(torch.from_numpy(z), BATCH)]
    return np.concatenate(made)


def again(model: VAE, pixels: Pixels) -> Pixels:
    """Pictures [N, R, R, 3], each read by a VAE's encoder and painted from its mean."""
    mean, _ = encode(model.inverter().encoder, pixels)
    return painted(model, mean.astype(np.float32)[:, None])
