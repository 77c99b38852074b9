"""How well drum patterns come back from z, and what is written of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from pipelines.latents import normal
from pipelines.music.drum_attributes import ATTRIBUTES, BACK, BEATS, BODY, CYMBALS, answers
from pipelines.music.drum_grid import BAR
from pipelines.networks.groove import Decoder, Encoder
from pipelines.training.groove_data import Groove

__all__ = ["Patterns", "again", "drawn", "expected", "reconstruction"]

Levels = NDArray[np.int64]


@dataclass(frozen=True)
class Patterns:
    """Patterns and the numbers of their styles.

    Attributes:
        levels: See `pipelines.music.drum_grid`.
        styles: Numbers; that of styles stands for none.
    """

    levels: Int[Tensor, "N T D"]
    styles: Int[Tensor, " N"]

    @classmethod
    def of(cls, grooves: Sequence[Groove], styles: Sequence[str]) -> Patterns:
        """Grooves as they are written."""
        levels = torch.from_numpy(np.stack([one.levels for one in grooves]))
        return cls(levels, torch.tensor([styles.index(one.style) for one in grooves]))


@torch.no_grad()
def again(encoder: Encoder, decoder: Decoder, real: Patterns) -> Levels:
    """Patterns, read into the mean of z and written again, shape [N, T, D]."""
    z = encoder(real.levels, real.styles)[0]
    found: Levels = decoder(z, real.styles).argmax(dim=3).numpy()
    return found


@torch.no_grad()
def drawn(decoder: Decoder, styles: Int[Tensor, " N"], seed: int = 0) -> Levels:
    """As many draws from the prior as there are styles, shape [N, T, D]."""
    z = torch.from_numpy(normal(seed, (len(styles), decoder.sizes.z_dim), "groove draws"))
    found: Levels = decoder(z, styles).argmax(dim=3).numpy()
    return found


def reconstruction(encoder: Encoder, decoder: Decoder, held: Patterns) -> dict[str, float]:
    """What comes back of grooves that were never trained on.

    Returns:
        ``cells``: share of cells with the right level; ``strokes``: share of strokes that are
        struck on the right drum at the right step, whatever the level (F1); ``bars``: share of
        bars in which all strokes are.
    """
    truth, made = held.levels.numpy(), again(encoder, decoder, held)
    hits = 2 * int(((truth > 0) & (made > 0)).sum())
    alike = ((truth > 0) == (made > 0)).reshape(len(truth), -1, BAR, truth.shape[2])
    return {
        "cells": float((truth == made).mean()),
        "strokes": hits / int((truth > 0).sum() + (made > 0).sum()),
        "bars": float(alike.all(axis=(2, 3)).mean()),
    }


def expected(chances: Float[Tensor, "N T D L"]) -> Float[Tensor, "N A"]:
    """The attributes of patterns of which only the chances of every cell are known.

    Returns:
        In the order of `pipelines.music.drum_attributes.ATTRIBUTES`, in about their own units.
    """
    steps = chances.shape[1]
    bars = steps / BAR
    struck = 1.0 - chances[..., 0]
    body = 1.0 - (1.0 - struck[:, :, BODY]).prod(dim=2)
    after, gains = answers(steps)
    level = (chances * torch.arange(4.0)).sum(dim=3) / 3
    back = level[:, :, BACK].amax(dim=2)
    on = torch.tensor([t % BAR in BEATS for t in range(steps)])
    found = {
        "density": struck.sum(dim=(1, 2)) / bars,
        "syncopation": (body * (1.0 - body[:, after])) @ torch.tensor(gains) / bars,
        "backbeat": back[:, on].mean(dim=1) - back[:, ~on].mean(dim=1),
        "hats": struck[:, :, CYMBALS].sum(dim=(1, 2)) / bars,
        "kick": struck[:, :, 0].sum(dim=1) / bars,
        "ghosts": chances[..., 1].sum(dim=(1, 2)) / bars,
    }
    return torch.stack([found[name] for name in ATTRIBUTES], dim=1)
