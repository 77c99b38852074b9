"""From what a network paints to a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["to_image"]


def to_image(picture: NDArray[np.float32]) -> Image:
    """The 8-bit picture of [3, H, W] in [-1, 1]; what lies beyond is clipped."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    pixels = np.clip(np.rint(picture.transpose(1, 2, 0) * 127.5 + 127.5), 0, 255)
    return pil.fromarray(pixels.astype(np.uint8), "RGB")
