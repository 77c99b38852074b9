"""Music as a medium: the line that is heard is looked at; see `pipelines.media`.

What is measured of a line is in `pipelines.music.attributes`; pitch is that which sounds, whatever
the key. Two tunes are alike where their lines go the same way in the same rhythm. With x_t the
pitch at the moment t, as it would be in C (the last note goes on through a silence), o_t whether a
note begins, r_t whether it is silent, and T = 64 moments at equal distances over the whole tune,

    features = [ (x_t - x) / 12,   o * (1, 2, 3, 2, 1) / 6,   r_t / 2,   x / 3 ],    x = mean x_t,

so that another key changes nothing, a note that comes a sixteenth early changes little, the line
counts for more than how high it lies, and tunes of other lengths are laid over each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.media import Measures
from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import FIRST, HOLD, KEYS, LOWEST, transposition

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["MEASURES", "Line"]

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]
MOMENTS, REGISTER = 64, 4.0
NEAR = np.array([1, 2, 3, 2, 1], np.float32) / 6
"""How a note that begins is spread over its neighbourhood."""
OCTAVE = 12


@dataclass(frozen=True)
class Line:
    """A melody as it is measured.

    Attributes:
        tokens: Whole bars, see `pipelines.music.grid`, shape [T].
        metre: Name in `METRES`.
        up: Semitones from the tokens to what sounds.
    """

    tokens: Tokens
    metre: str
    up: int = 0


def _seen(work: Artifact) -> Line:
    """The line of a score, of its first bars; see `pipelines.music.hearing.hear`.

    Raises:
        PipelineError: For a score without a note, or in a metre that is none of `METRES`.
    """
    from pipelines.music.hearing import hear

    heard = hear(work.data)
    key, octave = str(heard.controls["key"]), int(heard.controls["octave"])
    return Line(heard.tokens, heard.metre, transposition(KEYS.index(key)) + OCTAVE * octave)


def _attributes(lines: Sequence[Line]) -> Floats:
    found = np.zeros((len(lines), len(ATTRIBUTES)), np.float32)
    for metre, steps in dict.fromkeys((one.metre, len(one.tokens)) for one in lines):
        at = [i for i, x in enumerate(lines) if (x.metre, len(x.tokens)) == (metre, steps)]
        told = measure(np.stack([lines[i].tokens for i in at]), metre)
        found[at] = np.stack([told[name] for name in ATTRIBUTES], axis=1)
    found[:, ATTRIBUTES.index("pitch")] += [one.up for one in lines]
    return found


def _features(lines: Sequence[Line]) -> Floats:
    return np.stack([_shape(one.tokens) for one in lines])


def _shape(tokens: Tokens) -> Floats:
    """The features of one line, shape [3 T + 1]."""
    steps, moments = np.arange(len(tokens)), np.arange(MOMENTS) * len(tokens) // MOMENTS
    onset = tokens >= FIRST
    event = np.maximum.accumulate(np.where(tokens != HOLD, steps, 0))
    last = np.maximum.accumulate(np.where(onset, steps, -1))
    last[last < 0] = int(onset.argmax())  # before the first note its own pitch
    pitch = (LOWEST + tokens[last] - FIRST)[moments].astype(np.float32)
    begins = np.zeros(MOMENTS, np.float32)
    np.add.at(begins, steps[onset] * MOMENTS // len(tokens), 1.0)
    silent = ~onset[event][moments]
    mean = pitch.mean(keepdims=True)
    near = np.convolve(begins, NEAR, "same")
    parts = ((pitch - mean) / OCTAVE, near, silent / 2, REGISTER * mean / OCTAVE)
    return np.concatenate(parts).astype(np.float32)


def _picture(work: Artifact, side: int | None) -> Image:
    """The piano roll."""
    from pipelines.music import roll

    return roll.roll_of(work.data, side or roll.SIDE)


MEASURES = Measures(ATTRIBUTES, _seen, _attributes, _features, _picture)
