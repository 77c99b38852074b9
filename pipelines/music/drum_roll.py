"""A drum pattern as a picture: a row a drum, time to the right, a stroke the fuller the louder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.music.drum_grid import BAR, LANES, VELOCITIES
from pipelines.music.roll import FAINT, INKS, LINE, MARGIN, PAPER

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ROWS", "grid_of"]

ROWS = ("crash", "ride", "open", "hat", "bell", "high", "low", "clap", "rim", "snare", "kick")
"""Drums from the top to the bottom, as drummers write them."""
BEAT = 4


def grid_of(levels: NDArray[np.int64], side: int, ink: tuple[int, int, int] = INKS[0]) -> Image:
    """Draw a pattern on a square of ``side`` pixels.

    Args:
        levels: Whole bars, shape [T, lanes].
        side: Width and height, pixels.
        ink: Of the strokes.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (side, side), PAPER)
    draw, edge = ImageDraw.Draw(image), MARGIN * side
    across, up = (side - 2 * edge) / len(levels), (side - 2 * edge) / len(ROWS)
    for step in range(0, len(levels) + 1, BEAT):
        x = edge + step * across
        draw.line((x, edge, x, side - edge), LINE if step % BAR == 0 else FAINT, 1)
    names = list(LANES)
    for row, name in enumerate(ROWS):
        top = edge + row * up
        draw.line((edge, top + up, side - edge, top + up), FAINT, 1)
        for step, level in enumerate(levels[:, names.index(name)].tolist()):
            if not level:
                continue
            share = VELOCITIES[level] / VELOCITIES[-1]
            left, bottom = edge + step * across, top + up - 1
            box = (left + 1, bottom - share * (up - 2), left + max(2, across - 1), bottom)
            draw.rectangle(box, ink)
    return image
