"""Listening: a recording of one line, hummed, sung or played, as notes in seconds.

The network is Basic Pitch (Bittner et al. 2022, "A Lightweight Instrument-Agnostic Model for
Polyphonic Note Transcription and Multipitch Estimation", https://arxiv.org/abs/2203.09893), as
Spotify gives it away under Apache-2.0; see ``assets/listening/card.md``. OpenVINO, which is here
anyway, reads its ONNX file.

It hears windows of `WINDOW` samples at `pipelines.recordings.SAMPLE_RATE` and says, for every
frame of `HOP` samples and every key of a piano, how sure it is that a note sounds and that one
begins.
Windows overlap, and of each the frames at its edges are not used.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.compiling import openvino
from pipelines.errors import PipelineError
from pipelines.music.posteriors import BINS, Tone, joined, line_of, tones_of
from pipelines.recordings import SAMPLE_RATE, decode
from pipelines.scores import TICKS

if TYPE_CHECKING:
    from symusic.core import ScoreSecond

__all__ = ["HOP", "WINDOW", "posteriors", "transcribe"]

Samples = NDArray[np.float32]
NETWORK = Path(__file__).resolve().parents[2] / "assets" / "listening" / "basic-pitch.onnx"
HOP, WINDOW = 256, 43_844
"""Samples of a frame, and of what is heard at once."""
FRAMES, EDGE = 172, 15
"""Frames of a window, and how many of them at either end are not used."""
USED = FRAMES - 2 * EDGE - 1
AT_ONCE = 8
"""Windows in one run of the network."""
QUIET = 10 ** (-40 / 20)
"""A note is no softer than this share of the loudest."""
SILENT = 10 ** (-60 / 20)
"""Largest sample, of 1, of a recording in which nothing is heard."""
SURE = 0.33
"""Mean posterior of a note that is believed."""
REACH = (36, 96)
"""Lowest and highest MIDI pitch of a melody."""
FEWEST = 2
"""Notes of a melody."""


def transcribe(sound: Samples | bytes, name: str = "") -> ScoreSecond:
    """Hear one line.

    Args:
        sound: A file (`pipelines.recordings.decode`), or samples in [-1, 1] at
            `pipelines.recordings.SAMPLE_RATE`, shape [N].
        name: Of the file, for messages.

    Returns:
        Notes in seconds that do not overlap, in one track; the velocity is how sure each is, 127
        for certain.

    Raises:
        ExportError: See `pipelines.recordings.decode`.
        PipelineError: ``recording_silent`` where nothing sounds, ``no_melody`` where no two
            notes do.
    """
    from symusic import Note, Score, Track

    samples = decode(sound, name) if isinstance(sound, bytes) else sound
    if np.abs(samples).max(initial=0.0) < SILENT:
        raise PipelineError(
            "recording_silent",
            name=name or "recording",
            value="0 notes",
            rule="silent",
            remedy="come closer to the microphone, or turn it up",
        )
    heard, begun = posteriors(samples)
    loud = _loudness(samples, len(heard))
    tones = [
        tone
        for tone in tones_of(heard, begun)
        if tone.strength >= SURE
        and REACH[0] <= tone.pitch <= REACH[1]
        and loud[tone.start : tone.end].max() >= QUIET
    ]
    line = joined(line_of(tones), loud)
    if len(line) < FEWEST:
        raise PipelineError(
            "no_melody",
            name=name or "recording",
            value=f"{len(line)} notes",
            rule="without a melody that could be heard",
            remedy="hum one line, a little louder, away from noise",
        )
    score = Score(TICKS, "Second")
    score.tracks.append(Track(name="heard", ttype="Second"))
    score.tracks[0].notes.extend([_note(Note, tone) for tone in line])
    return score


def _note(kind: Any, tone: Tone) -> Any:  # noqa: ANN401 - symusic's notes are made by a factory
    start, end = (frame * HOP / SAMPLE_RATE for frame in (tone.start, tone.end))
    sure = min(127, max(1, round(127 * tone.strength)))
    return kind(start, end - start, tone.pitch, sure, "Second")


def posteriors(samples: Samples) -> tuple[Samples, Samples]:
    """How sure the network is that a note sounds, and that one begins, both [frames, BINS].

    Frame i is about the time i `HOP` / `SAMPLE_RATE`.
    """
    step = USED * HOP
    frames = -(-len(samples) // HOP)
    count = max(1, -(-frames // USED))
    padded = np.zeros((count - 1) * step + WINDOW, np.float32)
    padded[EDGE * HOP :][: len(samples)] = samples[: len(padded) - EDGE * HOP]
    windows = np.stack([padded[at * step :][:WINDOW] for at in range(count)])[..., None]
    told = [_heard(windows[at : at + AT_ONCE]) for at in range(0, count, AT_ONCE)]
    notes, onsets = (
        np.concatenate([part[at][:, EDGE : EDGE + USED] for part in told]).reshape(-1, BINS)
        for at in (0, 1)
    )
    return notes[:frames], onsets[:frames]


def _loudness(samples: Samples, frames: int) -> Samples:
    """Root mean square of every frame, of the loudest frame's."""
    padded = np.zeros(frames * HOP, np.float32)
    padded[: len(samples)] = samples[: len(padded)]
    level = np.sqrt(np.square(padded.reshape(frames, HOP)).mean(axis=1))
    loud: Samples = (level / max(1e-9, float(level.max()))).astype(np.float32)
    return loud


@cache
def _network() -> Any:  # noqa: ANN401 - openvino is untyped
    """The compiled network, and the lock of its buffers."""
    core = openvino().Core()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(NETWORK), "CPU", settings)
    return compiled.create_infer_request(), threading.Lock()


def _heard(windows: Samples) -> tuple[Samples, Samples]:
    """Note and onset posteriors of windows, both [windows, FRAMES, BINS]."""
    request, lock = _network()
    with lock:
        told = request.infer([windows])
        note, onset = (
            np.array(told[f"StatefulPartitionedCall:{number}"], np.float32) for number in (1, 2)
        )
    return note, onset
