"""From what a network paints to a picture, and pictures that are small or see-through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["enlarged", "flat", "is_pixel_art", "to_image"]

MAT = (248, 246, 241)
"""What a see-through picture is laid on: the page's mat by daylight."""
PIXEL_ART = 48
"""Longest side, in pixels, of a picture whose every pixel is meant; paintings begin at 64."""


def to_image(picture: NDArray[np.float32]) -> Image:
    """The 8-bit picture of [3, H, W] in [-1, 1]; what lies beyond is clipped."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    pixels = np.clip(np.rint(picture.transpose(1, 2, 0) * 127.5 + 127.5), 0, 255)
    return pil.fromarray(pixels.astype(np.uint8), "RGB")


def flat(image: Image) -> Image:
    """The picture in RGB; one that can be seen through lies on the mat."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    if not image.has_transparency_data:
        return image.convert("RGB")
    ground = pil.new("RGBA", image.size, (*MAT, 255))
    return pil.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def is_pixel_art(image: Image) -> bool:
    """Whether smoothing would spoil the picture: one of few pixels."""
    return max(image.size) <= PIXEL_ART


def enlarged(image: Image, side: int) -> Image:
    """Pixel art whose longer side is at most ``side``, each pixel a whole square."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    times = max(1, side // max(image.size))
    size = (image.width * times, image.height * times)
    return image.resize(size, pil.Resampling.NEAREST)
