"""What may be written at a place of a chorale: the grid, ranges, parallels, the last chord.

Lengths add up to a beat by construction. A note that is given is never made longer by what is
drawn after it, silence is drawn only where a given voice is silent, and no voice leaves its range.
Two voices do not move in parallel fifths or octaves where any other note can stand; Bach's do so
once in thirty bars or more.
A chorale that closes ends on a triad of the tonic with its keynote in the bass, held to the end of
the last bar; where the network writes the last fermata is up to it. Where given voices end on
another chord, the end is as the network has it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.music.chorale_grid import (
    BEAT,
    CONTINUE,
    RANGES,
    SILENCE,
    vocabulary,
)
from pipelines.music.chorale_walk import Place, Plan, Told

__all__ = ["Rules"]

Numbers = NDArray[np.int64]
BASS = 3
THIRDS = {"major": (4,), "minor": (3, 4)}
"""Semitones of the third of the last chord; a minor chorale may end in major (Picardy)."""
FIFTH = 7


class Rules:
    """Says what may stand where, and follows what is written.

    Args:
        plan: What the chorale is to be.
        told: What is given.
        closes: Whether it ends on the tonic.
        parallels: Whether voices may move in parallel fifths and octaves.
    """

    def __init__(self, plan: Plan, told: Told, *, closes: bool, parallels: bool = False) -> None:
        self.plan, self.told, self.parallels = plan, told, parallels
        self.heard = [SILENCE] * len(RANGES)
        self.now: list[list[int]] = [[SILENCE] for _ in RANGES]
        self.last = plan.bars * plan.beats
        self.first = self.last - plan.beats
        self.closed = self.last
        self.earliest = max([self.first, *self._onsets()])
        finals = {self._final(voice) for voice in range(len(RANGES)) if self._given(voice)}
        self.chord = {c for c in finals if c is not None}
        bass = self._final(BASS) if self._given(BASS) else 0
        known = {0, FIFTH, *THIRDS[plan.mode]}
        self.closes = closes and bass == 0 and self.chord <= known

    def allowed(self, place: Place) -> Numbers:
        """Numbers of the tokens that may stand at a place, at least one."""
        return self._beat(place.beat) if place.voice < 0 else self._note(place)

    def written(self, place: Place, token: int) -> None:
        """Take note of a token that was chosen."""
        if place.voice >= 0:
            symbol = int(vocabulary().symbols[token])
            if symbol != CONTINUE:
                self.heard[place.voice] = symbol
            self.now[place.voice] += [self.heard[place.voice]] * int(vocabulary().lengths[token])
            if place.beat == self.closed and self.heard[place.voice] != SILENCE:
                self.chord.add(self.heard[place.voice] % 12)
            return
        ended = vocabulary().names[token].endswith("^>")
        if self.closes and ended and self.first <= place.beat < self.closed:
            self.closed = place.beat
        for voice, known in enumerate(self.told.given):
            self.now[voice] = [self.heard[voice]]
            for symbol, length in self.told.beats[voice][place.beat] if known[place.beat] else ():
                self.heard[voice] = self.heard[voice] if symbol == CONTINUE else symbol
                self.now[voice] += [self.heard[voice]] * length

    def _beat(self, beat: int) -> Numbers:
        name = f"<beat{1 + beat % self.plan.beats}"
        plain, ended = (vocabulary().numbers[f"{name}{mark}>"] for mark in ("", "^"))
        if self.closes and beat >= self.first:
            if beat < self.earliest or beat > self.closed:
                return np.array([plain])
            if beat == self.last - 1:
                return np.array([ended])
        return np.array([plain, ended])

    def _note(self, place: Place) -> Numbers:
        tokens, voice, beat = vocabulary(), place.voice, place.beat
        if beat > self.closed:
            return np.array([tokens.note(voice, CONTINUE, BEAT)])
        notes, symbols, lengths = _notes(voice)
        low, high = RANGES[voice]
        sung = symbols + self.plan.shift
        fits = (sung >= low) & (sung <= high) & (symbols >= 0)
        if place.slot == 0 and self._goes_on(voice, beat):
            fits |= symbols == CONTINUE
        if self._silent(beat):
            fits |= symbols == SILENCE
        fits &= lengths <= BEAT - place.slot
        if beat == self.closed:
            heard = np.where(symbols == CONTINUE, self.heard[voice], symbols)
            fits &= np.isin(heard % 12, self._triad(voice)) & (lengths == BEAT) & (heard >= 0)
        if not self.parallels:
            fits = self._independent(place, symbols, fits)
        found: Numbers = notes[fits]
        return found

    def _independent(
        self, place: Place, symbols: Numbers, fits: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """``fits`` without notes in parallel to another voice, if others are left."""
        mine, at = self.now[place.voice], place.slot
        apart = fits.copy()
        for voice, other in enumerate(self.now):
            if voice == place.voice or len(other) <= at + 1 or other[at] == other[at + 1]:
                continue
            if min(mine[at], other[at], other[at + 1]) < 0:
                continue
            sign = 1 if place.voice < voice else -1
            before = sign * (mine[at] - other[at]) % 12
            if before in (0, FIFTH):
                same = sign * (symbols - other[at + 1]) % 12 == before
                apart &= ~(same & (symbols >= 0) & (symbols != mine[at]))
        return apart if apart.any() else fits

    def _goes_on(self, voice: int, beat: int) -> bool:
        """Whether what sounds may be held into this beat."""
        if beat == 0 or self.told.given[voice][beat - 1]:
            return False
        return self.heard[voice] != SILENCE or self._silent(beat)

    def _silent(self, beat: int) -> bool:
        """Whether a given voice is silent in some part of this beat."""
        return any(
            known[beat]
            and (self.heard[voice] == SILENCE or (SILENCE in dict(self.told.beats[voice][beat])))
            for voice, known in enumerate(self.told.given)
        )

    def _triad(self, voice: int) -> list[int]:
        """Pitch classes that a voice may end on."""
        if voice == BASS:
            return [0]
        thirds = THIRDS[self.plan.mode]
        there = [one for one in thirds if one in self.chord]
        return [0, FIFTH, *(there or thirds)]

    def _given(self, voice: int) -> bool:
        """Whether the last bar of a voice is given."""
        return bool(self.told.given[voice][self.last - 1])

    def _final(self, voice: int) -> int | None:
        """Pitch class of the last note of a voice whose last bar is given, if it has one."""
        notes = [
            s for beat in self.told.beats[voice][self.first : self.last] for s, _ in beat if s >= 0
        ]
        return notes[-1] % 12 if notes else None

    def _onsets(self) -> Sequence[int]:
        """Beats of the last bar in which given voices begin a note."""
        return [
            beat
            for voice in range(len(RANGES))
            if self._given(voice)
            for beat in range(self.first, self.last)
            if any(s >= 0 for s, _ in self.told.beats[voice][beat])
        ]


def _notes(voice: int) -> tuple[Numbers, Numbers, Numbers]:
    """Numbers, symbols and lengths of a voice's notes."""
    tokens = vocabulary()
    notes = np.flatnonzero((tokens.voices == voice) & (tokens.lengths > 0))
    return notes, tokens.symbols[notes], tokens.lengths[notes]
