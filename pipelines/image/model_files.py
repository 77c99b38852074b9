"""What the folders of several families hold alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.latents import Direction, LatentSpace, normal, uniform
from pipelines.run import steady

__all__ = ["OneLayer", "mapped_space", "read_kinds"]

SAMPLES = 4096
"""How many latents the mean and the spread of a mapped space are measured on."""


class OneLayer(nn.Module):
    """A network of plain vectors that takes its vector as a latent of one layer."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: Float[Tensor, "N 1 Z"]) -> Float[Tensor, "N 3 R R"]:
        """Pictures, about in [-1, 1], not clipped."""
        picture: Tensor = self.network(z[:, 0])
        return picture


def read_kinds(config: Mapping[str, Any], count: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The kinds of a model and how often a seed draws each, from its ``config.json``.

    Raises:
        KeyError: If it says nothing of them.
        ValueError: If they are not ``count``.
    """
    species, frequency = config["species"], config["species_frequency"]
    if not isinstance(species, list) or not all(isinstance(one, str) for one in species):
        raise ValueError("species are not names")
    if not isinstance(frequency, list) or not len(species) == len(frequency) == count:
        raise ValueError("species and their frequencies are not as many as the model's classes")
    numbers = all(isinstance(one, int | float) and one >= 0 for one in frequency)
    if not numbers or not sum(frequency):
        raise ValueError("frequencies are not shares")
    shares = np.asarray(frequency, dtype=np.float64)
    return tuple(species), tuple(float(share) for share in shares / shares.sum())


def mapped_space(
    mapping: Callable[[Tensor, Tensor], Tensor],
    z_dim: int,
    frequency: Sequence[float] | NDArray[np.float64],
    directions: tuple[Direction, ...],
    *,
    name: str,
) -> LatentSpace:
    """The space of a mapping network, with the mean and the spread of where seeds land.

    Args:
        mapping: Noise [N, Z] and labels [N] -> latents [N, L, D].
        z_dim: Z.
        frequency: How often a seed draws each label.
        directions: Measured directions of the space.
        name: What its latents are called; it names the noise that they are measured on.
    """
    draws = uniform(0, (SAMPLES,), f"statistics of {name}, labels")
    labels = np.searchsorted(np.cumsum(frequency)[:-1], draws)
    z = normal(0, (SAMPLES, z_dim), f"statistics of {name}")
    with torch.inference_mode(), steady():
        found = mapping(torch.from_numpy(z), torch.from_numpy(labels)).numpy()
    return LatentSpace(
        shape=found.shape[1:],
        interpolation="lerp",
        center=found.mean(axis=0).astype(np.float32),
        spread=found.std(axis=0).astype(np.float32),
        directions=directions,
        prior="mapped normal",
    )
