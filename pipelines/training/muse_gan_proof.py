"""How near what a GAN of voices writes is to real windows, and what comes back of these.

    classes   total variation of the shares of the twelve pitch classes, over sixteenths
    lengths   the same of the lengths of notes
    harmony   mean distance, between two voices at a beat, of their tonal centroids (Harte et al.
              2006, as in MuseGAN): of works, less that of real ones

Legend: N works, V voices, T steps, K beats.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.latents import normal
from pipelines.music.chorale_grid import BEAT
from pipelines.music.muse_roll import LOWEST, NUM_VOICES, SILENT, STEPS, Rolls
from pipelines.networks.muse_gan import PAIRS, Generator, Reader, chosen, one_hot
from pipelines.networks.muse_measures import measure
from pipelines.run import steady
from pipelines.training.muse_gan_data import Windows

__all__ = [
    "classes",
    "drawn",
    "figures_of",
    "harmony",
    "lengths",
    "read_again",
    "reconstruction",
    "written",
]

Floats = NDArray[np.float64]
OCTAVE = 12
FIFTHS, MINOR_THIRDS, MAJOR_THIRDS = 7 / 6, 3 / 2, 2 / 3
"""Turns of a semitone on the three circles of tonal space, in pi; the last is half as wide."""


@torch.no_grad()
def written(generator: Generator, z: NDArray[np.float32], modes: NDArray[np.int64]) -> Rolls:
    """What a generator writes of latents [N, Z]."""
    generator.eval()
    with steady():
        found = chosen(*generator(torch.from_numpy(z), torch.from_numpy(modes)))
    return Rolls(found[0].numpy(), found[1].numpy())


def drawn(generator: Generator, modes: NDArray[np.int64]) -> Rolls:
    """Draws of N(0, I), the same at every call."""
    return written(generator, normal(0, (len(modes), generator.sizes.z_dim), "muse proof"), modes)


@torch.no_grad()
def read_again(encoder: Reader, generator: Generator, windows: Windows) -> Rolls:
    """Windows read into the mean of z, and written again."""
    rolls = windows.rolls
    told = one_hot(torch.from_numpy(rolls.pitches), torch.from_numpy(rolls.begins))
    mean = encoder(*told, torch.from_numpy(windows.modes)).chunk(2, dim=1)[0]
    return written(generator, mean.numpy(), windows.modes)


def reconstruction(encoder: Reader, generator: Generator, windows: Windows) -> dict[str, float]:
    """Share of the sixteenths whose pitch, and of those whose beginning, comes back."""
    back = read_again(encoder, generator, windows)
    return {
        "held_pitches": float((back.pitches == windows.rolls.pitches).mean()),
        "held_begins": float((back.begins == windows.rolls.begins).mean()),
    }


def classes(rolls: Rolls) -> Floats:
    """Share of every pitch class, shape [12]."""
    found = rolls.pitches[rolls.pitches != SILENT]
    counts = np.bincount((found + LOWEST) % OCTAVE, minlength=OCTAVE)
    return np.asarray(counts / counts.sum(), np.float64)


def lengths(rolls: Rolls) -> Floats:
    """Share of notes of 1 to `STEPS` sixteenths, shape [STEPS]."""
    flat = rolls.begins.reshape(-1, STEPS)
    at = np.flatnonzero(flat)  # every row begins with a note, so that none spans two
    found = np.diff([*at, flat.size])
    sounds = rolls.pitches.reshape(-1)[at] != SILENT
    counts = np.bincount(found[sounds] - 1, minlength=STEPS)
    return np.asarray(counts / counts.sum(), np.float64)


def apart(a: Floats, b: Floats) -> float:
    """Total variation between shares: 0 for the same, 1 for none in common."""
    return float(np.abs(a - b).sum() / 2)


def harmony(rolls: Rolls) -> float:
    """Mean distance between the tonal centroids of two voices at a beat."""
    sounds = (rolls.pitches != SILENT)[..., None]
    angles = np.pi * ((rolls.pitches + LOWEST) % OCTAVE)[..., None]
    turns = angles * np.array([FIFTHS, MINOR_THIRDS, MAJOR_THIRDS])
    radii = np.array([1.0, 1.0, 0.5])
    points = np.concatenate([radii * np.sin(turns), radii * np.cos(turns)], axis=3) * sounds
    shape = (len(rolls), NUM_VOICES, -1, BEAT)
    count = sounds.reshape(shape).sum(axis=3)[..., None]
    beats = points.reshape(*shape, points.shape[3]).sum(axis=3) / np.maximum(count, 1)
    both = [(count[:, i, :, 0] > 0) & (count[:, j, :, 0] > 0) for i, j in PAIRS]
    far = [np.linalg.norm(beats[:, i] - beats[:, j], axis=2) for i, j in PAIRS]
    return float(np.stack(far)[np.stack(both)].mean())


def figures_of(made: Rolls, real: Rolls) -> dict[str, float]:
    """How far some works are from real ones; see the module."""
    told, truth = measure(made), measure(real)
    return {
        "classes": apart(classes(made), classes(real)),
        "lengths": apart(lengths(made), lengths(real)),
        "harmony": harmony(made) - harmony(real),
        "tension": float(told["tension"].mean() - truth["tension"].mean()),
        "density": float(told["density"].mean() - truth["density"].mean()),
    }
