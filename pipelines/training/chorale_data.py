"""Bach's chorales out of `pipelines.training.chorale_corpus`, as sequences of tokens.

Chorales of one work (BWV number), and chorales on one tune (13 steps of the soprano from beat to
beat in common), are one group, so that variants of a chorale are never on two sides. Passions
share tunes with many cantatas: the largest group, more than a third of all, is for training; a
hash of the group puts 12 % of the others into the validation and 15 % into the test split.

A training sequence is a part of a chorale of at most 16 bars. It may end at the last bar, or where
a fermata stands on the tonic: what follows there is cut, the chord is held to the end of the bar,
and the bars are counted to it, so that there are short pieces to learn from. It is sung in any key
in which every voice stays in its range (`pipelines.music.chorale_grid.RANGES`), and any bars of
any voices may be given (`given`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from pipelines.music.chorale_grid import (
    BEAT,
    CONTINUE,
    MOST_BARS,
    RANGES,
    SILENCE,
    Row,
    pitches_of,
)
from pipelines.music.chorale_walk import Plan
from pipelines.music.grid import METRES, transposition
from pipelines.training import chorale_corpus as corpus
from pipelines.training.splits import Split, groups_of

__all__ = ["Piece", "drawn", "given", "load_pieces", "whole"]

RUN = 12
"""Steps of a soprano; two runs in common are a tune in common."""
VALIDATION, TEST = 12, 15
"""Percent of the groups, but for the largest."""
MOST_SILENT = 0.05
LONGEST = 40
"""Share of silence, and bars, of which a chorale with more is left out."""
FEWEST = 2
"""Bars of a sequence at least."""
THIRDS = {"major": 4, "minor": 3}


@dataclass(frozen=True)
class Piece:
    """A chorale, or a part of one, in whole bars.

    Attributes:
        name: As in the corpus.
        metre: ``4/4`` or ``3/4``.
        mode: ``major`` or ``minor``.
        tonic: Pitch class of its keynote.
        rows: Sixteenths of the four voices at the pitches that sound, shape [4, T].
        fermatas: Of every beat whether a fermata begins at it, shape [T / 4].
        upbeat: Whether the first bar is silent up to an upbeat.
        ends: Bars after which it may end, in order.
        split: Where it belongs.
    """

    name: str
    metre: str
    mode: str
    tonic: int
    rows: Row
    fermatas: np.ndarray[tuple[int], np.dtype[np.bool_]]
    upbeat: bool
    ends: tuple[int, ...]
    split: Split

    @property
    def bar(self) -> int:
        """Sixteenths of a bar."""
        return METRES[self.metre].steps

    @property
    def bars(self) -> int:
        """How many bars it has."""
        return int(self.rows.shape[1]) // self.bar

    def part(self, start: int, end: int) -> Piece:
        """The bars from ``start`` up to ``end``; what sounds at an edge begins or ends there."""
        rows = self.rows[:, start * self.bar : end * self.bar].copy()
        if start:
            for row, before in zip(rows, self.rows, strict=True):
                if row[0] == CONTINUE:
                    row[0] = pitches_of(before[: start * self.bar])[-1]
        beats = slice(start * self.bar // BEAT, end * self.bar // BEAT)
        ends = tuple(one - start for one in self.ends if start < one <= end)
        return replace(
            self,
            rows=rows,
            fermatas=self.fermatas[beats].copy(),
            upbeat=self.upbeat and start == 0,
            ends=ends,
        )

    def closed(self) -> Piece:
        """The same, with what follows the last fermata cut and its chord held to the end."""
        last = int(np.flatnonzero(self.fermatas)[-1])
        rows = self.rows.copy()
        rows[:, (last + 1) * BEAT :] = CONTINUE
        return replace(self, rows=rows)


def load_pieces(folder: Path) -> list[Piece]:
    """The chorales in ``folder``; they are read from the corpus first where it has none.

    Raises:
        ValueError: If they cannot be read.
    """
    if not (folder / corpus.CHORALES).is_file():
        corpus.build(folder)
    found = [one for one in map(_piece, corpus.read(folder)) if one is not None]
    if not found:
        raise ValueError(f"data={folder} has no chorale of four voices")
    works = [corpus.Chorale(p.name, "", 0, "", 0, (), ()).work for p in found]
    parts = [_runs(p) | {f"{w} 1", f"{w} 2"} for p, w in zip(found, works, strict=True)]
    groups = groups_of(parts)
    (largest, _), *_ = Counter(groups).most_common(1)
    return [
        replace(piece, split="train" if group == largest else _split(found[group].name))
        for piece, group in zip(found, groups, strict=True)
    ]


def _split(name: str) -> Split:
    draw = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100
    return "validation" if draw < VALIDATION else "test" if draw < VALIDATION + TEST else "train"


def _runs(piece: Piece) -> set[str]:
    """The steps of the soprano from beat to beat, in runs."""
    tune = np.diff(pitches_of(piece.rows[0])[::BEAT]) % 12
    return {str(tune[i : i + RUN].tolist()) for i in range(len(tune) - RUN + 1)}


def _piece(chorale: corpus.Chorale) -> Piece | None:
    bar = METRES[chorale.metre].steps
    before = -chorale.upbeat % bar
    rows = np.array(chorale.voices, dtype=np.int64)
    after = -(before + rows.shape[1]) % bar
    rows = np.pad(rows, ((0, 0), (before, after)), constant_values=CONTINUE)
    if before:
        rows[:, 0] = SILENCE
    fermatas = np.zeros(rows.shape[1] // BEAT, dtype=bool)
    fermatas[[(step + before) // BEAT for step in chorale.fermatas]] = True
    heard = np.array([pitches_of(row) for row in rows])
    silent = float((heard[:, before:] == SILENCE).mean())
    sings = [heard[v][heard[v] >= 0] for v in range(len(RANGES))]
    fits = all(
        low <= p.min() and p.max() <= high
        for p, (low, high) in zip(sings, RANGES, strict=True)
        if len(p)
    )
    bars = rows.shape[1] // bar
    if silent > MOST_SILENT or bars > LONGEST or not fits:
        return None
    fermatas[int(max(np.flatnonzero(row != CONTINUE)[-1] for row in rows)) // BEAT] = True
    piece = Piece(
        chorale.name,
        chorale.metre,
        chorale.mode,
        chorale.tonic,
        rows,
        fermatas,
        before > 0,
        (),
        "train",
    )
    return replace(piece, ends=_ends(piece, heard))


def _ends(piece: Piece, heard: Row) -> tuple[int, ...]:
    """The last bar, and those in which a fermata stands on a triad of the tonic."""
    triad = {0, 7, 4, THIRDS[piece.mode]}
    found = {piece.bars}
    for beat in np.flatnonzero(piece.fermatas).tolist():
        chord = (heard[:, beat * BEAT + BEAT - 1] - piece.tonic) % 12
        if chord[3] == 0 and set(chord.tolist()) <= triad:
            found.add(beat * BEAT // piece.bar + 1)
    return tuple(sorted(found))


def whole(piece: Piece) -> Piece:
    """A chorale from its first full bar."""
    return piece.part(1, piece.bars) if piece.upbeat else piece


def drawn(piece: Piece, chance: Generator) -> tuple[Piece, Plan]:
    """A part of a chorale in a key that its voices can sing, and the plan of it."""
    first = 1 if piece.upbeat and chance.random() < 0.7 else 0  # noqa: PLR2004
    start = first if chance.random() < 0.5 else int(chance.integers(first, piece.bars - FEWEST))  # noqa: PLR2004
    ends = [end for end in piece.ends if end - start >= FEWEST]
    end = int(chance.choice(ends)) if ends else piece.bars
    until = min(end, start + MOST_BARS)
    part = piece.part(start, until)
    if until == end:
        part = part.closed()
    moved = _moved(part, chance)
    begins = start == first
    shift = transposition(moved.tonic)
    return moved, Plan(part.metre, part.mode, shift, part.bars, end - start, begins)


def _moved(piece: Piece, chance: Generator) -> Piece:
    """The same in another key, each in which every voice is in its range as likely."""
    down, up = -11, 11
    for row, (low, high) in zip(piece.rows, RANGES, strict=True):
        if (row >= 0).any():
            down = max(down, low - int(row[row >= 0].min()))
            up = min(up, high - int(row.max()))
    by = int(chance.integers(down, up + 1)) if down <= up else 0
    rows = np.where(piece.rows >= 0, piece.rows + by, piece.rows)
    return replace(piece, rows=rows, tonic=(piece.tonic + by) % 12)


def given(bars: int, chance: Generator) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which bars of which voices are given, shape [4, bars]: often none, or the soprano."""
    kind, known = chance.random(), np.zeros((4, bars), dtype=bool)
    if kind < 0.2:  # noqa: PLR2004 - shares of the kinds
        return known
    if kind < 0.4:  # noqa: PLR2004
        known[0] = True
    elif kind < 0.5:  # noqa: PLR2004
        known[chance.permutation(4)[: chance.integers(1, 4)]] = True
    elif kind < 0.85:  # noqa: PLR2004
        length = int(chance.integers(1, max(2, 2 * bars // 3 + 1)))
        start = int(chance.integers(0, bars - length + 1))
        free = chance.permutation(4)[: chance.choice([1, 2, 3, 4, 4, 4])]
        known[:] = True
        known[np.ix_(free, np.arange(start, start + length))] = False
    else:
        known = chance.random((4, bars)) < chance.random()
    return known
