"""Recordings whose notes are known: tunes played by our SoundFont, and hums made of arithmetic.

A hum is what a voice does that instruments do not: its pitch glides into each note and trembles,
it is never quite in tune, it swells instead of striking, and breath is heard under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.recordings import SAMPLE_RATE

if TYPE_CHECKING:
    from symusic.core import ScoreSecond, ScoreTick

__all__ = [
    "TOLERANCE",
    "TUNES",
    "Samples",
    "Sung",
    "f1",
    "hum",
    "played",
    "steps_of",
    "sung",
    "tune",
    "wav",
]

Samples = NDArray[np.float32]
Sung = tuple[float, float, int]
"""Onset and end in seconds, and MIDI pitch."""
TUNES: dict[str, tuple[float, str]] = {
    "lullaby": (96, "67:2 67:2 69:4 67:4 72:4 71:8 67:2 67:2 69:4 67:4 74:4 72:8"),
    "scale": (120, "60:4 62:4 64:4 65:4 67:4 69:4 71:4 72:4"),
    "dance": (104, "62:2 66:2 69:2 74:6 73:2 74:2 71:2 69:4 66:2 67:2 69:2 66:2 62:8"),
    "march": (112, "67:3 67:1 64:4 60:4 64:4 67:4 72:8 76:3 74:1 72:4 64:4 66:4 67:8"),
    "slow": (72, "69:4 71:2 72:2 74:6 72:2 71:4 69:4 68:4 69:8"),
}
"""Name -> quarter notes a minute, and pitches with the sixteenths that they last."""
TOLERANCE = 0.05
"""Seconds that an onset may be off, as in MIREX's note tracking."""
APART = 0.03
"""Seconds between hummed notes, in which the voice sinks."""
PARTIALS = (1.0, 0.35, 0.2, 0.08, 0.04)


def tune(name: str, up: int = 0) -> list[Sung]:
    """A tune of `TUNES`, ``up`` semitones higher, in seconds."""
    tempo, text = TUNES[name]
    at, notes = 0.25, []
    for word in text.split():
        pitch, length = map(int, word.split(":"))
        end = at + length * 15 / tempo
        notes.append((at, end, pitch + up))
        at = end
    return notes


def steps_of(name: str) -> set[tuple[int, int]]:
    """The notes of a tune: sixteenth, and MIDI pitch."""
    at, found = 0, set()
    for word in TUNES[name][1].split():
        pitch, length = map(int, word.split(":"))
        found.add((at, pitch))
        at += length
    return found


def played(notes: Sequence[Sung], program: int) -> Samples:
    """The notes by an instrument of ours (`pipelines.sound.PROGRAMS`), mono."""
    from pipelines import sound
    from pipelines.recordings import decode

    return decode(wav(sound.render(score_of(notes, program)), sound.SAMPLE_RATE))


def score_of(notes: Sequence[Sung], program: int) -> ScoreTick:
    """Notes in ticks of a 960th of a second, at 120 quarter notes a minute."""
    from symusic import Note, Score, Tempo, Track

    score = Score(480)
    score.tempos.append(Tempo(0, 120))
    score.tracks.append(Track(program=program))
    for start, end, pitch in notes:
        first, last = round(start * 960), round(end * 960)
        score.tracks[0].notes.append(Note(first, last - first, pitch, 90))
    return score


def wav(samples: Samples, rate: int = SAMPLE_RATE) -> bytes:
    """Samples as a WAV file."""
    import io

    import soundfile

    out = io.BytesIO()
    soundfile.write(out, samples, rate, "PCM_16", format="WAV")
    return out.getvalue()


def hum(notes: Sequence[Sung], seed: int = 0, breath: float = 0.02) -> Samples:
    """The notes by a voice; see the module.

    Args:
        notes: In time, without overlaps.
        seed: Of how it is out of tune, and of its breath.
        breath: Share of noise.
    """
    random = np.random.default_rng(seed)
    length = int((notes[-1][1] + 0.5) * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    pitch = np.full(length, float(notes[0][2]))
    level = np.zeros(length)
    for start, end, midi in notes:
        first, last = int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)
        since = time[first:last] - start
        before = pitch[max(0, first - 1)]
        target = midi + random.normal(0, 0.12)
        glide = (before - target) * np.exp(-since / 0.025)
        tremble = 0.3 * np.sin(2 * np.pi * 5.5 * since) * np.minimum(1, since / 0.4)
        pitch[first:] = target
        pitch[first:last] = target + glide + tremble
        fall = np.clip((end - APART - time[first:last]) / 0.06 + 1, 0, 1)
        level[first:last] = np.minimum(1, since / 0.05) * fall
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / SAMPLE_RATE
    voice = sum(share * np.sin((n + 1) * phase) for n, share in enumerate(PARTIALS))
    air = random.normal(0, breath, length)
    return (0.4 * (level * voice + air * (0.3 + level))).astype(np.float32)


def sung(score: ScoreSecond) -> list[Sung]:
    """The notes of a transcription."""
    notes = [note for track in score.tracks for note in track.notes]
    return sorted((one.time, one.time + one.duration, one.pitch) for one in notes)


def f1(heard: Sequence[Sung], truth: Sequence[Sung], tolerance: float = TOLERANCE) -> float:
    """F1 of notes, which are right by their pitch, and by their onset to ``tolerance`` seconds.

    Every note is matched once at most, the nearest in time first, as in MIREX's note tracking.
    """
    pairs = sorted(
        (abs(a[0] - b[0]), i, j)
        for i, a in enumerate(heard)
        for j, b in enumerate(truth)
        if a[2] == b[2] and abs(a[0] - b[0]) <= tolerance
    )
    taken: set[tuple[str, int]] = set()
    hits = 0
    for _, i, j in pairs:
        if ("heard", i) not in taken and ("truth", j) not in taken:
            taken |= {("heard", i), ("truth", j)}
            hits += 1
    return 2 * hits / max(1, len(heard) + len(truth))
