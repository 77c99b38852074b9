"""Melodies and chorales as scores: voices, an instrument, a key, a metre and a tempo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.music.grid import KEYS, METRES, Note
from pipelines.scores import END, TICKS
from pipelines.sound import PROGRAMS

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = ["STEP", "score_of", "score_of_voices", "sharps"]

STEP = TICKS // 4
"""Ticks of a sixteenth."""
SOFT, ACCENT = 76, 6
"""Velocity of a note on the weakest step, and what a degree of strength adds."""
_SHARPS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
"""Sharps (less than 0: flats) of the major keys, by pitch class of the keynote."""
_MAJOR = {"major": 0, "minor": 3, "dorian": -2, "mixolydian": 5}
"""Mode -> semitones from its keynote to that of the major key with the same notes."""


def sharps(key: str, mode: str) -> int:
    """Sharps of a key signature; flats are less than 0.

    >>> sharps("D", "major"), sharps("Bb", "major"), sharps("A", "minor"), sharps("D", "dorian")
    (2, -2, 0, 0)
    """
    return _SHARPS[(KEYS.index(key) + _MAJOR[mode]) % 12]


def score_of(
    notes: Sequence[Note],
    *,
    metre: str,
    bars: int,
    key: str,
    mode: str,
    tempo: float,
    instrument: str,
) -> ScoreTick:
    """A melody as a score.

    Args:
        notes: In sixteenths, at the pitches that sound.
        metre: Name in `METRES`.
        bars: Bars in all; the marker `pipelines.scores.END` stands after the last.
        key: Keynote, of `KEYS`.
        mode: Of `pipelines.music.grid.MODES`.
        tempo: Quarter notes a minute.
        instrument: Name in `pipelines.sound.PROGRAMS`.
    """
    return score_of_voices(
        {"melody": notes},
        metre=metre,
        bars=bars,
        key=key,
        mode=mode,
        tempo=tempo,
        instrument=instrument,
    )


def score_of_voices(
    voices: Mapping[str, Sequence[Note]],
    *,
    metre: str,
    bars: int,
    key: str,
    mode: str,
    tempo: float,
    instrument: str,
) -> ScoreTick:
    """Voices by name as a score, each a track; see `score_of`."""
    import symusic

    counted = METRES[metre]
    score = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, mspq=round(60e6 / tempo)))
    score.time_signatures.append(symusic.TimeSignature(0, counted.beats, counted.unit))
    third = int(mode in ("minor", "dorian"))
    score.key_signatures.append(symusic.KeySignature(0, sharps(key, mode), third))
    for name, notes in voices.items():
        track = symusic.Track(name=name, program=PROGRAMS[instrument])
        for note in notes:
            velocity = SOFT + ACCENT * counted.strengths[note.step % counted.steps]
            track.notes.append(
                symusic.Note(note.step * STEP, note.length * STEP, note.pitch, velocity)
            )
        score.tracks.append(track)
    score.markers.append(symusic.TextMeta(bars * counted.steps * STEP, END))
    return score
