"""Attributes of melodies as normal scores, which the first numbers of z are tied to.

    s_a(x) = Phi^-1(rank of a(x) among the melodies of its shape)

so that every attribute, however it is spread, is spread as a number of z is. Melodies that share a
value share the middle of its ranks. Tying a number of the latent to each attribute is what Pati
and Lerch do (2020, AR-VAE, https://arxiv.org/abs/2004.05485), by signs of differences; here, as
the score says how far, by the square of the error.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import METRES
from pipelines.networks.melody import Shape
from pipelines.training.melody_data import Melodies

__all__ = ["measured", "normal_scores", "scores"]

Floats = NDArray[np.float32]


def measured(tokens: NDArray[np.int64], shape: Shape) -> Floats:
    """The attributes of melodies, shape [N, A], in the order of `ATTRIBUTES`."""
    found = measure(tokens, list(METRES)[shape.metre])
    return np.stack([found[name] for name in ATTRIBUTES], axis=1)


def scores(melodies: Mapping[Shape, Melodies]) -> dict[Shape, Float[Tensor, "M A"]]:
    """The normal scores of all melodies, by their shape."""
    found = {}
    for shape, rows in melodies.items():
        columns = [normal_scores(x) for x in measured(rows.tokens.numpy(), shape).T]
        found[shape] = torch.stack(columns, dim=1)
    return found


def normal_scores(values: Floats) -> Float[Tensor, " M"]:
    """Values as normal scores, by their rank; see the module."""
    ordered = np.sort(values)
    low, high = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    share = torch.from_numpy((low + high) / (2 * len(values)))
    low_end = 0.5 / len(values)
    found: Tensor = torch.special.ndtri(share.clamp(low_end, 1 - low_end)).float()
    return found
