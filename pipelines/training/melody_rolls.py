"""Piano rolls as a picture: real melodies, what comes back of them, and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pipelines.music.grid import HIGHEST, LOWEST, notes_of
from pipelines.networks.melody import Decoder, Encoder, Shape
from pipelines.training.melody_data import Melodies
from pipelines.training.melody_proof import again, drawn

__all__ = ["DRAWN", "REAL", "roll", "rolls", "sheet_of"]

CELL, ROW = 5, 3
"""Pixels of a sixteenth across and of a semitone up."""
GAP = 8
PAPER, BAR, REAL, BACK, DRAWN = 250, 215, (40, 40, 40), (30, 90, 170), (170, 70, 30)


def roll(
    tokens: NDArray[np.int64], bar_steps: int, ink: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """A melody as pixels, shape [H, W, 3]; bars are told apart by grey lines."""
    height = (HIGHEST - LOWEST + 1) * ROW
    picture = np.full((height, len(tokens) * CELL, 3), PAPER, dtype=np.uint8)
    picture[:, :: bar_steps * CELL] = BAR
    picture[height - ROW * (60 - LOWEST) - ROW :: -12 * ROW] = BAR  # every C
    for note in notes_of(tokens):
        top = height - ROW * (note.pitch - LOWEST + 1)
        left = note.step * CELL
        picture[top : top + ROW, left : left + note.length * CELL - 1] = ink
    return picture


def rolls(
    encoder: Encoder, decoder: Decoder, held: Mapping[Shape, Melodies], count: int = 4
) -> Image.Image:
    """A sheet: for the longest shape of each metre real melodies, those read again, and draws."""
    lines = []
    longest = max(shape.bars for shape in held)
    for shape, real in held.items():
        if shape.bars != longest:
            continue
        index = torch.linspace(0, len(real.tokens) - 1, count).long()
        some = real.some(index)
        back = again(encoder, decoder, shape, some)
        fresh = drawn(decoder, shape, torch.zeros(2 * count, dtype=torch.long))
        for rows, ink in (
            (some.tokens.numpy(), REAL),
            (back, BACK),
            (fresh[:count], DRAWN),
            (fresh[count:], DRAWN),
        ):
            lines.append([(row, shape.bar_steps, ink) for row in rows])
    return sheet_of(lines)


def sheet_of(
    lines: Sequence[Sequence[tuple[NDArray[np.int64], int, tuple[int, int, int]]]],
) -> Image.Image:
    """Lines of melodies, each given as tokens, steps of a bar and ink; see `roll`."""
    drawn_rolls = [[roll(*one) for one in line] for line in lines]
    width = max(one.shape[1] for line in drawn_rolls for one in line) + GAP
    height = drawn_rolls[0][0].shape[0] + GAP
    across = max(map(len, drawn_rolls))
    sheet = np.full((height * len(lines), width * across, 3), 255, dtype=np.uint8)
    for y, line in enumerate(drawn_rolls):
        for x, one in enumerate(line):
            sheet[y * height : y * height + one.shape[0], x * width : x * width + one.shape[1]] = (
                one
            )
    return Image.fromarray(sheet)
