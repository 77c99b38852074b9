"""Attributes of melodies as normal scores, which the first numbers of z are tied to.

Ranks are those among the melodies of a shape; see `pipelines.training.normal_scores`.
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
from pipelines.training.normal_scores import normal_scores

__all__ = ["measured", "scores"]

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
