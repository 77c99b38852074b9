"""Which of its kinds a model of several paints: the one asked for, or one that the seed draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.controls import Choice, Value
from pipelines.latents import uniform
from pipelines.request import Request

__all__ = ["kind_of", "kind_resolved", "kinds"]

ANY = "any"


def kinds(species: Sequence[str]) -> tuple[Choice, ...]:
    """The control; none where there is nothing to choose."""
    choice = Choice(
        name="species",
        label="Kind",
        options=(ANY, *species),
        default=ANY,
        group="kind",
        doc="Which kind; Any lets the seed choose (class label).",
    )
    return (choice,) if len(species) > 1 else ()


def kind_of(request: Request, species: Sequence[str], frequency: Sequence[float]) -> int:
    """The label: what is asked for, else a draw of the seed at the data's own frequencies."""
    name = str(request.controls.get("species", ANY))
    if name in species:
        return list(species).index(name)
    draw = uniform(request.seed, (16,), "species")[0]
    return int(np.searchsorted(np.cumsum(frequency)[:-1], draw))


def kind_resolved(
    request: Request, species: Sequence[str], frequency: Sequence[float]
) -> Mapping[str, Value]:
    """The species that the seed draws, when it was left open; see `Pipeline.resolve`."""
    if len(species) < 2:  # noqa: PLR2004 - nothing to choose
        return {}
    return {"species": species[kind_of(request, species, frequency)]}
