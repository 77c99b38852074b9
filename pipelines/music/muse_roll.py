"""Four bars of four voices as rolls: what sounds on every sixteenth, and where notes begin.

Everything is heard in C major or A minor, which have the same notes; the key is a transposition.
A *pitch number* counts semitones up from `LOWEST`; `SILENT` is the one after the highest. A roll
says the same as a row of `pipelines.music.chorale_grid`, but so that a chord is seen at once.

Legend: N works, V voices, T steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.music.chorale_grid import CONTINUE, MODE_NAMES, RANGES, SILENCE, VOICES, pitches_of
from pipelines.music.grid import KEYS, METRES, transposition

__all__ = [
    "BAR",
    "BARS",
    "LOWEST",
    "METRE",
    "NUM_PITCHES",
    "NUM_VOICES",
    "REACH",
    "SILENT",
    "STEPS",
    "Rolls",
    "moved",
    "rolls_of",
    "rows_of",
]

Numbers = NDArray[np.int64]
METRE = "4/4"
BARS, BAR = 4, METRES[METRE].steps
STEPS, NUM_VOICES = BARS * BAR, len(VOICES)
_SHIFTS = [transposition(tonic) for tonic in range(len(KEYS))]
REACH = tuple((low - max(_SHIFTS), high - min(_SHIFTS)) for low, high in RANGES)
"""Lowest and highest MIDI pitch that a voice may have in C, over all keys."""
LOWEST = min(low for low, _ in REACH)
SILENT = max(high for _, high in REACH) - LOWEST + 1
NUM_PITCHES = SILENT + 1
_MINOR = 3
"""Semitones from the keynote of a minor key to that of the major key with the same notes."""


@dataclass(frozen=True)
class Rolls:
    """Some works.

    Attributes:
        pitches: Pitch number of what sounds, shape [N, V, T].
        begins: Whether a note or a silence begins, shape [N, V, T]; it always does at step 0.
    """

    pitches: Numbers
    begins: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many works."""
        return len(self.pitches)

    def some(self, index: NDArray[np.integer] | slice) -> Rolls:
        """Those with these numbers."""
        return Rolls(self.pitches[index], self.begins[index])


def moved(tonic: int, mode: str) -> int:
    """Semitones from C major or A minor to a key, the nearer way: -5 to 6.

    >>> moved(KEYS.index("G"), "major"), moved(KEYS.index("A"), "minor")
    (-5, 0)
    """
    if mode not in MODE_NAMES:
        raise ValueError(f"mode={mode} is none of {', '.join(MODE_NAMES)}")
    return transposition((tonic + (_MINOR if mode == "minor" else 0)) % len(KEYS))


def rolls_of(rows: Numbers) -> Rolls:
    """Rows in C, shape [N, V, T], as rolls; what goes on at step 0 is silence.

    >>> one = np.full((1, NUM_VOICES, STEPS), CONTINUE)
    >>> one[0, :, 0] = 60
    >>> (rows_of(rolls_of(one)) == one).all()
    np.True_
    """
    rows = rows.copy()
    first = rows[..., 0]
    first[first == CONTINUE] = SILENCE
    sounds = np.array([[pitches_of(row) for row in one] for one in rows]).reshape(rows.shape)
    pitches = np.where(sounds >= 0, sounds - LOWEST, SILENT)
    return Rolls(pitches.astype(np.int64), rows != CONTINUE)


def rows_of(rolls: Rolls) -> Numbers:
    """The rows of rolls, shape [N, V, T]; the inverse of `rolls_of`."""
    symbols = np.where(rolls.pitches == SILENT, SILENCE, rolls.pitches + LOWEST)
    return np.where(rolls.begins, symbols, CONTINUE).astype(np.int64)
