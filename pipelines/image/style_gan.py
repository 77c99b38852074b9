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
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.controls import Choice, Control, Seed, Slider, Value
from pipelines.engines import steady
from pipelines.errors import LatentError
from pipelines.explore import mix_layers
from pipelines.latents import Direction, LatentSpace, normal, truncate, uniform
from pipelines.pipeline import Card, Network, Run
from pipelines.request import Offset, Point, Request, Weights

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from pipelines.networks.style_gan2 import Generator

__all__ = ["StyleGAN", "load"]

Array = NDArray[np.float32]
ANY = "any"
REMEMBERED = 256
"""Seeds whose w is remembered."""
LIMIT = 1e4
"""A trained w has values of about 1; beyond this float32 breaks in the synthesis."""


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
    """

    card: Card
    weights: Weights
    generator: Generator
    painter: nn.Module
    species: tuple[str, ...]
    frequency: tuple[float, ...]
    latent_space: LatentSpace
    _mapped: dict[tuple[int, int], Array] = field(default_factory=dict, repr=False, compare=False)

    @property
    def controls(self) -> tuple[Control, ...]:
        """Species, seed, named directions, adventure, mixing, PCA directions, wander."""
        named = [d for d in self.latent_space.directions if d.kind != "pca"]
        pca = [d for d in self.latent_space.directions if d.kind == "pca"]
        kinds = Choice(
            name="species",
            label="Kind",
            options=(ANY, *self.species),
            default=ANY,
            group="kind",
            doc="Which fruit; Any lets the seed choose (class label).",
        )
        return (
            *((kinds,) if len(self.species) > 1 else ()),
            Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
            *(_slider(direction, "main") for direction in named),
            Slider(
                name="truncation_psi",
                label="Adventure",
                default=1.0,
                minimum=0.0,
                maximum=1.5,
                doc="How far from the typical picture (truncation_psi).",
            ),
            Slider(
                name="style_mixing",
                label="Colour from B",
                default=0,
                minimum=0,
                maximum=self.latent_space.shape[0],
                step=1,
                whole=True,
                group="more",
                doc="Form from A, colour from B: how many layers, from the finest (style mixing).",
            ),
            Seed(name="mix_seed", label="Seed B", default=1, group="more", doc="Seed of B."),
            *(_slider(direction, "more") for direction in pca),
            Slider(
                name="wander",
                label="Wander",
                group="more",
                doc="Along a random direction, in standard deviations.",
            ),
            Seed(name="wander_seed", label="Wander seed", group="more", doc="Which direction."),
        )

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("painter",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name != "painter":
            raise LatentError("unknown_network", name=name, rule="not a network of this family")
        return Network(self.painter, {"w": self.latent_space.center[None]}, ("picture",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """The species that the seed draws, when it was left open."""
        if len(self.species) < 2:  # noqa: PLR2004 - nothing to choose
            return {}
        return {"species": self.species[self._label(request)]}

    def locate(self, request: Request) -> Array:
        """The w before truncation and directions, shape [num_ws, w_dim]."""
        label = self._label(request)
        point = request.point
        if point is None:
            w = self._map(request.seed, label)
        elif point.latent:
            w = point.array()
            if w.shape != self.latent_space.shape:
                raise LatentError(
                    "wrong_shape",
                    name="point",
                    value=w.shape,
                    rule=f"not of shape {self.latent_space.shape}",
                    remedy="send w of every layer",
                )
        else:
            w = np.zeros(self.latent_space.shape, np.float32)
            for seed, weight in point.seeds:
                w = w + np.float32(weight) * self._map(seed, label)
        count = int(request.controls.get("style_mixing", 0))
        if count:
            other = self._map(int(request.controls.get("mix_seed", 1)), label)
            w = mix_layers(w, other, count)
        return w.astype(np.float32)

    def place(self, request: Request) -> Array:
        """The w as the painter sees it, shape [num_ws, w_dim]."""
        psi = float(request.controls.get("truncation_psi", 1.0))
        center = self.generator.w_mean[self._label(request)].numpy()
        center = np.broadcast_to(center, self.latent_space.shape).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # judged below
            w = truncate(self.locate(request), center, psi)
            for offset in request.directions:
                w = w + np.float32(offset.offset) * self._vector(offset)
        wander = float(request.controls.get("wander", 0.0))
        if wander:
            seed = int(request.controls.get("wander_seed", 0))
            step = normal(seed, self.latent_space.shape[-1:], "wander") * self.latent_space.spread
            w = w + np.float32(wander) * step
        if not np.abs(w).max() < LIMIT:  # also NaN
            raise LatentError(
                "too_far",
                name="point",
                value=float(np.abs(w).max()),
                rule=f"not within {LIMIT:g} of the origin",
                remedy="move it closer",
            )
        return w.astype(np.float32)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; only the kind keeps its value."""
        kept = {k: v for k, v in request.controls.items() if k == "species"}
        return request.but(point=Point.of(latent), directions=(), controls=kept)

    def generate(self, request: Request, run: Run) -> Iterator[Artifact]:
        """One picture; there are no previews on the way."""
        from PIL import Image

        picture = run("painter", {"w": self.place(request)[None]})["picture"][0]
        pixels = np.clip(np.rint(picture.transpose(1, 2, 0) * 127.5 + 127.5), 0, 255)
        image = Image.fromarray(pixels.astype(np.uint8), "RGB")
        yield Artifact("picture", image, request, run.engine)

    def _label(self, request: Request) -> int:
        name = str(request.controls.get("species", ANY))
        if name in self.species:
            return self.species.index(name)
        draw = uniform(request.seed, (16,), "species")[0]
        return int(np.searchsorted(np.cumsum(self.frequency)[:-1], draw))

    def _map(self, seed: int, label: int) -> Array:
        """Where a seed lands; a drag asks for the same seed at every frame."""
        found = self._mapped.get((seed, label))
        if found is None:
            found = self._computed(seed, label)
            if len(self._mapped) >= REMEMBERED:
                self._mapped.clear()
            self._mapped[seed, label] = found
        return found

    def _computed(self, seed: int, label: int) -> Array:
        import torch

        z = torch.from_numpy(normal(seed, (1, self.generator.z_dim), "z"))
        with torch.inference_mode(), steady():
            w: Array = self.generator.mapping(z, torch.tensor([label]))[0].numpy()
        w.flags.writeable = False
        return w

    def _vector(self, offset: Offset) -> Array:
        direction = self.latent_space.direction(offset.id)
        if direction is not None:
            return direction.vector
        if offset.vector:
            array = Point(latent=offset.vector, shape=self.latent_space.shape).array()
            if Direction(offset.name or "taught", array).id == offset.id:
                return array
        raise LatentError(
            "unknown_direction",
            name=offset.name or "direction",
            value=offset.id[:12],
            rule="not a direction of this model",
            remedy="get the version of the model that has it",
        )


def _slider(direction: Direction, group: str) -> Slider:
    label = direction.name.replace("_", " ").capitalize()
    return Slider(
        name=direction.name,
        label=label,
        group="main" if group == "main" else "more",
        direction=direction.id,
        unit="sd",
        doc=f"{label}, in steps of one standard deviation of the latent.",
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> StyleGAN:
    """Load a trained generator; see `pipelines.catalog.Family`.

    Raises:
        WeightsError: If the weights don't fit the configuration.
    """
    from pipelines.image.style_gan_files import read

    return StyleGAN(card, **read(folder, folder_of))
