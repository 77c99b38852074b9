"""Reads the folder of a translator: networks, directions, and sources to begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.direction_files import read_directions
from pipelines.image.model_files import read_kinds
from pipelines.latents import Direction
from pipelines.networks.network_files import weights_of
from pipelines.networks.star_gan import StarGan, load_star_gan
from pipelines.networks.tiny_decoder import TinyDecoder, load_tiny
from pipelines.networks.vq_autoencoder import VQAutoencoder
from pipelines.networks.vq_files import from_kl
from pipelines.recent import Recent
from pipelines.request import Weights
from pipelines.run import steady

__all__ = ["Painter", "Parts", "Source", "read"]

Array = NDArray[np.float32]
REMEMBERED = 32
"""Pictures whose reading is remembered; a drag asks for the same one at every frame."""


@dataclass(frozen=True)
class Source:
    """What a translator reads of a picture.

    Attributes:
        x: Its latents, shape [1, C, R, R].
        own: Its own style, shape [1, S].
        rest: What painting it in its own style loses of the latents, shape [1, C, R, R].
        domain: The domain as which it is painted best.
    """

    x: Array
    own: Array
    rest: Array
    domain: int


class Painter(nn.Module):
    """From the latents of a source and a style to a picture.

    Args:
        model: The networks.
        decoder: Latents -> pictures.
    """

    def __init__(self, model: StarGan, decoder: nn.Module) -> None:
        super().__init__()
        self.translator = model.translator
        self.decoder = decoder

    def forward(
        self,
        x: Float[Tensor, "N C R R"],
        s: Float[Tensor, "N 1 S"],
        own: Float[Tensor, "N S"],
        rest: Float[Tensor, "N C R R"],
        strength: Float[Tensor, "N 1 1 1"],
    ) -> Float[Tensor, "N 3 H W"]:
        """Pictures in about [-1, 1]: at strength 0 the source, at 1 its translation."""
        style = own + strength[:, 0, 0] * (s[:, 0] - own)
        made = self.translator(x, style) + (1 - strength) * rest
        picture: Tensor = self.decoder(made)
        return picture


@dataclass(frozen=True)
class Parts:
    """What a model's folder holds.

    Attributes:
        weights: Digests of the weights.
        species: Names of the domains.
        frequency: How often a seed draws each.
        model: The networks.
        autoencoder: Between pictures and latents.
        sources: Pictures to begin with, as files.
        directions: Measured directions of the style.
        tiny: What paints latents in drafts; None where the autoencoder does.
    """

    weights: Weights
    species: tuple[str, ...]
    frequency: tuple[float, ...]
    model: StarGan
    autoencoder: VQAutoencoder
    sources: tuple[bytes, ...]
    directions: tuple[Direction, ...]
    tiny: TinyDecoder | None = None
    _known: Recent[str, Source] = field(
        default_factory=lambda: Recent(REMEMBERED), repr=False, compare=False
    )

    @property
    def side(self) -> int:
        """Side of the pictures, in pixels."""
        return self.model.sizes.generator.resolution * self.autoencoder.sizes.scale

    def source(self, name: str, picture: Array) -> Source:
        """What is read of a picture [1, 3, H, W] in [-1, 1], remembered by ``name``.

        Always in torch on the CPU, so that every engine paints from the same.
        """
        return self._known.get(name, lambda: self.read_picture(torch.from_numpy(picture)))

    def read_picture(self, picture: Float[Tensor, "1 3 H W"]) -> Source:
        """The same of a tensor, remembering nothing."""
        count, translator = len(self.species), self.model.translator
        with torch.inference_mode(), steady():
            x = self.autoencoder.encoder(picture)
            features, planes = translator.read(x)
            every = features.expand(count, -1)
            styles = self.model.styles(every, torch.arange(count))
            spread = [plane.expand(count, -1, -1, -1) for plane in planes]
            rests = x - translator.paint((every, spread), styles)
            best = int(rests.abs().mean(dim=(1, 2, 3)).argmin())
        own, rest = styles[best : best + 1].numpy(), rests[best : best + 1].numpy()
        return Source(x.numpy(), own.copy(), rest.copy(), best)

    def style(self, x: Array, label: int) -> Array:
        """The style of latents [1, C, R, R] as a picture of a domain, shape [1, S]."""
        with torch.inference_mode(), steady():
            features, _ = self.model.translator.read(torch.from_numpy(x))
            found: Array = self.model.styles(features, torch.tensor([label])).numpy()
        return found


def read(folder: Path, folder_of: Mapping[str, Path]) -> Parts:
    """Read a model's folder.

    Args:
        folder: The model's folder.
        folder_of: Folders of the shared models, by id.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = load_star_gan(folder)
    shared = folder_of[config["autoencoder"]]
    autoencoder = from_kl(shared).eval().requires_grad_(requires_grad=False)
    if autoencoder.sizes.code_width != model.sizes.generator.out_channels:
        raise ValueError("the autoencoder is one of other latents")
    files = [folder / "weights.safetensors", shared / "diffusion_pytorch_model.safetensors"]
    weights = weights_of(files)
    species, frequency = read_kinds(config, len(model.s_mean))
    sources = tuple(path.read_bytes() for path in sorted(folder.glob("sources/*.png")))
    if not sources:
        raise ValueError("there is no source to begin with")
    directions = read_directions(folder, (1, model.s_mean.shape[1]))
    tiny = load_tiny(shared)
    return Parts(weights, species, frequency, model, autoencoder, sources, directions, tiny)
