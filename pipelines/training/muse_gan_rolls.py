"""Piano rolls of four bars as a picture: real windows, what comes back of them, and draws."""

from __future__ import annotations

import numpy as np
from PIL import Image

from pipelines.music.muse_roll import BAR, Rolls, rows_of
from pipelines.networks.muse_gan import Generator, Reader
from pipelines.training.chorale_rolls import GAP, roll
from pipelines.training.muse_gan_data import Windows
from pipelines.training.muse_gan_proof import drawn, read_again

__all__ = ["rolls", "sheet_of"]

ACROSS = 4


def rolls(encoder: Reader, generator: Generator, held: Windows) -> Image.Image:
    """A sheet: a line of held-out windows, one of what comes back, two of draws."""
    some = held.some(np.linspace(0, len(held.modes) - 1, ACROSS).astype(int))
    modes = np.arange(2 * ACROSS) // ACROSS
    fresh = drawn(generator, modes)
    back = read_again(encoder, generator, some)
    lines = [some.rolls, back, fresh.some(slice(0, ACROSS)), fresh.some(slice(ACROSS, None))]
    return sheet_of(lines)


def sheet_of(lines: list[Rolls]) -> Image.Image:
    """Lines of works, as many in each."""
    drawn_rolls = [[roll(one, BAR) for one in rows_of(line)] for line in lines]
    height, width, _ = drawn_rolls[0][0].shape
    height, width = height + GAP, width + GAP
    sheet = np.full((height * len(lines), width * len(drawn_rolls[0]), 3), 255, dtype=np.uint8)
    for y, line in enumerate(drawn_rolls):
        for x, one in enumerate(line):
            top, left = y * height, x * width
            sheet[top : top + one.shape[0], left : left + one.shape[1]] = one
    return Image.fromarray(sheet)
