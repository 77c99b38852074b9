"""Shaping a latent of several layers: what families with such a latent have in common.

    x = land(seed)                       where a seed lands, [L, D], coarse layers first
    x = centre + psi (x - centre)        truncation
    x[-k:] = x'[-k:]                     style mixing: the k finest layers of a second seed
    x = x + sum_i offset_i d_i           named directions (GANSpace, https://arxiv.org/abs/2004.02546)
    x = x + wander * spread * noise      along a random direction

A family says where its seeds land and what lies in the middle; `Shaping` does the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Control, Seed, Slider
from pipelines.errors import LatentError
from pipelines.explore import mix_layers
from pipelines.latents import Direction, LatentSpace, normal, truncate
from pipelines.request import Offset, Point, Request

__all__ = ["FromNoise", "Shaping", "baked", "sliders"]

Array = NDArray[np.float32]
FINER = frozenset(("pca", "dimension"))
"""Kinds of directions that nobody named; they stand behind "More"."""
PLACED = ("truncation_psi", "wander", "wander_seed")
"""Controls that a latent already holds."""
LIMIT = 1e4
"""A latent has values of about 1; beyond this float32 breaks in the networks."""


@dataclass(frozen=True)
class Shaping:
    """From a recipe to a latent [L, D]; see the module.

    Attributes:
        space: The latent space.
        land: Seed -> latent.
        center: What truncation pulls towards; shape that broadcasts to [L, D].
    """

    space: LatentSpace
    land: Callable[[int], Array]
    center: Array

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions."""
        point = request.point
        if point is None:
            x = self.land(request.seed)
        elif point.latent:
            x = point.array()
            if x.shape != self.space.shape:
                raise LatentError(
                    "wrong_shape",
                    name="point",
                    value=x.shape,
                    rule=f"not of shape {self.space.shape}",
                    remedy="send the latent of every layer",
                )
        else:
            x = np.zeros(self.space.shape, np.float32)
            for seed, weight in point.seeds:
                x = x + np.float32(weight) * self.land(seed)
        count = int(request.controls.get("style_mixing", 0))
        if count:
            x = mix_layers(x, self.land(int(request.controls.get("mix_seed", 1))), count)
        return x.astype(np.float32)

    def place(self, request: Request) -> Array:
        """The latent as the network sees it.

        Raises:
            LatentError: For a direction that is not here, or a latent that is too far away.
        """
        psi = float(request.controls.get("truncation_psi", 1.0))
        center = np.broadcast_to(self.center, self.space.shape).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # judged below
            x = truncate(self.locate(request), center, psi)
            moves = [one for one in request.directions if not self.space.steers(one.id)]
            for offset in moves:
                x = x + np.float32(offset.offset) * self._vector(offset)
        wander = float(request.controls.get("wander", 0.0))
        if wander:
            seed = int(request.controls.get("wander_seed", 0))
            step = normal(seed, self.space.shape[-1:], "wander") * self.space.spread
            x = x + np.float32(wander) * step
        if not np.abs(x).max() < LIMIT:  # also NaN
            raise LatentError(
                "too_far",
                name="point",
                value=float(np.abs(x).max()),
                rule=f"not within {LIMIT:g} of the origin",
                remedy="move it closer",
            )
        return x.astype(np.float32)

    def _vector(self, offset: Offset) -> Array:
        direction = self.space.direction(offset.id)
        if direction is not None:
            return direction.vector
        if offset.vector:
            array = Point(latent=offset.vector, shape=self.space.shape).array()
            if Direction(offset.name or "taught", array).id == offset.id:
                return array
        raise LatentError(
            "unknown_direction",
            name=offset.name or "direction",
            value=offset.id[:12],
            rule="not a direction of this model",
            remedy="get the version of the model that has it",
        )


class FromNoise(ABC):
    """A family whose seeds are plain noise, with settings that are no part of the latent.

    Attributes:
        noise: Name of the stream that its noise is drawn from.
    """

    noise: ClassVar[str]

    @property
    @abstractmethod
    def latent_space(self) -> LatentSpace:
        """See `pipelines.pipeline.Pipeline`."""

    def locate(self, request: Request) -> Array:
        """The noise before directions."""
        return self._shaping.locate(request)

    def place(self, request: Request) -> Array:
        """The noise after directions."""
        return self._shaping.place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; settings and control vectors stay."""
        steering = [one for one in request.directions if self.latent_space.steers(one.id)]
        return request.but(point=Point.of(latent), directions=tuple(steering))

    @property
    def _shaping(self) -> Shaping:
        space = self.latent_space
        return Shaping(space, lambda seed: normal(seed, space.shape, self.noise), space.center)


def baked(request: Request, latent: Array) -> Request:
    """A recipe that is placed at exactly ``latent``; settings that do not move it stay."""
    kept = {name: value for name, value in request.controls.items() if name not in PLACED}
    return request.but(point=Point.of(latent), directions=(), controls=kept)


def sliders(space: LatentSpace) -> tuple[Control, ...]:
    """The controls that `Shaping` listens to, in the order a page shows them."""
    finer = [one for one in space.directions if one.kind in FINER]
    named = [one for one in space.directions if one.kind not in FINER]
    return (
        *(_slider(direction, "main") for direction in named),
        Slider(
            name="truncation_psi",
            label="Adventure",
            default=1.0,
            minimum=0.0,
            maximum=1.5,
            doc="How far from the typical picture (truncation_psi).",
        ),
        *(_mixing(space.shape[0]) if space.shape[0] > 1 else ()),
        *(_slider(direction, "more") for direction in finer),
        Slider(
            name="wander",
            label="Wander",
            group="more",
            doc="Along a random direction, in standard deviations.",
        ),
        Seed(name="wander_seed", label="Wander seed", group="more", doc="Which direction."),
    )


def _mixing(layers: int) -> tuple[Control, ...]:
    """Form from A, colour from B; a latent of one layer has nothing to mix."""
    return (
        Slider(
            name="style_mixing",
            label="Colour from B",
            default=0,
            minimum=0,
            maximum=layers,
            step=1,
            whole=True,
            group="more",
            doc="Form from A, colour from B: how many layers, from the finest (style mixing).",
        ),
        Seed(name="mix_seed", label="Seed B", default=1, group="more", doc="Seed of B."),
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
