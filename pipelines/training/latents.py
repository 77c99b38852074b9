"""The training set of a latent family: every picture encoded once, before the first step."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from pipelines.image.autoencoder import LatentCodec
from pipelines.training.data import Pictures
from pipelines.training.parallel import Workers
from pipelines.training.sheets import to_tensor

FIRST_SHIFTED = 2
SHIFT = 4


@dataclass(frozen=True)
class LatentSet:
    """Normalised latents and their classes.

    Attributes:
        latents: One or more variants of every picture, shape [M, C, R, R].
        labels: Class of each, shape [M].
    """

    latents: Float[Tensor, "M C R R"]
    labels: Int[Tensor, " M"]

    def draw(self, count: int) -> tuple[Float[Tensor, "B C R R"], Int[Tensor, " B"]]:
        """Draw a batch with replacement."""
        index = torch.randint(0, len(self.labels), (count,))
        return self.latents[index].float(), self.labels[index]


def latents_of(
    codec: LatentCodec, pictures: Pictures, *, workers: Workers, cache: Path | None = None
) -> LatentSet:
    """The latents of every picture, kept in the folder ``cache`` where one is given."""
    stamp = hashlib.sha256("\n".join(pictures.names).encode())
    stamp.update(pictures.pixels[:: max(1, len(pictures.names) // 64)].tobytes())
    for value in codec.autoencoder.encoder.state_dict().values():
        stamp.update(value.numpy().tobytes())
    place = cache and cache / f"latents-{stamp.hexdigest()[:16]}.npy"
    if place and place.exists():
        stored = torch.from_numpy(np.load(place, allow_pickle=False))
        return LatentSet(stored, torch.from_numpy(pictures.labels))
    made = encode_pictures(codec, pictures, variants=1, workers=workers)
    if place:
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, made.latents.numpy(), allow_pickle=False)
    return made


def encode_pictures(
    codec: LatentCodec | None, pictures: Pictures, *, variants: int, workers: Workers
) -> LatentSet:
    """Encode every picture ``variants`` times: as it is, mirrored, then shifted a little.

    Without a codec (pixel mode) the pictures themselves are kept, scaled to [-1, 1].
    """
    chunks = np.array_split(pictures.pixels, max(1, len(pictures.names) // 32))
    jobs = [(chunk, variant) for variant in range(variants) for chunk in chunks]

    def encode(job: tuple[NDArray[np.uint8], int]) -> Tensor:
        with torch.inference_mode():
            view = _view(to_tensor(job[0]), job[1])
            return (view if codec is None else codec.encode(view)).half()

    latents = torch.cat(workers.map(encode, tqdm(jobs, desc="encoding"))).clone()
    return LatentSet(latents, torch.from_numpy(pictures.labels).repeat(variants))


def _view(batch: Float[Tensor, "B 3 R R"], variant: int) -> Float[Tensor, "B 3 R R"]:
    """Return a variant: even ones as they are, odd ones mirrored, from the third on shifted."""
    if variant % 2:
        batch = batch.flip(3)
    if variant < FIRST_SHIFTED:
        return batch
    size = batch.shape[3]
    padded = functional.pad(batch, (SHIFT, SHIFT, SHIFT, SHIFT), "replicate")
    top, left = (int(i) for i in torch.randint(0, 2 * SHIFT + 1, (2,)))
    return padded[:, :, top : top + size, left : left + size]
