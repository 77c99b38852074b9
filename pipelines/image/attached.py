"""Attached pictures and masks as arrays."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pipelines.attachments import Attached
from pipelines.errors import RequestError

__all__ = ["Mask", "open_mask", "open_picture"]

Array = NDArray[np.float32]
MAX_PIXELS = 64_000_000
SOFT = 1.5
"""Radius over which a mask's edge fades, in pixels of the picture."""


@dataclass(frozen=True)
class Mask:
    """Where a picture is painted anew: 1 there, 0 where it stays.

    Attributes:
        large: Over the picture, with a soft edge, shape [1, 1, 8R, 8R].
        small: Over the latent, every cell that the mask touches, shape [1, 1, R, R].
    """

    large: Array
    small: Array


def open_picture(attached: Attached, side: int, name: str = "picture") -> Array | None:
    """The middle square of the attached file ``name`` in [-1, 1], shape [1, 3, side, side].

    Raises:
        RequestError: ``bad_attachment`` if it is not a picture.
    """
    if name not in attached:
        return None
    image = _square(attached, name).convert("RGB").resize((side, side), _LANCZOS)
    pixels = np.asarray(image, dtype=np.float32).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(pixels / np.float32(127.5) - 1)


def open_mask(attached: Attached, latent: Array) -> Mask | None:
    """The attached ``mask`` for a latent [1, C, R, R]; None if there is none.

    Raises:
        RequestError: ``bad_attachment`` if it is not a picture or there is no picture beside it,
            ``nothing_brushed`` if it is nowhere white.
    """
    if "mask" not in attached:
        return None
    if "picture" not in attached:
        raise RequestError(
            "bad_attachment",
            name="inputs.mask",
            rule="without a picture",
            remedy="attach the picture that it belongs to",
        )
    side = latent.shape[2]
    image = _square(attached, "mask").convert("L").resize((8 * side, 8 * side), _LANCZOS)
    hard = np.asarray(image, dtype=np.float32) / np.float32(255)
    small = hard.reshape(side, 8, side, 8).max(axis=(1, 3)) > 0.5  # noqa: PLR2004 - white
    if not small.any():
        raise RequestError(
            "nothing_brushed",
            name="inputs.mask",
            rule="black all over",
            remedy="brush over a part of the picture",
        )
    blurred = image.filter(ImageFilter.GaussianBlur(SOFT))
    large = np.asarray(blurred, dtype=np.float32) / np.float32(255)
    return Mask(large[None, None], small.astype(np.float32)[None, None])


_LANCZOS = Image.Resampling.LANCZOS


def _square(attached: Attached, name: str) -> Image.Image:
    """The largest centred square of an attached file."""
    try:
        with Image.open(io.BytesIO(attached[name])) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise ValueError(opened.size)
            opened.load()
            side = min(opened.size)
            left, top = (opened.width - side) // 2, (opened.height - side) // 2
            return opened.crop((left, top, left + side, top + side))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RequestError(
            "bad_attachment",
            name=f"inputs.{name}",
            rule="not a picture",
            remedy="attach a PNG, JPEG or WebP",
        ) from error
