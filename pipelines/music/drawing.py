"""Tokens of music, each drawn with noise of its own.

As for verse (`pipelines.verse.writing`), with p a network's probabilities and x the noise of a
place, the token that is written is (Gumbel 1954; Maddison et al. 2014,
https://arxiv.org/abs/1411.0030)::

    c = argmax_c  log p(c | what was told and written) + G(f_c . x)
    G(y) = - log(- log Phi(y))                        standard Gumbel for y ~ N(0, 1)

f is a fixed unit vector of every token. A small step of the noise changes notes that had a close
rival, and what follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import normal

__all__ = ["Chances", "choose", "directions", "gumbel"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Chances:
    """How freely tokens are drawn.

    Attributes:
        temperature: Divides the logits; 0 takes the most probable token.
        top_p: Draw among the most probable that hold this much probability.
        top_k: Draw among so many of the most probable; 0 for all.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0


@lru_cache(maxsize=4)
def directions(shape: tuple[int, ...], stream: str) -> Floats:
    """f: unit vectors along the last axis, the same for ever."""
    drawn = normal(0, shape, stream)
    unit: Floats = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    unit.setflags(write=False)
    return unit


def gumbel(vectors: Floats, noise: Floats) -> Doubles:
    """G of some tokens with vectors [N, D], shape [N], from the noise of a place, shape [D]."""
    import torch

    y = torch.from_numpy(vectors @ noise).double()
    found: Doubles = (-(-torch.special.log_ndtr(y)).log()).numpy()
    return found


def choose(logits: Doubles, noise: Doubles, chances: Chances) -> int:
    """Which of some tokens the noise draws; both of shape [N]."""
    if chances.temperature <= 0:
        return int(np.argmax(logits))
    scores = (logits - logits.max()) / chances.temperature
    p = np.exp(scores)
    ranked = np.argsort(-scores, kind="stable")
    if 0 < chances.top_k < len(p):
        p[ranked[chances.top_k :]] = 0
    if chances.top_p < 1:
        held = np.cumsum(p[ranked] / p.sum())
        p[ranked[1:][held[:-1] >= chances.top_p]] = 0
    return int(np.argmax(np.where(p > 0, scores + noise, -np.inf)))
