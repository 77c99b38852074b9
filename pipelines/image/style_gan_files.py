"""Reads the folder of a style-based generator: weights, latent statistics, directions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.direction_files import read_directions
from pipelines.image.model_files import mapped_space, read_kinds
from pipelines.networks.kl_decoder import load_decoder
from pipelines.networks.network_files import weights_of
from pipelines.networks.style_gan2 import Generator, load_generator
from pipelines.networks.tiny_decoder import load_tiny

__all__ = ["Painter", "Places", "read"]


@dataclass(frozen=True)
class Places:
    """Where a model was read from, for the parts that are loaded later.

    Attributes:
        folder: Its own folder.
        folder_of: Folders of the shared models, and of the original of a taught version, by id.
    """

    folder: Path
    folder_of: Mapping[str, Path]


class Painter(nn.Module):
    """From w to pixels: synthesis, and in latent mode the autoencoder's decoder.

    Args:
        generator: The style-based generator.
        decoder: Latents [N, 4, R, R] -> picture [N, 3, 8R, 8R], or None in pixel mode.
        mean: Mean of each latent channel in the training data, shape [1, 4, 1, 1].
        scale: Standard deviation of each latent channel, shape [1, 4, 1, 1].
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, generator: Generator, decoder: nn.Module | None, *, mean: Tensor, scale: Tensor
    ) -> None:
        super().__init__()
        self.generator = generator
        self.decoder = decoder
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, w: Tensor) -> Tensor:
        """Pictures [N, 3, H, W] in [-1, 1] (not clipped) from w [N, num_ws, w_dim]."""
        out: Tensor = self.generator.synthesis(w)
        if self.decoder is not None:
            out = self.decoder(out * self.scale + self.mean)
        return out


def read(folder: Path, folder_of: Mapping[str, Path]) -> dict[str, Any]:
    """The parts of `pipelines.image.style_gan.StyleGAN` but for its card.

    Args:
        folder: The model's folder.
        folder_of: Folders of the shared models, by id.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    files = [folder / "weights.safetensors"]
    generator = load_generator(folder).eval().requires_grad_(requires_grad=False)
    decoder = tiny = None
    if config.get("autoencoder"):
        shared = folder_of[config["autoencoder"]]
        files.append(shared / "diffusion_pytorch_model.safetensors")
        decoder, tiny = load_decoder(shared), load_tiny(shared)
    mean = torch.tensor(config.get("latent_mean", [0.0])).reshape(1, -1, 1, 1)
    scale = torch.tensor(config.get("latent_std", [1.0])).reshape(1, -1, 1, 1)
    if not {mean.numel(), scale.numel()} <= {1, generator.sizes.out_channels}:
        raise ValueError("latents have another number of channels than the generator")
    painter = Painter(generator, decoder, mean=mean, scale=scale)
    kinds = {"species": ["any"], "species_frequency": [1.0]} | config
    species, frequency = read_kinds(kinds, len(kinds["species"]))
    weights = weights_of(files)
    return {
        "weights": weights,
        "generator": generator,
        "painter": painter.eval().requires_grad_(requires_grad=False),
        "tiny": tiny,
        "species": species,
        "frequency": frequency,
        "latent_space": mapped_space(
            generator.mapping,
            generator.z_dim,
            frequency,
            read_directions(folder),
            name="w",
        ),
    }
