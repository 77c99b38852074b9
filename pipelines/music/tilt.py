"""What each word of a slider asks of the next token, given what was written so far.

The first numbers of z are tied to the attributes of `pipelines.music.attributes`. Beside what the
network makes of z, they weigh on the logits directly, as in guided decoding (Yang and Klein 2021,
FUDGE, https://arxiv.org/abs/2104.05218)::

    logit_v += sum_a g_a z_a phi_a(v)

with the gains g of `GAINS` (learnt ones shrink: z says the same by other ways). So a slider that
is moved tips the choices that it speaks of first, a little at a time, and the rest of the melody
follows by what the player hears. With x the pitch of the last note, m the last move of the line, p
the mean pitch of the notes so far, s the strength of the step (0 to 4) and b that of the step on
which the last note began:

    density      1 for a note, -1 to hold
    pitch        (v - 74) / 6
    range        log2(1 + |v - p|) / 2
    syncopation  max(0, s - b) to hold, 1 - s / 2 for a note
    leaps        log2(1 + |v - x|) / 2
    calm         -2 where the line turns: (v - x) m < 0

What seeds draw of these numbers is made less (`quieted`): a pull that a slider needs would make
draws wild.

Legend: N melodies, A attributes, V tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.grid import FIRST, HIGHEST, HOLD, LOWEST, NUM_TOKENS

__all__ = ["GAINS", "QUIET", "Context", "quieted", "tilts"]

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]
PITCHES = np.arange(LOWEST, HIGHEST + 1, dtype=np.float32)
MIDDLE, SIXTH = 74.0, 6.0
STRONGEST = 4.0
GAINS = (1.0, 2.5, 5.0, 4.5, 3.6, 3.0)
"""In the order of `ATTRIBUTES`; by trial: with less, sliders are not monotone."""
QUIET = (0.8, 0.7, 0.4, 0.4, 0.4, 0.35)
"""What of each tied number a seed keeps, so that draws are spread about as real melodies are."""
_AT = {name: at for at, name in enumerate(ATTRIBUTES)}


@dataclass
class Context:
    """What was heard of N melodies so far; every array has shape [N].

    Attributes:
        last: Pitch of the last note; the middle before any.
        move: How it came from the one before, semitones; 0 before two.
        total: Sum of the pitches of the notes.
        count: How many there were.
        begun: Strength of the step on which the last one began.
    """

    last: Floats
    move: Floats
    total: Floats
    count: Floats
    begun: Floats

    @classmethod
    def empty(cls, count: int) -> Context:
        """Of melodies of which nothing is written yet."""
        zero = np.zeros(count, np.float32)
        strongest = np.full(count, STRONGEST, np.float32)
        return cls(zero + np.float32(MIDDLE), zero, zero, zero, strongest)

    def features(self, strength: float) -> Floats:
        """The phi of the module for every token at a step of a strength, shape [N, A, V]."""
        found = np.zeros((len(self.last), len(ATTRIBUTES), NUM_TOKENS), np.float32)
        some = (self.count > 0)[:, None]
        step = (PITCHES - self.last[:, None]) * some
        apart = (PITCHES - (self.total / np.maximum(self.count, 1))[:, None]) * some
        found[:, _AT["density"], HOLD] = -1.0
        found[:, _AT["density"], FIRST:] = 1.0
        found[:, _AT["pitch"], FIRST:] = (PITCHES - MIDDLE) / SIXTH
        found[:, _AT["range"], FIRST:] = np.log2(1 + np.abs(apart)) / 2
        found[:, _AT["syncopation"], HOLD] = np.maximum(0.0, strength - self.begun)
        found[:, _AT["syncopation"], FIRST:] = 1 - strength / 2
        found[:, _AT["leaps"], FIRST:] = np.log2(1 + np.abs(step)) / 2
        found[:, _AT["calm"], FIRST:] = np.where(step * self.move[:, None] < 0, -2.0, 0.0)
        return found

    def after(self, tokens: Tokens, strength: float) -> Context:
        """The context once a token [N] is written at a step of a strength."""
        onset = tokens >= FIRST
        pitch = (LOWEST + tokens - FIRST).astype(np.float32)
        moved = np.where(self.count > 0, pitch - self.last, np.float32(0))
        return Context(
            last=np.where(onset, pitch, self.last),
            move=np.where(onset, moved, self.move),
            total=np.where(onset, self.total + pitch, self.total),
            count=self.count + onset,
            begun=np.where(onset, np.float32(strength), self.begun),
        )


def tilts(tokens: Tokens, strengths: tuple[int, ...]) -> Floats:
    """The features of whole melodies, at every step those before its token is known.

    Args:
        tokens: Whole bars, shape [N, T].
        strengths: Of the steps of a bar.

    Returns:
        Shape [N, T, A, V].
    """
    context, found = Context.empty(len(tokens)), []
    for t in range(tokens.shape[1]):
        strength = float(strengths[t % len(strengths)])
        found.append(context.features(strength))
        context = context.after(tokens[:, t], strength)
    return np.stack(found, axis=1)


def quieted(z: Floats) -> Floats:
    """Draws from N(0, I) as seeds have them; see `QUIET`. The last axis is that of z."""
    kept = np.ones(z.shape[-1], np.float32)
    kept[: len(QUIET)] = QUIET
    return z * kept
