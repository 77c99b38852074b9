"""Sketch to picture: a U-Net that paints, and an encoder of styles.

    y = G(s, z),    q(z | x) = N(mu(x), sigma(x)^2)

G is the U-Net of pix2pix (Isola et al. 2017, https://arxiv.org/abs/1611.07004): s is halved until
it is a few pixels wide and doubled again, each level beside what the way down knew of it. One
sketch has many paintings, so z says which: it scales and shifts every normalised level of the way
up (Huang and Belongie 2017, https://arxiv.org/abs/1703.06868), and in training an encoder reads
it off the painting (BicycleGAN, Zhu et al. 2017, https://arxiv.org/abs/1711.11586). Group
norm (Wu and He 2018, https://arxiv.org/abs/1803.08494) knows no batch: a sketch painted alone and
in a batch is the same but for rounding. The way up resizes bilinearly and then convolves; pixels
that were only repeated left stripes.

Legend: N batch, S channels of a sketch, C of a picture, H and W pixels, Z width of z.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2


@dataclass(frozen=True)
class PainterSizes:
    """Sizes of a painter.

    Attributes:
        in_channels: Channels S of a sketch.
        out_channels: Channels C of a picture.
        z_dim: Width of z; 0 for a painter that knows one painting of a sketch.
        style_dim: Width of the style that z is mapped to.
        resolution: Side R of the pictures it was trained on, in pixels.
        channels: Channels at R, R/2, R/4, ...; the last is the narrowest point.
        num_groups: Groups of every group norm; divides all channels.
    """

    in_channels: int = 5
    out_channels: int = 3
    z_dim: int = 16
    style_dim: int = 64
    resolution: int = 128
    channels: tuple[int, ...] = (16, 32, 64, 96, 128, 160)
    num_groups: int = 8

    def __post_init__(self) -> None:
        """Check that the parts fit.

        Raises:
            ValueError: If the side can't be halved as often, or the groups divide no channels.
        """
        if self.resolution % (1 << (len(self.channels) - 1)) or len(self.channels) < 2:  # noqa: PLR2004
            raise ValueError(
                f"resolution={self.resolution} can't be halved {len(self.channels) - 1} times; "
                "give two or more channels, and fewer of them"
            )
        if any(width % self.num_groups for width in self.channels):
            raise ValueError(
                f"num_groups={self.num_groups} does not divide channels={self.channels}; "
                "give a divisor of them all"
            )


class Modulation(nn.Module):
    """Group norm whose scale and shift come from the style: (1 + a(w)) norm(x) + b(w)."""

    def __init__(self, channels: int, style_dim: int, num_groups: int) -> None:
        """Build; a ``style_dim`` of 0 leaves a plain group norm."""
        super().__init__()
        self.norm = nn.GroupNorm(num_groups, channels)
        self.affine = nn.Linear(style_dim, 2 * channels) if style_dim else None
        if self.affine is not None:
            nn.init.normal_(self.affine.weight, std=0.5 / style_dim**0.5)
            nn.init.zeros_(self.affine.bias)

    def forward(
        self, x: Float[Tensor, "N C H W"], w: Float[Tensor, "N D"] | None
    ) -> Float[Tensor, "N C H W"]:
        """Return x normalised, in the style w."""
        x = self.norm(x)
        if self.affine is None or w is None:
            return x
        scale, shift = self.affine(w)[:, :, None, None].chunk(2, dim=1)
        moved: Tensor = x * (1 + scale) + shift
        return moved


class Down(nn.Module):
    """Halve: a strided convolution, group norm, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, num_groups: int) -> None:
        """Build."""
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 4, 2, 1)
        self.norm = nn.GroupNorm(num_groups, outputs)

    def forward(self, x: Float[Tensor, "N I H W"]) -> Float[Tensor, "N O h w"]:
        """Return x at half the size."""
        return functional.leaky_relu(self.norm(self.conv(x)), SLOPE)


class Up(nn.Module):
    """Double: resize, a convolution with what the way down knew, the style, leaky ReLU."""

    def __init__(self, inputs: int, beside: int, outputs: int, sizes: PainterSizes) -> None:
        """Build; ``beside`` is the number of channels of the way down."""
        super().__init__()
        self.conv = nn.Conv2d(inputs + beside, outputs, 3, 1, 1)
        self.style = Modulation(outputs, sizes.style_dim if sizes.z_dim else 0, sizes.num_groups)

    def forward(
        self,
        x: Float[Tensor, "N I h w"],
        beside: Float[Tensor, "N J H W"],
        w: Float[Tensor, "N D"] | None,
    ) -> Float[Tensor, "N O H W"]:
        """Return x at twice the size."""
        size = (beside.shape[2], beside.shape[3])
        x = functional.interpolate(x, size, mode="bilinear", align_corners=False)
        x = self.conv(torch.cat([x, beside], dim=1))
        return functional.leaky_relu(self.style(x, w), SLOPE)


class Bottom(nn.Module):
    """A residual block at the narrowest point, where a place sees the whole sketch."""

    def __init__(self, channels: int, sizes: PainterSizes) -> None:
        """Build."""
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)
        self.style = Modulation(channels, sizes.style_dim if sizes.z_dim else 0, sizes.num_groups)

    def forward(
        self, x: Float[Tensor, "N C H W"], w: Float[Tensor, "N D"] | None
    ) -> Float[Tensor, "N C H W"]:
        """Return x and what the block adds to it."""
        added: Tensor = functional.leaky_relu(self.style(self.conv(x), w), SLOPE)
        return x + added


class Painter(nn.Module):
    """The U-Net G: a sketch and z to a picture."""

    def __init__(self, sizes: PainterSizes) -> None:
        """Build for the sizes."""
        super().__init__()
        self.sizes = sizes
        widths = sizes.channels
        self.first = nn.Conv2d(sizes.in_channels, widths[0], 3, 1, 1)
        self.downs = nn.ModuleList(Down(i, o, sizes.num_groups) for i, o in pairwise(widths))
        self.bottom = nn.ModuleList(Bottom(widths[-1], sizes) for _ in range(2))
        self.ups = nn.ModuleList(Up(i, o, o, sizes) for i, o in pairwise(reversed(widths)))
        self.last = nn.Conv2d(widths[0], sizes.out_channels, 3, 1, 1)
        self.mapping = (
            nn.Sequential(
                nn.Linear(sizes.z_dim, sizes.style_dim),
                nn.LeakyReLU(SLOPE),
                nn.Linear(sizes.style_dim, sizes.style_dim),
                nn.LeakyReLU(SLOPE),
            )
            if sizes.z_dim
            else None
        )

    def forward(
        self, sketch: Float[Tensor, "N S H W"], z: Float[Tensor, "N Z"]
    ) -> Float[Tensor, "N C H W"]:
        """Return pictures, in (-1, 1); without a mapping z plays no part."""
        styles = self.styles(z[:, None]) * (len(self.bottom) + len(self.ups))
        return self.painted(sketch, styles)

    def styles(self, x: Float[Tensor, "N L Z"]) -> list[Tensor | None]:
        """Return the style of every layer of the way up, coarse to fine, [N, D] each."""
        layers = x.unbind(dim=1)
        return [self.mapping(z) if self.mapping is not None else None for z in layers]

    def painted(
        self, sketch: Float[Tensor, "N S H W"], styles: list[Tensor | None]
    ) -> Float[Tensor, "N C H W"]:
        """Return pictures, each layer of the way up in its own style."""
        x = functional.leaky_relu(self.first(sketch), SLOPE)
        passed = []
        for down in self.downs:
            passed.append(x)
            x = down(x)
        rest = iter(styles)
        for block in self.bottom:
            x = block(x, next(rest))
        for up in self.ups:
            x = up(x, passed.pop(), next(rest))
        picture: Tensor = torch.tanh(self.last(x))
        return picture


class PaintingEncoder(nn.Module):
    """Read off a painting which of the paintings of its sketch it is: q(z | x)."""

    def __init__(self, in_channels: int, z_dim: int, width: int = 24) -> None:
        """Build; the painting is halved before anything else, since style is coarse."""
        super().__init__()
        self.in_channels, self.width = in_channels, width
        widths = (in_channels, width, 2 * width, 4 * width, 4 * width)
        self.layers = nn.Sequential(
            *(
                part
                for i, o in pairwise(widths)
                for part in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(SLOPE))
            )
        )
        self.head = nn.Linear(widths[-1], 2 * z_dim)
        nn.init.zeros_(self.head.bias)

    def forward(
        self, picture: Float[Tensor, "N C H W"]
    ) -> tuple[Float[Tensor, "N Z"], Float[Tensor, "N Z"]]:
        """Return mean and logarithm of the variance of z; the side is at least 32 px."""
        x = self.layers(functional.avg_pool2d(picture, 2)).mean(dim=(2, 3))
        mean, log_variance = self.head(x).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)
