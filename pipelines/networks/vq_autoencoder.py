"""A vector-quantised autoencoder: pictures to a map of codes and back.

With e an encoder, d a decoder and c_1 ... c_K a codebook of vectors as wide as the latent,

    z  = e(x)                         [D, r, r]
    k  = argmin_j |z - c_j|           one code a cell, [r, r]
    x' = d(c_k)

van den Oord et al. 2017, https://arxiv.org/abs/1711.00937; with a patch discriminator it is
VQGAN (Esser et al. 2021, https://arxiv.org/abs/2012.09841). Codes are looked up in few
dimensions, which keeps nearly all of them in use (Yu et al. 2021,
https://arxiv.org/abs/2110.04627). Encoder and decoder have the layout of diffusers'
``AutoencoderKL`` without attention, so a trained one may start them.

Legend: N batch, D width of a code, K codes, r cells a side, R = 2^(levels - 1) r pixels a side.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.kl_decoder import EPSILON, KLDecoder, Level, ResidualBlock

__all__ = ["Codebook", "VQAutoencoder", "VQEncoder", "VQSizes"]


@dataclass(frozen=True)
class VQSizes:
    """Sizes of a vector-quantised autoencoder.

    Attributes:
        channels: Channels per resolution, from full size down; each but the last halves.
        num_layers: Residual blocks per resolution in the encoder; the decoder has one more.
        num_groups: Groups of every group norm; divides all channel counts.
        num_codes: K.
        code_width: D.
    """

    channels: tuple[int, ...] = (16, 32, 64, 64)
    num_layers: int = 1
    num_groups: int = 8
    num_codes: int = 512
    code_width: int = 4

    @property
    def scale(self) -> int:
        """Pixels a side of one cell."""
        return int(2 ** (len(self.channels) - 1))


class _Downsample(nn.Module):
    """Half the size by a 3 x 3 convolution, padded below and to the right as in diffusers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(functional.pad(x, (0, 1, 0, 1)))
        return out


class _Down(nn.Module):
    """The residual blocks of one resolution, and the way down to the next."""

    def __init__(self, widths: tuple[int, int], sizes: VQSizes, *, last: bool) -> None:
        super().__init__()
        before, width = widths
        self.resnets = nn.ModuleList(
            ResidualBlock(before if i == 0 else width, width, sizes.num_groups)
            for i in range(sizes.num_layers)
        )
        self.downsamplers = nn.ModuleList([] if last else [_Downsample(width)])

    def forward(self, x: Tensor) -> Tensor:
        for part in (*self.resnets, *self.downsamplers):
            x = part(x)
        return x


class VQEncoder(nn.Module):
    """Pictures [N, 3, R, R] in [-1, 1] -> latents [N, D, r, r]."""

    def __init__(self, sizes: VQSizes) -> None:
        super().__init__()
        widths = (sizes.channels[0], *sizes.channels)
        last, groups = widths[-1], sizes.num_groups
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            _Down((widths[i], widths[i + 1]), sizes, last=i == len(widths) - 2)
            for i in range(len(widths) - 1)
        )
        middle = [ResidualBlock(last, last, groups) for _ in range(2)]
        self.mid_block = Level(middle, last, upsample=False)
        self.conv_norm_out = nn.GroupNorm(groups, last, eps=EPSILON)
        self.conv_out = nn.Conv2d(last, sizes.code_width, 3, padding=1)

    def forward(self, x: Float[Tensor, "N 3 R R"]) -> Float[Tensor, "N D r r"]:
        """Encode."""
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        x = self.mid_block(x)
        out: Tensor = self.conv_out(functional.silu(self.conv_norm_out(x)))
        return out


class Codebook(nn.Module):
    """K vectors, which follow the means of what is assigned to them.

    The moving averages are those of van den Oord 2017, appendix A.1. A code that has not been
    used for a while is put where one of the latents of the batch lies, so that none is wasted.
    """

    vectors: Float[Tensor, "K D"]
    counts: Float[Tensor, " K"]

    def __init__(self, num_codes: int, width: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.randn(num_codes, width))
        self.register_buffer("counts", torch.ones(num_codes))

    def nearest(self, z: Float[Tensor, "N D h w"]) -> Int[Tensor, "N h w"]:
        """The code nearest to every latent."""
        flat = z.permute(0, 2, 3, 1).flatten(0, 2)
        # |z - c|^2 without |z|^2, which all codes share.
        distance = self.vectors.square().sum(dim=1) - 2 * flat @ self.vectors.T
        return distance.argmin(dim=1).view(z.shape[0], *z.shape[2:])

    def look_up(self, codes: Int[Tensor, "N h w"]) -> Float[Tensor, "N D h w"]:
        """The vectors of codes."""
        return self.vectors[codes].permute(0, 3, 1, 2)

    @torch.no_grad()
    def follow(
        self, z: Float[Tensor, "M D"], *, decay: float = 0.99, least: float = 0.05
    ) -> Int[Tensor, " M"]:
        """Move codes towards the means of their latents; restart those that fell out of use.

        Args:
            z: Latents.
            decay: Of the averages.
            least: Share of an even use below which a code starts anew.

        Returns:
            The code of each latent, as it was before the move.
        """
        codes = self.nearest(z[:, :, None, None])[:, 0, 0]
        counted = torch.bincount(codes, minlength=len(self.vectors)).to(z.dtype)
        sums = torch.zeros_like(self.vectors).index_add_(0, codes, z)
        total = (self.vectors * self.counts[:, None] * decay) + sums * (1 - decay)
        self.counts.mul_(decay).add_(counted, alpha=1 - decay)
        self.vectors.copy_(total / self.counts.clamp(min=1e-6)[:, None])
        even = len(z) / len(self.vectors)
        unused = (self.counts < least * even).nonzero()[:, 0]
        if len(unused):
            drawn = torch.randint(0, len(z), (len(unused),))
            self.vectors[unused] = z[drawn]
            self.counts[unused] = even
        return codes

    @torch.no_grad()
    def gather(self, z: Float[Tensor, "M D"], *, rounds: int = 12) -> None:
        """Start from the latents themselves: k-means with unused centres drawn again."""
        self.vectors.copy_(z[torch.randperm(len(z))[: len(self.vectors)]])
        for _ in range(rounds):
            self.counts.fill_(0.0)
            self.follow(z, decay=0.0)


class VQAutoencoder(nn.Module):
    """Encoder, codebook and decoder."""

    def __init__(self, sizes: VQSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder = VQEncoder(sizes)
        self.codebook = Codebook(sizes.num_codes, sizes.code_width)
        config = {
            "latent_channels": sizes.code_width,
            "block_out_channels": sizes.channels,
            "layers_per_block": sizes.num_layers,
            "norm_num_groups": sizes.num_groups,
        }
        self.decoder = KLDecoder(config)

    def encode(self, picture: Float[Tensor, "N 3 R R"]) -> Int[Tensor, "N r r"]:
        """The codes of pictures in [-1, 1]."""
        return self.codebook.nearest(self.encoder(picture))

    def decode(self, codes: Int[Tensor, "N r r"]) -> Float[Tensor, "N 3 R R"]:
        """Pictures of codes, about [-1, 1] and not clipped."""
        picture: Tensor = self.decoder(self.codebook.look_up(codes))
        return picture

    def forward(self, picture: Float[Tensor, "N 3 R R"]) -> Float[Tensor, "N 3 R R"]:
        """What comes back of pictures."""
        return self.decode(self.encode(picture))

    def config(self) -> dict[str, object]:
        """The sizes, for the model's configuration."""
        return asdict(self.sizes)

    @torch.no_grad()
    def start_from(self, kl: dict[str, Tensor], mean: list[float], deviation: list[float]) -> None:
        """Take the weights of a KL autoencoder of the same sizes.

        Its latents are normalised by ``mean`` and ``deviation`` per channel, both folded into
        the last convolution of the encoder and the first of the decoder.

        Raises:
            RuntimeError: If a weight is missing or of another size.
        """
        centre, scale = torch.tensor(mean), torch.tensor(deviation)
        width = self.sizes.code_width
        quant = kl["quant_conv.weight"][:width, :, 0, 0], kl["quant_conv.bias"][:width]
        encoder = {
            key.removeprefix("encoder."): value
            for key, value in kl.items()
            if key.startswith("encoder.")
        }
        weight, bias = encoder["conv_out.weight"], encoder["conv_out.bias"]
        weight, bias = torch.einsum("oi,ihkw->ohkw", quant[0], weight), quant[0] @ bias + quant[1]
        encoder["conv_out.weight"] = weight / scale[:, None, None, None]
        encoder["conv_out.bias"] = (bias - centre) / scale
        self.encoder.load_state_dict(encoder)
        decoder = {
            key: value
            for key, value in kl.items()
            if key.startswith(("decoder.", "post_quant_conv."))
        }
        enter = decoder["post_quant_conv.weight"]
        decoder["post_quant_conv.bias"] = decoder["post_quant_conv.bias"] + torch.einsum(
            "oihw,i->o", enter, centre
        )
        decoder["post_quant_conv.weight"] = enter * scale[None, :, None, None]
        self.decoder.load_state_dict(decoder)
