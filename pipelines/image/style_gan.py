"""Style-based GAN: z -> w -> picture.

Equations (Karras 2019, https://arxiv.org/abs/1812.04948; Karras 2020,
https://arxiv.org/abs/1912.04958)::

    z ~ N(0, I)                      seed -> latent map of `pipelines.latents`
    w = mapping(z, species)          [num_ws, w_dim]
    w = w_mean + psi (w - w_mean)    truncation towards the mean of the species
    w[-k:] = w'[-k:]                 style mixing: the k finest layers of a second seed
    w = w + sum_i offset_i d_i       named directions (GANSpace, https://arxiv.org/abs/2004.02546)
    picture = decode(synthesis(w))   decode is the identity in pixel mode

The mapping is small and always runs in torch on the CPU, so that w is the same for every engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Control, Seed, Value
from pipelines.errors import LatentError
from pipelines.image.kinds import kind_of, kind_resolved, kinds
from pipelines.image.pixels import to_image
from pipelines.latents import LatentSpace, normal
from pipelines.pipeline import Card, Network, Run
from pipelines.recent import Recent
from pipelines.request import Point, Request, Weights
from pipelines.run import steady
from pipelines.shaping import Shaping, sliders

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from pipelines.image.inversion import StyleInversion
    from pipelines.image.style_gan_files import Places
    from pipelines.networks.style_gan2 import Generator
    from pipelines.networks.tiny_decoder import TinyDecoder

__all__ = ["StyleGAN", "load"]

Array = NDArray[np.float32]
ANY = "any"
REMEMBERED = 256
"""Seeds whose w is remembered."""


@dataclass(frozen=True)
class StyleGAN:
    """The pipeline of one trained style-based generator.

    Attributes:
        card: See `Card`.
        weights: Digests of the weights.
        generator: The network, in evaluation mode.
        painter: Module w [N, num_ws, w_dim] -> picture [N, 3, H, W] in [-1, 1].
        species: Names of the classes, in the order of the labels; one for an unconditional model.
        frequency: Share of each class in the training data.
        latent_space: The w space with its directions.
        places: Where it was read from; None for one that was built in memory.
        tiny: What paints latents in drafts; None where the painter does.
    """

    card: Card
    weights: Weights
    generator: Generator
    painter: nn.Module
    species: tuple[str, ...]
    frequency: tuple[float, ...]
    latent_space: LatentSpace
    _mapped: Recent[tuple[int, int], Array] = field(
        default_factory=lambda: Recent(REMEMBERED), repr=False, compare=False
    )
    places: Places | None = field(default=None, repr=False, compare=False)
    tiny: TinyDecoder | None = field(default=None, repr=False, compare=False)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Species, seed, named directions, adventure, mixing, PCA directions, wander."""
        return (
            *kinds(self.species),
            Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
            *sliders(self.latent_space),
        )

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("prior", "few-shot")

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """None: a seed and sliders say all."""
        return ()

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("painter",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name in self.drafts.values():
            painter = self._drafter
        elif name == "painter":
            painter = self.painter
        else:
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        return Network(painter, {"w": self.latent_space.center[None]}, ("picture",))

    @property
    def drafts(self) -> Mapping[str, str]:
        """See `pipelines.abilities.Drafting`."""
        return {} if self.tiny is None else {"painter": f"drafter {self.tiny.digest}"}

    @cached_property
    def _drafter(self) -> nn.Module:
        """The painter with the tiny decoder in place of the large one."""
        from pipelines.image.style_gan_files import Painter

        painter: Any = self.painter
        return Painter(self.generator, self.tiny, mean=painter.mean, scale=painter.scale).eval()

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """The species that the seed draws, when it was left open."""
        return kind_resolved(request, self.species, self.frequency)

    def locate(self, request: Request) -> Array:
        """The w before truncation and directions, shape [num_ws, w_dim]."""
        return self._shaping(request).locate(request)

    def place(self, request: Request) -> Array:
        """The w as the painter sees it, shape [num_ws, w_dim]."""
        return self._shaping(request).place(request)

    def _shaping(self, request: Request) -> Shaping:
        label = self._label(request)
        center = self.generator.w_mean[label].numpy()
        return Shaping(self.latent_space, lambda seed: self._map(seed, label), center)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; only the kind keeps its value."""
        kept = {k: v for k, v in request.controls.items() if k == "species"}
        return request.but(point=Point.of(latent), directions=(), controls=kept)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture; there are no previews on the way."""
        picture = run("painter", {"w": self.place(request)[None]})["picture"][0]
        yield Artifact("picture", to_image(picture), request, run.engine)

    def inverter(self) -> StyleInversion:
        """See `pipelines.inverting.Invertible`; loaded when first asked for."""
        return self._inverter

    @cached_property
    def _inverter(self) -> StyleInversion:
        from pipelines.image.inversion_files import read

        return read(self)

    def _label(self, request: Request) -> int:
        return kind_of(request, self.species, self.frequency)

    def _map(self, seed: int, label: int) -> Array:
        """Where a seed lands; a drag asks for the same seed at every frame."""
        return self._mapped.get((seed, label), lambda: self._computed(seed, label))

    def _computed(self, seed: int, label: int) -> Array:
        import torch

        z = torch.from_numpy(normal(seed, (1, self.generator.z_dim), "z"))
        with torch.inference_mode(), steady():
            w: Array = self.generator.mapping(z, torch.tensor([label]))[0].numpy()
        w.flags.writeable = False
        return w


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> StyleGAN:
    """Load a trained generator; see `pipelines.catalog.Family`."""
    from pipelines.image.style_gan_files import Places, read

    return StyleGAN(card, **read(folder, folder_of), places=Places(folder, folder_of))
