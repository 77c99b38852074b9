"""A small network that doubles the side of a picture.

    y = U(x) + S(W_t h),    h = B_n ... B_1 (W_h x),    B(h) = h + W_2 f(W_1 h)

with U bicubic enlargement, f a leaky ReLU, every W a convolution of 3 x 3 pixels and S the
sub-pixel shuffle, which writes four channels as 2 x 2 pixels (ESPCN, Shi et al. 2016,
https://arxiv.org/abs/1609.05158). Everything is computed on the small picture. W_t begins at
zero, so an untrained network is bicubic enlargement and all four pixels of a shuffle begin
alike, which keeps the grid of dots away that shuffles are known for (ICNR, Aitken et al. 2017,
https://arxiv.org/abs/1707.02937). Without normalisation, as EDSR (Lim et al. 2017,
https://arxiv.org/abs/1707.02921).
Legend: B batch, H and W pixels of the small picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Upscaler", "UpscalerSizes"]

FACTOR = 2
SLOPE = 0.1


@dataclass(frozen=True)
class UpscalerSizes:
    """Sizes of the network.

    Attributes:
        channels: Channels of h.
        num_blocks: n.
    """

    channels: int = 32
    num_blocks: int = 5

    @property
    def halo(self) -> int:
        """Pixels around a part of the small picture that its large one depends on."""
        return 2 * self.num_blocks + 2 + 2  # the convolutions, then bicubic enlargement


class Block(nn.Module):
    """B of the module's docstring."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(channels, channels, 3, padding=1)
        self.leave = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, h: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Return h with what the block adds."""
        changed: Tensor = self.leave(functional.leaky_relu(self.enter(h), SLOPE))
        return h + changed


class Upscaler(nn.Module):
    """See the module's docstring."""

    def __init__(self, sizes: UpscalerSizes) -> None:
        """Build; untrained, it enlarges as bicubic interpolation does."""
        super().__init__()
        self.sizes = sizes
        self.head = nn.Conv2d(3, sizes.channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(sizes.channels) for _ in range(sizes.num_blocks)))
        self.tail = nn.Conv2d(sizes.channels, 3 * FACTOR**2, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        if self.tail.bias is not None:
            nn.init.zeros_(self.tail.bias)

    def forward(self, picture: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 2*H 2*W"]:
        """Return pictures in about [-1, 1], twice as large a side."""
        found = self.tail(self.blocks(self.head(picture)))
        plain = functional.interpolate(
            picture, scale_factor=FACTOR, mode="bicubic", align_corners=False
        )
        sharp: Tensor = plain + functional.pixel_shuffle(found.float(), FACTOR)
        return sharp
