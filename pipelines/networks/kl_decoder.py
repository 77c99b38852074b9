"""The decoding half of diffusers' ``AutoencoderKL``, without diffusers.

Importing diffusers costs more processor time than everything else that the studio needs to show
its first picture, and all that playing needs of it is this decoder (Rombach et al. 2022,
https://arxiv.org/abs/2112.10752): residual blocks of group norm, SiLU and convolution, and
nearest upsampling. Names of parameters and the order of operations are those of diffusers, so the
same file loads in both, and both give the same bits; a test compares them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["KLDecoder", "Level", "ResidualBlock", "Upsample", "is_plain", "load_decoder"]

EPSILON = 1e-6
"""Of every group norm, as in diffusers."""


class ResidualBlock(nn.Module):
    """norm, SiLU, 3 x 3 convolution, twice, beside a shortcut."""

    def __init__(self, channels_in: int, channels_out: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels_in, eps=EPSILON)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, channels_out, eps=EPSILON)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.conv_shortcut = (
            nn.Conv2d(channels_in, channels_out, 1) if channels_in != channels_out else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x [N, C, H, W] with the outputs' channels."""
        hidden = self.conv1(functional.silu(self.norm1(x)))
        hidden = self.conv2(functional.silu(self.norm2(hidden)))
        out: Tensor = (x if self.conv_shortcut is None else self.conv_shortcut(x)) + hidden
        return out


class Upsample(nn.Module):
    """Twice the size by nearest neighbours, then a 3 x 3 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return x [N, C, H, W] at twice its size, convolved."""
        out: Tensor = self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class Level(nn.Module):
    """The residual blocks of one resolution, and the way to the next."""

    def __init__(self, residuals: list[ResidualBlock], channels: int, *, upsample: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(residuals)
        self.upsamplers = nn.ModuleList([Upsample(channels)] if upsample else [])

    def forward(self, x: Tensor) -> Tensor:
        """Return x [N, C, H, W] after every block, at twice its size where it goes on."""
        for part in (*self.resnets, *self.upsamplers):
            x = part(x)
        return x


class _Decoder(nn.Module):
    """``AutoencoderKL.decoder``."""

    def __init__(
        self, channels: tuple[int, ...], *, latent: int, layers: int, groups: int
    ) -> None:
        super().__init__()
        widths = channels[::-1]
        self.conv_in = nn.Conv2d(latent, widths[0], 3, padding=1)
        middle = [ResidualBlock(widths[0], widths[0], groups) for _ in range(2)]
        self.mid_block = Level(middle, widths[0], upsample=False)
        self.up_blocks = nn.ModuleList()
        before = widths[0]
        for index, width in enumerate(widths):
            blocks = [
                ResidualBlock(before if i == 0 else width, width, groups) for i in range(layers)
            ]
            last = index == len(widths) - 1
            self.up_blocks.append(Level(blocks, width, upsample=not last))
            before = width
        self.conv_norm_out = nn.GroupNorm(groups, before, eps=EPSILON)
        self.conv_out = nn.Conv2d(before, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        out: Tensor = self.conv_out(functional.silu(self.conv_norm_out(x)))
        return out


class KLDecoder(nn.Module):
    """Latents [N, K, R, R] -> pictures [N, 3, 2^(levels-1) R, 2^(levels-1) R] in about [-1, 1].

    Args:
        config: The autoencoder's ``config.json``; see `is_plain`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        latent = int(config["latent_channels"])
        self.post_quant_conv = nn.Conv2d(latent, latent, 1)
        self.decoder = _Decoder(
            tuple(config["block_out_channels"]),
            latent=latent,
            layers=int(config["layers_per_block"]) + 1,
            groups=int(config["norm_num_groups"]),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """Decode; not clipped."""
        picture: Tensor = self.decoder(self.post_quant_conv(latents))
        return picture


def is_plain(config: Mapping[str, Any]) -> bool:
    """Whether the decoder of that autoencoder has only the parts above (no attention)."""
    return (
        config.get("_class_name") == "AutoencoderKL"
        and config.get("mid_block_add_attention") is False
        and config.get("use_post_quant_conv", True) is True
        and config.get("act_fn", "silu") == "silu"
        and config.get("out_channels") == 3  # noqa: PLR2004 - red, green, blue
        and set(config.get("up_block_types", ())) == {"UpDecoderBlock2D"}
    )


def load_decoder(folder: Path) -> nn.Module:
    """The decoder of the autoencoder in ``folder``; diffusers is asked only if it is not plain.

    Raises:
        OSError: If a file is missing.
        ValueError: If the configuration cannot be read.
        RuntimeError: If the weights don't fit it.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if not is_plain(config):
        from pipelines.image.autoencoder import load_autoencoder

        return _Foreign(load_autoencoder(folder))
    weights = load_file(folder / "diffusion_pytorch_model.safetensors")
    made = KLDecoder(config)
    made.load_state_dict(
        {k: v for k, v in weights.items() if k.startswith(("decoder.", "post_quant_conv."))}
    )
    return made


class _Foreign(nn.Module):
    """Any other ``AutoencoderKL``, run by diffusers."""

    def __init__(self, autoencoder: Any) -> None:  # noqa: ANN401 - diffusers is untyped
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        picture: Tensor = self.autoencoder.decode(latents, return_dict=False)[0]
        return picture
