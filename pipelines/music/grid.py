"""Melodies on a grid of sixteenths: metres, scales, and tokens.

A melody is a row of tokens, one for each sixteenth of 2 or 4 bars: `HOLD` lets what sounds go on,
`REST` begins a silence, any other begins a note. Pitches are told from the keynote: the network
hears every tune in C, and the key is a transposition that it never sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BARS",
    "FIRST",
    "HIGHEST",
    "HOLD",
    "KEYS",
    "LOWEST",
    "METRES",
    "MODES",
    "MOST_BARS",
    "MOST_STEPS",
    "NUM_TOKENS",
    "REST",
    "SCALES",
    "Metre",
    "Note",
    "notes_of",
    "scale_tokens",
    "token_of",
    "tokens_of",
    "transposition",
]

Tokens = NDArray[np.int64]
HOLD, REST, FIRST = 0, 1, 2
"""Tokens; `FIRST` and those after it are pitches from `LOWEST` up."""
LOWEST, HIGHEST = 48, 93
"""MIDI pitches that a melody in C may have."""
NUM_TOKENS = FIRST + HIGHEST - LOWEST + 1
BARS = (2, 4)
MOST_BARS, MOST_STEPS = 4, 16
"""Most bars of a melody, and most sixteenths of a bar."""
KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Keynotes by pitch class."""
SCALES: Mapping[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
"""Mode -> semitones of its scale above the keynote."""
MODES = tuple(SCALES)


@dataclass(frozen=True)
class Metre:
    """How a bar is counted.

    Attributes:
        beats: Upper figure of the time signature.
        unit: Lower figure of the time signature.
        strengths: How strong each sixteenth of a bar is: 4 the first of the bar, 0 the weakest.
    """

    beats: int
    unit: int
    strengths: tuple[int, ...]

    @property
    def name(self) -> str:
        """As the control names it."""
        return f"{self.beats}/{self.unit}"

    @property
    def steps(self) -> int:
        """Sixteenths of a bar."""
        return len(self.strengths)


METRES: Mapping[str, Metre] = {
    one.name: one
    for one in (
        Metre(4, 4, (4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0)),
        Metre(3, 4, (4, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0)),
        Metre(6, 8, (4, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0)),
    )
}
"""By name; their order is that of the network's conditions."""


@dataclass(frozen=True)
class Note:
    """A note of a melody.

    Attributes:
        step: Sixteenth that it begins on, from 0.
        length: Sixteenths that it lasts.
        pitch: MIDI pitch.
    """

    step: int
    length: int
    pitch: int


def token_of(pitch: int) -> int:
    """The token that begins a note; a pitch out of reach is moved by octaves.

    >>> token_of(LOWEST), token_of(HIGHEST + 1) == token_of(HIGHEST - 11)
    (2, True)
    """
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    return FIRST + pitch - LOWEST


def transposition(tonic: int) -> int:
    """Semitones from C to a keynote, the nearer way: -5 to 6.

    >>> [transposition(KEYS.index(name)) for name in ("C", "F#", "G", "B")]
    [0, 6, -5, -1]
    """
    return tonic if tonic <= 6 else tonic - 12  # noqa: PLR2004 - half an octave


def notes_of(tokens: Sequence[int] | Tokens) -> list[Note]:
    """The notes of a melody, in time."""
    return [Note(at, length, p) for at, length, p in _events(tokens) if p is not None]


def _events(tokens: Sequence[int] | Tokens) -> Iterator[tuple[int, int, int | None]]:
    """Where each note or silence begins, how long it lasts, and its pitch or None."""
    starts = [i for i, token in enumerate(tokens) if token != HOLD or i == 0]
    for at, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        token = int(tokens[at])
        yield at, end - at, LOWEST + token - FIRST if token >= FIRST else None


def tokens_of(notes: Sequence[Note], steps: int) -> Tokens:
    """The tokens of notes that do not overlap; what lies beyond ``steps`` is left out.

    >>> notes_of(tokens_of([Note(2, 4, 60)], 8))
    [Note(step=2, length=4, pitch=60)]
    """
    tokens = np.full(steps, HOLD, dtype=np.int64)
    end = 0
    for note in sorted(notes, key=lambda one: one.step):
        if note.step >= steps:
            break
        if note.step > end:
            tokens[end] = REST
        tokens[note.step] = token_of(note.pitch)
        end = note.step + note.length
    if end < steps:
        tokens[end] = REST
    return tokens


def scale_tokens(mode: str) -> NDArray[np.bool_]:
    """Which tokens may stand in a scale on C, shape [V]; hold and rest always may."""
    allowed = np.ones(NUM_TOKENS, dtype=bool)
    pitches = np.arange(LOWEST, HIGHEST + 1) % 12
    allowed[FIRST:] = np.isin(pitches, SCALES[mode])
    return allowed
