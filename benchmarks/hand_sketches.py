"""Sketches of no painting: a few fruits as a hand draws them, with a colour or without.

The lines are drawn at four times the size and reduced, as a canvas in a browser is. What a model
makes of them is the test that counts for an artist; there is no right answer to measure.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from pipelines.latents import normal
from pipelines.networks.pix2pix import Painter
from pipelines.training.sheets import contact_sheet, to_pixels
from pipelines.training.sketches import show

__all__ = ["COLOURS", "DRAWINGS", "draw", "sheet"]

SIDE, FINER = 128, 4
PEN = 2.0
Points = list[tuple[float, float]]
COLOURS = {
    "red": (178, 40, 36),
    "green": (120, 150, 60),
    "purple": (90, 60, 110),
    "yellow": (232, 190, 60),
}


def ellipse(middle: tuple[float, float], reach: tuple[float, float], wobble: float = 0) -> Points:
    """A closed curve of an unsteady hand; ``wobble`` is a share of the radius."""
    curve = []
    for turn in range(61):
        t = math.tau * turn / 60
        far = 1 + wobble * (math.sin(2 * t + 1) + 0.6 * math.sin(3 * t + 4))
        x, y = reach[0] * math.cos(t), reach[1] * math.sin(t)
        curve.append((middle[0] + far * x, middle[1] + far * y))
    return curve


def _grapes() -> list[Points]:
    lines: list[Points] = [[(64, 30), (62, 16), (66, 8)]]
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for i in range(count):
            place = (64 + (i - (count - 1) / 2) * 17, 38 + row * 14)
            lines.append(ellipse(place, (8.5, 8.5), 0.02))
    return lines


_PEAR: Points = [
    (62, 26), (55, 32), (51, 44), (47, 56), (38, 68), (33, 82), (37, 98), (50, 108), (64, 110),
    (79, 107), (92, 97), (95, 82), (90, 68), (80, 57), (76, 45), (72, 32), (65, 26), (62, 26),
]  # fmt: skip
_LEMON: Points = [
    (20, 64), (28, 60), (40, 46), (60, 40), (82, 44), (96, 56), (106, 62), (96, 72), (82, 86),
    (60, 90), (40, 82), (28, 70), (20, 64),
]  # fmt: skip
_LEAF: Points = [(66, 34), (78, 24), (96, 22), (110, 30), (96, 40), (80, 40), (66, 34)]
DRAWINGS: dict[str, tuple[list[Points], list[tuple[float, float]]]] = {
    "apple": (
        [ellipse((64, 68), (34, 31), 0.03), [(64, 44), (66, 30), (71, 22)],
         [(54, 42), (64, 46), (74, 42)]],
        [(60, 74)],
    ),
    "ellipse": ([ellipse((64, 66), (30, 36)), [(64, 30), (65, 18)]], [(60, 72)]),
    "pear": ([_PEAR, [(64, 26), (66, 14), (72, 10)]], [(60, 82)]),
    "grapes": (_grapes(), [(55, 52), (72, 66)]),
    "leafy": (
        [ellipse((60, 74), (26, 25), 0.03), [(60, 50), (63, 34), (70, 24)], _LEAF,
         [(66, 34), (84, 31), (104, 30)]],
        [(58, 76)],
    ),
    "cherries": (
        [ellipse((44, 80), (20, 20), 0.02), ellipse((86, 84), (19, 19), 0.02),
         [(44, 60), (56, 36), (70, 16)], [(86, 65), (78, 40), (70, 16)]],
        [(44, 80), (86, 84)],
    ),
    "lemon": ([_LEMON], [(60, 66)]),
    "half": (
        [ellipse((64, 66), (36, 34)), ellipse((58, 66), (6, 12)), ellipse((71, 66), (6, 12)),
         [(64, 44), (64, 33)]],
        [(44, 60)],
    ),
}  # fmt: skip
"""By name: the lines in pixels of 128, and where a colour is laid."""


def draw(name: str, colour: tuple[int, int, int] | None = None) -> NDArray[np.float32]:
    """Return one drawing as a sketch [5, 128, 128] (`pipelines.training.sketches`).

    Args:
        name: One of ``DRAWINGS``.
        colour: RGB in 0..255 of short broad strokes inside the fruit, or none.
    """
    lines, places = DRAWINGS[name]
    plane = Image.new("L", (SIDE * FINER, SIDE * FINER), 0)
    pen = ImageDraw.Draw(plane)
    for line in lines:
        points = [(x * FINER, y * FINER) for x, y in line]
        pen.line(points, fill=255, width=round(PEN * FINER), joint="curve")
    sketch = np.zeros((5, SIDE, SIDE), dtype=np.float32)
    small = plane.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    sketch[0] = np.asarray(small, dtype=np.float32) / 255
    if colour is not None:
        rows, columns = np.indices((SIDE, SIDE))
        for x, y in places:
            stroke = (np.abs(columns - x) < 9) & (np.abs(rows - y) < 5)
            sketch[1:4, stroke] = (np.array(colour, dtype=np.float32) / 127.5 - 1)[:, None]
            sketch[4, stroke] = 1
    return sketch


def sheet(painter: Painter, seed: int = 0) -> Image.Image:
    """Return every drawing, painted with four z, then with each colour and the first z."""
    z = torch.from_numpy(
        np.concatenate([normal(seed + i, (1, painter.sizes.z_dim), "z") for i in range(4)])
    )
    rows: list[NDArray[np.uint8]] = []
    for name in DRAWINGS:
        plain = torch.from_numpy(draw(name))[None]
        hinted = torch.from_numpy(np.stack([draw(name, colour) for colour in COLOURS.values()]))
        alone: Tensor = painter(plain.expand(len(z), -1, -1, -1), z)
        coloured: Tensor = painter(hinted, z[:1].expand(len(hinted), -1))
        rows += [*to_pixels(show(plain)), *to_pixels(alone)]
        for asked, made in zip(to_pixels(show(hinted)), to_pixels(coloured), strict=True):
            rows += [asked, made]
    return contact_sheet(np.stack(rows), 1 + len(z) + 2 * len(COLOURS))
