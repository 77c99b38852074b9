"""Deep convolutional GAN as an instrument: z is the picture, and nothing lies between.

Equations (Radford et al. 2015, https://arxiv.org/abs/1511.06434)::

    z ~ N(0, I)                seed -> latent map of `pipelines.latents`
    z = psi z                  truncation towards the typical picture, at z = 0
    z = z + sum_i offset_i d_i    named directions; the paper's arithmetic of pictures
    picture = g(z)             tanh of transposed convolutions

Morphs go along the sphere on which nearly all of N(0, I) lies (White 2016,
https://arxiv.org/abs/1609.04468): straight lines pass through its empty inside. The latent has
one layer, [1, 100]; see `pipelines.shaping`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Control, Seed, Value
from pipelines.errors import LatentError
from pipelines.image.pixels import to_image
from pipelines.latents import LatentSpace, normal
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Point, Request, Weights
from pipelines.shaping import Shaping, sliders

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from pipelines.networks.mixture import Mixture

__all__ = ["DCGAN", "load"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class DCGAN:
    """The pipeline of one trained generator.

    Attributes:
        card: See `Card`.
        weights: Digest of the generator's weights.
        painter: Module z [N, 1, Z] -> picture [N, 3, R, R] in [-1, 1].
        latent_space: The space of z with its directions.
        mixture: What a taught one draws seeds from; None for N(0, I).
    """

    card: Card
    weights: Weights
    painter: nn.Module
    latent_space: LatentSpace
    mixture: Mixture | None = field(default=None, repr=False, compare=False)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Seed, named directions, adventure, principal directions, wander."""
        seed = Seed(name="seed", label="Seed", doc="The number everything random is drawn from.")
        return (seed, *sliders(self.latent_space))

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("gan-prior",)

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """None: a seed and sliders say all."""
        return ()

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("generator",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "generator":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        return Network(self.painter, {"z": self.latent_space.center[None]}, ("picture",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing: the seed decides no other control."""
        return {}

    def locate(self, request: Request) -> Array:
        """The z before truncation and directions, shape [1, Z]."""
        return self._shaping.locate(request)

    def place(self, request: Request) -> Array:
        """The z as the generator sees it, shape [1, Z]."""
        return self._shaping.place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``."""
        return request.but(point=Point.of(latent), directions=(), controls={})

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture; there are no previews on the way."""
        picture = run("generator", {"z": self.place(request)[None]})["picture"][0]
        yield Artifact("picture", to_image(picture), request, run.engine)

    @property
    def _shaping(self) -> Shaping:
        return Shaping(self.latent_space, self._land, self.latent_space.center)

    def _land(self, seed: int) -> Array:
        if self.mixture is None:
            return normal(seed, self.latent_space.shape, "z")
        return self.mixture.seeded(seed)[None]


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> DCGAN:
    """Load a trained generator; see `pipelines.catalog.Family`."""
    from pipelines.image.model_files import OneLayer
    from pipelines.mixed_files import read_mixed
    from pipelines.networks.dcgan import WEIGHTS, load_generator

    generator = load_generator(folder)
    parts = read_mixed(folder, WEIGHTS, generator.sizes.z_dim)
    return DCGAN(card, painter=OneLayer(generator).eval(), **parts)
