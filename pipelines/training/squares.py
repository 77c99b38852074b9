"""Random squares of pictures to train on."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.training.sheets import to_tensor

__all__ = ["draw_squares"]


def draw_squares(
    pixels: NDArray[np.uint8], count: int, side: int, *, shift: int
) -> Float[Tensor, "B 3 S S"]:
    """Draw squares, each mirrored or not: crops with much in them, or shifted whole pictures.

    Half of every sheet is bare paper, which is learned soon; of a few places in a picture,
    the one with the largest deviation is taken. All randomness comes from torch's generator.

    Args:
        pixels: Pictures, shape [N, R, R, 3].
        count: B.
        side: S, at most R.
        shift: Largest shift of a whole picture, in pixels.
    """
    size = pixels.shape[1]
    crops = []
    for i in torch.randint(0, len(pixels), (count,)).tolist():
        places = torch.randint(0, size - side + 1, (3, 2)).tolist()
        views = [pixels[i, y : y + side, x : x + side] for y, x in places]
        crops.append(max(views, key=np.std) if side < size else views[0])
    real = to_tensor(np.stack(crops))
    mirrored = torch.rand(count, 1, 1, 1) < 0.5  # noqa: PLR2004 - a fair coin
    real = torch.where(mirrored, real.flip(3), real)
    return real if side < size else _shifted(real, shift)


def _shifted(real: Tensor, shift: int) -> Tensor:
    size = real.shape[2]
    top, left = (int(i) for i in torch.randint(0, 2 * shift + 1, (2,)))
    padded = functional.pad(real, (shift, shift, shift, shift), "replicate")
    return padded[:, :, top : top + size, left : left + size]
