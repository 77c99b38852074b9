"""The file of a sketch: a PNG that any program shows, and that says all a painter is told.

An opaque RGB picture, R wide and 2 R high. Above, the lines: black ink on white. Below, the colour
hints: flat strokes on white; a pixel that is exactly white has no hint (an artist's own white is
254). As an array it is [5, R, R]: ink in [0, 1], RGB in [-1, 1] that is 0 where no hint is, and 1
where a hint is.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import RequestError

__all__ = ["MAX_SIDE", "read_sketch", "write_sketch"]

Array = NDArray[np.float32]
MAX_SIDE = 1024
WHITE = 255


def read_sketch(data: bytes, side: int) -> Array:
    """The sketch in a file, shape [5, side, side].

    Raises:
        RequestError: ``bad_sketch`` if it is not such a PNG of that size.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.size != (side, 2 * side):
                raise _refused(f"{image.width} x {image.height} px", side)
            image.load()
            pixels = np.asarray(image.convert("RGB"))
    except RequestError:
        raise
    # Pillow raises some ten kinds of error on damaged data, and promises none of them.
    except Exception as error:
        raise _refused(f"{len(data)} bytes", side) from error
    lines, hints = pixels[:side], pixels[side:]
    told = (hints != WHITE).any(axis=2)
    sketch = np.zeros((5, side, side), np.float32)
    sketch[0] = 1 - lines.astype(np.float32).mean(axis=2) / 255
    sketch[1:4] = np.where(told, hints.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1, 0)
    sketch[4] = told
    return sketch


def write_sketch(sketch: Array) -> bytes:
    """The file of a sketch [5, R, R]; equal sketches give equal bytes."""
    from PIL import Image

    lines = np.rint(255 * (1 - sketch[:1])).clip(0, 255).repeat(3, axis=0)
    hints = np.rint((sketch[1:4] + 1) * 127.5).clip(0, WHITE - 1)
    pixels = np.concatenate([lines, np.where(sketch[4:] > 0, hints, WHITE)], axis=1)
    buffer = io.BytesIO()
    image = Image.fromarray(pixels.transpose(1, 2, 0).astype(np.uint8), "RGB")
    image.save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()


def _refused(value: str, side: int) -> RequestError:
    return RequestError(
        "bad_sketch",
        name="sketch",
        value=value,
        rule=f"not a sketch: a PNG of {side} x {2 * side} px",
        remedy="draw it in the studio, or save it in that size",
    )
