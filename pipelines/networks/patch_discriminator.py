"""A discriminator of patches: one logit for every place, none for the whole picture.

Isola et al. 2017, https://arxiv.org/abs/1611.07004, made small. What tells a painted texture
from a drawn one is faint beside the picture, so the finest band of the Laplacian pyramid
(Burt and Adelson 1983) enters beside it, made louder:

    logits = D([s, x, 4 (x - blur(x))])

s is what the picture was painted from, where there is such a thing: a sketch.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

LOUDER = 4.0
SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """Strided convolutions that judge patches of about 54 pixels, wide enough to see a grid."""

    blurring: Tensor

    def __init__(self, width: int = 24, channels: int = 3, beside: int = 0) -> None:
        """Build with ``width`` channels after the first convolution.

        Args:
            width: Doubled by each of the next two.
            channels: C of the pictures.
            beside: S of what they were painted from; 0 for nothing.
        """
        super().__init__()
        taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
        kernel = torch.outer(taps, taps).repeat(channels, 1, 1, 1)
        self.register_buffer("blurring", kernel, persistent=False)
        widths = (beside + 2 * channels, width, 2 * width, 4 * width)
        parts: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            parts += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        last = widths[-1]
        parts += [nn.Conv2d(last, last, 3, 1, 1), nn.LeakyReLU(SLOPE), nn.Conv2d(last, 1, 3, 1, 1)]
        for part in parts:
            if isinstance(part, nn.Conv2d) and part.bias is not None:
                nn.init.kaiming_normal_(part.weight, SLOPE)
                nn.init.zeros_(part.bias)
        self.layers = nn.Sequential(*parts)

    def forward(
        self, picture: Float[Tensor, "B C H W"], beside: Float[Tensor, "B S H W"] | None = None
    ) -> Float[Tensor, "B 1 r r"]:
        """Return one logit per patch, larger for real."""
        padded = functional.pad(picture, (2, 2, 2, 2), "reflect")
        kernel = self.blurring.to(picture.dtype)
        fine = picture - functional.conv2d(padded, kernel, groups=picture.shape[1])
        seen = [picture, LOUDER * fine] if beside is None else [beside, picture, LOUDER * fine]
        logits: Tensor = self.layers(torch.cat(seen, dim=1))
        return logits
