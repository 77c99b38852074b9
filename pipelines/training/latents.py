"""The training set of a latent family: every picture encoded once, and its mirror image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from pipelines.image.autoencoder import LatentCodec
from pipelines.training.data import Pictures
from pipelines.training.sheets import to_tensor


@dataclass(frozen=True)
class LatentSet:
    """Normalised latents and their classes.

    Attributes:
        latents: Variants of every picture, as it is and mirrored, shape [M, C, R, R].
        labels: Class of each, shape [M].
    """

    latents: Float[Tensor, "M C R R"]
    labels: Int[Tensor, " M"]

    def draw(self, count: int) -> tuple[Float[Tensor, "B C R R"], Int[Tensor, " B"]]:
        """Draw a batch with replacement."""
        index = torch.randint(0, len(self.labels), (count,))
        return self.latents[index].float(), self.labels[index]


def encode_pictures(
    codec: LatentCodec | None, pictures: Pictures, *, variants: int = 1, shift: int = 4
) -> LatentSet:
    """Encode every picture and its mirror image, ``variants`` times.

    The first variant is the picture as it is; the others are shifted by up to ``shift`` pixels.
    Without a codec (pixel mode) the pictures themselves are kept, scaled to [-1, 1].
    """
    parts = []
    size = pictures.pixels.shape[1]
    repeats = variants if codec is not None else 1
    for variant in range(repeats):
        for pixels in np.array_split(pictures.pixels, max(1, len(pictures.names) // 32)):
            batch = to_tensor(pixels)
            if variant:
                padded = functional.pad(batch, (shift, shift, shift, shift), "replicate")
                top, left = (int(i) for i in torch.randint(0, 2 * shift + 1, (2,)))
                batch = padded[:, :, top : top + size, left : left + size]
            with torch.inference_mode():
                for view in (batch, batch.flip(3)):
                    parts.append(view.half() if codec is None else codec.encode(view).half())
    order = [
        torch.from_numpy(part).repeat(2)
        for _ in range(repeats)
        for part in np.array_split(pictures.labels, max(1, len(pictures.names) // 32))
    ]
    return LatentSet(torch.cat(parts).clone(), torch.cat(order))
