"""What seeds are drawn from where that is not N(0, I): a mixture of Gaussians over z.

    p(z) = sum_k pi_k N(z; m_k, L_k L_k^T)

Fitted to an encoder's answers by `pipelines.training.mixture`, moved by teaching
(`pipelines.training.weighted_elbo`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import Direction, LatentSpace, normal, uniform

__all__ = ["MIXTURE", "Mixture", "load_mixture", "mixed_space", "save_mixture"]

MIXTURE = "mixture.safetensors"


@dataclass(frozen=True)
class Mixture:
    """A mixture of K Gaussians over z; see `pipelines.training.mixture`.

    Attributes:
        share: pi, shape [K], summing to one.
        mean: m, shape [K, Z].
        factor: Lower triangular L, shape [K, Z, Z].
    """

    share: NDArray[np.float32]
    mean: NDArray[np.float32]
    factor: NDArray[np.float32]

    def land(self, draw: float, noise: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where a draw in (0, 1] and normal noise [Z] land, shape [Z]."""
        k = int(np.searchsorted(np.cumsum(self.share.astype(np.float64))[:-1], draw))
        z: NDArray[np.float32] = (self.mean[k] + (self.factor[k] * noise).sum(axis=1)).astype(
            np.float32
        )
        return z

    def seeded(self, seed: int) -> NDArray[np.float32]:
        """Where a seed lands, shape [Z]; its noise is that of a model without a mixture."""
        noise = normal(seed, (1, self.mean.shape[1]), "z")[0]
        return self.land(float(uniform(seed, (1,), "component")[0]), noise)

    @property
    def center(self) -> NDArray[np.float32]:
        """Mean of the mixture, shape [Z]."""
        center: NDArray[np.float32] = (self.share[:, None] * self.mean).sum(axis=0)
        return center

    @property
    def spread(self) -> NDArray[np.float32]:
        """Standard deviation of each dimension, shape [Z]."""
        own = (self.factor**2).sum(axis=2) + (self.mean - self.center) ** 2
        spread: NDArray[np.float32] = np.sqrt((self.share[:, None] * own).sum(axis=0))
        return spread


def save_mixture(mixture: Mixture, folder: Path) -> None:
    """Write ``mixture.safetensors``, in half precision."""
    from safetensors.numpy import save_file

    kept = {
        name: getattr(mixture, name).astype(np.float16) for name in ("share", "mean", "factor")
    }
    save_file(kept, folder / MIXTURE)


def load_mixture(folder: Path, width: int) -> Mixture | None:
    """What `save_mixture` wrote; None where there is none and seeds are drawn from N(0, I).

    Raises:
        SafetensorError, KeyError: If the file is damaged.
        ValueError: If it is for a z of another width.
    """
    from safetensors.numpy import load_file

    place = folder / MIXTURE
    if not place.is_file():
        return None
    stored = {name: value.astype(np.float32) for name, value in load_file(place).items()}
    share = stored["share"] / stored["share"].sum()
    if stored["factor"].shape[1:] != (width, width):
        raise ValueError("the mixture has another shape")
    return Mixture(share, stored["mean"], stored["factor"])


def mixed_space(
    width: int, mixture: Mixture | None, directions: tuple[Direction, ...]
) -> LatentSpace:
    """The space of z, one layer of this width, with the mixture's middle and spread."""
    shape = (1, width)
    if mixture is None:
        return LatentSpace.of_noise(shape, directions)
    return LatentSpace(
        shape=shape,
        interpolation="slerp",
        center=mixture.center[None],
        spread=mixture.spread[None],
        directions=directions,
    )
