"""Scores as sound: stereo, 48 kHz, at one loudness.

Notes are played by `midirenderer` (a SoundFont synthesizer in one wheel, without a system library)
with the SoundFont in ``assets/soundfont``, which has the General MIDI programs of `PROGRAMS`. The
sound lasts as long as the score and `TAIL` seconds, in which the last notes die away. Its loudness
is `LOUDNESS` by ITU-R BS.1770 (Steinmetz and Reiss 2021, pyloudnorm), or less where its peaks
would pass `PEAK`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ExportError
from pipelines.scores import TICKS, end_of, seconds

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = [
    "LOUDNESS",
    "PEAK",
    "PROGRAMS",
    "SAMPLE_RATE",
    "TAIL",
    "levelled",
    "played",
    "render",
    "warm",
]

Samples = NDArray[np.float32]

SAMPLE_RATE = 48_000
"""Hz, as midirenderer plays."""
TAIL = 1.5
"""Seconds after the last bar."""
FADE = SAMPLE_RATE // 10
"""Samples at the end in which what still sounds is faded out."""
LOUDNESS = -18.0
"""LUFS."""
PEAK = 0.89
"""Largest sample, of 1: -1 dB."""
PROGRAMS: Mapping[str, int] = {
    "piano": 0,
    "harpsichord": 6,
    "guitar": 24,
    "bass": 32,
    "violin": 40,
    "strings": 48,
    "clarinet": 71,
    "flute": 73,
}
"""Instrument -> General MIDI program, counted from 0."""
FONT = Path(__file__).resolve().parent.parent / "assets" / "soundfont" / "duet.sf2"
_BLOCK = 0.4
"""Seconds that the loudness meter needs."""


def render(score: ScoreTick) -> Samples:
    """Play a score, at one loudness.

    Returns:
        Samples in [-1, 1], shape [(`pipelines.scores.seconds` + `TAIL`) `SAMPLE_RATE`, 2].

    Raises:
        ExportError: ``nothing_made`` for a score without a note.
    """
    return levelled(played(score))


def played(score: ScoreTick) -> Samples:
    """Play a score, as loud as its notes are; see `render`."""
    import io

    import soundfile
    from midirenderer import render_wave_from

    if not any(track.notes for track in score.tracks):
        raise ExportError(
            "nothing_made",
            name="score",
            value="0 notes",
            rule="without a note",
            remedy="try another seed",
        )
    wave = render_wave_from(_font(), _lengthened(score).dumps_midi())
    played, _ = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    length = round((seconds(score) + TAIL) * SAMPLE_RATE)
    samples = np.zeros((length, 2), np.float32)
    samples[: len(played)] = played[:length]
    samples[-FADE:] *= np.linspace(1, 0, FADE, dtype=np.float32)[:, None]
    return samples


@cache
def warm() -> None:
    """Read what the first sound needs, on a thread of its own; again it does nothing."""
    threading.Thread(target=_warmed, name="sound", daemon=True).start()


def _warmed() -> None:
    from midirenderer import render_wave_from
    from symusic import Note, Score, Track

    short = Score(TICKS)
    short.tracks.append(Track())
    short.tracks[0].notes.append(Note(0, TICKS, 60, 1))
    render_wave_from(_font(), short.dumps_midi())
    levelled(np.full((SAMPLE_RATE, 2), 0.1, np.float32))


@cache
def _font() -> bytes:
    return FONT.read_bytes()


def _lengthened(score: ScoreTick) -> ScoreTick:
    """The score with its end moved on by `TAIL` seconds, and a little."""
    from symusic import TextMeta

    longer = score.copy()
    last = max(score.tempos, key=lambda one: one.time).mspq if len(score.tempos) else 500_000
    ticks = int((TAIL + 0.1) * 1e6 / last * score.ticks_per_quarter) + TICKS
    longer.markers.append(TextMeta(end_of(score) + ticks, "tail"))
    return longer


def levelled(samples: Samples) -> Samples:
    """The samples, shape [S, 2], at `LOUDNESS` if their peaks allow it."""
    from pyloudnorm import Meter

    peak = float(np.abs(samples).max())
    if peak == 0.0:
        return samples
    gain = PEAK / peak
    if len(samples) > _BLOCK * SAMPLE_RATE:
        loudness = float(Meter(SAMPLE_RATE).integrated_loudness(samples))
        gain = min(gain, 10 ** ((LOUDNESS - loudness) / 20)) if np.isfinite(loudness) else gain
    return samples * np.float32(gain)
