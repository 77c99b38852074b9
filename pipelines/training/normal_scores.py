"""Values as normal scores, which numbers of a latent can be tied to.

    s(x) = Phi^-1(rank of x)

so that every attribute, however it is spread, is spread as a number of z is. Works that share a
value share the middle of its ranks. Tying a number of the latent to each attribute is what Pati
and Lerch do (2020, AR-VAE, https://arxiv.org/abs/2004.05485), by signs of differences; here, as
the score says how far, by the square of the error.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["normal_scores"]


def normal_scores(values: NDArray[np.floating]) -> Float[Tensor, " M"]:
    """The scores of values [M].

    >>> [round(float(x), 2) for x in normal_scores(np.array([1.0, 5.0, 2.0]))]
    [-0.97, 0.97, 0.0]
    """
    ordered = np.sort(values)
    low, high = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    share = torch.from_numpy((low + high) / (2 * len(values)))
    low_end = 0.5 / len(values)
    found: Tensor = torch.special.ndtri(share.clamp(low_end, 1 - low_end)).float()
    return found
