"""What can be measured of four voices: the words that their sliders speak of.

With x_vt the pitch that voice v has at step t, o_vt whether a note begins:

    density   notes a bar, mean over voices
    pitch     mean of x_vt, MIDI
    tension   share of the pairs of voices that make a second, a seventh or a tritone, over steps
    spacing   mean of soprano - bass, semitones
    leaps     mean of |x_vt - x_v(t-1)| where a note begins, semitones

All are written so that gradients pass: they say of notes what they are, and teach a generator.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from pipelines.music.muse_roll import BAR, BARS, LOWEST, NUM_VOICES, SILENT, Rolls
from pipelines.networks.muse_gan import OCTAVE, intervals, one_hot

__all__ = ["ATTRIBUTES", "DISSONANT", "habits", "measure", "measured"]

ATTRIBUTES = ("density", "pitch", "tension", "spacing", "leaps")
DISSONANT = (1, 2, 6, 10, 11)
"""Interval classes: seconds, sevenths and the tritone."""
FEW = 1e-6


def measured(
    sounds: Float[Tensor, "N V T P"], begins: Float[Tensor, "N V T"]
) -> Float[Tensor, "N A"]:
    """Every attribute of rolls as `one_hot` has them, in the order of `ATTRIBUTES`."""
    scale = torch.arange(LOWEST, LOWEST + SILENT, dtype=sounds.dtype)
    there = sounds[..., :SILENT].sum(dim=3)
    height = (sounds[..., :SILENT] @ scale) / (there + FEW)
    notes = begins * there
    pairs = intervals(sounds).reshape(*sounds.shape[:1], sounds.shape[2], -1, OCTAVE)
    sharp = pairs[..., list(DISSONANT)].sum(dim=(1, 2, 3)) / (pairs.sum(dim=(1, 2, 3)) + FEW)
    outer = there[:, 0] * there[:, -1]
    moves = notes[..., 1:] * there[..., :-1]
    found = {
        "density": notes.sum(dim=(1, 2)) / (BARS * NUM_VOICES),
        "pitch": (height * there).sum(dim=(1, 2)) / (there.sum(dim=(1, 2)) + FEW),
        "tension": sharp,
        "spacing": ((height[:, 0] - height[:, -1]) * outer).sum(dim=1) / (outer.sum(dim=1) + FEW),
        "leaps": (moves * height.diff(dim=2).abs()).sum(dim=(1, 2))
        / (moves.sum(dim=(1, 2)) + FEW),
    }
    return torch.stack([found[name] for name in ATTRIBUTES], dim=1)


def habits(
    sounds: Float[Tensor, "N V T P"], begins: Float[Tensor, "N V T"]
) -> Float[Tensor, "N F"]:
    """What works of a kind have in common, as shares: see `pipelines.training.muse_gan`.

    Of every two voices the shares of their intervals; of every voice those of the pitch classes;
    of every voice and sixteenth of the bar how often a note begins there.
    """
    pitches = torch.arange(LOWEST, LOWEST + SILENT) % OCTAVE
    classes = sounds.new_zeros(*sounds.shape[:2], OCTAVE)
    classes = classes.index_add(2, pitches, sounds[..., :SILENT].mean(dim=2))
    starts = begins.reshape(len(begins), -1, BARS, BAR).mean(dim=2)
    return torch.cat([intervals(sounds).mean(dim=1), classes.flatten(1), starts.flatten(1)], dim=1)


@torch.no_grad()
def measure(rolls: Rolls) -> Mapping[str, NDArray[np.float32]]:
    """Every attribute by name, shape [N]."""
    parts = [
        measured(
            *one_hot(
                torch.from_numpy(rolls.pitches[i : i + 256]),
                torch.from_numpy(rolls.begins[i : i + 256]),
            )
        )
        for i in range(0, len(rolls), 256)
    ]
    found = torch.cat(parts).numpy()
    return {name: found[:, i] for i, name in enumerate(ATTRIBUTES)}
