"""A score that anyone may have made, heard as a melody of 2 or 4 bars.

Heard is the top line of the first track with notes that is not a drum kit, from its first bar on.
Notes are moved to the nearest sixteenth. The key is that of the score, or, where it has none, the
keynote and mode whose scale holds most of the sounding time, of equals the one that sounds
longest, then the first of `pipelines.music.grid.SCALES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Value
from pipelines.errors import PipelineError
from pipelines.music.grid import (
    BARS,
    HIGHEST,
    KEYS,
    LOWEST,
    METRES,
    SCALES,
    Note,
    tokens_of,
    transposition,
)
from pipelines.music.melody_controls import OCTAVES, TEMPOS
from pipelines.music.writing import sharps
from pipelines.scores import end_of
from pipelines.sound import PROGRAMS

if TYPE_CHECKING:
    from symusic.core import ScoreTick, TrackTick

__all__ = ["Heard", "hear"]

MAJOR, MINOR = "major", "minor"


@dataclass(frozen=True)
class Heard:
    """A melody and what its score says.

    Attributes:
        tokens: In C, see `pipelines.music.grid`, shape [T].
        metre: Name in `METRES`.
        bars: Of `BARS`.
        mode: Of `pipelines.music.grid.MODES`.
        controls: Values of a melody's controls that write it again.
    """

    tokens: NDArray[np.int64]
    metre: str
    bars: int
    mode: str
    controls: Mapping[str, Value]


def hear(score: ScoreTick) -> Heard:
    """Hear a score; see the module.

    Raises:
        PipelineError: ``no_notes`` for a score without a note, ``refused`` for a metre that
            is none of `METRES`.
    """
    track = next((one for one in score.tracks if one.notes and not one.is_drum), None)
    if track is None:
        raise PipelineError(
            "no_notes",
            name="score",
            value="0 notes",
            rule="without a note",
            remedy="bring a melody",
        )
    metre = _metre(score)
    steps = METRES[metre].steps
    notes = _line(track, score.ticks_per_quarter)
    long = end_of(score) * 4 / score.ticks_per_quarter > min(BARS) * steps
    bars = max(BARS) if long else min(BARS)
    notes = [one for one in notes if one.step < bars * steps]
    key, mode = _key(score, notes)
    down = transposition(KEYS.index(key))
    octave = _octave([one.pitch - down for one in notes])
    moved = [Note(one.step, one.length, one.pitch - down - 12 * octave) for one in notes]
    inside = all((one.pitch - down) % 12 in SCALES[mode] for one in notes)
    tempo = 60e6 / score.tempos[0].mspq if len(score.tempos) else 120.0
    names = {program: name for name, program in PROGRAMS.items()}
    controls: dict[str, Value] = {
        "key": key,
        "mode": mode,
        "time_signature": metre,
        "num_bars": str(bars),
        "tempo": int(min(max(round(tempo), TEMPOS[0]), TEMPOS[1])),
        "octave": octave,
        "accidentals": "none" if inside else "free",
        "instrument": names.get(track.program, next(iter(PROGRAMS))),
    }
    return Heard(tokens_of(moved, bars * steps), metre, bars, mode, controls)


def _metre(score: ScoreTick) -> str:
    """The first time signature as one of `METRES`; 4/4 where there is none."""
    if not len(score.time_signatures):
        return next(iter(METRES))
    first = score.time_signatures[0]
    name = f"{first.numerator}/{first.denominator}"
    name = {"2/2": "4/4", "2/4": "4/4", "6/4": "6/8", "3/8": "6/8"}.get(name, name)
    if name not in METRES:
        raise PipelineError(
            "refused",
            name="time_signature",
            value=name,
            rule=f"not one of {', '.join(METRES)}",
            remedy="bring a melody in one of these",
        )
    return name


def _line(track: TrackTick, ticks: int) -> list[Note]:
    """The top line on the grid: of notes that begin together the highest, until the next."""
    tops: dict[int, tuple[int, int]] = {}
    for one in track.notes:
        at, end = (round(tick * 4 / ticks) for tick in (one.time, one.time + one.duration))
        if at not in tops or one.pitch > tops[at][0]:
            tops[at] = one.pitch, max(end, at + 1)
    starts = sorted(tops)
    until = [*starts[1:], 1 << 30]
    return [
        Note(at, min(tops[at][1], after) - at, tops[at][0])
        for at, after in zip(starts, until, strict=True)
    ]


def _key(score: ScoreTick, notes: list[Note]) -> tuple[str, str]:
    """Keynote and mode; see the module."""
    if len(score.key_signatures):
        signature = score.key_signatures[0]
        for mode in (MINOR, MAJOR) if signature.tonality else (MAJOR, MINOR):
            for key in KEYS:
                if (sharps(key, mode) - signature.key) % 12 == 0:
                    return key, mode
    heard = np.zeros(12)
    for one in notes:
        heard[one.pitch % 12] += one.length
    ranked = [
        (sum(heard[(tonic + x) % 12] for x in scale), heard[tonic], -i, KEYS[tonic], mode)
        for i, (mode, scale) in enumerate(SCALES.items())
        for tonic in range(12)
    ]
    *_, key, mode = max(ranked)
    return key, mode


def _octave(pitches: list[int]) -> int:
    """By how many octaves a melody in C lies beside where tunes lie, as few as will do."""

    def beyond(by: int) -> tuple[int, int]:
        return sum(not LOWEST <= p - 12 * by <= HIGHEST for p in pitches), abs(by)

    return min(range(-OCTAVES, OCTAVES + 1), key=beyond)
