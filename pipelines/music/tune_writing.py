"""Dance tunes event by event, each drawn with noise of its own.

See `pipelines.music.drawing`: x is the noise of a sixteenth of a bar, and f has a unit vector of
every event. Bars that are given are read, not drawn; of a bar that follows and is given the first
note is told ahead. A bar is full by construction: no event is longer than what is left of it.

A tune that closes ends on its keynote: the event that reaches the end of the last bar is one, a
quarter at least, and no farther from the note before than a fifth where one is as near. What a
person gave stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.music.drawing import Chances, choose, directions, gumbel
from pipelines.music.grid import (
    FIRST,
    HOLD,
    LOWEST,
    METRES,
    MODES,
    MOST_STEPS,
    NUM_TOKENS,
    REST,
    scale_tokens,
)
from pipelines.music.keeping import ANY
from pipelines.music.tune_grid import (
    DANCES,
    MOST_BARS,
    NUM_EVENTS,
    Event,
    begins_of,
    events_of,
    look,
    place,
    symbol_of,
)

if TYPE_CHECKING:
    from pipelines.music.tune_decoding import Fiddler

__all__ = ["NOISE", "SHAPE", "Wish", "write"]

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]
Bars = list[list[Event]]
NOISE = 32
"""Numbers of noise of a sixteenth."""
SHAPE = (MOST_BARS, MOST_STEPS, NOISE)
"""Of the noise of the longest tune."""
TOKENS = np.repeat(np.arange(NUM_TOKENS), MOST_STEPS)
LENGTHS = np.tile(np.arange(1, MOST_STEPS + 1), NUM_TOKENS)
"""Token and length of every event, shape [V]."""
KEYNOTES = (TOKENS >= FIRST) & ((TOKENS - FIRST + LOWEST) % 12 == 0)
MIDDLE = 72
"""Pitch that stands for the note before the first."""
FINAL, FIFTH = 4, 7
"""Sixteenths of the last note at least, and semitones to it at most."""


@dataclass(frozen=True)
class Wish:
    """What a tune is to be.

    Attributes:
        dance: Of `DANCES`.
        mode: Of `pipelines.music.grid.MODES`.
        bars: How many.
        closes: Whether it ends on its keynote.
        accidentals: Whether notes outside the scale may be drawn.
        kept: Tokens that stand, `pipelines.music.keeping.ANY` in bars that are free, shape
            [bars x steps of a bar].
    """

    dance: str
    mode: str
    bars: int
    closes: bool
    accidentals: bool
    kept: Tokens

    @property
    def metre(self) -> str:
        """Name in `METRES`."""
        return DANCES[self.dance]

    @property
    def steps(self) -> int:
        """Sixteenths of a bar."""
        return METRES[self.metre].steps


def write(fiddler: Fiddler, wish: Wish, noise: Floats, chances: Chances) -> Iterator[Bars]:
    """Write a tune.

    Args:
        fiddler: The network.
        wish: What it is to be.
        noise: Shape `SHAPE`.
        chances: How freely events are drawn.

    Yields:
        After each bar, the events of all bars so far.
    """
    given = [
        None if (row == ANY).any() else events_of(row)
        for row in wish.kept.reshape(wish.bars, wish.steps)
    ]
    ahead = begins_of([bar or () for bar in given])
    about = (list(DANCES).index(wish.dance), MODES.index(wish.mode))
    scale = np.repeat(
        np.ones(NUM_TOKENS, dtype=bool) if wish.accidentals else scale_tokens(wish.mode),
        MOST_STEPS,
    )
    memory, written = fiddler.begin(), Bars()
    before: Event | None = None
    sounds, last = REST, FIRST + MIDDLE - LOWEST
    for number, known in enumerate(given):
        left = wish.bars - number if wish.closes else 0
        written.append([])
        step = 0
        while step < wish.steps:
            told = (place(wish.metre, step), left, number, ahead[number], *about)
            logits = fiddler.listen(memory, before, look(written, number, step), told)
            if known is not None:
                before = known[len(written[-1])]
            else:
                tied = step == 0 and number > 0 and given[number - 1] is None
                ends = wish.closes and number == wish.bars - 1
                allowed = scale & _fitting(wish.steps - step, sounds if tied else REST)
                if ends:
                    allowed &= _ending(wish.steps - step, sounds, last)
                some = np.flatnonzero(allowed)
                drawn = gumbel(vectors()[some], noise[number, step])
                before = int(some[choose(logits[some].astype(np.float64), drawn, chances)])
            token, length = symbol_of(before)
            sounds = token if token != HOLD else sounds
            last = token if token >= FIRST else last
            written[-1].append(before)
            step += length
        yield [list(bar) for bar in written]


def vectors() -> Floats:
    """f: a unit vector of every event, shape [V, D]."""
    return directions((NUM_EVENTS, NOISE), "tune events")


def _fitting(room: int, sounds: int) -> NDArray[np.bool_]:
    """Which events may begin where so many sixteenths are left of the bar, shape [V].

    Args:
        room: Sixteenths.
        sounds: Token of what may go on, or `REST` if nothing may.
    """
    fits: NDArray[np.bool_] = room >= LENGTHS
    return fits if sounds >= FIRST else fits & (TOKENS != HOLD)


def _ending(room: int, sounds: int, last: int) -> NDArray[np.bool_]:
    """Which events may stand in a last bar that ends on the keynote, shape [V].

    Args:
        room: Sixteenths that are left of it.
        sounds: Token of what sounds.
        last: Token of the note before.
    """
    apart = np.abs(TOKENS - last)
    near = apart <= max(FIFTH, apart[KEYNOTES].min())
    holds = (TOKENS == HOLD) & ((sounds - FIRST + LOWEST) % 12 == 0)
    left = room - LENGTHS
    final = ((KEYNOTES & near) | holds) & (left == 0)
    found: NDArray[np.bool_] = final | (left >= FINAL)
    return found
