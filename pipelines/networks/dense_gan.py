"""The GAN of the textbooks: two dense networks, and nothing that knows of neighbouring pixels.

    g: z [Z] -> hidden layers -> tanh [P],    d: x [P] -> hidden layers -> logit

(Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, who drew digits with it.) Leaky ReLU on
both sides; batch norm in the generator, without which it has learnt little after a minute.

Legend: N batch, Z width of z, P pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["DenseSizes", "Discriminator", "Generator"]

SLOPE = 0.2


@dataclass(frozen=True)
class DenseSizes:
    """Sizes of both networks.

    Attributes:
        z_dim: Width Z of z.
        side: Side of the square pictures, in pixels; P is its square.
        hidden: Widths of the generator's hidden layers; the discriminator has them the other way
            round.
    """

    z_dim: int = 32
    side: int = 28
    hidden: tuple[int, ...] = (256, 512)


class Generator(nn.Module):
    """z -> picture in [-1, 1]."""

    def __init__(self, sizes: DenseSizes, source: torch.Generator | None = None) -> None:
        """Build for the sizes; ``source`` draws the weights."""
        super().__init__()
        self.sizes = sizes
        layers: list[nn.Module] = []
        for i, o in pairwise((sizes.z_dim, *sizes.hidden)):
            layers += [_dense(i, o, source), nn.BatchNorm1d(o), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, _dense(sizes.hidden[-1], sizes.side**2, source))

    def forward(self, z: Float[Tensor, "N Z"]) -> Float[Tensor, "N P"]:
        """Paint; 1 is ink, -1 paper."""
        picture: Tensor = torch.tanh(self.layers(z))
        return picture


class Discriminator(nn.Module):
    """Picture -> logit of being real."""

    def __init__(self, sizes: DenseSizes, source: torch.Generator | None = None) -> None:
        """Build for the sizes; ``source`` draws the weights."""
        super().__init__()
        widths = (sizes.side**2, *sizes.hidden[::-1])
        layers: list[nn.Module] = []
        for i, o in pairwise(widths):
            layers += [_dense(i, o, source), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, _dense(widths[-1], 1, source))

    def forward(self, x: Float[Tensor, "N P"]) -> Float[Tensor, " N"]:
        """Judge."""
        logit: Tensor = self.layers(x).flatten()
        return logit


def _dense(inputs: int, outputs: int, source: torch.Generator | None) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight, generator=source)
    nn.init.zeros_(layer.bias)
    return layer
