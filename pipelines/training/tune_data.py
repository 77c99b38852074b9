"""Dance tunes out of `pipelines.training.melody_corpus`, as events with what each is told.

Tunes are moved to C as for melodies. A bar of 2/4 counts as one of 4/4 in twice the lengths, so
that reels and hornpipes have the same eighths however they were printed. A part begins at the
first full bar of a tune, or 8, 16 ... bars after it, where parts of dances begin, and has at most
16 bars. Of a part that ends on its keynote the network hears how many bars are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.music.grid import FIRST, HOLD, LOWEST, METRES, MODES, REST
from pipelines.music.tune_grid import (
    DANCES,
    MOST_BARS,
    Event,
    begins_of,
    events_of,
    look,
    place,
    symbol_of,
)
from pipelines.training import melody_corpus as corpus
from pipelines.training.melody_data import MINOR, in_c
from pipelines.training.splits import Split, splits_of

__all__ = ["Part", "Reading", "Tune", "drawn", "load_tunes", "parts", "read"]

PART = 8
"""Bars between two places where a part may begin."""
FEWEST = 4
"""Bars of a part at least."""
GIVEN = 0.3
"""Share of the parts of which some first notes of bars are told ahead."""
Bar = tuple[int, ...]


@dataclass(frozen=True)
class Tune:
    """A tune in C.

    Attributes:
        title: As the collection has it.
        dance: Name in `DANCES`.
        metre: Name in `METRES`.
        mode: Name in `MODES`.
        runs: Events of its bars, one list for every run of full bars.
        split: Where it belongs.
    """

    title: str
    dance: str
    metre: str
    mode: str
    runs: tuple[tuple[tuple[Event, ...], ...], ...]
    split: Split


@dataclass(frozen=True)
class Part:
    """Some bars of a tune.

    Attributes:
        tune: Which.
        bars: Their events.
    """

    tune: Tune
    bars: tuple[tuple[Event, ...], ...]

    @property
    def closes(self) -> bool:
        """Whether its last note is the keynote."""
        pitches = [
            LOWEST + token - FIRST
            for bar in self.bars
            for one in bar
            if (token := symbol_of(one)[0]) >= FIRST
        ]
        return bool(pitches) and pitches[-1] % 12 == 0


@dataclass(frozen=True)
class Reading:
    """A part as the network reads it.

    Attributes:
        events: Shape [T].
        looks: See `pipelines.music.tune_grid.look`, shape [T, K].
        told: See `pipelines.networks.tune.STATES`, shape [T, S].
    """

    events: NDArray[np.int64]
    looks: NDArray[np.int64]
    told: NDArray[np.int64]


def load_tunes(folder: Path) -> list[Tune]:
    """The tunes in ``folder``; they are read from the corpus first where it has none.

    Raises:
        ValueError: If they cannot be read.
    """
    if not (folder / corpus.TUNES).is_file():
        corpus.build(folder)
    given = [one for tune in corpus.read(folder) if (one := _grid(tune)) is not None]
    if not given:
        raise ValueError(f"data={folder} has no tune in {', '.join(METRES)}")
    phrases = [{str(part) for part in _phrases(bars)} for _, _, bars in given]
    splits = splits_of(phrases, [f"{tune.title} {bars}" for tune, _, bars in given])
    return [
        Tune(
            tune.title,
            tune.dance if DANCES.get(tune.dance) == metre else "air",
            metre,
            _mode(tune.mode),
            tuple(_runs(bars)),
            split,
        )
        for (tune, metre, bars), split in zip(given, splits, strict=True)
    ]


def _mode(name: str) -> str:
    if name in MODES:
        return name
    return "minor" if name in MINOR else "major"


def _grid(tune: corpus.Tune) -> tuple[corpus.Tune, str, tuple[Bar | None, ...]] | None:
    """A tune with its metre and its bars in tokens of the grid."""
    metre, bars = tune.metre, (*tune.bars, *([tune.close] if tune.close else ()))
    if metre in ("2/4", "2/2"):
        if metre == "2/4":
            bars = tuple(None if bar is None else _wide(bar) for bar in bars)
        metre = "4/4"
    found = in_c(tune.tonic, bars) if metre in METRES else None
    return None if found is None else (tune, metre, found)


def _wide(bar: Bar) -> Bar:
    """A bar in twice the lengths."""
    return tuple(step for token in bar for step in (token, corpus.HOLD))


def _phrases(bars: Sequence[Bar | None]) -> list[tuple[Bar, ...]]:
    """Every run of four full bars, in whatever octave: a transposition may end in another."""
    found = []
    for at in range(len(bars) - 3):
        some = [tuple(map(_class, bar)) for bar in bars[at : at + 4] if bar]
        if len(some) == 4:  # noqa: PLR2004
            found.append(tuple(some))
    return found


def _class(token: int) -> int:
    return token if token < FIRST else FIRST + (token - FIRST) % 12


def _runs(bars: Sequence[Bar | None]) -> list[tuple[tuple[Event, ...], ...]]:
    """Events of every run of full bars; a note that is held into one begins there."""
    found: list[list[tuple[Event, ...]]] = [[]]
    before = REST
    for bar in bars:
        if bar is None:
            found.append([])
        else:
            whole = list(bar)
            if not found[-1] and whole[0] == HOLD:
                whole[0] = before
            found[-1].append(tuple(events_of(whole)))
        before = next((token for token in reversed(bar or ()) if token != HOLD), before)
    return [tuple(run) for run in found if len(run) >= FEWEST]


def parts(tunes: Sequence[Tune]) -> list[Part]:
    """Every bar of some tunes once, in parts of at most 16."""
    return [
        Part(tune, run[at : at + MOST_BARS])
        for tune in tunes
        for run in tune.runs
        for at in range(0, len(run), MOST_BARS)
        if len(run) - at >= FEWEST
    ]


def drawn(tune: Tune, chance: Generator) -> Part:
    """A part that begins where one may begin, of 8 bars, of 16, or to the end."""
    run = tune.runs[int(chance.integers(len(tune.runs)))]
    starts = [at for at in range(0, len(run), PART) if len(run) - at >= FEWEST]
    at = starts[int(chance.integers(len(starts)))]
    bars = PART if chance.random() < 0.3 else MOST_BARS  # noqa: PLR2004
    return Part(tune, run[at : at + bars])


def read(part: Part, chance: Generator | None = None) -> Reading:
    """A part as the network reads it.

    Args:
        part: Which.
        chance: In training: draws what is told ahead, and bars are counted only to a keynote.
            Without it nothing is told ahead, and bars are always counted.
    """
    tune, bars = part.tune, part.bars
    known = [False] * len(bars)
    counts = True
    if chance is not None:
        counts = part.closes
        if chance.random() < GIVEN:
            share = chance.random()
            known = [bool(chance.random() < share) for _ in bars]
    ahead = begins_of([bar if stays else () for bar, stays in zip(bars, known, strict=True)])
    dance, mode = list(DANCES).index(tune.dance), MODES.index(tune.mode)
    looks, told = [], []
    for number, bar in enumerate(bars):
        step = 0
        left = len(bars) - number if counts else 0
        for one in bar:
            looks.append(look(bars, number, step))
            told.append((place(tune.metre, step), left, number, ahead[number], dance, mode))
            step += symbol_of(one)[1]
    events = np.array([one for bar in bars for one in bar], dtype=np.int64)
    return Reading(events, np.array(looks, dtype=np.int64), np.array(told, dtype=np.int64))
