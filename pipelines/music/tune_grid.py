"""Dance tunes as events: a pitch (or a hold, or a silence) and how long it lasts, bar by bar.

The grid is that of melodies (`pipelines.music.grid`): sixteenths, pitches told from a keynote of
C. An event says pitch and length at once, and ends with its bar at the latest: what sounds over a
bar line goes on as a hold. So a bar is full by construction, and a tune of 16 bars has about 100
events where a grid would have 256 steps::

    E5:4 D5:2 C5:2 G4:8 | ~:4 r:12
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.music.grid import HOLD, METRES, MOST_STEPS, NUM_TOKENS

__all__ = [
    "BARS",
    "BEYOND",
    "DANCES",
    "LOOKS",
    "MOST_BARS",
    "NOTHING",
    "NUM_EVENTS",
    "NUM_LOOKS",
    "PLACES",
    "Event",
    "bars_of",
    "begins_of",
    "event",
    "events_of",
    "look",
    "place",
    "symbol_of",
]

Tokens = NDArray[np.int64]
Event = int
"""Its token on the grid (hold, silence or pitch) times `MOST_STEPS`, and its length less 1."""
NUM_EVENTS = NUM_TOKENS * MOST_STEPS
NOTHING, BEYOND = NUM_EVENTS, NUM_EVENTS + 1
"""What is seen where no event begins, and before the first bar."""
NUM_LOOKS = NUM_EVENTS + 2
LOOKS = (1, 2, 4, 8)
"""Bars between an event and those that it is compared with."""
BARS = (8, 16)
MOST_BARS = BARS[-1]
DANCES: Mapping[str, str] = {
    "jig": "6/8",
    "reel": "4/4",
    "hornpipe": "4/4",
    "strathspey": "4/4",
    "air": "3/4",
}
"""What is danced -> its metre; an air is sung."""
PLACES = len(METRES) * MOST_STEPS
"""Places in bars of every metre."""


def event(token: int, length: int) -> Event:
    """The event that begins a token of the grid for so many sixteenths, 1 to `MOST_STEPS`."""
    return token * MOST_STEPS + length - 1


def symbol_of(one: Event) -> tuple[int, int]:
    """Token of the grid and sixteenths of an event.

    >>> symbol_of(event(26, 12))
    (26, 12)
    """
    token, length = divmod(one, MOST_STEPS)
    return token, length + 1


def place(metre: str, step: int) -> int:
    """The number of a sixteenth of a bar in its metre, 0 to `PLACES` - 1."""
    return list(METRES).index(metre) * MOST_STEPS + step


def events_of(bar: Sequence[int] | Tokens) -> list[Event]:
    """The events of a bar on the grid.

    >>> [symbol_of(one) for one in events_of([HOLD, HOLD, 26, HOLD, 1, HOLD])]
    [(0, 2), (26, 2), (1, 2)]
    """
    starts = [at for at, token in enumerate(bar) if token != HOLD or at == 0]
    ends = [*starts[1:], len(bar)]
    return [event(int(bar[at]), end - at) for at, end in zip(starts, ends, strict=True)]


def bars_of(events: Sequence[Sequence[Event]]) -> Tokens:
    """The grid of the events of some bars, shape [T]; the inverse of `events_of`."""
    found: list[int] = []
    for bar in events:
        for one in bar:
            token, length = symbol_of(one)
            found += [token, *[HOLD] * (length - 1)]
    return np.array(found, dtype=np.int64)


def look(bars: Sequence[Sequence[Event]], bar: int, step: int) -> tuple[int, ...]:
    """What begins at this step so many bars earlier (`LOOKS`): an event, `NOTHING` or `BEYOND`."""
    found = []
    for back in LOOKS:
        if bar < back:
            found.append(BEYOND)
            continue
        at, seen = 0, NOTHING
        for one in bars[bar - back]:
            if at >= step:
                seen = one if at == step else NOTHING
                break
            at += symbol_of(one)[1]
        found.append(seen)
    return tuple(found)


def begins_of(bars: Sequence[Sequence[Event]]) -> list[int]:
    """What is told of the bar after each: its first token on the grid and 1, or 0 for nothing.

    Args:
        bars: Events of bars that are given; empty for others.
    """
    after = [*bars[1:], ()]
    return [symbol_of(bar[0])[0] + 1 if bar else 0 for bar in after]
