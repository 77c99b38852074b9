"""Artists whose taste no teaching sees: hidden utilities over pixels, in groups.

They are of quantities that neither `pipelines.attributes` nor the features of teaching have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLASSES", "Artist", "seen_by_stranger", "utilities"]

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
CLASSES: Mapping[str, tuple[str, ...]] = {
    "measures": ("left_red", "grain", "dark"),
    "networks": ("net_0", "net_1", "net_2"),
    "interactions": ("product", "both"),
}


def _small(pixels: Pixels) -> Any:  # noqa: ANN401 - a tensor
    import torch
    from torch.nn import functional

    x = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return functional.adaptive_avg_pool2d(x, 32)


def _network(seed: int, width: int = 1) -> Any:  # noqa: ANN401 - a torch module
    """A small random convolutional network on 32 px."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9_000 + seed)
        return nn.Sequential(
            nn.Conv2d(3, 12, 5, 2, 2),
            nn.Tanh(),
            nn.Conv2d(12, 16, 5, 2, 2),
            nn.Tanh(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(64, width),
        ).requires_grad_(requires_grad=False)


def utilities(pixels: Pixels) -> dict[str, Floats]:
    """Every hidden utility of works, shape [N] each, in its own units."""
    import torch

    x = _small(pixels)
    grey = x.mean(1)
    found = {
        "left_red": (x[:, 0, :, :16] - x[:, 2, :, :16]).mean((1, 2)),
        "grain": (grey[:, 1:] - grey[:, :-1]).abs().mean((1, 2))
        / ((grey[:, :, 1:] - grey[:, :, :-1]).abs().mean((1, 2)) + 1e-3),
        "dark": -grey.flatten(1).kthvalue(51, dim=1).values,
    }
    with torch.inference_mode():
        for seed in range(3):
            found[f"net_{seed}"] = _network(seed)(2 * x)[:, 0]
    return {name: value.numpy().astype(np.float32) for name, value in found.items()}


@dataclass(frozen=True)
class Artist:
    """A hidden utility with its units fixed on works of the untaught model."""

    name: str
    center: Mapping[str, float]
    unit: Mapping[str, float]

    @classmethod
    def of(cls, name: str, works: Pixels) -> Artist:
        """Units from many works."""
        seen = utilities(works)
        return cls(
            name,
            {key: float(value.mean()) for key, value in seen.items()},
            {key: float(value.std()) or 1.0 for key, value in seen.items()},
        )

    def likes(self, works: Pixels) -> Floats:
        """How much works are liked."""
        seen = {k: (v - self.center[k]) / self.unit[k] for k, v in utilities(works).items()}
        if self.name == "product":
            return (seen["left_red"] * seen["dark"]).astype(np.float32)
        if self.name == "both":
            least: Floats = np.minimum(seen["left_red"], seen["grain"]).astype(np.float32)
            return least
        return seen[self.name].astype(np.float32)


def seen_by_stranger(works: Pixels) -> Floats:
    """Features of a random network that no teaching uses, shape [N, 32]."""
    found: Floats = _network(77, 32)(2 * _small(works)).numpy()
    return found
