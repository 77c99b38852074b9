"""Figures to learn from in a minute, drawn on the spot: 0 to 9 in the typefaces of the page.

Like MNIST in size and manner, 28 px and light on dark, but nobody's data: each is a figure of
Source Sans 3 or EB Garamond (OFL) in one of several weights, a little larger or smaller, turned,
slanted and moved.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["FIGURES", "SIDE", "draw_glyphs"]

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
FIGURES = "0123456789"
SIDE = 28
FINE = 2
"""Drawn so many times larger, then averaged."""
FACES = (
    ("source-sans-3-latin", (400, 600, 900)),
    ("eb-garamond-latin", (600, 800)),
)
"""Files and weights."""
SIZE, LARGER, TURN, SLANT, SHIFT = 28, 0.08, 0.08, 0.12, 1.0
"""Size in pixels; how far a figure may be from that, turned (radians), slanted, moved (pixels)."""


def draw_glyphs(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw figures, the ten of them equally often.

    Args:
        count: How many.
        seed: Another one, other turns and slants.

    Returns:
        Grey values, shape [count, 28, 28], and which figure each is, shape [count].
    """
    chance = np.random.Generator(np.random.Philox(seed))
    sheets = [_sheets(name, weight) for name, weights in FACES for weight in weights]
    labels = np.arange(count) % len(FIGURES)
    pixels = np.empty((count, SIDE, SIDE), np.uint8)
    for i, label in enumerate(labels):
        sheet = sheets[int(chance.integers(len(sheets)))][label]
        pixels[i] = np.asarray(_moved(sheet, chance.uniform(-1, 1, 5)))
    return pixels, labels


def _sheets(name: str, weight: int) -> list[Image.Image]:
    """Each figure of a typeface, upright in the middle of its sheet."""
    side = SIDE * FINE
    face = ImageFont.truetype(FONTS / f"{name}.woff2", SIZE * FINE)
    face.set_variation_by_axes([weight])
    sheets = []
    for figure in FIGURES:
        left, top, right, bottom = face.getbbox(figure)
        sheet = Image.new("L", (side, side))
        place = ((side - left - right) / 2, (side - top - bottom) / 2)
        ImageDraw.Draw(sheet).text(place, figure, fill=255, font=face)
        sheets.append(sheet)
    return sheets


def _moved(sheet: Image.Image, by: NDArray[np.float64]) -> Image.Image:
    """The sheet at its final size; ``by`` are five numbers in -1..1."""
    scale, angle, slant = FINE * (1 + LARGER * by[0]), TURN * by[1], SLANT * by[2]
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    turned = np.array([[cosine, slant * cosine - sine], [sine, slant * sine + cosine]])
    middle = np.full(2, SIDE / 2)
    start = FINE * middle - turned @ (middle + SHIFT * by[3:])
    (a, b), (d, e) = turned
    size, place = (SIDE, SIDE), (a, b, start[0], d, e, start[1])
    return sheet.transform(size, Image.Transform.AFFINE, place, Image.Resampling.BICUBIC)
