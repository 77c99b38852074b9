"""A line in seconds as bars of sixteenths: how fast it is, where its grid and its bars begin.

An onset at time t fits a period s as well as the resultant of all onsets on a circle of length s
is long (Mardia and Jupp 2000, "Directional Statistics")::

    R(s) = | mean_i exp(2 pi j t_i / s) |
    fit(T) = sum_l share_l R(l 15 / T)           T quarter notes a minute, l of `LEVELS`

so that a tempo is good whose sixteenths, eighths and quarters all meet many onsets. Tempos that
fit about as well are told apart by how usual they are (`USUAL`), and by the person.

A person who hums is not a clock: the grid is fitted again within `DRIFT` of the tempo that was
chosen. One who slows down by more than that is heard to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import outside
from pipelines.music.grid import METRES, Metre, Note
from pipelines.music.writing import STEP
from pipelines.scores import END, TICKS, bar_of, end_of
from pipelines.sound import PROGRAMS

if TYPE_CHECKING:
    from symusic.core import ScoreSecond, ScoreTick

__all__ = ["TEMPOS", "Beat", "Counted", "beats_of", "moved", "quantise", "window"]

Times = NDArray[np.float64]
TEMPOS = (60, 160)
"""Slowest and fastest that is guessed, quarter notes a minute."""
LEVELS: Mapping[int, float] = {1: 0.5, 2: 0.3, 4: 0.2}
"""Sixteenths -> their share of the fit."""
USUAL, SPREAD = 104.0, 0.55
"""The most usual tempo, and octaves (factors of two) from it that are hardly less so."""
APART = 0.07
"""Tempos nearer than this share are one."""
CHOICES = 4
"""Tempos that are offered at most."""
DRIFT = 0.05
"""Share of the tempo."""
LEGATO = 1
"""Sixteenths of silence between notes that are only breath."""
AT_ONCE = 8
"""Sixteenths over which the length of a note says no more about its weight."""
FIRST_ON_ONE = 1.15
"""How much better another place must be than the first of the bar."""
VELOCITY = 88
OCTAVE = 12


@dataclass(frozen=True)
class Beat:
    """How fast a line may be.

    Attributes:
        tempo: Quarter notes a minute, whole.
        fit: How well its grid meets the onsets, 0 to 1.
    """

    tempo: int
    fit: float


@dataclass(frozen=True)
class Counted:
    """A line in bars.

    Attributes:
        score: In ticks, one track.
        first: Sixteenth of the bar on which the first note begins, from 0.
        bars: Bars that it fills, the last in part.
    """

    score: ScoreTick
    first: int
    bars: int


def beats_of(line: ScoreSecond) -> list[Beat]:
    """The tempos that a line may have, the likeliest first, at most `CHOICES`."""
    onsets = _onsets(line)
    tempos = np.arange(TEMPOS[0], TEMPOS[1] + 0.25, 0.5)
    fits = np.array([_fit(onsets, tempo) for tempo in tempos])
    usual = np.exp(-0.5 * (np.log2(tempos / USUAL) / SPREAD) ** 2)
    found: list[Beat] = []
    for at in np.argsort(-(fits**2) * usual, kind="stable"):
        tempo = round(60 / (4 * _settled(onsets, 15 / tempos[at])[0]))
        tempo = min(max(tempo, TEMPOS[0]), TEMPOS[1])
        if all(abs(tempo / one.tempo - 1) > APART for one in found):
            found.append(Beat(tempo, round(_fit(onsets, tempo), 3)))
        if len(found) == CHOICES:
            break
    return found


def _onsets(line: ScoreSecond) -> Times:
    return np.array(sorted(note.time for track in line.tracks for note in track.notes))


def _fit(onsets: Times, tempo: float) -> float:
    """See the module; for the best tempo within a hundredth."""
    near = tempo * np.linspace(0.99, 1.01, 5)
    return max(
        sum(share * abs(_resultant(onsets, level * 15 / one)) for level, share in LEVELS.items())
        for one in near
    )


def _resultant(onsets: Times, period: float) -> complex:
    return complex(np.exp(2j * np.pi * onsets / period).mean())


def _settled(onsets: Times, step: float, drift: float = 0.01) -> tuple[float, float]:
    """Length and phase, in seconds, of the grid of about ``step`` that meets most onsets."""
    steps = step * np.linspace(1 - drift, 1 + drift, 41)
    share = [abs(_resultant(onsets, s)) + abs(_resultant(onsets, 2 * s)) for s in steps]
    best = float(steps[int(np.argmax(np.array(share) - 0.02 * np.abs(steps / step - 1) / drift))])
    phase = np.angle(_resultant(onsets, best)) / (2 * np.pi) * best
    return best, float(phase)


def quantise(
    line: ScoreSecond,
    tempo: int,
    metre: str = "4/4",
    first: int | None = None,
    instrument: str = "flute",
) -> Counted:
    """Put a line on sixteenths, bar by bar.

    Args:
        line: Notes that do not overlap, at least one; see `pipelines.music.listening.transcribe`.
        tempo: Quarter notes a minute.
        metre: Name in `pipelines.music.grid.METRES`.
        first: Sixteenth of the bar on which the first note begins; None finds the place where
            long notes stand on strong beats.
        instrument: Name in `pipelines.sound.PROGRAMS`.

    Raises:
        ControlError: ``out_of_range`` for a ``first`` outside the bar.
    """
    counted = METRES[metre]
    notes = _stepped(line, 15 / tempo)
    if first is None:
        first = _first(notes, counted)
    if not 0 <= first < counted.steps:
        raise outside("first", first, 0, counted.steps - 1)
    placed = [Note(one.step + first, one.length, one.pitch) for one in notes]
    bars = -(-(placed[-1].step + placed[-1].length) // counted.steps)
    return Counted(_score(placed, counted, bars, tempo, PROGRAMS[instrument]), first, bars)


def _stepped(line: ScoreSecond, step: float) -> list[Note]:
    """The notes in sixteenths from the first note on; of two on one the longer stays."""
    told = sorted((n.time, n.duration, n.pitch) for track in line.tracks for n in track.notes)
    step, phase = _settled(np.array([time for time, _, _ in told]), step, DRIFT)
    notes: list[Note] = []
    for time, length, pitch in told:
        at, end = (round((one - phase) / step) for one in (time, time + length))
        note = Note(at, max(1, end - at), pitch)
        if notes and notes[-1].step >= at:
            if note.length <= notes[-1].length:
                continue
            notes.pop()
        notes.append(note)
    ends = [*(one.step for one in notes[1:]), None]
    begin = notes[0].step
    return [
        Note(one.step - begin, _length(one, until), one.pitch)
        for one, until in zip(notes, ends, strict=True)
    ]


def _length(note: Note, until: int | None) -> int:
    """Its length, up to the next note where only breath lies between."""
    if until is None:
        return note.length
    room = until - note.step
    return room if room - note.length <= LEGATO else note.length


def _first(notes: Sequence[Note], metre: Metre) -> int:
    """The eighth of the bar that the first note begins on; see `quantise`."""
    weights = np.array([min(one.length, AT_ONCE) for one in notes], dtype=float)
    steps = np.array([one.step for one in notes])
    strengths = np.array(metre.strengths, dtype=float)

    def weight(first: int) -> float:
        return float((weights * strengths[(steps + first) % metre.steps]).sum())

    best = max(range(0, metre.steps, 2), key=weight)
    return best if weight(best) > FIRST_ON_ONE * weight(0) else 0


def _score(notes: Sequence[Note], metre: Metre, bars: int, tempo: int, program: int) -> ScoreTick:
    import symusic

    score = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, mspq=round(60e6 / tempo)))
    score.time_signatures.append(symusic.TimeSignature(0, metre.beats, metre.unit))
    score.tracks.append(symusic.Track(name="heard", program=program))
    for one in notes:
        note = symusic.Note(one.step * STEP, one.length * STEP, one.pitch, VELOCITY)
        score.tracks[0].notes.append(note)
    score.markers.append(symusic.TextMeta(bars * metre.steps * STEP, END))
    return score


def window(score: ScoreTick, bar: int) -> ScoreTick:
    """A score from one of its bars on, counted from 0; what sounds over its bar line is cut.

    Raises:
        ControlError: ``out_of_range`` for a bar that begins behind the end.
    """
    import symusic

    begin = bar * bar_of(score)
    last = max(0, -(-end_of(score) // bar_of(score)) - 1)
    if not 0 <= bar <= last:
        raise outside("start", bar, 0, last)
    part = score.copy()
    for track in part.tracks:
        kept = [note for note in track.notes if note.time + note.duration > begin]
        track.notes.clear()
        for note in kept:
            at = max(0, note.time - begin)
            length = note.time + note.duration - begin - at
            track.notes.append(symusic.Note(at, length, note.pitch, note.velocity))
    part.markers.clear()
    part.markers.append(symusic.TextMeta(end_of(score) - begin, END))
    return part


def moved(score: ScoreTick, low: int, high: int) -> tuple[ScoreTick, int]:
    """A score moved by octaves until its middle pitch lies in [low, high], and by how many.

    Args:
        score: In ticks.
        low: Lowest MIDI pitch of the middle; at least an octave below ``high``.
        high: Highest.
    """
    pitches = [note.pitch for track in score.tracks for note in track.notes]
    middle = float(np.median(pitches)) if pitches else float(low)
    octaves = 0
    while middle + OCTAVE * octaves < low:
        octaves += 1
    while middle + OCTAVE * octaves > high:
        octaves -= 1
    other = score.copy()
    for track in other.tracks:
        for note in track.notes:
            note.pitch += OCTAVE * octaves
    return other, octaves
