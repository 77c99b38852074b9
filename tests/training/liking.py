"""Favourites and plans for tests in which a model is taught."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.pipeline import Instrument
from pipelines.request import Point, Request
from pipelines.training.plans import Favourite, Plan, figures

__all__ = ["favourites", "plan_of"]


def favourites(model: Instrument, requests: Iterable[Request]) -> tuple[Favourite, ...]:
    """Works that are liked, each with where it lies and what it was asked for."""
    found = []
    for request in requests:
        point = Point.of(model.pipeline.place(request))
        told = dict(request.controls)
        found.append(Favourite("work", point.latent, point.shape, "", told, request.seed))
    return tuple(found)


def plan_of(
    root: Path,
    model: Instrument,
    method: str,
    liked: tuple[Favourite, ...],
    **given: Any,
) -> Plan:
    """A plan to teach the model of ``root / "models"``."""
    return Plan(
        model=model.card.id,
        base=model.pipeline.weights.base,
        roots=(str(root / "models"),),
        versions=str(root / "versions"),
        cache=str(root / "cache"),
        method=method,
        seed=5,
        favourites=liked,
        **figures(method, 0.5, 0.5, given),
    )
