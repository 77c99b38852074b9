"""The network of sprites: a velocity field over small pictures with transparency.

A picture of OKLab colour (L, a, b) and coverage alpha is, premultiplied,

    x = (alpha (2 L - 1),  alpha CHROMA a,  alpha CHROMA b,  2 alpha - 1),

so that what cannot be seen is 0 in every colour. With x_t = (1 - t) x + t e the field is

    v(x_t, t, c) = k x_t + d U(fold(x_t / n), 1000 t, e(c)),

    n^2 = (1 - t)^2 s^2 + t^2,   k = (t - (1 - t) s^2) / n^2,   d = s / n,

where k x_t is the best linear guess of e - x for pictures of deviation s, n and d the deviations
of x_t and of what is left to say, so that U sees and says numbers of about 1 at every t (Karras
et al. 2022, https://arxiv.org/abs/2206.00364, section 5, for this path). U is
a small U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597; that of diffusers),
``fold`` puts every 2 x 2 pixels into the channels of one, and e embeds the condition c: how much
of each kind, then :data:`ATTRIBUTES`, then how the picture was changed in training
(:data:`CHANGES`, all 0 for one as it is).
Legend: N batch, R side in pixels, C width of the condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ATTRIBUTES", "CHANGES", "CHROMA", "SpriteField", "SpriteSizes", "parts"]

ATTRIBUTES = ("size", "symmetry", "detail")
"""What the condition says of a picture, each about N(0, 1) within its kind."""
CHANGES = ("mirrored", "turned_cos", "turned_sin", "right", "down")
"""How a picture was changed before it was learned from."""
CHROMA = 3.5
"""Scale of the colour axes: brings them near to the spread of lightness."""
SPREAD = 0.6
"""The s above."""
CHANNELS = 4
FOLD = 2


@dataclass(frozen=True)
class SpriteSizes:
    """Sizes of the network.

    Attributes:
        num_kinds: Kinds of pictures.
        resolution: Side R in pixels, a multiple of 8.
        channels: Of each level of the U-Net, multiples of 16.
        layers_per_block: Residual blocks a level on the way down; one more on the way up.
    """

    num_kinds: int
    resolution: int = 32
    channels: tuple[int, ...] = (48, 96, 128)
    layers_per_block: int = 1

    @property
    def condition(self) -> int:
        """Width of the condition that a picture is made from."""
        return self.num_kinds + len(ATTRIBUTES)


class SpriteField(nn.Module):
    """See the module's docstring."""

    def __init__(self, sizes: SpriteSizes) -> None:
        """Build with random weights."""
        # Here, because diffusers takes seconds to import and a studio starts without it.
        from diffusers.models.unets.unet_2d import UNet2DModel

        super().__init__()
        self.sizes = sizes
        levels, width = len(sizes.channels), 4 * sizes.channels[0]
        self.embed = nn.Sequential(
            nn.Linear(sizes.condition + len(CHANGES), width), nn.SiLU(), nn.Linear(width, width)
        )
        self.unet: Any = UNet2DModel(
            sample_size=sizes.resolution // FOLD,
            in_channels=CHANNELS * FOLD * FOLD,
            out_channels=CHANNELS * FOLD * FOLD,
            block_out_channels=sizes.channels,
            layers_per_block=sizes.layers_per_block,
            down_block_types=("DownBlock2D",) * levels,
            up_block_types=("UpBlock2D",) * levels,
            norm_num_groups=16,
            attention_head_dim=32,
            class_embed_type="identity",
        )

    def forward(
        self,
        x: Float[Tensor, "N 4 R R"],
        t: Float[Tensor, " N"],
        condition: Float[Tensor, "N C"],
    ) -> Float[Tensor, "N 4 R R"]:
        """Return the velocity at x and time t in [0, 1], 1 being noise.

        Args:
            x: Noisy pictures.
            t: Times.
            condition: With or without `CHANGES`, which are then 0.
        """
        wanted = self.sizes.condition + len(CHANGES)
        full = functional.pad(condition, (0, wanted - condition.shape[1]))
        guess, left, size = (part[:, None, None, None] for part in parts(t))
        folded = functional.pixel_unshuffle(x / size, FOLD)
        said = self.unet(folded, 1000 * t, class_labels=self.embed(full), return_dict=False)[0]
        return guess * x + left * functional.pixel_shuffle(said, FOLD)


def parts(t: Float[Tensor, " N"]) -> tuple[Tensor, Tensor, Tensor]:
    """Return k, d and n at times t, each of shape [N]; see the module."""
    power = SPREAD**2
    square = (1 - t) ** 2 * power + t**2
    size = square.sqrt()
    return (t - (1 - t) * power) / square, SPREAD / size, size
