"""Deep convolutional GAN: transposed convolutions on one side, strided ones on the other.

    g: z [Z] -> 4 x 4 -> 8 x 8 -> ... -> R x R,    d: R x R -> ... -> 4 x 4 -> logit

(Radford et al. 2015, https://arxiv.org/abs/1511.06434.) The rules of the paper: no pooling and
no dense layers; batch norm everywhere but after the generator's last layer and before the
discriminator's first; ReLU and a last tanh on one side, LeakyReLU of slope 0.2 on the other;
weights start as N(0, 0.02). Kernels are 4 x 4, as in the authors' Torch code.

Legend: N batch, Z width of z, R side in pixels, W channels of the finest level.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.networks.network_files import load_network, read_config, save_network

__all__ = [
    "WEIGHTS",
    "DCGANSizes",
    "Discriminator",
    "Generator",
    "load_generator",
    "save_generator",
]

WEIGHTS = "weights.safetensors"
START, SLOPE = 0.02, 0.2
COARSEST = 4
KERNEL = (4, 2, 1)
"""Side, stride and padding: twice as large, or half."""


@dataclass(frozen=True)
class DCGANSizes:
    """Sizes of both networks.

    Attributes:
        z_dim: Width Z of z.
        resolution: Side R of the pictures, a power of two from 8.
        width: Channels W of the generator's finest hidden level; every coarser one has twice
            as many.
    """

    z_dim: int = 100
    resolution: int = 64
    width: int = 64

    def __post_init__(self) -> None:
        """Check that the side can be doubled to from 4.

        Raises:
            ValueError: If it can't.
        """
        if self.resolution < 2 * COARSEST or self.resolution & (self.resolution - 1):
            raise ValueError(
                f"resolution={self.resolution} is no power of two from {2 * COARSEST}; "
                "give pictures of such a side"
            )

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the hidden levels 4 x 4, 8 x 8, ..., R/2 x R/2."""
        levels = self.resolution.bit_length() - COARSEST.bit_length()
        return tuple(self.width << i for i in reversed(range(levels)))


class Generator(nn.Module):
    """z -> picture in [-1, 1]."""

    def __init__(self, sizes: DCGANSizes) -> None:
        """Build for the sizes, with weights as they start."""
        super().__init__()
        self.sizes = sizes
        widths = sizes.channels
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(sizes.z_dim, widths[0], COARSEST, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        for i, o in pairwise(widths):
            layers += [nn.ConvTranspose2d(i, o, *KERNEL, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.layers = nn.Sequential(
            *layers, nn.ConvTranspose2d(widths[-1], 3, *KERNEL, bias=False)
        )
        self.apply(_start)

    def forward(self, z: Float[Tensor, "N Z"]) -> Float[Tensor, "N 3 R R"]:
        """Paint."""
        picture: Tensor = torch.tanh(self.layers(z[:, :, None, None]))
        return picture


class Discriminator(nn.Module):
    """Picture -> logit of being real."""

    def __init__(self, sizes: DCGANSizes) -> None:
        """Build for the sizes, with weights as they start."""
        super().__init__()
        self.sizes = sizes
        widths = sizes.channels[::-1]
        first = nn.Conv2d(3, widths[0], *KERNEL, bias=False)
        layers: list[nn.Module] = [first, nn.LeakyReLU(SLOPE)]
        for i, o in pairwise(widths):
            layers += [
                nn.Conv2d(i, o, *KERNEL, bias=False),
                nn.BatchNorm2d(o),
                nn.LeakyReLU(SLOPE),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, COARSEST, bias=False))
        self.apply(_start)

    def forward(self, x: Float[Tensor, "N 3 R R"]) -> Float[Tensor, " N"]:
        """Judge."""
        logit: Tensor = self.layers(x).flatten()
        return logit


def _start(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, START)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, START)


def save_generator(generator: Generator, folder: Path, config: dict[str, Any]) -> None:
    """Write the weights in half precision, and ``config`` with the sizes."""
    whole = config | {"network": asdict(generator.sizes)}
    save_network(generator, folder, WEIGHTS, whole)


def load_generator(folder: Path) -> Generator:
    """Load a generator, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing or broken, or the weights are those
            of another network.
    """
    network = read_config(folder)["network"]
    return load_network(Generator(DCGANSizes(**network)), folder / WEIGHTS)
