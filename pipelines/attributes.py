"""What can be measured of a picture: the words that sliders and taste speak of.

Pixels are averaged down to a side of about 64 and turned into CIE L*a*b* (D65, 2
degrees); ``paper`` is the colour of the bare sheet, found on the border; p in [0, 1] says how far
a pixel is painted,

    d = |Lab - paper|,    p = clip((d - 8) / 10, 0, 1),

a ramp rather than a threshold, so that a small change of the picture is a small change of every
attribute. With E[f] = sum(p f) / sum(p), the mean over the painted part, C = |(a, b)| the
chroma, (x, y) in [-1, 1] from left to right and from top to bottom:

    warmth      E[a + b] / (sqrt(2) E[C]) in -1..1: red and orange +1, yellow 0.7, green 0.1,
                blue -0.3
    lightness   E[L] in 0..100
    saturation  E[C] in about 0..100
    size        mean of p over the sheet in 0..1
    roundness   A^2 / (2 pi sum(p r^2)) in 0..1, A = sum(p), r the distance to the centroid in
                pixels: 1 for one disc, less for an outline that is long or falls into parts
    detail      E[|L - L'|] / (contrast + 1), L' = sum(p L) / sum(p) over 7 x 7 pixels: fine
                structure without the outline, about 0..1
    position    E[y] in -1..1, the lower the greater
    contrast    standard deviation of L over the painted part
    hue_spread  1 - |E[(a, b)]| / E[C] in 0..1: 0 for one hue
    symmetry    1 - sum|p - p'| / sum(p + p') in 0..1, p' mirrored about the centroid's column
    paper       mean of b over the bare sheet: 0 for white, about 13 for cream

A sheet with nothing painted has 0 in everything that speaks of paint, but symmetry, which is 1.
The formulas use only operations that arrays and tensors share, so that directions can be fitted
by differentiating exactly what is measured here. No network, no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ATTRIBUTES", "Attribute", "lab", "measure", "paper_of", "shrink", "survey"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
TINY = 1e-6
SRGB_KNEE = 0.04045
PAPER_RING = 3
PAINT_FROM, PAINT_RAMP = 8.0, 10.0
SIDE = 64
_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE = (0.95047, 1.0, 1.08883)


@dataclass(frozen=True)
class Attribute:
    """One measurable quality of a work.

    Attributes:
        name: Its word, also the name of the slider that moves it.
        measure: Survey of a batch of works -> values, shape [N].
        unit: Unit of the values; empty for a pure number.
        doc: What more of it looks like, in one sentence.
    """

    name: str
    measure: Callable[[Survey], Any]
    unit: str
    doc: str


@dataclass(frozen=True)
class Survey:
    """Everything about a batch of pictures that several attributes share.

    Attributes:
        xp: ``numpy`` or ``torch``, whichever the arrays are of.
        light: L*, shape [N, H, W].
        a: a*, green to red.
        b: b*, blue to yellow.
        paint: p, how far each pixel is painted, 0..1.
        area: Sum of p, shape [N].
    """

    xp: ModuleType
    light: Any
    a: Any
    b: Any
    paint: Any
    area: Any

    def mean(self, values: Any) -> Any:  # noqa: ANN401 - array or tensor
        """E[values]: the mean over the painted part, shape [N]."""
        return (self.paint * values).sum((1, 2)) / (self.area + TINY)

    @property
    def chroma(self) -> Any:  # noqa: ANN401 - array or tensor
        """C = |(a, b)|."""
        return (self.a**2 + self.b**2 + TINY) ** 0.5

    def centroid(self) -> tuple[Any, Any, Any, Any]:
        """Columns and rows in -1..1 ([1, 1, W] and [1, H, 1]), centroid x and y ([N])."""
        height, width = self.paint.shape[1:]
        columns = self.xp.linspace(-1, 1, width).reshape(1, 1, width)
        rows = self.xp.linspace(-1, 1, height).reshape(1, height, 1)
        return columns, rows, self.mean(columns), self.mean(rows)


def lab(rgb: Any, xp: ModuleType = np) -> tuple[Any, Any, Any]:  # noqa: ANN401
    """L*, a*, b* of sRGB in 0..1, shape [N, H, W, 3]; each result [N, H, W]."""
    linear = xp.where(rgb > SRGB_KNEE, ((rgb + 0.055) / 1.055).clip(min=TINY) ** 2.4, rgb / 12.92)
    shares = []
    for row, white in zip(_TO_XYZ, _WHITE, strict=True):
        share = sum(linear[..., i] * (row[i] / white) for i in range(3))
        root = share.clip(min=TINY) ** (1 / 3)
        shares.append(xp.where(share > 216 / 24389, root, share * (24389 / 27 / 116) + 16 / 116))
    x, y, z = shares
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def paper_of(light: Floats, a: Floats, b: Floats) -> Floats:
    """Lab colour of the bare sheet, shape [N, 3].

    The mean over the lighter half of the outermost pixels without the very lightest tenth: a
    fruit that touches the border, a scan edge or a label cannot pull it.
    """
    edge = PAPER_RING
    ring = np.ones(light.shape[1:], dtype=bool)
    ring[edge:-edge, edge:-edge] = False
    colours = np.stack([light[:, ring], a[:, ring], b[:, ring]], axis=-1)  # [N, P, 3]
    order = np.argsort(colours[..., 0], axis=1, kind="stable")
    count = order.shape[1]
    chosen = order[:, count // 2 : count * 9 // 10, None]
    paper: Floats = np.take_along_axis(colours, chosen, axis=1).mean(axis=1)
    return paper


def survey(rgb: Any, xp: ModuleType = np, paper: Any = None) -> Survey:  # noqa: ANN401
    """Find paper and painted part.

    Args:
        rgb: sRGB in 0..1, shape [N, H, W, 3], array or tensor.
        xp: The module it belongs to, ``numpy`` or ``torch``.
        paper: Lab of the sheets, shape [N, 3]; required for tensors, for which it is a constant.
    """
    light, a, b = lab(shrink(rgb), xp)
    sheet: Any = paper_of(light, a, b) if paper is None else paper
    distance = sum(
        (one - sheet[:, i].reshape(-1, 1, 1)) ** 2 for i, one in enumerate((light, a, b))
    )
    paint = (((distance + TINY) ** 0.5 - PAINT_FROM) / PAINT_RAMP).clip(0, 1)
    return Survey(xp, light, a, b, paint, paint.sum((1, 2)))


def shrink(rgb: Any) -> Any:  # noqa: ANN401 - array or tensor
    """Average whole blocks of pixels, so that the shorter side is 64 to 127."""
    factor = max(1, min(rgb.shape[1:3]) // SIDE)
    height, width = rgb.shape[1] // factor, rgb.shape[2] // factor
    cut = rgb[:, : height * factor, : width * factor]
    return cut.reshape(len(rgb), height, factor, width, factor, 3).mean((2, 4))


def _box(xp: ModuleType, plane: Any, radius: int) -> Any:  # noqa: ANN401
    """Sum over (2 radius + 1)^2 neighbours, nothing beyond the border; [N, H, W]."""
    for axis in (1, 2):
        total = xp.cumsum(plane, axis).swapaxes(1, axis)
        ahead = [total[:, radius:], *[total[:, -1:]] * radius]
        behind = [*[total[:, :1] * 0] * (radius + 1), total[:, : -radius - 1]]
        both = xp.concatenate(ahead, axis=1) - xp.concatenate(behind, axis=1)
        plane = both.swapaxes(1, axis)
    return plane


def _warmth(s: Survey) -> Any:  # noqa: ANN401
    return s.mean(s.a + s.b) / (2**0.5 * s.mean(s.chroma) + TINY)


def _roundness(s: Survey) -> Any:  # noqa: ANN401
    columns, rows, x, y = s.centroid()
    height, width = s.paint.shape[1:]
    across = (columns - x.reshape(-1, 1, 1)) * ((width - 1) / 2)
    down = (rows - y.reshape(-1, 1, 1)) * ((height - 1) / 2)
    return s.area**2 / (2 * np.pi * (s.paint * (across**2 + down**2)).sum((1, 2)) + TINY)


def _contrast(s: Survey) -> Any:  # noqa: ANN401
    mean = s.mean(s.light).reshape(-1, 1, 1)
    return (s.mean((s.light - mean) ** 2) + TINY) ** 0.5


def _detail(s: Survey) -> Any:  # noqa: ANN401
    washed = _box(s.xp, s.paint * s.light, 3) / (_box(s.xp, s.paint, 3) + 1e-3)
    return s.mean(abs(s.light - washed)) / (_contrast(s) + 1)


def _hue_spread(s: Survey) -> Any:  # noqa: ANN401
    together = (s.mean(s.a) ** 2 + s.mean(s.b) ** 2 + TINY) ** 0.5
    return 1 - together / (s.mean(s.chroma) + TINY**0.5)


def _symmetry(s: Survey) -> Any:  # noqa: ANN401
    """Mirror about the centroid's column, between two whole shifts so that it stays smooth."""
    columns, _, x, _ = s.centroid()
    width = s.paint.shape[2]
    mirrored = (width - 1) / 2 * (2 * x.reshape(-1, 1) - columns.reshape(1, -1) + 1)
    low = mirrored.clip(0, width - 1.001)
    whole = low.astype(np.int64) if s.xp is np else low.detach().long()
    part = (low - whole).reshape(len(low), 1, width)
    rows = s.xp.arange(s.paint.shape[1]).reshape(1, -1, 1)
    items = s.xp.arange(len(low)).reshape(-1, 1, 1)
    left = s.paint[items, rows, whole[:, None]]
    right = s.paint[items, rows, whole[:, None] + 1]
    inside = (mirrored >= 0) & (mirrored <= width - 1)
    other = ((1 - part) * left + part * right) * inside.reshape(len(low), 1, width)
    apart = abs(s.paint - other).sum((1, 2))
    return 1 - apart / (s.area + other.sum((1, 2)) + TINY)


def _paper(s: Survey) -> Any:  # noqa: ANN401
    bare = 1 - s.paint
    return (bare * s.b).sum((1, 2)) / (bare.sum((1, 2)) + TINY)


_PICTURE = (
    Attribute("warmth", _warmth, "", "red and orange against green and blue"),
    Attribute("lightness", lambda s: s.mean(s.light), "L*", "light against dark"),
    Attribute("saturation", lambda s: s.mean(s.chroma), "C*", "strong against faint colour"),
    Attribute("size", lambda s: s.paint.mean((1, 2)), "share", "how much of the sheet is painted"),
    Attribute("roundness", _roundness, "", "one round outline against a long or split one"),
    Attribute(
        "detail",
        _detail,
        "",
        "fine structure against flat washes",
    ),
    Attribute("position", lambda s: s.centroid()[3], "half sheets", "low against high"),
    Attribute("contrast", _contrast, "L*", "difference of light and dark"),
    Attribute("hue_spread", _hue_spread, "", "many colours against one"),
    Attribute("symmetry", _symmetry, "", "left and right alike"),
    Attribute("paper", _paper, "b*", "cream against white paper"),
)
ATTRIBUTES: Mapping[str, Mapping[str, Attribute]] = {
    "picture": {attribute.name: attribute for attribute in _PICTURE}
}
"""By medium and name, of what is measured on pixels; of all media see `pipelines.media`."""


def measure(medium: str, images: Pixels, batch: int = 64) -> dict[str, Floats]:
    """Every attribute of every picture.

    Args:
        medium: A key of ``ATTRIBUTES``.
        images: RGB in 0..255, shape [N, H, W, 3], N may be 0.
        batch: Works measured at once; bounds the memory.

    Returns:
        By attribute name: shape [N].

    Raises:
        ValueError: If the medium has no attributes, or the shape or type is another.
    """
    if medium not in ATTRIBUTES:
        raise ValueError(f"medium={medium!r} has no attributes; use one of {sorted(ATTRIBUTES)}")
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:  # noqa: PLR2004
        raise ValueError(f"images={images.dtype} {images.shape} is not uint8 [N, H, W, 3]")
    found: dict[str, list[Floats]] = {name: [] for name in ATTRIBUTES[medium]}
    for start in range(0, len(images), batch):
        seen = survey(images[start : start + batch].astype(np.float32) / 255)
        for name, attribute in ATTRIBUTES[medium].items():
            found[name].append(np.asarray(attribute.measure(seen), dtype=np.float32))
    empty = np.zeros(0, np.float32)
    return {name: np.concatenate([empty, *parts]) for name, parts in found.items()}
