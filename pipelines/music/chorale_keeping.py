"""What an artist gives of a chorale: a melody, and bars of voices that stay, as text in a recipe.

A voice is written as for the family ``melody``: bars told apart by ``|``, notes with their
sixteenths, ``r`` for silence, ``~`` for what goes on, ``*`` for a bar that the model writes, all
in C, so that they follow the key. The four voices, soprano first, are told apart by ``/``, and a
``*`` alone is a voice of which nothing stays::

    E5:4 D5:4 C5:8 | * / * / * | C4:16 / C3:16 | *

A bar in brackets is held, not kept: it stands while the chorale is otherwise written from the same
(`hold_of`, which stands before it all as ``=1a2b3c4d``), and is written anew with the next seed or
slider. So laying a stone on one bar changes no other::

    =1a2b3c4d E5:4 D5:4 C5:8 | [G4:16] / ...

Bars of ``kept_notes`` after the last are not heard, and come back when the chorale is made longer
again; a ``melody`` has to fit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.music.chorale_grid import (
    CONTINUE,
    MOST_BARS,
    SILENCE,
    VOICES,
    Row,
    reach,
)
from pipelines.music.grid import METRES, Metre
from pipelines.music.keeping import (
    FREE,
    pitch_name,
    pitch_of,
    read_bar,
    refusal,
    write_bar,
)
from pipelines.music.keeping import SEPARATOR as BARS

if TYPE_CHECKING:
    from pipelines.request import Request

__all__ = ["Given", "given_of", "hold_of", "kept_text"]

PARTS = "/"
_HOLD = re.compile(r"=(?P<hold>[0-9a-f]{8})(\s+|$)")
_HELD = re.compile(r"\[(?P<bar>[^\[\]]*)\]")
_SOUND = frozenset({"kept_notes", "key", "tempo", "instrument"})
"""Controls that change what sounds, and not what is written in C."""
_SIGNS = {"r": SILENCE, "~": CONTINUE}


@dataclass(frozen=True)
class Given:
    """What is given of a chorale.

    Attributes:
        rows: Sixteenths of every voice in C; `CONTINUE` where nothing is given, shape [4, T].
        bars: Of every voice and bar whether it is given, shape [4, bars].
    """

    rows: Row
    bars: NDArray[np.bool_]


def hold_of(request: Request) -> str:
    """What a chorale is written from besides what stays of it, as eight signs.

    Two recipes that differ in what is kept, in key, tempo, instrument or a finish have the same.
    """
    told = {name: value for name, value in request.controls.items() if name not in _SOUND}
    return request.but(controls=told, steps=()).sha256[:8]


def given_of(melody: str, kept: str, metre: str, bars: int, hold: str = "") -> Given:
    """Read the two texts.

    Args:
        melody: The soprano; empty for none.
        kept: What stays of the four voices; empty for nothing.
        metre: ``4/4`` or ``3/4``.
        bars: Of the chorale.
        hold: See `hold_of`; bars in brackets stay if ``kept`` begins with it.

    Raises:
        ControlError: ``not_notes`` for what is no note, ``bar_length`` for a bar that is too short
            or too long, ``pitch_range`` for a note that the voice has in no key,
            ``too_many_bars``, ``too_many_voices``, and ``at_odds`` for a kept soprano that is
            not the melody.
    """
    counted = METRES[metre]
    rows = np.full((len(VOICES), bars, counted.steps), CONTINUE, dtype=np.int64)
    known = np.zeros((len(VOICES), bars), dtype=bool)
    found = _HOLD.match(kept)
    holds = found is not None and found["hold"] == hold
    told = _HELD.sub(r"\g<bar>" if holds else FREE, kept[found.end() :] if found else kept)
    parts = [part.strip() for part in told.split(PARTS)] if told.strip() else []
    if len(parts) > len(VOICES):
        raise refusal(
            "too_many_voices",
            "kept_notes",
            len(parts),
            f"more than the {len(VOICES)} voices of a chorale",
            f"tell at most {len(VOICES)} voices apart by {PARTS}",
            len(VOICES),
        )
    for voice, part in enumerate(parts):
        for number, row in _voice(part, "kept_notes", voice, counted, MOST_BARS).items():
            if number < bars:
                rows[voice, number], known[voice, number] = row, True
    for number, row in _voice(melody, "melody", 0, counted, bars).items():
        if known[0, number] and not np.array_equal(rows[0, number], row):
            raise refusal(
                "at_odds",
                "melody",
                f"bar {number + 1}",
                "at odds with a bar that is kept",
                "change one of the two",
            )
        rows[0, number], known[0, number] = row, True
    begins = rows[:, 0, 0]
    begins[known[:, 0] & (begins == CONTINUE)] = SILENCE  # nothing sounds yet that could go on
    return Given(rows.reshape(len(VOICES), -1), known)


def _voice(text: str, name: str, voice: int, metre: Metre, most: int) -> dict[int, Row]:
    """The bars of a voice that are given, by their number from 0."""
    parts = [part.strip() for part in text.split(BARS)] if text.strip() else []
    if len(parts) > most:
        raise refusal(
            "too_many_bars",
            name,
            len(parts),
            f"more than the {most} bars that there are",
            "take some away, or write more bars",
            most,
        )
    return {
        number: read_bar(
            part, name, number + 1, metre, lambda what: _symbol(what, name, voice), CONTINUE
        )
        for number, part in enumerate(parts)
        if part not in ("", FREE)
    }


def _symbol(what: str, name: str, voice: int) -> int:
    if what in _SIGNS:
        return _SIGNS[what]
    pitch = pitch_of(what)
    if pitch not in reach(voice):
        low, high = (pitch_name(reach(voice)[i]) for i in (0, -1))
        raise refusal(
            "pitch_range",
            name,
            what,
            f"outside {low} to {high}, which the {VOICES[voice]} has in C",
            "write it in another octave",
            f"{low}-{high}",
        )
    return pitch


def kept_text(rows: Row, metre: str, kept: NDArray[np.bool_]) -> str:
    """The value of the control that keeps some bars of some voices; empty if none.

    Args:
        rows: Sixteenths of the four voices in C, shape [4, T].
        metre: ``4/4`` or ``3/4``.
        kept: Of every voice and bar whether it stays, shape [4, bars].
    """
    if not kept.any():
        return ""
    cells = rows.reshape(len(VOICES), -1, METRES[metre].steps)
    voices = [
        f" {BARS} ".join(
            write_bar(bar, CONTINUE, _word) if stays else FREE
            for bar, stays in zip(row, known, strict=True)
        )
        if known.any()
        else FREE
        for row, known in zip(cells, kept, strict=True)
    ]
    return f" {PARTS} ".join(voices)


def _word(symbol: int) -> str:
    return {number: sign for sign, number in _SIGNS.items()}.get(symbol) or pitch_name(symbol)
