"""The shared KL autoencoder of the latent families.

An encoder e maps a picture x in [-1, 1], 3 x R x R, to the mean and log-variance of a Gaussian
over latents, 4 x R/8 x R/8; a decoder d maps a latent back:

    mu, log sigma^2 = e(x),    h = mu + sigma * epsilon,    x' = d(h)

(Kingma and Welling 2014, https://arxiv.org/abs/1312.6114; Rombach et al. 2022,
https://arxiv.org/abs/2112.10752). The networks are diffusers' ``AutoencoderKL`` and the folder is
what its ``save_pretrained`` writes, so plain diffusers loads it. The latent families work on
normalised latents z = (h - latents_mean) / latents_std, per channel, from the config.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

if TYPE_CHECKING:
    from diffusers import AutoencoderKL


@dataclass(frozen=True)
class AutoencoderSizes:
    """Sizes of a KL autoencoder.

    Attributes:
        block_out_channels: Channels per resolution, from full size down; each but the last halves.
        layers_per_block: Residual blocks per resolution in the encoder.
        latent_channels: Channels of the latent.
        norm_num_groups: Groups of every group norm; divides all channel counts.
        sample_size: Side R of the pictures, in pixels.
    """

    block_out_channels: tuple[int, ...] = (8, 16, 32, 64)
    layers_per_block: int = 1
    latent_channels: int = 4
    norm_num_groups: int = 8
    sample_size: int = 128


def build_autoencoder(sizes: AutoencoderSizes) -> AutoencoderKL:
    """Return an untrained autoencoder, without attention, which costs more than it gives here."""
    from diffusers import AutoencoderKL

    levels = len(sizes.block_out_channels)
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=sizes.block_out_channels,
        layers_per_block=sizes.layers_per_block,
        latent_channels=sizes.latent_channels,
        norm_num_groups=sizes.norm_num_groups,
        sample_size=sizes.sample_size,
        mid_block_add_attention=False,
        force_upcast=False,
        latents_mean=[0.0] * sizes.latent_channels,
        latents_std=[1.0] * sizes.latent_channels,
    )


def load_autoencoder(folder: Path) -> AutoencoderKL:
    """Load an autoencoder from its folder, in float32 and ready for inference.

    Raises:
        ValueError: If the folder lacks a file, or its weights don't match its config.
    """
    from diffusers import AutoencoderKL

    for name in ("config.json", "diffusion_pytorch_model.safetensors"):
        if not (folder / name).is_file():
            raise ValueError(f"autoencoder={folder} has no {name}; give a folder of AutoencoderKL")
    try:
        model: AutoencoderKL = AutoencoderKL.from_pretrained(
            folder,
            torch_dtype=torch.float32,
            use_safetensors=True,
            low_cpu_mem_usage=False,
            local_files_only=True,
        )
    except (RuntimeError, OSError, TypeError) as error:
        raise ValueError(f"autoencoder={folder}: weights don't match config.json") from error
    return model.eval().requires_grad_(requires_grad=False)


class LatentCodec(nn.Module):
    """An autoencoder seen from the latent families: normalised latents in and out."""

    latents_mean: Float[Tensor, "1 K 1 1"]
    latents_std: Float[Tensor, "1 K 1 1"]

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        """Take an autoencoder whose config carries the latents' mean and deviation."""
        super().__init__()
        self.autoencoder = autoencoder
        config: Any = autoencoder.config
        channels = config.latent_channels
        mean = torch.tensor(config.latents_mean or [0.0] * channels)
        deviation = torch.tensor(config.latents_std or [1.0] * channels)
        self.register_buffer("latents_mean", mean.view(1, -1, 1, 1), persistent=False)
        self.register_buffer("latents_std", deviation.view(1, -1, 1, 1), persistent=False)

    def encode(self, picture: Float[Tensor, "B 3 R R"]) -> Float[Tensor, "B K r r"]:
        """Return the normalised mean latents of pictures in [-1, 1]."""
        posterior: Any = self.autoencoder.encode(picture).latent_dist
        normalised: Tensor = (posterior.mean - self.latents_mean) / self.latents_std
        return normalised

    def decode(self, latents: Float[Tensor, "B K r r"]) -> Float[Tensor, "B 3 R R"]:
        """Return pictures, about [-1, 1] and not clipped, of normalised latents."""
        hidden = latents * self.latents_std + self.latents_mean
        picture: Tensor = self.autoencoder.decode(hidden, return_dict=False)[0]
        return picture

    def forward(self, latents: Float[Tensor, "B K r r"]) -> Float[Tensor, "B 3 R R"]:
        """Decode; the form that engines compile."""
        return self.decode(latents)
