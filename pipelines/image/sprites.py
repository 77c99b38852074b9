"""Game sprites: flow matching over pixel art of 32 pixels with transparency, and palettes.

    u ~ N(0, I)                          noise by frequency, 8 layers of it
    c = kind, attributes ~ N(0, C)       style, the last layer; then steps of colours
    x = flow(u, c)                       see `pipelines.image.sprite_sampling`
    picture = palette(colour(x))         see `pipelines.image.sprite_pixels`, `palettes`

(Lipman et al. 2023, https://arxiv.org/abs/2210.02747.) The picture has 32 x 32 pixels, each of
them covered or not; with ``resolution`` it is the same picture in larger squares. Between two
kinds the network is told shares of both. Truncation takes attributes to those of a typical
sprite, and makes the noise calmer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment
from pipelines.controls import Choice, Control, Seed, Slider, Value, settings
from pipelines.errors import LatentError
from pipelines.image.kinds import kind_of, kind_resolved, kinds
from pipelines.image.palettes import ALL, PALETTES, Palette
from pipelines.image.sprite_pixels import COLOURS, to_rgba
from pipelines.image.sprite_sampling import condition, noise_of, sample
from pipelines.latents import LatentSpace, normal
from pipelines.networks.sprites import ATTRIBUTES
from pipelines.pipeline import Card, Network, Run
from pipelines.recent import Recent
from pipelines.request import Point, Request, Weights
from pipelines.shaping import Shaping, sliders

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.networks.sprites_files import StoredField

__all__ = ["Sprites", "load"]

Array = NDArray[np.float32]
TIMES = (1, 2, 4, 8, 16)
"""How large a pixel may be shown and saved."""
CALM = np.float32(0.6)
"""Share of the noise that is left of the most typical sprite."""
DRAFT_STEPS = 3
"""Steps while a hand moves."""
DITHER: Mapping[str, float] = {"off": 0.0, "soft": 0.5, "strong": 1.0}
HELD = 8
"""Sprites that are remembered as they were before their colours."""
KEPT = ("species", "palette", "num_colours", "dither", "num_inference_steps", "resolution")
"""Controls that say how a latent is painted, and not where it lies."""


@dataclass(frozen=True)
class Sprites:
    """The pipeline of one trained field.

    Attributes:
        card: See `Card`.
        weights: Digest of the weights.
        velocity: The network, read when it first paints.
        species: Names of the kinds, in the order of the labels.
        frequency: Share of each in the training data.
        factor: Cholesky factor of the correlation C of attributes.
        latent_space: Noise and style.
    """

    card: Card
    weights: Weights
    velocity: StoredField
    species: tuple[str, ...]
    frequency: tuple[float, ...]
    factor: Array
    latent_space: LatentSpace
    _grown: Recent[tuple[bytes, bytes, int], Array] = field(
        default_factory=lambda: Recent(HELD), repr=False, compare=False
    )

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Kind, seed, palette, what every latent has, then steps and size of pixels."""
        side = self.velocity.sizes.resolution
        named, more = _apart(sliders(self.latent_space))
        return (
            *kinds(self.species),
            Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
            *named,
            *PALETTE,
            *more,
            Slider(
                name="num_inference_steps",
                label="Steps",
                default=12,
                minimum=2,
                maximum=40,
                step=1,
                whole=True,
                group="more",
                doc="How often the picture is improved (sampler steps).",
            ),
            Choice(
                name="resolution",
                label="Pixels",
                options=tuple(str(side * times) for times in TIMES),
                default=str(side),
                group="more",
                doc="Side of the picture in pixels; each of its own is shown as a square.",
            ),
        )

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """None: a seed and sliders say all."""
        return ()

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("field",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "field":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        sizes = self.velocity.sizes
        example = {
            "x": normal(0, (1, 4, sizes.resolution, sizes.resolution), "example"),
            "t": np.ones(1, np.float32),
            "condition": np.zeros((1, sizes.condition), np.float32),
        }
        return Network(self.velocity.field, example, ("v",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """The kind that the seed draws, when it was left open."""
        return kind_resolved(request, self.species, self.frequency)

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [L, V]."""
        return self._shaping(request, self.latent_space.center).locate(request)

    def place(self, request: Request) -> Array:
        """The latent as it is painted, shape [L, V]."""
        center = self.locate(request) * CALM
        kind = center[-1, : len(self.species)] / CALM
        center[-1] = 0.0
        center[-1, : len(self.species)] = kind
        return self._shaping(request, center).place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; how it is painted stays."""
        kept = {name: value for name, value in request.controls.items() if name in KEPT}
        return request.but(point=Point.of(latent), directions=(), controls=kept)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture; it takes too little time for previews."""
        values = settings(self.controls, request.controls)
        latent = self.place(request)
        x = self._grown_from(latent, run, int(values["num_inference_steps"]))
        dither = DITHER[str(values["dither"])]
        palette = Palette(str(values["palette"]), int(values["num_colours"]), dither)
        rgba = to_rgba(x, latent[-1, -len(COLOURS) :], palette)
        times = int(values["resolution"]) // len(rgba)
        pixels = rgba.repeat(times, axis=0).repeat(times, axis=1)
        yield Artifact("picture", Image.fromarray(pixels, "RGBA"), request, run.engine)

    def _grown_from(self, latent: Array, run: Run, num_steps: int) -> Array:
        """What grows out of a latent [L, V], before its colours: shape [4, R, R].

        A hand that moves colours or the palette asks for the same again at every frame, and gets
        what it saw last, be that of all the steps; a result is always computed.
        """
        sizes = self.velocity.sizes
        told = condition(latent[-1], sizes.num_kinds, sizes.condition)
        name = (latent[:-1].tobytes(), told.tobytes(), num_steps)
        found = self._grown.find(name) if run.draft else None
        if found is not None:
            return found
        taken = min(num_steps, DRAFT_STEPS) if run.draft else num_steps
        return self._grown.put(name, sample(run, noise_of(latent[:-1]), told, taken))

    def _shaping(self, request: Request, center: Array) -> Shaping:
        label = kind_of(request, self.species, self.frequency)
        return Shaping(self.latent_space, lambda seed: self._land(seed, label), center)

    def _land(self, seed: int, label: int) -> Array:
        x = normal(seed, self.latent_space.shape, "sprites")
        first, count = len(self.species), len(ATTRIBUTES)
        attributes = self.factor @ x[-1, first : first + count]
        x[-1] = 0.0
        x[-1, label] = 1.0
        x[-1, first : first + count] = attributes
        return x


PALETTE: tuple[Control, ...] = (
    Choice(
        name="palette",
        label="Palette",
        options=tuple(PALETTES),
        default="as_is",
        doc="Which colours it is painted in; the nearest to the eye is taken (OKLab).",
    ),
    Slider(
        name="num_colours",
        label="Colours",
        default=ALL,
        minimum=4,
        maximum=ALL,
        step=1,
        whole=True,
        doc=f"The most colours that one sprite has; at {ALL} all that it was painted in.",
    ),
    Choice(
        name="dither",
        label="Dither",
        options=tuple(DITHER),
        default="off",
        group="more",
        doc="Two colours in turn where one between them is missing (ordered dithering).",
    ),
)


def _apart(found: tuple[Control, ...]) -> tuple[tuple[Control, ...], tuple[Control, ...]]:
    """Controls of the first sliders, and those behind "More"."""
    return (
        tuple(one for one in found if one.group != "more"),
        tuple(one for one in found if one.group == "more"),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Sprites:
    """Load a trained field; see `pipelines.catalog.Family`."""
    from pipelines.image.sprite_files import read

    return Sprites(card, **read(folder))
