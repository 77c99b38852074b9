"""How a token of a poem is drawn from its chances by the noise at its place.

With p the network's probabilities at temperature T, cut to what `Chances` leave, and x_i the
noise at place i, the token that is written is (Gumbel 1954; Maddison et al. 2014,
https://arxiv.org/abs/1411.0030)::

    c_i = argmax_c  log p(c | form, c_1 ... c_(i-1)) + G(f_c . x_i)
    G(y) = - log(- log Phi(y))                        standard Gumbel for y ~ N(0, 1)

f_c is a fixed unit vector of every token, drawn once for all models; the vectors of two
tokens are nearly at right angles, so that their Gumbel variables are nearly independent and
c_i is drawn nearly from p. A small step of the noise moves every G a little, and changes
those tokens that had a close rival, and what follows from them.
Legend: V tokens, D numbers of noise a place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Value
from pipelines.latents import normal

__all__ = ["Chances", "choose", "gumbel", "penalised"]

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Chances:
    """How freely characters are drawn.

    Attributes:
        temperature: Divides the logits; 0 takes the most probable character.
        top_k: Draw among so many of the most probable; 0 for all.
        top_p: Draw among the most probable that hold this much probability.
        min_p: Draw among those that have this share of the probability of the most probable.
        repetition_penalty: Divides positive logits of what stands in the poem already, and
            multiplies negative ones (Keskar et al. 2019, https://arxiv.org/abs/1909.05858).
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> Chances:
        """Read the controls, which have these names."""
        return cls(
            float(values["temperature"]),
            int(values["top_k"]),
            float(values["top_p"]),
            float(values["min_p"]),
            float(values["repetition_penalty"]),
        )


@lru_cache(maxsize=8)
def features(count: int, width: int) -> Floats:
    """f: a unit vector for each of ``count`` tokens, shape [V, D]."""
    drawn = normal(0, (count, width), "characters")
    unit: Floats = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    unit.setflags(write=False)
    return unit


def gumbel(noise: Floats, count: int) -> Floats:
    """G of every token, shape [V], from the noise at one place, shape [D]."""
    import torch

    y = torch.from_numpy(features(count, len(noise)) @ noise)
    found: Floats = (-(-torch.special.log_ndtr(y)).log()).numpy()
    return found


def choose(logits: Doubles, noise: Floats, allowed: NDArray[np.bool_], chances: Chances) -> int:
    """The token that the noise draws.

    Args:
        logits: Of every token, shape [V], any penalty taken off.
        noise: Their Gumbel variables, shape [V].
        allowed: What may be drawn, shape [V], at least one.
        chances: How freely.
    """
    logits = np.where(allowed, logits, -np.inf)
    if chances.temperature <= 0:
        return int(np.argmax(logits))
    scores = (logits - logits.max()) / chances.temperature
    p = np.exp(scores)
    if 0 < chances.top_k < len(p) or chances.top_p < 1:
        ranked = np.argsort(-logits, kind="stable")
        if chances.top_k:
            p[ranked[chances.top_k :]] = 0
        held = np.cumsum(p[ranked] / p.sum())
        p[ranked[1:][held[:-1] >= chances.top_p]] = 0
    drawn = allowed & (p >= chances.min_p) & (p > 0)
    return int(np.argmax(np.where(drawn, scores + noise, -np.inf)))


def penalised(logits: Doubles, written: Sequence[int], penalty: float) -> Doubles:
    """Logits with the repetition penalty; see `Chances`."""
    places = sorted(set(written))
    if penalty == 1.0 or not places:
        return logits
    again = logits[places]
    logits = logits.copy()
    logits[places] = np.where(again > 0, again / penalty, again * penalty)
    return logits
