"""Piano rolls of chorales as a picture: real ones above what a network writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.latents import normal
from pipelines.music.chorale_grid import CONTINUE, RANGES, Row
from pipelines.music.chorale_walk import Plan, Told
from pipelines.music.chorale_writing import SHAPE, write
from pipelines.music.drawing import Chances
from pipelines.music.grid import METRES
from pipelines.networks.decoding import PoemDecoder
from pipelines.networks.verse import PoemTransformer

__all__ = ["SHOWN", "free", "roll", "rolls"]

CELL, ROW, GAP = 3, 4, 10
"""Pixels of a sixteenth across and of a semitone up, and between rolls."""
PAPER, BAR = 250, 215
INKS = ((38, 74, 140), (150, 60, 40), (60, 110, 70), (110, 80, 130))
SHOWN, BARS = 3, 8
"""Rolls of a kind, and their bars."""
LOW, HIGH = RANGES[-1][0] - 6, RANGES[0][1] + 6


def roll(rows: Row, bar: int) -> NDArray[np.uint8]:
    """Four voices as pixels, shape [H, W, 3]; ``bar`` are the sixteenths of a bar."""
    height = (HIGH - LOW + 1) * ROW
    picture = np.full((height, rows.shape[1] * CELL, 3), PAPER, dtype=np.uint8)
    picture[:, :: bar * CELL] = BAR
    for row, ink in zip(rows, INKS, strict=True):
        begins = [i for i, symbol in enumerate(row.tolist()) if symbol != CONTINUE]
        for start, end in zip(begins, [*begins[1:], len(row)], strict=True):
            pitch = int(row[start])
            if LOW <= pitch <= HIGH:
                top = height - ROW * (pitch - LOW + 1)
                picture[top : top + ROW, start * CELL : end * CELL - 1] = ink
    return picture


def free(choir: PoemDecoder, plan: Plan, seed: int, chances: Chances | None = None) -> Row:
    """A chorale in C with nothing given, shape [4, T]."""
    steps = plan.bars * METRES[plan.metre].steps
    rows = [np.full(steps, CONTINUE, dtype=np.int64) for _ in RANGES]
    told = Told(rows, [[False] * (plan.bars * plan.beats) for _ in RANGES])
    noise = normal(seed, SHAPE, "chorale")
    *_, found = write(choir, plan, told, noise, chances or Chances())
    return found


def rolls(model: PoemTransformer, real: Sequence[Row]) -> Image.Image:
    """A sheet: parts of real chorales in 4/4, in C, and fresh ones in major and in minor."""
    bar, choir = METRES["4/4"].steps, PoemDecoder.of(model)
    lines = [[roll(one[:, : BARS * bar], bar) for one in real[:SHOWN]]]
    for mode in ("major", "minor"):
        plan = Plan("4/4", mode, 0, BARS, BARS)
        lines.append([roll(free(choir, plan, seed), bar) for seed in range(SHOWN)])
    width, height = BARS * bar * CELL + GAP, lines[0][0].shape[0] + GAP
    sheet = np.full((height * len(lines), width * SHOWN, 3), 255, dtype=np.uint8)
    for y, line in enumerate(lines):
        for x, one in enumerate(line):
            place = (
                slice(y * height, y * height + one.shape[0]),
                slice(x * width, x * width + one.shape[1]),
            )
            sheet[place] = one
    return Image.fromarray(sheet)
