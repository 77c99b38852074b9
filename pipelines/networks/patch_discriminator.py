"""A discriminator of patches: one logit for every place, none for the whole picture.

Isola et al. 2017, https://arxiv.org/abs/1611.07004, made small.
"""

from __future__ import annotations

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn


class PatchDiscriminator(nn.Module):
    """Strided convolutions that judge patches of about 54 pixels, wide enough to see a grid."""

    def __init__(self, width: int = 24) -> None:
        """Build with ``width`` channels after the first convolution."""
        super().__init__()
        widths = (3, width, 2 * width, 4 * width)
        parts: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            parts += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(0.2)]
        last = widths[-1]
        parts += [nn.Conv2d(last, last, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(last, 1, 3, 1, 1)]
        self.layers = nn.Sequential(*parts)

    def forward(self, picture: Float[Tensor, "B 3 R R"]) -> Float[Tensor, "B 1 r r"]:
        """Return one logit per patch, larger for real."""
        logits: Tensor = self.layers(picture)
        return logits
