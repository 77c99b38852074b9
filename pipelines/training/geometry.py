"""Principal directions of a latent that is plain noise: along them the picture changes most.

    H = E_z J(z)^T J(z),    J = dg / dz,    H u_k = lambda_k u_k,    lambda_1 >= lambda_2 >= ...

(Wang and Ponce 2021, https://arxiv.org/abs/2101.06006.) For z ~ N(0, I) no direction of z itself
is wider than another, so principal components of z (`pipelines.training.directions.principal`)
would be chance; what differs is how much of each is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.latents import normal

if TYPE_CHECKING:
    from pipelines.training.subject import Subject

__all__ = ["strongest"]

PLACES, REACH = 12, 0.5
"""How many z the slope is taken at, and how far it goes each way, in deviations."""
Floats = NDArray[np.float32]


def strongest(subject: Subject, width: int, count: int) -> dict[str, Floats]:
    """One step, a deviation of z, along each of the ``count`` strongest directions, [1, Z].

    The sign is chosen so that the largest coordinate is positive.

    Args:
        subject: A generator of latents [1, Z] from N(0, I).
        width: Z.
        count: How many.
    """
    moves = REACH * torch.eye(width)[:, None]
    metric = torch.zeros(width, width, dtype=torch.float64)
    with torch.inference_mode():
        for place in range(PLACES):
            z = torch.from_numpy(normal(place, (1, 1, width), "geometry"))
            slope = ((subject.paint(z + moves) - subject.paint(z - moves)) / (2 * REACH)).flatten(
                1
            )
            metric += slope.double() @ slope.double().T
    _, vectors = np.linalg.eigh(metric.numpy())
    found = {}
    for i in range(min(count, width)):
        vector = vectors[:, -1 - i]
        vector = vector * np.sign(vector[np.abs(vector).argmax()])
        found[f"pca_{i + 1}"] = vector.astype(np.float32)[None]
    return found
