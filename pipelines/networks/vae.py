"""Variational autoencoder with one vector for a whole picture.

    q(z | x) = N(mu(x), sigma(x)^2),    x' = g(z),    z ~ N(0, I)

(Kingma and Welling 2014, https://arxiv.org/abs/1312.6114). The encoder folds patches of P x P
pixels into channels, halves the rest a few times and ends in a dense layer; the decoder goes the
same way back. Each of its blocks is scaled and shifted by z itself (FiLM, Perez et al. 2018,
https://arxiv.org/abs/1709.07871), so that what concerns the whole sheet, such as a colour, need
not pass through the narrow end, and each of its levels has a bias for every place (untied biases,
Gregor et al. 2015, https://arxiv.org/abs/1502.04623), because in aligned drawings a place means
something. The last layer paints the P x P pixels of a patch at once (Shi et al. 2016,
https://arxiv.org/abs/1609.05158): lines stay crisp and a picture takes a few milliseconds.

Legend: N batch, Z width of z, C channels of pictures, R side in pixels, P side of a patch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.kl_decoder import Upsample

__all__ = ["Decoder", "Encoder", "VAESizes"]

LOUDEST, QUIETEST = 4.0, -10.0
"""Bounds of log sigma^2; beyond them float32 says nothing more."""


@dataclass(frozen=True)
class VAESizes:
    """Sizes of both halves.

    Attributes:
        z_dim: Width Z of z.
        resolution: Side R of the pictures.
        patch: Side P of the squares that are read and painted at once.
        channels: Channels at R/P, R/2P, R/4P, ...
        hidden: Width of the dense layers.
        num_groups: Groups of every group norm; divides all channels.
    """

    z_dim: int = 64
    resolution: int = 128
    patch: int = 4
    channels: tuple[int, ...] = (40, 64, 96)
    hidden: int = 256
    num_groups: int = 8

    def __post_init__(self) -> None:
        """Check that the parts fit.

        Raises:
            ValueError: If the side can't be folded and halved as often, or the groups divide no
                channels.
        """
        least = self.patch << (len(self.channels) - 1)
        if not self.channels or self.resolution % least:
            raise ValueError(
                f"resolution={self.resolution} is no multiple of {least}; "
                "give pictures of such a side, or fewer channels"
            )
        if any(width % self.num_groups for width in self.channels):
            raise ValueError(
                f"channels={self.channels} are not divided by num_groups={self.num_groups}"
            )

    @property
    def sides(self) -> tuple[int, ...]:
        """Sides of the levels, finest first."""
        return tuple(self.resolution // self.patch >> i for i in range(len(self.channels)))


class _Block(nn.Module):
    """Residual block; in the decoder scaled and shifted by z."""

    def __init__(self, width: int, groups: int, z_dim: int = 0) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.film = nn.Linear(z_dim, 2 * width) if z_dim else None
        with torch.no_grad():
            self.second.weight.mul_(0.3)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        hidden = self.first(functional.silu(self.norm(x)))
        if self.film is not None and z is not None:
            scale, shift = self.film(z)[:, :, None, None].chunk(2, dim=1)
            hidden = hidden * (1 + scale) + shift
        out: Tensor = x + self.second(functional.silu(hidden))
        return out


class Encoder(nn.Module):
    """Picture -> mean and log variance of its z."""

    def __init__(self, sizes: VAESizes) -> None:
        """Build for the sizes."""
        super().__init__()
        self.sizes = sizes
        widths = sizes.channels
        self.enter = nn.Conv2d(3 * sizes.patch**2, widths[0], 3, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(i, o, 4, 2, 1) for i, o in pairwise(widths))
        self.blocks = nn.ModuleList(_Block(w, sizes.num_groups) for w in widths[1:])
        self.dense = nn.Linear(widths[-1] * sizes.sides[-1] ** 2, sizes.hidden)
        self.gaussian = nn.Linear(sizes.hidden, 2 * sizes.z_dim)
        with torch.no_grad():  # sigma starts small, so that the decoder hears the mean
            self.gaussian.bias[sizes.z_dim :] = -2.0

    def forward(
        self, x: Float[Tensor, "N 3 R R"]
    ) -> tuple[Float[Tensor, "N Z"], Float[Tensor, "N Z"]]:
        """Return mean and log variance."""
        x = self.enter(functional.pixel_unshuffle(x, self.sizes.patch))
        for down, block in zip(self.downs, self.blocks, strict=True):
            x = block(down(functional.silu(x)))
        hidden = functional.silu(self.dense(functional.silu(x).flatten(1)))
        mean, log_variance = self.gaussian(hidden).chunk(2, dim=1)
        return mean, log_variance.clamp(QUIETEST, LOUDEST)


class Decoder(nn.Module):
    """z -> picture in about [-1, 1], not clipped."""

    def __init__(self, sizes: VAESizes) -> None:
        """Build for the sizes."""
        super().__init__()
        self.sizes = sizes
        widths, sides = sizes.channels[::-1], sizes.sides[::-1]
        self.hidden = nn.Linear(sizes.z_dim, sizes.hidden)
        self.dense = nn.Linear(sizes.hidden, widths[0] * sides[0] ** 2)
        self.narrows = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in pairwise(widths))
        self.ups = nn.ModuleList(Upsample(o) for o in widths[1:])
        self.places = nn.ParameterList(
            torch.zeros(1, width, side, side) for width, side in zip(widths, sides, strict=True)
        )
        self.blocks = nn.ModuleList(_Block(w, sizes.num_groups, sizes.z_dim) for w in widths)
        self.leave = nn.Conv2d(widths[-1], 3 * sizes.patch**2, 3, padding=1)

    def forward(self, z: Float[Tensor, "N Z"]) -> Float[Tensor, "N 3 R R"]:
        """Decode."""
        side = self.sizes.sides[-1]
        x = self.dense(functional.silu(self.hidden(z)))
        x = x.unflatten(1, (self.sizes.channels[-1], side, side)) + self.places[0]
        x = self.blocks[0](x, z)
        places, blocks = list(self.places)[1:], list(self.blocks)[1:]
        for narrow, up, place, block in zip(self.narrows, self.ups, places, blocks, strict=True):
            x = block(up(narrow(x)) + place, z)
        picture: Tensor = functional.pixel_shuffle(
            self.leave(functional.silu(x)), self.sizes.patch
        )
        return picture
