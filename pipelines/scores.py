"""What a work of music is: a `symusic.Score`, how long it lasts, and what tells it apart.

Time is counted in ticks, `TICKS` to a quarter note. A marker `END` stands where the last bar ends,
so that a silence at the end is a part of the work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = [
    "END",
    "TICKS",
    "bar_of",
    "beat_of",
    "end_of",
    "fingerprint",
    "is_score",
    "seconds",
    "tempo_of",
]

TICKS = 480
"""Ticks of a quarter note in the scores that are made here."""
COMPOUND = 3
"""Parts of a beat where beats are thirds."""
END = "end"
"""Text of the marker at the end of the last bar."""
_USUAL = 500_000
"""Microseconds of a quarter note where a score does not say (120 a minute)."""


def is_score(data: Any) -> bool:  # noqa: ANN401 - one per medium
    """Whether ``data`` is a score in ticks; symusic is not imported for it."""
    return hasattr(data, "ticks_per_quarter") and hasattr(data, "tracks")


def end_of(score: ScoreTick) -> int:
    """The tick at which a score ends: that of its marker `END`, or of its last note."""
    marked: list[int] = [mark.time for mark in score.markers if mark.text == END]
    notes = [note.time + note.duration for track in score.tracks for note in track.notes]
    ends: list[int] = [0, *marked, *notes]
    return max(ends)


def bar_of(score: ScoreTick) -> int:
    """Ticks of the first bar; of four quarters where no signature is written."""
    ticks: int = score.ticks_per_quarter
    if not score.time_signatures:
        return 4 * ticks
    first = score.time_signatures[0]
    return int(4 * ticks * first.numerator // first.denominator)


def beat_of(score: ScoreTick) -> int:
    """Ticks of a beat: in compound metres (6/8, 9/8, 12/8) three of the lower figure."""
    ticks: int = score.ticks_per_quarter
    if not score.time_signatures:
        return ticks
    first = score.time_signatures[0]
    thrice = first.numerator > COMPOUND and first.numerator % COMPOUND == 0
    return int(4 * ticks // first.denominator) * (COMPOUND if thrice else 1)


def seconds(score: ScoreTick) -> float:
    """How long a score lasts at its own tempo."""
    end, total = end_of(score), 0.0
    ticks: int = score.ticks_per_quarter
    changes = [(0, _USUAL), *sorted((one.time, one.mspq) for one in score.tempos)]
    for (at, mspq), (until, _) in zip(changes, [*changes[1:], (end, 0)], strict=True):
        total += max(0, min(until, end) - min(at, end)) * mspq
    return total / ticks / 1e6


def tempo_of(score: ScoreTick) -> float:
    """Quarter notes a minute at the beginning."""
    first = min(score.tempos, key=lambda one: one.time, default=None)
    return 60e6 / (_USUAL if first is None else first.mspq)


def fingerprint(score: ScoreTick) -> str:
    """sha256 of what is heard and counted: ticks, tempo, signatures, end, and every note.

    Names, other markers and the order of notes and of empty tracks do not count.
    """
    return hashlib.sha256("\n".join(_lines(score)).encode()).hexdigest()


def _lines(score: ScoreTick) -> Iterator[str]:
    yield f"ticks {score.ticks_per_quarter} end {end_of(score)}"
    yield from sorted(f"tempo {one.time} {one.mspq}" for one in score.tempos)
    yield from sorted(
        f"time {one.time} {one.numerator}/{one.denominator}" for one in score.time_signatures
    )
    yield from sorted(f"key {one.time} {one.key} {one.tonality}" for one in score.key_signatures)
    for track in score.tracks:
        notes = sorted((n.time, n.duration, n.pitch, n.velocity) for n in track.notes)
        if notes:
            yield f"track {'drums' if track.is_drum else track.program}"
            yield from (" ".join(map(str, note)) for note in notes)
