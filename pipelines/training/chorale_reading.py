"""Chorales as sequences, in the order of `pipelines.music.chorale_walk`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.music.chorale_grid import Beat, beats_of, vocabulary
from pipelines.music.chorale_walk import Plan, Told, walk
from pipelines.music.grid import transposition
from pipelines.training.chorale_data import Piece, whole

__all__ = ["Reading", "readings", "told"]


@dataclass(frozen=True)
class Reading:
    """A chorale as the network reads it.

    Attributes:
        tokens: Their numbers.
        drawn: Of every token whether it is to be foretold.
    """

    tokens: tuple[int, ...]
    drawn: tuple[bool, ...]


def readings(pieces: Sequence[Piece]) -> list[Reading]:
    """Whole chorales from their first full bar, with nothing given."""
    found = []
    for one in map(whole, pieces):
        plan = Plan(one.metre, one.mode, transposition(one.tonic), one.bars, one.bars)
        found.append(told(one, plan))
    return found


def told(
    piece: Piece,
    plan: Plan,
    known: np.ndarray[tuple[int, int], np.dtype[np.bool_]] | None = None,
) -> Reading:
    """A piece as a sequence.

    Args:
        piece: What is told.
        plan: Of the same bars.
        known: Which bars of which voices are given, shape [4, bars]; None for none.
    """
    names = vocabulary()
    rows = np.where(piece.rows >= 0, piece.rows - plan.shift, piece.rows)
    cells = np.zeros((4, plan.bars), dtype=bool) if known is None else known
    stands = np.repeat(cells, plan.beats, axis=1).tolist()
    beats = [_slots(beats_of(row)) for row in rows]
    tokens: list[int] = []
    counted: list[bool] = []
    course = walk(plan, Told(list(rows), stands))
    try:
        place = next(course)
        while True:
            if place.voice < 0:
                mark = "^" if piece.fermatas[place.beat] else ""
                token = names.numbers[f"<beat{1 + place.beat % plan.beats}{mark}>"]
            else:
                symbol, length = beats[place.voice][place.beat][place.slot]
                token = names.note(place.voice, symbol, length)
            tokens += [*place.told, token] if not tokens else [*place.told[1:], token]
            counted += [False] * (len(tokens) - len(counted) - 1) + [True]
            place = course.send(token)
    except StopIteration as end:
        tokens += end.value[1:]
    counted += [False] * (len(tokens) - len(counted))
    return Reading(tuple(tokens), tuple(counted))


def _slots(beats: Sequence[Beat]) -> list[dict[int, tuple[int, int]]]:
    """Of every beat its symbols by the sixteenth that they begin at."""
    found = []
    for beat in beats:
        at, slots = 0, dict[int, tuple[int, int]]()
        for symbol, length in beat:
            slots[at] = (symbol, length)
            at += length
        found.append(slots)
    return found
