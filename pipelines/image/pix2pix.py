"""Sketch to picture (pix2pix, Isola 2017, https://arxiv.org/abs/1611.07004), many ways by z.

Equations (BicycleGAN, Zhu 2017, https://arxiv.org/abs/1711.11586)::

    z ~ N(0, I)                      seed -> latent map of `pipelines.latents`
    x[l] = z for every layer l       [L, z_dim], coarse to fine
    x = shaped(x)                    see `pipelines.shaping`
    picture = G(sketch, x)           a U-Net; layer l paints in the style of x[l]

The sketch is a file that the recipe names (`pipelines.image.sketch_files`). It stays as it is on
every way through the latent space: variations are other paintings of the same drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Control, Seed, Value
from pipelines.errors import LatentError, RequestError
from pipelines.image.pixels import to_image
from pipelines.image.sketch_files import read_sketch
from pipelines.latents import LatentSpace, normal
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Point, Request, Weights
from pipelines.shaping import Shaping, sliders

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

__all__ = ["Pix2Pix", "load"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Pix2Pix:
    """The pipeline of one trained painter of sketches.

    Attributes:
        card: See `Card`.
        weights: Digests of the weights.
        painter: Module (sketch [N, 5, R, R], x [N, L, Z]) -> picture [N, 3, R, R] in [-1, 1].
        side: R, in pixels.
        latent_space: The space of x with its directions.
        examples: Sketches to begin with, as files.
    """

    card: Card
    weights: Weights
    painter: nn.Module
    side: int
    latent_space: LatentSpace
    examples: tuple[bytes, ...]

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Seed, named directions, adventure, mixing, principal directions, wander."""
        seed = Seed(name="seed", label="Seed", doc="Which painting of the sketch.")
        return (seed, *sliders(self.latent_space))

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """The sketch."""
        return (
            Attachment(
                name="sketch",
                label="Sketch",
                mime="image/png",
                doc=f"Lines above, colour hints below: {self.side} x {2 * self.side} px.",
                size=(self.side, 2 * self.side),
                examples=self.examples,
            ),
        )

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("painter",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "painter":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        example = {
            "sketch": np.zeros((1, 5, self.side, self.side), np.float32),
            "x": self.latent_space.center[None],
        }
        return Network(self.painter, example, ("picture",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing: the seed decides no other control."""
        return {}

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [L, z_dim]."""
        return self._shaping.locate(request)

    def place(self, request: Request) -> Array:
        """The latent as the painter sees it, shape [L, z_dim]."""
        return self._shaping.place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; the sketch stays."""
        return request.but(point=Point.of(latent), directions=(), controls={})

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture; there are no previews on the way.

        Raises:
            RequestError: ``no_sketch`` or ``bad_sketch``.
        """
        if "sketch" not in attached:
            raise RequestError(
                "no_sketch", name="sketch", rule="missing", remedy="draw something first"
            )
        inputs = {
            "sketch": read_sketch(attached["sketch"], self.side)[None],
            "x": self.place(request)[None],
        }
        picture = run("painter", inputs)["picture"][0]
        yield Artifact("picture", to_image(picture), request, run.engine)

    @property
    def _shaping(self) -> Shaping:
        return Shaping(self.latent_space, self._land, self.latent_space.center)

    def _land(self, seed: int) -> Array:
        layers, width = self.latent_space.shape
        return np.repeat(normal(seed, (1, width), "z"), layers, axis=0)


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Pix2Pix:
    """Load a trained painter; see `pipelines.catalog.Family`."""
    from pipelines.image.pix2pix_files import read

    return Pix2Pix(card, **read(folder))
