"""The transform of tileable patterns, and the colours of a tile.

    x = A * picture                  latents: C numbers for every 4 x 4 pixels
    picture = colour(A' * x)         a linear transform with overlapping blocks, then colours

Every convolution wraps around, so every picture tiles: rolling the latents by one place rolls the
picture by four pixels. Where pictures do not tile, such as a swatch, the border is repeated.

Legend: N batch, C latent channels, h and w places, H and W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["COLOURS", "FOLD", "Lapped", "PatternPainter", "PatternSizes", "around"]

FOLD = 4
"""Pixels per latent, a side."""
COLOURS = ("lightness", "contrast", "saturation", "warmth", "hue")
"""What the last numbers of a style do, in this order."""
_TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
_LIGHTER, _CONTRAST, _CHROMA, _WARMER, _TURN = 0.12, 0.18, 0.42, 0.09, 0.3
"""What one step of each colour does: added, logarithms, added, and radians."""


@dataclass(frozen=True)
class PatternSizes:
    """Sizes of a pattern model.

    Attributes:
        latent_channels: C.
        field_channels: How many of them, the greatest first, matter when patches are compared.
        style_dim: Width of the style: one number per design, then `COLOURS`.
    """

    latent_channels: int = 16
    field_channels: int = 8
    style_dim: int = 32


def around(x: Tensor, pad: int, *, wrap: bool) -> Tensor:
    """Return x with ``pad`` more at every edge: from the other side, or the border repeated."""
    if not wrap:
        return functional.pad(x, (pad, pad, pad, pad), "replicate")
    x = torch.cat([x[:, :, -pad:], x, x[:, :, :pad]], dim=2)
    return torch.cat([x[:, :, :, -pad:], x, x[:, :, :, :pad]], dim=3)


class Lapped(nn.Module):
    """A linear transform whose blocks overlap: 8 x 8 pixels every 4, and back.

    Lapped transforms (Malvar and Staelin 1989, https://doi.org/10.1109/29.17536) have no block
    edges; this one is fitted to the pictures, keeps C numbers of each 4 x 4 x 3, and costs next
    to nothing. Its latents are principal components, made a little more alike in size.
    """

    mean: Tensor

    def __init__(self, sizes: PatternSizes) -> None:
        """Build for the sizes, with random vectors."""
        super().__init__()
        shape = (sizes.latent_channels, 3, 2 * FOLD, 2 * FOLD)
        self.analysis = nn.Parameter(torch.randn(shape) * 0.05)
        self.synthesis = nn.Parameter(torch.randn(shape) * 0.05)
        self.register_buffer("mean", torch.zeros(sizes.latent_channels))

    def read(
        self, picture: Float[Tensor, "N 3 H W"], *, wrap: bool = False
    ) -> Float[Tensor, "N C h w"]:
        """Return latents of a picture whose sides are multiples of 4."""
        padded = around(picture, FOLD // 2, wrap=wrap)
        return functional.conv2d(padded, self.analysis, stride=FOLD) - self.mean[:, None, None]

    def forward(
        self, latents: Float[Tensor, "N C h w"], *, wrap: bool = True
    ) -> Float[Tensor, "N 3 H W"]:
        """Return pictures in about [-1, 1], not clipped."""
        x = around(latents + self.mean[:, None, None], 1, wrap=wrap)
        return functional.conv_transpose2d(
            x, self.synthesis, stride=FOLD, padding=FOLD + FOLD // 2
        )


class PatternPainter(nn.Module):
    """Latents and colours -> one tile."""

    to_yiq: Tensor
    to_rgb: Tensor

    def __init__(self, lapped: Lapped) -> None:
        """Build around a fitted transform."""
        super().__init__()
        self.lapped = lapped
        turn = torch.tensor(_TO_YIQ)
        self.register_buffer("to_yiq", turn[:, :, None, None], persistent=False)
        back = torch.linalg.inv(turn.double()).float()
        self.register_buffer("to_rgb", back[:, :, None, None], persistent=False)

    def forward(
        self, latents: Float[Tensor, "N C h w"], colours: Float[Tensor, "N K"]
    ) -> Float[Tensor, "N 3 H W"]:
        """Return tiles in about [-1, 1], not clipped.

        Args:
            latents: What was woven.
            colours: Steps of each of `COLOURS`; with all at 0 the tile is as it was woven.
        """
        picture = self.lapped(latents)
        lighter, contrast, chroma, warmer, turn = colours[:, :, None, None].chunk(5, dim=1)
        light, i, q = functional.conv2d(picture, self.to_yiq).chunk(3, dim=1)
        middle = light.mean(dim=(2, 3), keepdim=True)
        light = middle + (light - middle) * (_CONTRAST * contrast).exp() + _LIGHTER * lighter
        gain = (_CHROMA * chroma).exp()
        cosine, sine = gain * (_TURN * turn).cos(), gain * (_TURN * turn).sin()
        turned = [cosine * i - sine * q + _WARMER * warmer, sine * i + cosine * q]
        return functional.conv2d(torch.cat([light, *turned], dim=1), self.to_rgb)
