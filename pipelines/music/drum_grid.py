"""Drum patterns on a grid of sixteenths: which drums there are, how loud, and when they sound.

A pattern is a table of levels: `STEPS` sixteenths of 4/4, two bars, by the drums of `LANES`; 0 is
silence, 1 a soft stroke (a ghost note), 2 a plain one, 3 an accent. Between the table and a score
lie two things that a grid cannot say:

    t_i = (i + d_i) s,     d_i = 2 swing - 1 for odd i, else 0       swing, s a sixteenth
    t   = t_i + h min(14 ms, s / 10) n,    v = v_level + h 10 n'     humanise, n, n' ~ N(0, 1)

With a swing of 1/2 all sixteenths are equally long, with 2/3 the first of two lasts twice as long
as the second (a shuffle). Noise is cut off at two deviations, and at the beginning of the pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.scores import END, TICKS

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = [
    "BAR",
    "LANES",
    "LEVELS",
    "STEPS",
    "STRENGTHS",
    "Feel",
    "levels_of",
    "repeated",
    "score_of",
]

Levels = NDArray[np.int64]
LANES: Mapping[str, int] = {
    "kick": 36,
    "snare": 38,
    "rim": 37,
    "clap": 39,
    "hat": 42,
    "open": 46,
    "low": 43,
    "high": 48,
    "ride": 51,
    "crash": 49,
    "bell": 56,
}
"""Drum -> its key in General MIDI: kick, snare, rim shot, clap, closed and open hi-hat, low and
high tom, ride, crash, cowbell."""
BAR, STEPS = 16, 32
"""Sixteenths of a bar and of a pattern."""
LEVELS = 4
VELOCITIES = (0, 42, 84, 116)
"""MIDI velocity of each level."""
STRENGTHS = (4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0)
"""How strong each sixteenth of a bar is, as in `pipelines.music.grid.METRES`."""
SIXTEENTH = TICKS // 4
TIMING, TOUCH, FURTHEST = 0.014, 10.0, 2.0
"""Deviations of time (seconds) and of velocity at a humanise of 1, and where noise is cut off."""
NEAREST: Mapping[int, str] = {
    **{key: name for name, key in LANES.items()},
    **{35: "kick", 40: "snare", 44: "hat", 41: "low", 45: "low", 47: "high", 50: "high"},
    **{53: "ride", 59: "ride", 52: "crash", 55: "crash", 57: "crash", 54: "hat", 70: "hat"},
}
"""Key of General MIDI -> the drum that stands for it here."""


@dataclass(frozen=True)
class Feel:
    """How a pattern is played.

    Attributes:
        tempo: Quarter notes a minute.
        swing: Share of an eighth that its first sixteenth lasts, 0.5 to 0.75.
        humanise: h of the module, from 0.
        noise: Standard normal, shape [steps, lanes, 2]: of time and of velocity; None for none.
    """

    tempo: float
    swing: float = 0.5
    humanise: float = 0.0
    noise: NDArray[np.float32] | None = None


def repeated(levels: Levels, bars: int) -> Levels:
    """A pattern of two bars as 1, 2 or 4: its first bar, itself, or itself twice.

    >>> repeated(np.zeros((32, 11), int), 4).shape
    (64, 11)
    """
    return np.tile(levels, (max(1, bars * BAR // STEPS), 1))[: bars * BAR]


def score_of(levels: Levels, feel: Feel) -> ScoreTick:
    """A pattern as a score of one drum track.

    Args:
        levels: Whole bars, shape [T, lanes].
        feel: How it is played.
    """
    import symusic

    score = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, mspq=round(60e6 / feel.tempo)))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    track = symusic.Track(name="drums", program=0, is_drum=True)
    late, harder = _noise(levels, feel)
    end = len(levels) * SIXTEENTH
    for lane, key in enumerate(LANES.values()):
        steps = np.flatnonzero(levels[:, lane])
        swung = (steps + steps % 2 * (2 * feel.swing - 1)) * SIXTEENTH
        times = np.clip(np.rint(swung + late[steps, lane]).astype(int), 0, end - 1).tolist()
        ends = [*times[1:], end][: len(times)]
        for step, at, after in zip(steps, times, ends, strict=True):
            velocity = round(VELOCITIES[levels[step, lane]] + harder[step, lane])
            length = max(1, min(SIXTEENTH // 2, after - at))
            track.notes.append(symusic.Note(at, length, key, min(max(velocity, 1), 127)))
    score.tracks.append(track)
    score.markers.append(symusic.TextMeta(end, END))
    return score


def _noise(levels: Levels, feel: Feel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many ticks late each cell is, and how much harder it is struck; both [T, lanes]."""
    if feel.noise is None or not feel.humanise:
        return np.zeros(levels.shape), np.zeros(levels.shape)
    noise = np.clip(feel.noise[: len(levels)].astype(np.float64), -FURTHEST, FURTHEST)
    ticks = min(TIMING * TICKS * feel.tempo / 60, SIXTEENTH / 10)
    return feel.humanise * ticks * noise[..., 0], feel.humanise * TOUCH * noise[..., 1]


def levels_of(score: ScoreTick) -> Levels:
    """The drums of a score on the grid, at least one bar and whole bars, shape [T, lanes].

    Of several strokes on a step the hardest counts; keys that no drum stands for are left out. A
    swing is undone where strokes between eighths come late, one for all.
    """
    from pipelines.scores import end_of

    sixteenth = score.ticks_per_quarter / 4
    bars = max(1, -(-round(end_of(score) / sixteenth) // BAR))
    levels = np.zeros((bars * BAR, len(LANES)), np.int64)
    names = list(LANES)
    for track in score.tracks:
        for note in track.notes if track.is_drum else ():
            name = NEAREST.get(note.pitch)
            if name is None:
                continue
            step = min(_step(note.time / sixteenth), len(levels) - 1)
            level = int(np.abs(np.subtract(VELOCITIES[1:], note.velocity)).argmin()) + 1
            at = step, names.index(name)
            levels[at] = max(levels[at], level)
    return levels


def _step(at: float) -> int:
    """The sixteenth that a time is: one between eighths may be up to half a step late by swing."""
    eighth, part = divmod(at, 2.0)
    if part < SPLIT[0]:
        return int(2 * eighth)
    return int(2 * eighth) + (1 if part < SPLIT[1] else 2)


SPLIT = (0.6, 1.75)
"""Where in an eighth, in sixteenths, strokes begin to belong to its second, and to the next."""
