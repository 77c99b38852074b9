"""Tileable patterns, woven from patches of designs: bundled ones, or the artist's own swatch.

    n ~ N(0, I)                     field, 8 x 8 places of 16 pixels; larger ones of its blocks
    v = h e_k + N(0, I), N(0, I)/2  style: how much of each design, then steps of colours
    x = weave(designs, n, v)        see `pipelines.image.pattern_weaving`
    tile = colour(A' x, v)          see `pipelines.networks.pattern`

The two designs of which there is most in a style are woven together; each place leans to one of
them by what the style says and by the field, so that between two patterns the one grows into the
other. A swatch takes the place of all designs. Truncation pulls the style to the one design of
which there is most, in its own colours; the field stays.

The picture shows the tile ``repeat`` times across: one of 2048 pixels is a tile of 2048, woven out
of a larger field, or the live one of 256 eight times. The latent has one layer per half row of
the field, then one for the style. Weaving is done in torch on the CPU for every engine alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Choice, Control, Seed, Slider, Value, settings
from pipelines.errors import LatentError
from pipelines.image.pixels import to_image
from pipelines.latents import LatentSpace, normal, uniform
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Point, Request, Weights
from pipelines.shaping import Shaping, sliders

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from pipelines.image.eye import CodeEye
    from pipelines.image.pattern_loom import Loom

__all__ = ["Pattern", "load"]

Array = NDArray[np.float32]
RESOLUTIONS, REPEATS = ("256", "512", "1024", "2048"), ("1", "2", "4", "8")
NUM_COLOURS = 5
LIVE = 16
"""Places of the field of the tile that is painted live, a side: 256 pixels."""
HEIGHT = np.float32(5.0)
"""How far the design of a seed stands out of the others."""
KEPT = ("resolution", "repeat", "scale")
"""Controls that say how a latent is shown, and not where it lies."""


@dataclass(frozen=True)
class Pattern:
    """The pipeline of one set of designs.

    Attributes:
        card: See `Card`.
        weights: Digest of the designs and the transform.
        loom: The designs and what weaves them.
        latent_space: Field and style.
    """

    card: Card
    weights: Weights
    loom: Loom
    latent_space: LatentSpace

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Seed, size of motifs, repeats, pixels, then what every latent has."""
        return (
            Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
            Slider(
                name="scale",
                label="Motif size",
                minimum=-1.0,
                maximum=1.0,
                step=0.25,
                doc="Smaller or larger motifs (logarithm to base 2 of their scale).",
            ),
            Choice(
                name="repeat",
                label="Repeats",
                options=REPEATS,
                default="2",
                doc="How often the tile is shown across the picture.",
            ),
            Choice(
                name="resolution",
                label="Pixels",
                options=RESOLUTIONS,
                default="512",
                doc="Side of the picture in pixels; that of the tile is this over the repeats.",
            ),
            *sliders(self.latent_space),
        )

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """A swatch, which is woven from instead."""
        return (
            Attachment(
                "swatch", "Swatch", "image/png", "A pattern to weave from; its middle square."
            ),
        )

    @property
    def seamless(self) -> bool:
        """Whether pictures go on at their opposite edges, which they do."""
        return True

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("painter",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "painter":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        side = 4 * LIVE
        latents = normal(0, (1, self.loom.sizes.latent_channels, side, side), "example")
        example = {"latents": latents, "colours": np.zeros((1, NUM_COLOURS), np.float32)}
        return Network(self.loom.painter, example, ("picture",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """Nothing: the seed decides no other control."""
        return {}

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [L, V]."""
        return Shaping(self.latent_space, self._land, self.latent_space.center).locate(request)

    def place(self, request: Request) -> Array:
        """The latent as it is woven, shape [L, V]."""
        center = self.locate(request).copy()
        first = int(center[-1, : len(self.loom.designs)].argmax())
        center[-1] = 0.0
        center[-1, first] = HEIGHT
        return Shaping(self.latent_space, self._land, center).place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; how it is shown stays."""
        kept = {name: value for name, value in request.controls.items() if name in KEPT}
        return request.but(point=Point.of(latent), directions=(), controls=kept)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture: the tile, as often as it is repeated.

        Raises:
            RequestError: For a swatch that is not a picture.
        """
        values = settings(self.controls, request.controls)
        repeat, engine = int(values["repeat"]), run.engine
        places = int(values["resolution"]) // repeat // 16
        latent = self.place(request)
        latents = self.loom.tile(latent, places, float(values["scale"]), attached)
        inputs = {"latents": latents[None], "colours": latent[None, -1, -NUM_COLOURS:].copy()}
        if places == LIVE:
            tile = run("painter", inputs)["picture"][0]
        else:
            tile, engine = self.loom.paint(inputs), "torch-cpu-f32"
        pixels = np.tile(np.asarray(to_image(tile)), (repeat, repeat, 1))
        yield Artifact("picture", Image.fromarray(pixels), request, engine)

    def eye(self) -> CodeEye:
        """What it sees of a swatch: a tile woven from it."""
        import torch

        from pipelines.image.eye import CodeEye

        latent = self._land(1)

        def encode(picture: Tensor) -> Tensor:
            return self.loom.woven_from(picture, latent, LIVE)[None]

        def decode(latents: Tensor) -> Tensor:
            tile: Tensor = self.loom.painter(latents, torch.zeros(1, NUM_COLOURS))
            return tile

        typical = torch.from_numpy(self.loom.tile(latent, LIVE, 0.0, {}))[None]
        return CodeEye(encode, decode, typical)

    def _land(self, seed: int) -> Array:
        x = normal(seed, self.latent_space.shape, "pattern")
        style, count = x[-1], len(self.loom.designs)
        style[count:-NUM_COLOURS] = 0.0
        style[-NUM_COLOURS:] /= 2
        style[min(int(uniform(seed, (1,), "design")[0] * count), count - 1)] += HEIGHT
        return x


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Pattern:
    """Load a set of designs; see `pipelines.catalog.Family`."""
    from pipelines.image.pattern_files import read

    return Pattern(card, **read(folder))
