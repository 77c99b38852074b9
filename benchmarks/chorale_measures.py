"""What can be counted in four voices: chords, parallels, crossings, key, last chord, copies.

Voices are rows of sixteenths, soprano first, shape [4, T] (`pipelines.music.chorale_grid`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipelines.music.chorale_grid import BEAT, CONTINUE, Row, beats_of, pitches_of, vocabulary
from pipelines.music.chorale_walk import ORDER

__all__ = [
    "chords",
    "closes",
    "crossings",
    "full",
    "heard",
    "key_of",
    "note_tokens",
    "parallels",
    "runs",
]

FIFTH, OCTAVE = 7, 12
CHORDS = tuple(
    frozenset((root + step) % OCTAVE for step in steps)
    for root in range(OCTAVE)
    for steps in (
        *((0, 4, 7), (0, 3, 7), (0, 3, 6)),  # triads
        *((0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6, 10), (0, 3, 6, 9)),  # sevenths
    )
)


def heard(rows: Row) -> Row:
    """What sounds at every sixteenth, shape [4, T]."""
    return np.array([pitches_of(row) for row in rows])


def chords(rows: Row, bars: Iterable[int] = (), bar: int = 1) -> list[bool]:
    """Of every beat whether it begins with a triad, a seventh chord, or a part of one.

    Args:
        rows: See the module.
        bars: Numbers of those that are looked at; empty for all.
        bar: Sixteenths of a bar.
    """
    wanted, found = set(bars), []
    for at, pitches in enumerate(heard(rows).T[::BEAT].tolist()):
        if not wanted or at * BEAT // bar in wanted:
            classes = {p % OCTAVE for p in pitches if p >= 0}
            found.append(any(classes <= chord for chord in CHORDS))
    return found


def parallels(rows: Row, bars: int) -> dict[str, float]:
    """Parallel fifths, and octaves or unisons, a bar.

    Two voices that both move, and are a fifth (octave) apart before and after.
    """
    sounds, found = heard(rows), {"fifths": 0, "octaves": 0}
    for upper, lower in combinations(sounds, 2):
        apart = (upper - lower) % OCTAVE
        moves = (np.diff(upper) != 0) & (np.diff(lower) != 0)
        moves &= (np.minimum(upper, lower) >= 0)[1:] & (np.minimum(upper, lower) >= 0)[:-1]
        for name, interval in (("fifths", FIFTH), ("octaves", 0)):
            found[name] += int((moves & (apart[1:] == interval) & (apart[:-1] == interval)).sum())
    return {name: count / bars for name, count in found.items()}


def crossings(rows: Row) -> float:
    """Share of the sixteenths at which a voice is below the next one."""
    sounds = heard(rows)
    crossed = ((sounds[:-1] < sounds[1:]) & (sounds[:-1] >= 0)).any(axis=0)
    return float(crossed.mean())


def closes(rows: Row, tonic: int, mode: str) -> bool:
    """Whether the last chord is a triad of the keynote, which is in the bass."""
    last = ((heard(rows)[:, -1] - tonic) % OCTAVE).tolist()
    thirds = ({0, 4, FIFTH},) if mode == "major" else ({0, 3, FIFTH}, {0, 4, FIFTH})
    return last[-1] == 0 and any(set(last) <= chord for chord in thirds)


def key_of(rows: Row) -> tuple[int, str]:
    """Keynote and mode as music21 finds them (Krumhansl and Schmuckler)."""
    from music21 import note, stream

    part = stream.Stream()
    for row in rows:
        starts = [at for at, symbol in enumerate(row.tolist()) if symbol != CONTINUE]
        for at, end in zip(starts, [*starts[1:], len(row)], strict=True):
            if row[at] >= 0:
                one = note.Note(int(row[at]), quarterLength=(end - at) / BEAT)
                part.insert(at / BEAT, one)
    found = part.analyze("key")
    return int(found.tonic.pitchClass), str(found.mode)


def full(score_notes: Iterable[tuple[int, int]], bar: int, bars: int) -> bool:
    """Whether notes (start and length, in ticks) fill every bar: one at a time, without gaps."""
    filled = np.zeros(bar * bars, dtype=np.int64)
    for start, length in score_notes:
        filled[start : start + length] += 1
    return bool((filled == 1).all())


def note_tokens(rows: Row) -> list[int]:
    """The notes of a chorale in C as tokens, in the order in which they are written."""
    tokens, beats = vocabulary(), [beats_of(row) for row in rows]
    return [
        tokens.note(voice, symbol, length)
        for beat in range(len(beats[0]))
        for voice in ORDER
        for symbol, length in beats[voice][beat]
    ]


def runs(tokens: Sequence[int], length: int) -> set[bytes]:
    """Every run of ``length`` tokens."""
    row: NDArray[np.int64] = np.asarray(tokens)
    return {row[at : at + length].tobytes() for at in range(len(row) - length + 1)}
