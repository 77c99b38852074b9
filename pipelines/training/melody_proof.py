"""How well melodies come back from z, and how near draws are to real melodies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.latents import normal
from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.grid import FIRST
from pipelines.music.melody_writing import Plan, Player
from pipelines.music.tilt import quieted
from pipelines.networks.melody import Decoder, Encoder, Shape
from pipelines.training.melody_data import Melodies
from pipelines.training.melody_scores import measured

__all__ = ["again", "drawn", "reconstruction", "statistics"]

Tokens = NDArray[np.int64]
CHUNK = 512


@torch.no_grad()
def written(decoder: Decoder, z: Tensor, shape: Shape, modes: Tensor) -> Tokens:
    """The likeliest melodies of latents, each step from those before it, shape [N, T]."""
    player = Player.of(decoder)
    parts = zip(torch.split(z, CHUNK), torch.split(modes, CHUNK), strict=True)
    return np.concatenate([player.write(Plan.of(decoder, a, shape, b)) for a, b in parts])


@torch.no_grad()
def again(encoder: Encoder, decoder: Decoder, shape: Shape, real: Melodies) -> Tokens:
    """Melodies, read into the mean of z and written again, shape [N, T]."""
    z = encoder(real.tokens, shape, real.modes)[0]
    return written(decoder, z, shape, real.modes)


def drawn(decoder: Decoder, shape: Shape, modes: Tensor, seed: int = 0) -> Tokens:
    """As many draws from the prior as there are modes, shape [N, T]."""
    z = quieted(normal(seed, (len(modes), decoder.sizes.z_dim), "melody draws"))
    return written(decoder, torch.from_numpy(z), shape, modes)


def reconstruction(
    encoder: Encoder, decoder: Decoder, held: Mapping[Shape, Melodies]
) -> dict[str, float]:
    """What comes back of melodies that were never trained on.

    Returns:
        ``steps``: share of sixteenths with the right token; ``notes``: share of notes that begin
        in the right place at the right pitch (F1); ``bars``: share of bars without a mistake.
    """
    right = steps = hits = notes = whole = bars = 0
    for shape, real in held.items():
        truth = real.tokens.numpy()
        made = again(encoder, decoder, shape, real)
        same = truth == made
        right, steps = right + int(same.sum()), steps + same.size
        hits += 2 * int((same & (truth >= FIRST)).sum())
        notes += int((truth >= FIRST).sum() + (made >= FIRST).sum())
        bar = same.reshape(-1, shape.bar_steps).all(axis=1)
        whole, bars = whole + int(bar.sum()), bars + len(bar)
    return {"steps": right / steps, "notes": hits / notes, "bars": whole / bars}


def statistics(made: Tokens, real: Tokens, shape: Shape) -> dict[str, tuple[float, ...]]:
    """Means and deviations of every attribute: of draws, then of real melodies."""
    found = {}
    ours, theirs = measured(made, shape), measured(real, shape)
    for i, name in enumerate(ATTRIBUTES):
        a, b = ours[:, i], theirs[:, i]
        found[name] = tuple(float(x) for x in (a.mean(), a.std(), b.mean(), b.std()))
    return found
