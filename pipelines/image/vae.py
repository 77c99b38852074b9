"""Variational autoencoder as an instrument: one vector, every number of it a slider.

Equations (Kingma and Welling 2014, https://arxiv.org/abs/1312.6114)::

    z ~ sum_k pi_k N(m_k, L_k L_k^T)  seed -> latent map of `pipelines.latents`; or z ~ N(0, I)
    z = m + psi (z - m)              truncation towards the typical picture
    z = z + sum_i offset_i d_i       directions of labels, and dimensions of z itself
    picture = g(z)                   the decoder; the encoder only takes in what is brought

Of the dimensions of z those that change the picture most come first
(`pipelines.training.dimensions`). The mixture is where the latents of real pictures lie
(`pipelines.training.mixture`); a model without one draws from the prior. The
latent has one layer, [1, z_dim]; see `pipelines.shaping`.
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

    from pipelines.image.vae_inversion import VAEInversion
    from pipelines.networks.mixture import Mixture

__all__ = ["VAE", "load"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class VAE:
    """The pipeline of one trained variational autoencoder.

    Attributes:
        card: See `Card`.
        weights: Digests of the decoder's weights.
        painter: Module z [N, 1, Z] -> picture [N, 3, R, R] in about [-1, 1].
        latent_space: The space of z with its directions.
        mixture: What seeds are drawn from; None for N(0, I).
        folder: Where its encoder is found; None for one that was built in memory.
    """

    card: Card
    weights: Weights
    painter: nn.Module
    latent_space: LatentSpace
    mixture: Mixture | None = field(default=None, repr=False, compare=False)
    folder: Path | None = field(default=None, repr=False, compare=False)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Seed, sliders of labels, adventure, dimensions of z, wander."""
        seed = Seed(name="seed", label="Seed", doc="The number everything random is drawn from.")
        return (seed, *sliders(self.latent_space))

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("weighted-elbo",)

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """None: a seed and sliders say all."""
        return ()

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("decoder",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "decoder":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        return Network(self.painter, {"z": self.latent_space.center[None]}, ("picture",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing: the seed decides no other control."""
        return {}

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [1, Z]."""
        return self._shaping.locate(request)

    def place(self, request: Request) -> Array:
        """The latent as the decoder sees it, shape [1, Z]."""
        return self._shaping.place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``."""
        return request.but(point=Point.of(latent), directions=(), controls={})

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture; there are no previews on the way."""
        picture = run("decoder", {"z": self.place(request)[None]})["picture"][0]
        yield Artifact("picture", to_image(picture), request, run.engine)

    def inverter(self) -> VAEInversion:
        """See `pipelines.inverting.Invertible`; loaded when first asked for."""
        return self._inverter

    @cached_property
    def _inverter(self) -> VAEInversion:
        from pipelines.image.vae_inversion import read

        return read(self)

    @property
    def _shaping(self) -> Shaping:
        return Shaping(self.latent_space, self._land, self.latent_space.center)

    def _land(self, seed: int) -> Array:
        if self.mixture is None:
            return normal(seed, self.latent_space.shape, "z")
        return self.mixture.seeded(seed)[None]


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> VAE:
    """Load a trained decoder; see `pipelines.catalog.Family`."""
    from pipelines.image.model_files import OneLayer
    from pipelines.mixed_files import read_mixed
    from pipelines.networks.vae_files import WEIGHTS, load_decoder

    decoder = load_decoder(folder)
    parts = read_mixed(folder, WEIGHTS, decoder.sizes.z_dim)
    return VAE(card, painter=OneLayer(decoder).eval(), folder=folder, **parts)
