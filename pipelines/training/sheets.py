"""Between 8-bit pictures and tensors, and contact sheets to look at."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def to_tensor(pixels: NDArray[np.uint8]) -> Float[Tensor, "B 3 R R"]:
    """Return 8-bit pictures [B, R, R, 3] as a tensor in [-1, 1]."""
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float() / 127.5 - 1


def to_pixels(pictures: Float[Tensor, "B 3 R R"]) -> NDArray[np.uint8]:
    """Return pictures in [-1, 1] as 8-bit [B, R, R, 3], clipped."""
    scaled = (pictures.detach().float().clamp(-1, 1) + 1) * 127.5
    pixels: NDArray[np.uint8] = scaled.round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def contact_sheet(pixels: NDArray[np.uint8], columns: int) -> Image.Image:
    """Return pictures [B, R, R, 3] side by side, ``columns`` a row, white where none is left."""
    missing = -len(pixels) % columns
    blank = np.full((missing, *pixels.shape[1:]), 255, dtype=np.uint8)
    filled = np.concatenate([pixels, blank])
    side = pixels.shape[1]
    rows = filled.reshape(-1, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    return Image.fromarray(rows.reshape(-1, columns * side, 3))
