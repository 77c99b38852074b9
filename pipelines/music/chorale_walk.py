"""The order in which a chorale is told, for training and for writing alike.

A sequence begins with whether the piece begins here, its mode, metre and key. Every bar says how
many are left; every beat of it is, in this order::

    <beat2^>                 the beat of the bar; ^ where a note under a fermata begins
    <s67+1> <s72+4> ...      what given voices will sing one and four beats later
    S64:4                    beats of given voices, read and not drawn
    B48:2 B50:2 A55:4 T60:4  beats of the other voices: bass or soprano first, the inner ones last

So the network, which reads from left to right, hears what is given twice: some time ahead, as a
choirmaster's eye does, and before any voice that is drawn at the same beat. Any bars of any voices
may be given, and nothing is told where nothing is, or where nothing is left to draw, so that free
writing costs no more. (Telling of given events ahead of time: Thickstun et al. 2023,
https://arxiv.org/abs/2306.08620; hearing the melody to come: Hadjeres et al. 2017, DeepBach,
https://arxiv.org/abs/1612.01010.)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pipelines.music.chorale_grid import (
    AHEAD,
    BEAT,
    COUNTED,
    Beat,
    Row,
    beats_of,
    look_token,
    pitches_of,
    vocabulary,
)
from pipelines.music.grid import METRES

__all__ = ["ORDER", "Place", "Plan", "Told", "walk"]

ORDER = (0, 3, 1, 2)
"""Voices in the order in which they are written: soprano, bass, alto, tenor."""


@dataclass(frozen=True)
class Plan:
    """What a chorale is to be.

    Attributes:
        metre: ``4/4`` or ``3/4``.
        mode: ``major`` or ``minor``.
        shift: Semitones from C to the keynote, -5 to 6.
        bars: How many are written.
        left: Bars to the end of the piece, those that are written included.
        begins: Whether the piece begins with the first bar.
    """

    metre: str
    mode: str
    shift: int
    bars: int
    left: int
    begins: bool = True

    @property
    def beats(self) -> int:
        """Beats of a bar."""
        return METRES[self.metre].steps // BEAT


@dataclass(frozen=True)
class Place:
    """A token that is to be chosen.

    Attributes:
        beat: From 0, over all bars.
        voice: 0 to 3; -1 for the beat itself, which has a fermata or has none.
        slot: Sixteenth of the beat at which the token begins.
        told: Numbers of the tokens that stand before it since the last place.
    """

    beat: int
    voice: int
    slot: int
    told: tuple[int, ...]


class Told:
    """What is given of each voice, beat by beat.

    Args:
        rows: Rows of sixteenths of every voice; what stands in a beat that is not given is not
            looked at.
        given: Of every voice and beat whether it is given, [4][beats].
    """

    def __init__(self, rows: Sequence[Row], given: Sequence[Sequence[bool]]) -> None:
        self.given = given
        self.beats: list[list[Beat]] = [beats_of(row) for row in rows]
        self.heard: list[list[int]] = []
        for row, known in zip(rows, given, strict=True):
            part = row.copy()
            for beat, stands in enumerate(known):
                if not stands:
                    part[beat * BEAT : (beat + 1) * BEAT] = _UNKNOWN
            self.heard.append(pitches_of(part)[::BEAT].tolist())

    def ahead(self, beat: int) -> list[int]:
        """Tokens of what given voices will sing after ``beat``."""
        numbers, found = vocabulary().numbers, []
        for voice in ORDER:
            for far in AHEAD:
                at = beat + far
                pitch = self.heard[voice][at] if at < len(self.heard[voice]) else _UNKNOWN
                if pitch != _UNKNOWN:
                    found.append(numbers[look_token(far, voice, pitch)])
        return found


_UNKNOWN = -3


def walk(plan: Plan, told: Told) -> Generator[Place, int, tuple[int, ...]]:
    """Ask for every token that is not given, in order; see the module.

    Args:
        plan: What the chorale is to be.
        told: What is given.

    Yields:
        Places; the number of the token that was chosen is sent back.

    Returns:
        Tokens after the last place.
    """
    tokens = vocabulary()
    numbers = tokens.numbers
    waiting = [numbers[name] for name in _head(plan)]
    for beat in range(plan.bars * plan.beats):
        if beat % plan.beats == 0:
            waiting.append(numbers[f"<bar-{min(COUNTED, plan.left - beat // plan.beats)}>"])
        chosen = yield Place(beat, -1, 0, tuple(waiting))
        free = [voice for voice in ORDER if not told.given[voice][beat]]
        waiting = [chosen, *(told.ahead(beat) if free else ())]
        for voice in ORDER:
            if told.given[voice][beat]:
                waiting += [tokens.note(voice, s, n) for s, n in told.beats[voice][beat]]
        for voice in free:
            slot = 0
            while slot < BEAT:
                chosen = yield Place(beat, voice, slot, tuple(waiting))
                waiting = [chosen]
                slot += int(tokens.lengths[chosen])
    return tuple(waiting)


def _head(plan: Plan) -> tuple[str, ...]:
    begin = "<begin>" if plan.begins else "<inside>"
    return (begin, f"<{plan.mode}>", f"<{plan.metre}>", f"<key{plan.shift:+d}>")
