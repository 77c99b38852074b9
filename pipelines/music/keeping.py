"""What stays of a melody while the rest is written anew: bars of notes, as text in a recipe.

Bars are told apart by ``|``; one that is `FREE`, or that is missing, is written by the model. In a
bar stand notes and how many sixteenths they last, in C as the network hears them, so that they
follow key and octave::

    E5:4 D5:2 C5:2 r:8 | * | ~:4 G#4:12

``r`` is a silence, ``~`` lets what sounds go on. Bars after the last are not heard, and come back
when the melody is made longer again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ControlError
from pipelines.music.grid import FIRST, HIGHEST, HOLD, LOWEST, METRES, MOST_BARS, REST, Metre

__all__ = [
    "ANY",
    "FREE",
    "SEPARATOR",
    "kept_of",
    "kept_text",
    "pitch_name",
    "pitch_of",
    "read_bar",
    "refusal",
    "write_bar",
]

Tokens = NDArray[np.int64]
NAME = "kept_notes"
SEPARATOR, FREE = "|", "*"
ANY = -1
"""Stands in the place of a token that the model is to choose."""
_ITEM = re.compile(r"(?P<what>r|~|[A-G](?:#|b)?[0-9]):(?P<length>[1-9][0-9]?)")
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_SIGNS = {"r": REST, "~": HOLD}


def kept_of(text: str, metre: str, bars: int, most: int = MOST_BARS) -> Tokens:
    """The tokens of what is kept.

    Args:
        text: See the module; empty for nothing.
        metre: Name in `METRES`.
        bars: Of the melody.
        most: Bars that a melody can have.

    Returns:
        A token for each sixteenth, `ANY` where the bar is free, shape [bars x steps of a bar].

    Raises:
        ControlError: ``not_notes`` for what is no note, ``bar_length`` for a bar that is too short
            or too long, ``pitch_range`` for a note out of reach, ``too_many_bars``.
    """
    counted = METRES[metre]
    parts = [part.strip() for part in text.split(SEPARATOR)]
    if len(parts) > most:
        raise refusal(
            "too_many_bars",
            NAME,
            len(parts),
            f"more than the {most} bars that a melody can have",
            "take some away",
            most,
        )
    tokens = np.full((bars, counted.steps), ANY, dtype=np.int64)
    for number, part in enumerate(parts):
        if part not in ("", FREE):
            told = read_bar(part, NAME, number + 1, counted, _token, HOLD)
            if number < bars:
                tokens[number] = told
    if tokens[0, 0] == HOLD:
        tokens[0, 0] = REST  # nothing sounds yet that could go on
    return tokens.reshape(-1)


def read_bar(
    text: str, name: str, number: int, metre: Metre, symbol: Callable[[str], int], hold: int
) -> Tokens:
    """One bar in this notation, of any voice.

    Args:
        text: See the module; not `FREE`.
        name: Of the control, for messages.
        number: Of the bar, from 1, for messages.
        metre: Of the bar.
        symbol: What stands for a pitch name, ``r`` or ``~``.
        hold: What stands for a sixteenth at which nothing begins.

    Returns:
        A symbol for each sixteenth.

    Raises:
        ControlError: ``not_notes``, ``bar_length``, and what ``symbol`` raises.
    """
    symbols: list[int] = []
    for word in text.split():
        item = _ITEM.fullmatch(word)
        if item is None:
            raise refusal(
                "not_notes",
                name,
                word,
                "no note",
                "write notes such as E5:4 (E of the fifth octave, four sixteenths), r:2 or ~:2",
            )
        symbols += [symbol(item["what"]), *[hold] * (int(item["length"]) - 1)]
    if len(symbols) != metre.steps:
        raise refusal(
            "bar_length",
            name,
            len(symbols),
            f"not the {metre.steps} sixteenths that bar {number} has in {metre.name}",
            "write the bar in full, with r for silence",
            metre.steps,
        )
    return np.array(symbols, dtype=np.int64)


def pitch_of(what: str) -> int:
    """The MIDI pitch of a name in scientific pitch notation.

    >>> pitch_of("C4"), pitch_of("Bb4")
    (60, 70)
    """
    accidental = {"#": 1, "b": -1}.get(what[1], 0)
    return 12 * (int(what[-1]) + 1) + _NATURAL[what[0]] + accidental


def _token(what: str) -> int:
    if what in _SIGNS:
        return _SIGNS[what]
    pitch = pitch_of(what)
    if not LOWEST <= pitch <= HIGHEST:
        raise refusal(
            "pitch_range",
            NAME,
            what,
            f"outside {pitch_name(LOWEST)} to {pitch_name(HIGHEST)}",
            "write it in another octave",
            f"{pitch_name(LOWEST)}-{pitch_name(HIGHEST)}",
        )
    return FIRST + pitch - LOWEST


def pitch_name(pitch: int) -> str:
    """A MIDI pitch by its name in the octaves of scientific pitch notation.

    >>> pitch_name(60), pitch_name(70)
    ('C4', 'A#4')
    """
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"


def kept_text(tokens: Sequence[int] | Tokens, metre: str, kept: Sequence[bool]) -> str:
    """The value of the control that keeps some bars of a melody; empty if none.

    Args:
        tokens: Of the whole melody.
        metre: Name in `METRES`.
        kept: Of every bar, whether it stays.

    >>> kept_text([26, *[HOLD] * 11, REST, *[HOLD] * 11], "3/4", [False, True])
    '* | r:12'
    """
    if not any(kept):
        return ""
    bars = np.asarray(tokens).reshape(len(kept), METRES[metre].steps)
    parts = [
        write_bar(bar, HOLD, _word) if stays else FREE
        for bar, stays in zip(bars, kept, strict=True)
    ]
    return f" {SEPARATOR} ".join(parts)


def write_bar(bar: Sequence[int] | Tokens, hold: int, word: Callable[[int], str]) -> str:
    """One bar as text; see `read_bar`. ``word`` says what a symbol is called."""
    starts = [at for at, symbol in enumerate(bar) if symbol != hold or at == 0]
    ends = [*starts[1:], len(bar)]
    return " ".join(
        f"{word(int(bar[at]))}:{end - at}" for at, end in zip(starts, ends, strict=True)
    )


def _word(token: int) -> str:
    if token >= FIRST:
        return pitch_name(LOWEST + token - FIRST)
    return "r" if token == REST else "~"


def refusal(
    code: str, name: str, value: object, rule: str, remedy: str, needed: object = ""
) -> ControlError:
    """An error about notes as text; ``needed`` is what sentences of other languages say."""
    details = {"needed": str(needed)} if needed else {}
    return ControlError(code, name=name, value=value, rule=rule, remedy=remedy, details=details)
