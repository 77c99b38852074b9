"""Codes one after the other, each drawn with a number of its own.

With p the Transformer's probabilities at temperature T, cut to the top k and the top p, and
u_i = Phi(x_i) the normal distribution function of the noise at place i,

    k_i = min { k : P(code before or equal to k) >= u_i }

where codes are in the order of the first principal component of the codebook, so that a small
change of the noise gives a code that looks like the one before. For x ~ N(0, I) every u is
uniform and k_i has exactly the distribution p. Temperature 0 takes the most probable code.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray
from torch import Tensor

from pipelines.networks.code_transformer import CodeTransformer
from pipelines.run import steady

__all__ = ["Chances", "choose", "ordered", "write"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Chances:
    """How freely codes are drawn.

    Attributes:
        temperature: Divides the logits; 0 takes the most probable code.
        top_k: Draw among so many of the most probable codes; 0 for all.
        top_p: Draw among the most probable codes that hold this much probability.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


def ordered(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The codes in the order of the first principal component of their vectors [K, D]."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axis = axes[:, -1]
    axis = axis * np.sign(axis[np.abs(axis).argmax()])
    return np.argsort(centred @ axis, kind="stable")


def choose(logits: Doubles, u: float, chances: Chances, order: NDArray[np.int64]) -> int:
    """The code that ``u`` in [0, 1] draws.

    Args:
        logits: Of every code, shape [K].
        u: Where in the distribution.
        chances: How freely.
        order: The codes as they are lined up, shape [K].
    """
    ranked = np.argsort(-logits, kind="stable")
    if chances.temperature <= 0:
        return int(ranked[0])
    p = np.exp((logits - logits[ranked[0]]) / chances.temperature)
    if chances.top_k:
        p[ranked[chances.top_k :]] = 0
    p /= p.sum()
    if chances.top_p < 1:
        held = np.cumsum(p[ranked])
        p[ranked[1:][held[:-1] >= chances.top_p]] = 0
    line = np.cumsum(p[order])
    place = int(np.searchsorted(line, u * line[-1], side="left"))
    return int(order[min(place, len(order) - 1)])


def write(
    prior: CodeTransformer,
    codes: Int[Tensor, "N L"],
    kept: Bool[Tensor, " L"],
    *,
    noise: NDArray[np.float32],
    labels: Int[Tensor, " N"],
    chances: Chances,
) -> Iterator[Int[Tensor, "N L"]]:
    """Write maps of codes; kept cells are read, all others drawn in raster order.

    Args:
        prior: The Transformer, which has read its codebook.
        codes: Codes of the kept cells; in the others what stands there until they are drawn.
        kept: Which cells are kept, in all N maps.
        noise: Standard normal numbers, shape [N, L].
        labels: Classes.
        chances: How freely codes are drawn.

    Yields:
        The maps after every row in which a code was drawn.
    """
    made, side = codes.clone(), prior.sizes.side
    free = (~kept).view(side, side)
    order = ordered(prior.vectors().numpy())
    with torch.inference_mode(), steady():
        cache = prior.begin(labels, made, kept.expand(made.shape))
        table = prior.table()
    for row in free.any(dim=1).nonzero()[:, 0].tolist():
        with torch.inference_mode(), steady():
            for column in free[row].nonzero()[:, 0].tolist():
                place = row * side + column
                logits = prior.extend(cache, made, place + 1, table).double().numpy()
                for n, one in enumerate(logits):
                    made[n, place] = choose(one, _uniform(float(noise[n, place])), chances, order)
        yield made.clone()


def _uniform(x: float) -> float:
    """The normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
