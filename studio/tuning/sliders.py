"""Teach a slider: works on two trays give a direction, measured before it is shown."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.request import Offset, Point, Request
from pipelines.training.contrast import Contrast
from pipelines.training.draws import Draws
from studio.errors import TuningError
from studio.library import TaughtSlider

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from studio.house import House
    from studio.persons import Person

__all__ = ["keep", "listed", "locked", "remove", "strip", "teach"]

TAUGHT, NAMED = "taught_", 16
"""The page calls a taught slider this and so much of its id."""
OFFSETS = (-2, -1, 0, 1, 2)
DRAWS = 160
"""Draws that a slider is measured on: fewer than for teaching, since a hand waits."""


def teach(
    house: House,
    model: str,
    trays: tuple[Sequence[Request], Sequence[Request]],
    *,
    person: Person,
    remove: Sequence[str] = (),
) -> tuple[Instrument, Contrast]:
    """The direction from the works of one tray to those of the other.

    Raises:
        TuningError: ``empty_tray`` if a tray is empty.
        LatentError: ``no_contrast`` if both hold the same, or nothing is left of the direction.
        ControlError: For an attribute that is unknown.
    """
    more, less = trays
    if not more or not less:
        raise TuningError(
            "empty_tray",
            name="more" if not more else "less",
            rule="empty",
            remedy="put a work into each tray; three in each is better",
        )
    instrument = house.playing(person, model)
    places = [[_place(house, request, model) for request in tray] for tray in trays]
    cache = house.settings.library / "cache" / "draws"
    draws = Draws.of(instrument, count=DRAWS, cached=cache)
    return instrument, Contrast.of(instrument, draws, places[0], places[1], remove=remove)


def _place(house: House, request: Request, model: str) -> Any:  # noqa: ANN401 - an array
    instrument = house.instrument_of(request)
    if request.pipeline != model:
        raise TuningError(
            "two_models",
            name="model",
            value=request.pipeline,
            rule=f"not {model}",
            remedy="choose works of one model",
        )
    return instrument.pipeline.place(instrument.check(request))


def strip(instrument: Instrument, found: Contrast, name: str) -> list[tuple[int, Request]]:
    """The recipes of the five pictures: the typical work, moved by each offset."""
    calm = instrument.pipeline.bake(instrument.request(seed=0), found.middle)
    vector = base64.b64encode(found.vector.astype("<f4").tobytes()).decode()
    identifier = found.direction(name).id
    shown = []
    for offset in OFFSETS:
        moved = Offset(identifier, float(offset), vector=vector, name=name)
        shown.append((offset, calm.but(directions=(moved,) if offset else ())))
    return shown


def keep(house: House, person: Person, model: str, name: str, found: Contrast) -> TaughtSlider:
    """The slider with its measured effect, saved if it has a name."""
    slider = TaughtSlider(
        id=found.direction(name or "taught").id,
        model=model,
        name=name,
        vector=Point.of(found.vector).latent,
        effect=found.effect,
    )
    if name:
        house.library.add_slider(person, slider)
    return slider


def told(slider: TaughtSlider) -> dict[str, Any]:
    """A slider as the page reads it."""
    return {
        "id": slider.id,
        "name": slider.name,
        "vector": slider.vector,
        "effect": dict(slider.effect),
    }


def listed(house: House, person: Person, model: str) -> list[dict[str, Any]]:
    """The sliders that a person taught a model."""
    return [told(one) for one in house.library.sliders(person, model)]


def locked(
    house: House, person: Person, request: Request | None, names: Sequence[str]
) -> list[NDArray[np.float32]]:
    """Vectors of the taught sliders among ``names``, this person's or the recipe's own."""
    wanted = {name.removeprefix(TAUGHT) for name in names if name.startswith(TAUGHT)}
    if not wanted or request is None:
        return []
    vectors = {one.id: one.vector for one in house.library.sliders(person, request.pipeline)}
    vectors |= {one.id: one.vector for one in request.directions if one.vector}
    shape = house.instrument_of(request).latent_space.shape
    return [
        Point(latent=vector, shape=shape).array()
        for id_, vector in vectors.items()
        if id_[:NAMED] in wanted
    ]


def remove(house: House, person: Person, slider_id: str) -> None:
    """Take a slider away; works that use it keep it.

    Raises:
        TuningError: ``no_such_slider``.
    """
    if not house.library.remove_slider(person, slider_id):
        raise TuningError(
            "no_such_slider",
            name="slider",
            value=slider_id[:12],
            rule="not one of yours",
            remedy="look at the list of sliders",
        )
