"""Reads the folder of a variational autoencoder: decoder and directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from pipelines.errors import unfit
from pipelines.image.direction_files import read_directions
from pipelines.image.model_files import OneLayer
from pipelines.latents import LatentSpace
from pipelines.networks.network_files import weights_of
from pipelines.networks.vae_files import MIXTURE, WEIGHTS, load_decoder, load_mixture

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.vae.VAE` but for its card and folder.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        decoder = load_decoder(folder)
        shape = (1, decoder.sizes.z_dim)
        directions = read_directions(folder, shape)
        mixture = load_mixture(folder)
        if mixture is not None and mixture.factor.shape[1:] != (shape[1], shape[1]):
            raise ValueError("the mixture has another shape")
        files = [folder / name for name in (WEIGHTS, MIXTURE) if (folder / name).is_file()]
        weights = weights_of(files)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    space = LatentSpace(
        shape=shape,
        interpolation="slerp",
        center=np.zeros(shape, np.float32) if mixture is None else mixture.center[None],
        spread=np.ones(shape, np.float32) if mixture is None else mixture.spread[None],
        directions=directions,
    )
    return {
        "weights": weights,
        "painter": OneLayer(decoder).eval(),
        "latent_space": space,
        "mixture": mixture,
    }
