"""Pairs for sketch to watercolour: lines and colour hints, drawn from the paintings themselves.

A person draws the outline, or the outline and some lines inside, or only the lines that catch the
eye, with an unsteady hand and now and then a gap. So each draw takes one of three kinds of line:

- the outline of whatever stands out from the paper (distance to the paper's colour, Otsu 1979);
- edges, as Canny 1986 finds them, on the gradient of all colours at once (Di Zenzo 1986);
- both, the edges only where no outline is near.

Smoothing and thresholds are drawn anew each time, so that both few and many strokes occur; short
strokes are dropped; the lines are bent, varied in width and broken by smooth noise. Hints are
flat strokes in the painting's own colours, none in half of the draws. An artist may ask for a
colour that fruit seldom has, so some hinted paintings, hints and all, have their colours turned
round the grey axis through the paper, which keeps the paper and every lightness.

A sketch has five channels of R x R, in this order (``CHANNELS``):

    line    ink in [0, 1], 1 for black
    colour  3 channels of RGB in [-1, 1], exactly 0 where no hint is
    hint    1 where a hint is, 0 elsewhere

Legend: B batch, R side in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from pipelines.training.sheets import to_tensor

__all__ = [
    "CHANNELS",
    "SketchStyle",
    "draw_hints",
    "draw_lines",
    "draw_pairs",
    "find_edges",
    "show",
    "turn_colours",
]

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
CHANNELS = ("line", "red", "green", "blue", "hint")
BORDER = 4
ON_THING = 0.8
FULL_SIDE = 128
"""Lengths in `SketchStyle` are pixels of pictures of this side; they shrink with smaller ones."""


@dataclass(frozen=True)
class SketchStyle:
    """How sketches vary; each pair is the range of a uniform draw, lengths in pixels of 128.

    Attributes:
        outline_share: Share of draws with the outline alone.
        edge_share: Share of draws with edges alone; the rest has both.
        smoothing: Deviation of the Gaussian before edges are looked for.
        strength: Gradient that starts a stroke, as a share of the strongest gradients.
        shortest: Strokes of fewer pixels are dropped.
        width: Width of the lines.
        bend: Deviation of the shift of the lines.
        gaps: Share of the lines that is left out.
        hint_share: Share of draws with colour hints.
        hint_count: Fewest and most strokes of colour.
        hint_radius: Half the width of a stroke of colour.
        hint_length: Its length.
        hint_reach: Radius, in those of the stroke, of what its colour is the mean of. A hand lays
            one colour for a whole part; a hint that were exactly what lies under it would be
            copied, and its edge seen.
        turn_share: Share of the hinted draws whose colours are turned.
    """

    outline_share: float = 0.35
    edge_share: float = 0.25
    smoothing: tuple[float, float] = (1.0, 2.4)
    strength: tuple[float, float] = (0.12, 0.5)
    shortest: tuple[float, float] = (10.0, 32.0)
    width: tuple[float, float] = (1.0, 2.6)
    bend: tuple[float, float] = (0.2, 1.4)
    gaps: tuple[float, float] = (0.0, 0.25)
    hint_share: float = 0.5
    hint_count: tuple[int, int] = (1, 7)
    hint_radius: tuple[float, float] = (2.0, 9.0)
    hint_length: tuple[float, float] = (0.0, 30.0)
    hint_reach: tuple[float, float] = (1.0, 4.0)
    turn_share: float = 0.4


def draw_pairs(
    pixels: NDArray[np.uint8], source: np.random.Generator, style: SketchStyle | None = None
) -> tuple[Float[Tensor, "B 5 R R"], Float[Tensor, "B 3 R R"]]:
    """Draw a sketch of every painting; half of them mirrored with their paintings.

    Args:
        pixels: RGB in 0..255, shape [B, R, R, 3].
        source: All randomness; the same state draws the same pairs.
        style: How sketches vary.

    Returns:
        Sketches as the module describes them, and the paintings in [-1, 1].
    """
    style = style or SketchStyle()
    mirrored = source.random(len(pixels)) < 0.5  # noqa: PLR2004 - a fair coin
    sketches, paintings = [], []
    for one, mirror in zip(pixels, mirrored, strict=True):
        painting = one[:, ::-1] if mirror else one
        line = draw_lines(painting, source, style)
        hints = np.zeros((4, *line.shape), dtype=np.float32)
        if source.random() < style.hint_share:
            if source.random() < style.turn_share:
                painting = turn_colours(painting, source.uniform(0, 2 * np.pi))
            hints = draw_hints(painting, source, style)
        paintings.append(painting)
        sketches.append(np.concatenate([line[None], hints]))
    return torch.from_numpy(np.stack(sketches)), to_tensor(np.stack(paintings))


def draw_lines(
    painting: NDArray[np.uint8], source: np.random.Generator, style: SketchStyle
) -> Plane:
    """Return the lines of one painting [R, R, 3] as ink in [0, 1], shape [R, R]."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

    side = len(painting)
    unit = side / FULL_SIDE
    deviation = source.uniform(*style.smoothing) * unit
    colours = gaussian_filter(painting.astype(np.float32) / 255, (deviation, deviation, 0))
    shortest = int(source.uniform(*style.shortest) * unit)
    kind, strength = source.random(), source.uniform(*style.strength)
    lines = np.zeros((side, side), dtype=bool)
    if kind >= style.edge_share:
        lines |= _long(_outline(colours, source.uniform(0.3, 1.0)), shortest)
    if kind < 1 - style.outline_share:
        edges = find_edges(colours, strength)
        near = distance_transform_edt(~lines) < 4 * unit if lines.any() else lines
        lines |= _long(edges & ~near, shortest)
    if not lines.any():
        return np.zeros((side, side), dtype=np.float32)
    bend = source.uniform(*style.bend) * unit
    grid = np.indices((side, side), dtype=np.float32)
    places = grid + bend * np.stack([_waves(side, 9, source) for _ in range(2)])
    distance = map_coordinates(distance_transform_edt(~lines), places, order=1, mode="nearest")
    width = source.uniform(*style.width) * unit * (1 + 0.25 * _waves(side, 9, source))
    ink = np.clip(width / 2 + 0.5 - distance, 0, 1)
    waves = _waves(side, 17, source)
    ink = ink * (waves > np.quantile(waves, source.uniform(*style.gaps)))
    drawn: Plane = (ink * source.uniform(0.75, 1.0)).astype(np.float32)
    return drawn


def draw_hints(
    painting: NDArray[np.uint8], source: np.random.Generator, style: SketchStyle
) -> Plane:
    """Return colour and hint mask of one painting [R, R, 3], shape [4, R, R].

    Each stroke has the mean colour of what lies near it, paper or not as under its middle; four in
    five start on what stands out from the paper.
    """
    side = len(painting)
    unit = side / FULL_SIDE
    found = np.zeros((4, side, side), dtype=np.float32)
    colours = painting.astype(np.float32) / 127.5 - 1
    apart = _apart(colours)
    thing = apart > _otsu(apart)
    rows, columns = np.nonzero(thing)
    grid = np.indices((side, side), dtype=np.float32)
    for _ in range(source.integers(style.hint_count[0], style.hint_count[1] + 1)):
        start = source.uniform(0, side, 2)
        if len(rows) and source.random() < ON_THING:
            place = source.integers(len(rows))
            start = np.array([rows[place], columns[place]], dtype=np.float64)
        angle, length = source.uniform(0, 2 * np.pi), source.uniform(*style.hint_length) * unit
        along = np.array([np.sin(angle), np.cos(angle)])
        apart_from = grid - start[:, None, None]
        nearest = np.clip(np.tensordot(along, apart_from, 1), 0, length)
        distance = np.hypot(*(apart_from - along[:, None, None] * nearest))
        radius = max(1.0, source.uniform(*style.hint_radius) * unit)
        under = distance <= radius
        near = distance <= radius * source.uniform(*style.hint_reach)
        if under.any():
            middle = tuple(np.clip(np.rint(start), 0, side - 1).astype(int))
            near &= thing == thing[middle]
            found[:3, under] = colours[near if near.any() else under].mean(axis=0)[:, None]
            found[3, under] = 1
    return found


def turn_colours(painting: NDArray[np.uint8], angle: float) -> NDArray[np.uint8]:
    """Return the painting [R, R, 3], its distance from the paper turned round the grey axis.

    With p the colour of the paper and T the rotation by ``angle`` (radians) about (1, 1, 1), each
    pixel c becomes p + T (c - p); T keeps the mean of the channels.
    """
    third, root = 1 / 3, np.sqrt(1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) * root
    turn = np.cos(angle) * np.eye(3) + (1 - np.cos(angle)) * third + np.sin(angle) * cross
    paper = _paper(painting.astype(np.float32))
    turned = paper + (painting - paper) @ turn.T
    pixels: NDArray[np.uint8] = np.rint(turned.clip(0, 255)).astype(np.uint8)
    return pixels


def show(sketches: Float[Tensor, "B 5 R R"]) -> Float[Tensor, "B 3 R R"]:
    """Return sketches as pictures in [-1, 1]: ink over hints over white."""
    line, colour, hint = sketches[:, :1], sketches[:, 1:4], sketches[:, 4:]
    paper = 1 + hint * (colour - 1)
    return paper * (1 - line) - line


def _paper(colours: Plane) -> Plane:
    """Return the colour of the paper of [R, R, 3]: the median of the border but for its foot."""
    edge = np.concatenate(
        [colours[:BORDER].reshape(-1, 3), colours[:, :BORDER].reshape(-1, 3),
         colours[:, -BORDER:].reshape(-1, 3)]
    )  # fmt: skip
    paper: Plane = np.median(edge, axis=0).astype(np.float32)
    return paper


def _apart(colours: Plane) -> Plane:
    """Return the distance of every pixel of [R, R, 3] to the paper."""
    distance: Plane = np.linalg.norm(colours - _paper(colours), axis=2).astype(np.float32)
    return distance


def _otsu(values: Plane) -> float:
    """Return the threshold that divides values best in two (Otsu 1979)."""
    counts, edges = np.histogram(values, 64)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (total / below - (total[-1] - total) / above) ** 2
    return float(middles[np.nanargmax(between)]) if np.isfinite(between).any() else float(edges[0])


def _outline(colours: Plane, share: float) -> Mask:
    """Return the outline of what stands out from the paper by ``share`` of Otsu's threshold."""
    from scipy.ndimage import binary_erosion, binary_fill_holes, binary_opening

    apart = _apart(colours)
    shape = binary_fill_holes(binary_opening(apart > share * _otsu(apart), iterations=2))
    outline: Mask = shape & ~binary_erosion(shape, border_value=1)
    return outline


def find_edges(colours: Plane, strength: float) -> Mask:
    """Return Canny's edges of [R, R, 3], thresholds at ``strength`` and 0.4 of it."""
    from scipy.ndimage import label, map_coordinates

    down, right = np.gradient(colours, axis=(0, 1))
    yy, xx, xy = (down**2).sum(2), (right**2).sum(2), (down * right).sum(2)
    root = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    size = np.sqrt((xx + yy + root) / 2)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    grid, step = np.indices(size.shape), np.stack([np.sin(angle), np.cos(angle)])
    beside = [map_coordinates(size, grid + s * step, order=1, mode="nearest") for s in (-1, 1)]
    ridge = (size >= beside[0]) & (size > beside[1])
    ridge[:BORDER], ridge[-BORDER:], ridge[:, :BORDER], ridge[:, -BORDER:] = (False,) * 4
    strong = strength * np.quantile(size, 0.99)
    parts, count = label(ridge & (size > 0.4 * strong), np.ones((3, 3)))
    kept = np.zeros(count + 1, dtype=bool)
    kept[parts[ridge & (size > strong)]] = True
    kept[0] = False
    edges: Mask = kept[parts]
    return edges


def _long(lines: Mask, shortest: int) -> Mask:
    """Return the connected strokes of at least ``shortest`` pixels."""
    from scipy.ndimage import label

    parts, count = label(lines, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    long: Mask = (sizes >= max(1, shortest))[parts]
    return long


def _waves(side: int, knots: int, source: np.random.Generator) -> Plane:
    """Return smooth noise [R, R], of about unit deviation, from ``knots`` squared values."""
    values = torch.from_numpy(source.standard_normal((1, 1, knots, knots), dtype=np.float32))
    wide = torch.nn.functional.interpolate(
        values, (side, side), mode="bicubic", align_corners=True
    )
    waves: Plane = wide[0, 0].numpy()
    return waves
