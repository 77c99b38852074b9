"""What is to be taught, as plain values that a job keeps, and the figures behind two sliders.

``strength`` and ``keep_old`` are the artist's words. They become beta, the weight of the anchor to
the model as it was: a utility of deviation 1 that is linear in whitened latents is best moved by
1 / beta deviations under beta times the divergence (see `pipelines.training.prior`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ControlError, TrainingError, no_model, outside
from pipelines.request import Point, Request

if TYPE_CHECKING:
    from pipelines.controls import Value
    from pipelines.pipeline import Instrument

__all__ = ["METHODS", "NEEDED", "Favourite", "Method", "Plan", "distinct", "figures"]

Method = Literal[
    "prior",
    "few-shot",
    "weighted-elbo",
    "gan-prior",
    "melody-elbo",
    "groove-elbo",
    "muse-prior",
    "code-dpo",
    "diffusion-dpo",
    "verse-dpo",
]
METHODS: tuple[Method, ...] = get_args(Method)
NEEDED = 12
"""Favourites without which nothing general can be learnt."""
ALIKE = 1e-3
"""Latents closer than this in every coordinate are one favourite."""
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "steps": (1, 20_000),
    "learning_rate": (1e-6, 1.0),
    "beta": (1e-3, 100.0),
}
_STEPS: Mapping[Method, int] = {
    **{"prior": 400, "few-shot": 160, "weighted-elbo": 300, "melody-elbo": 300},
    **{"groove-elbo": 300, "muse-prior": 300, "gan-prior": 300},
    **{"code-dpo": 80, "diffusion-dpo": 80, "verse-dpo": 80},
}
_RATES: Mapping[Method, float] = {
    **{"prior": 3e-3, "few-shot": 2e-3, "weighted-elbo": 1e-2, "melody-elbo": 1e-2},
    **{"groove-elbo": 1e-2, "muse-prior": 1e-2, "gan-prior": 1e-2},
    **{"code-dpo": 4e-4, "diffusion-dpo": 1e-3, "verse-dpo": 1e-3},
}


@dataclass(frozen=True)
class Favourite:
    """A kept work to learn from.

    Attributes:
        id: Of the work.
        point: Its latent as it was painted, in base64.
        shape: Of the latent.
        kind: What was drawn, such as its species; empty where the model has no kinds.
        controls: Values of controls that it was made with, what the seed decided included.
        seed: Of what is drawn beside the latent, such as the notes of a daring melody.
    """

    id: str
    point: str
    shape: tuple[int, ...]
    kind: str = ""
    controls: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0

    def latent(self) -> NDArray[np.float32]:
        """The latent, shape ``shape``."""
        return Point(latent=self.point, shape=self.shape).array()

    def request(self, model: Instrument) -> Request:
        """The recipe by which a model, or a version of it, paints this work."""
        known = {control.name for control in model.controls}
        told = {name: value for name, value in self.controls.items() if name in known}
        return model.pipeline.bake(model.request(seed=self.seed, **told), self.latent())


@dataclass(frozen=True)
class Plan:
    """See the module's docstring.

    Attributes:
        model: Id of the model.
        base: sha256 of the weights to start from.
        roots: Folders in which models are found.
        versions: Folder of taught versions.
        cache: Folder in which what is measured of a model is kept.
        method: How.
        steps: Optimiser steps in all.
        learning_rate: Of the optimiser.
        beta: Weight of the anchor to the model as it was.
        seed: Of every draw: the same plan gives the same weights.
        favourites: What to learn from.
        held_out: Favourites that only judge.
        device: Where.
        save_every: Seconds between checkpoints.
        said: ``strength`` and ``keep_old`` as the artist set them.
    """

    model: str
    base: str
    roots: tuple[str, ...]
    versions: str
    cache: str
    method: Method
    steps: int
    learning_rate: float
    beta: float
    seed: int = 0
    favourites: tuple[Favourite, ...] = ()
    held_out: tuple[Favourite, ...] = ()
    device: Literal["auto", "cpu", "cuda"] = "cpu"
    save_every: float = 5.0
    said: Mapping[str, float] = field(default_factory=dict)

    def folder(self) -> Path:
        """The model folder to start from.

        Raises:
            WeightsError: If it is not here any more.
        """
        from pipelines.catalog import Catalog

        catalog = Catalog(tuple(map(Path, self.roots)), Path(self.versions))
        found = catalog.version(self.model, self.base) or catalog.folders().get(self.model)
        if found is None:
            raise no_model(self.model)
        return found

    def instrument(self) -> Instrument:
        """The model to start from.

        Raises:
            WeightsError: If it is not here any more.
        """
        from pipelines.catalog import Catalog
        from pipelines.engines import Engines

        catalog, engines = Catalog(tuple(map(Path, self.roots)), Path(self.versions)), Engines()
        if catalog.version(self.model, self.base) is not None:
            return catalog.load_version(self.model, self.base, engines)
        return catalog.load(self.model, engines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Plan:
        """Read what `to_dict` gave.

        Raises:
            TrainingError: ``bad_plan`` if it is something else.
        """
        try:
            read = dict(values)
            for name in ("favourites", "held_out"):
                read[name] = tuple(
                    Favourite(**(one | {"shape": tuple(one["shape"])})) for one in read[name]
                )
            return Plan(**(read | {"roots": tuple(read["roots"])}))
        except (TypeError, KeyError) as error:
            raise TrainingError(
                "bad_plan", name="plan", rule="not readable", remedy="teach again"
            ) from error


def figures(
    method: Method, strength: float, keep_old: float, given: Mapping[str, float]
) -> dict[str, float]:
    """Steps, learning rate and beta: what was given, and the rest from the two sliders.

    Raises:
        ControlError: For a figure that is unknown or out of range.

    >>> figures("prior", 0.5, 0.5, {"steps": 10})["steps"]
    10
    """
    found: dict[str, float] = {
        "steps": _STEPS[method],
        "learning_rate": _RATES[method],
        "beta": round((0.5 + keep_old) / (0.4 + 1.8 * strength), 4),
    }
    for name, value in given.items():
        if name not in _BOUNDS:
            raise ControlError(
                "unknown_control",
                name=name,
                rule="not a figure of teaching",
                remedy=f"use {', '.join(_BOUNDS)}",
            )
        low, high = _BOUNDS[name]
        if not low <= value <= high:
            raise outside(name, value, low, high)
        found[name] = value
    return found | {"steps": int(found["steps"])}


def distinct(favourites: tuple[Favourite, ...]) -> int:
    """How many different latents there are among favourites."""
    seen: list[NDArray[np.float32]] = []
    for one in favourites:
        latent = one.latent()
        if not any(x.shape == latent.shape and np.abs(x - latent).max() < ALIKE for x in seen):
            seen.append(latent)
    return len(seen)
