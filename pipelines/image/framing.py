"""A foreign picture made fit for a model: cropped where it matters, on the model's own paper.

Models of this family know one kind of ground, such as cream paper, so a photo on a grey table is
far from everything they can paint. `match` moves only the ground: a plane of colour is fitted to
the border, pixels near that plane slide to the paper, and the whole is white balanced as far as
the border is of one colour. What differs from the ground is left alone.
Legend: H, W pixels; colours are CIELAB (L 0..100) or sRGB in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.attributes import lab
from pipelines.errors import ExportError, outside

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["LARGEST", "SMALLEST", "Crop", "cut", "ground", "match", "reduced", "stands_out"]

Floats = NDArray[np.float64]
LARGEST = 1024
"""Longer side that a picture is reduced to; the model sees 128 pixels."""
SMALLEST = 32
"""Shorter side below which there is nothing to see, and smallest crop."""
FILL = 0.72
"""Share of the crop's side that what stands out takes, as in the watercolours."""
EDGE = 0.06
"""Width of the border, as a share of the shorter side."""
ROUNDING = 0.5
"""Pixels that a crop may stick out by."""
SEEN = 96
"""Side at which a picture is judged."""


@dataclass(frozen=True)
class Crop:
    """A square of a picture, in its pixels.

    Attributes:
        x: Left edge.
        y: Upper edge.
        side: Side.
    """

    x: float
    y: float
    side: float

    def check(self, width: int, height: int) -> Crop:
        """Itself, if it lies within a picture of that size.

        Raises:
            ControlError: If it does not.
        """
        largest = min(width, height)
        if not SMALLEST <= self.side <= largest + ROUNDING:
            raise outside("side", self.side, SMALLEST, largest)
        for name, start, size in (("x", self.x, width), ("y", self.y, height)):
            if not -ROUNDING <= start <= size - self.side + ROUNDING:
                raise outside(name, start, 0, size - self.side)
        return self


def reduced(picture: Image, paper: tuple[float, float, float], name: str = "") -> Image:
    """The picture upright, without transparency, its longer side at most `LARGEST`.

    Args:
        picture: Any mode.
        paper: What shows through, sRGB in 0..1.
        name: Of its file, for messages.

    Raises:
        ExportError: ``picture_too_small`` if its shorter side is under `SMALLEST`.
    """
    from PIL import Image as pil  # noqa: N813 - the class hides the module
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(picture)
    if min(picture.size) < SMALLEST:
        raise ExportError(
            "picture_too_small",
            name=name,
            value=f"{picture.width} x {picture.height} px",
            rule=f"under {SMALLEST} pixels a side",
            remedy="bring a larger one",
        )
    if picture.mode == "RGBA":
        sheet = pil.new("RGBA", picture.size, tuple(round(255 * one) for one in (*paper, 1.0)))
        picture = pil.alpha_composite(sheet, picture)
    picture = picture.convert("RGB")
    scale = LARGEST / max(picture.size)
    if scale < 1:
        size = (max(SMALLEST, round(side * scale)) for side in picture.size)
        picture = picture.resize((next(size), next(size)), pil.Resampling.LANCZOS)
    return picture


def cut(picture: Image, crop: Crop, side: int) -> NDArray[np.uint8]:
    """The crop at ``side`` pixels, RGB in 0..255, shape [side, side, 3]."""
    from PIL import Image as pil  # noqa: N813

    crop.check(*picture.size)
    width, height = picture.size
    box = (
        max(0.0, crop.x),
        max(0.0, crop.y),
        min(float(width), crop.x + crop.side),
        min(float(height), crop.y + crop.side),
    )
    small = picture.resize((side, side), pil.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return np.asarray(small)


def stands_out(picture: Image) -> Crop:
    """The largest sensible square around what differs from the ground; the middle if nothing does.

    What differs is weighed by how much; the square holds the middle 90 % of that weight with the
    margin that `FILL` leaves.
    """
    width, height = picture.size
    scale = SEEN / max(width, height)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    colours = _lab(np.asarray(picture.resize(size)) / 255.0)
    apart = np.linalg.norm(colours - ground(colours), axis=2)
    at_edge = apart[_border(*apart.shape)]
    weight = np.clip(apart - max(8.0, 1.5 * float(np.median(at_edge))), 0.0, None)
    short = float(min(width, height))
    if weight.sum() < 1e-6 * weight.size:  # a plain surface
        return Crop((width - short) / 2, (height - short) / 2, short)
    left, right = _middle(weight.sum(axis=0))
    top, bottom = _middle(weight.sum(axis=1))
    extent = max((right - left) * width, (bottom - top) * height)
    side = float(np.clip(extent / FILL, max(SMALLEST, 0.35 * short), short))
    x = np.clip((left + right) / 2 * width - side / 2, 0.0, width - side)
    y = np.clip((top + bottom) / 2 * height - side / 2, 0.0, height - side)
    return Crop(float(x), float(y), side)


def match(pixels: NDArray[np.uint8], paper: tuple[float, float, float]) -> NDArray[np.uint8]:
    """The picture with its ground moved to the paper.

    Args:
        pixels: RGB in 0..255, shape [H, W, 3].
        paper: Colour of the model's paper, sRGB in 0..1.
    """
    colours = _lab(pixels / 255.0)
    under = ground(colours)
    edge = _border(*colours.shape[:2])
    apart = np.linalg.norm(colours - under, axis=2)
    uneven = float(np.median(apart[edge]))
    plain = float(np.exp(-((uneven / 12.0) ** 2)))  # 1 for one colour, 0 for a busy border
    wanted = _lab(np.asarray(paper, dtype=np.float64).reshape(1, 1, 3))
    colour = np.median(under[edge], axis=0)
    balanced = colours.copy()
    balanced[..., 1:] += 0.6 * plain * (wanted[0, 0, 1:] - colour[1:])
    balanced[..., 0] += 0.3 * plain * np.clip(wanted[0, 0, 0] - colour[0], -25.0, 25.0)
    near = plain * np.exp(-((apart / max(10.0, 2.5 * uneven)) ** 2))[..., None]
    lifted = wanted + (colours - under)
    mixed = near * lifted + (1 - near) * balanced
    rgb = _rgb(mixed)
    result: NDArray[np.uint8] = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return result


def ground(colours: Floats) -> Floats:
    """The plane of colour through the border, shape [H, W, 3], fitted twice without outliers."""
    height, width = colours.shape[:2]
    edge = _border(height, width)
    rows, columns = np.mgrid[0:height, 0:width]
    terms = np.stack([np.ones(edge.shape), rows / height - 0.5, columns / width - 0.5], axis=-1)
    chosen = edge
    flat = np.broadcast_to(np.median(colours[edge], axis=0), colours.shape)
    for _ in range(2):
        apart = np.linalg.norm(colours - flat, axis=2)
        kept = chosen & (apart <= np.quantile(apart[edge], 0.75) + 1e-6)
        solved, *_rest = np.linalg.lstsq(terms[kept], colours[kept], rcond=None)
        flat = terms @ solved
    return np.asarray(flat)


def _border(height: int, width: int) -> NDArray[np.bool_]:
    band = max(1, round(EDGE * min(height, width)))
    mask = np.ones((height, width), dtype=bool)
    mask[band:-band, band:-band] = False
    return mask


def _middle(weight: Floats) -> tuple[float, float]:
    """Where the middle 90 % of a profile begins and ends, as shares of its length."""
    share = np.cumsum(weight) / weight.sum()
    return (
        float(np.searchsorted(share, 0.05)) / len(weight),
        float(np.searchsorted(share, 0.95) + 1) / len(weight),
    )


_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
KNEE = 0.0031308
_WHITE = np.array([0.95047, 1.0, 1.08883])


def _lab(rgb: NDArray[np.floating]) -> Floats:
    """SRGB in 0..1, shape [H, W, 3], to CIELAB."""
    return np.asarray(np.stack(lab(np.asarray(rgb, dtype=np.float64)[None]), axis=-1)[0])


def _rgb(colours: Floats) -> Floats:
    """CIELAB to sRGB, not clipped above."""
    middle = (colours[..., 0] + 16) / 116
    root = np.stack(
        [middle + colours[..., 1] / 500, middle, middle - colours[..., 2] / 200], axis=-1
    )
    xyz = np.where(root > 6 / 29, root**3, (root - 16 / 116) * 108 / 841) * _WHITE
    linear = np.clip(xyz @ np.linalg.inv(_TO_XYZ).T, 0, None)
    bent = np.where(linear <= KNEE, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(bent)
