"""Four voices on a grid of sixteenths, and the tokens that a chorale is written in.

As for melodies (`pipelines.music.grid`), every chorale is heard in C and the key is a
transposition. A *beat* is a quarter note of one voice: four sixteenths. It is written as one or
more note tokens whose lengths add up to four. A token says voice, pitch (or that what sounds goes
on, or silence) and length at once: two thirds of all beats of Bach's are one token, and a chorale
of 16 bars has about 400 tokens where a grid would have 1,024.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.music.grid import KEYS, METRES, Note, transposition

__all__ = [
    "AHEAD",
    "BEAT",
    "CONTINUE",
    "METRE_NAMES",
    "MODE_NAMES",
    "MOST_BARS",
    "MOST_BEATS",
    "RANGES",
    "SILENCE",
    "VOICES",
    "Beat",
    "Tokens",
    "beats_of",
    "look_token",
    "pitches_of",
    "row_of",
    "vocabulary",
    "voices_of",
]

Row = NDArray[np.int64]
BEAT = 4
"""Sixteenths of a beat."""
CONTINUE, SILENCE = -1, -2
"""What stands in a row where no note begins: what sounds goes on; silence begins."""
VOICES = ("soprano", "alto", "tenor", "bass")
RANGES = ((57, 81), (53, 74), (47, 69), (36, 64))
"""Lowest and highest MIDI pitch that a voice sings in Bach's chorales, by voice."""
METRE_NAMES = ("4/4", "3/4")
MODE_NAMES = ("major", "minor")
MOST_BARS = 16
MOST_BEATS = MOST_BARS * max(METRES[name].steps for name in METRE_NAMES) // BEAT
COUNTED = 24
"""Bars that are counted to the end; more count as so many."""
AHEAD = (1, 4)
"""How many beats ahead what is given is told."""
Kind = Literal["special", "head", "bar", "beat", "look", "note"]
Beat = tuple[tuple[int, int], ...]
"""A voice's quarter: symbols (pitch, `CONTINUE` or `SILENCE`) with their sixteenths."""


@dataclass(frozen=True)
class Tokens:
    """All tokens, in the order of their numbers.

    Attributes:
        names: As the tokenizer has them; a note is ``S64:4``.
        numbers: Name -> number.
        kinds: Of every token, shape [V].
        voices: Of notes and of what is told ahead, else -1, shape [V].
        symbols: Pitch in C, `CONTINUE` or `SILENCE` of notes, else -9, shape [V].
        lengths: Sixteenths of notes, else 0, shape [V].
    """

    names: tuple[str, ...]
    numbers: Mapping[str, int]
    kinds: tuple[Kind, ...]
    voices: Row
    symbols: Row
    lengths: Row

    def note(self, voice: int, symbol: int, length: int) -> int:
        """The number of a note token.

        Raises:
            KeyError: For a pitch that the voice cannot have in any key.
        """
        return self.numbers[_note(voice, symbol, length)]


def reach(voice: int) -> range:
    """Pitches in C that a voice may have, over all keys.

    >>> reach(0)
    range(51, 87)
    """
    shifts = [transposition(tonic) for tonic in range(len(KEYS))]
    low, high = RANGES[voice]
    return range(low - max(shifts), high - min(shifts) + 1)


def _note(voice: int, symbol: int, length: int) -> str:
    said = {CONTINUE: "~", SILENCE: "r"}.get(symbol, str(symbol))
    return f"{VOICES[voice][0].upper()}{said}:{length}"


def look_token(ahead: int, voice: int, pitch: int) -> str:
    """The name of the token that tells of a given note (or `SILENCE`) so many beats ahead."""
    return f"<{VOICES[voice][0]}{'r' if pitch == SILENCE else pitch}+{ahead}>"


@cache
def vocabulary() -> Tokens:
    """The tokens; every model of the family has the same."""
    found: list[tuple[str, Kind, int, int, int]] = [
        (name, "special", -1, -9, 0) for name in ("<pad>", "<unk>", "</s>")
    ]
    heads = ["<begin>", "<inside>", *(f"<{m}>" for m in MODE_NAMES + METRE_NAMES)]
    heads += [f"<key{transposition(tonic):+d}>" for tonic in range(len(KEYS))]
    found += [(name, "head", -1, -9, 0) for name in heads]
    found += [(f"<bar-{left}>", "bar", -1, -9, 0) for left in range(1, COUNTED + 1)]
    beats = max(METRES[name].steps for name in METRE_NAMES) // BEAT
    for mark in ("", "^"):
        found += [(f"<beat{1 + i}{mark}>", "beat", -1, -9, 0) for i in range(beats)]
    for voice in range(len(VOICES)):
        for symbol in (SILENCE, *reach(voice)):
            found += [(look_token(a, voice, symbol), "look", voice, -9, 0) for a in AHEAD]
    for voice in range(len(VOICES)):
        for symbol in (CONTINUE, SILENCE, *reach(voice)):
            found += [
                (_note(voice, symbol, n), "note", voice, symbol, n) for n in range(1, BEAT + 1)
            ]
    names, kinds, voices, symbols, lengths = zip(*found, strict=True)
    columns = [np.array(one, dtype=np.int64) for one in (voices, symbols, lengths)]
    return Tokens(names, {name: i for i, name in enumerate(names)}, kinds, *columns)


def beats_of(row: Sequence[int] | Row) -> list[Beat]:
    """A row of sixteenths, beat by beat.

    >>> beats_of([60, -1, 62, -1, -1, -1, -1, -1])
    [((60, 2), (62, 2)), ((-1, 4),)]
    """
    found = []
    for start in range(0, len(row), BEAT):
        part = [int(symbol) for symbol in row[start : start + BEAT]]
        begins = [i for i, symbol in enumerate(part) if symbol != CONTINUE or i == 0]
        ends = [*begins[1:], len(part)]
        found.append(tuple((part[i], end - i) for i, end in zip(begins, ends, strict=True)))
    return found


def row_of(beats: Sequence[Beat]) -> Row:
    """The row of sixteenths of some beats; the inverse of `beats_of`.

    >>> row_of([((60, 3), (62, 1))]).tolist()
    [60, -1, -1, 62]
    """
    steps = [
        symbol if i == 0 else CONTINUE for beat in beats for symbol, n in beat for i in range(n)
    ]
    return np.array(steps, dtype=np.int64)


def pitches_of(row: Sequence[int] | Row) -> Row:
    """What sounds at every sixteenth: a pitch, or `SILENCE`; `CONTINUE` where nothing is known.

    >>> pitches_of([-1, 60, -1, -2]).tolist()
    [-1, 60, 60, -2]
    """
    found = np.array(row, dtype=np.int64)
    for i in range(1, len(found)):
        if found[i] == CONTINUE:
            found[i] = found[i - 1]
    return found


def voices_of(rows: Row, shift: int) -> dict[str, list[Note]]:
    """The notes of each of `VOICES`, moved up by ``shift`` semitones; rows have shape [4, T]."""
    return {name: _notes(row.tolist(), shift) for name, row in zip(VOICES, rows, strict=True)}


def _notes(row: list[int], shift: int) -> list[Note]:
    starts = [at for at, symbol in enumerate(row) if symbol != CONTINUE]
    ends = [*starts[1:], len(row)]
    return [
        Note(at, end - at, row[at] + shift)
        for at, end in zip(starts, ends, strict=True)
        if row[at] >= 0
    ]
