"""From kept works and two sliders to a plan, or to one sentence that says why not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.abilities import Teachable
from pipelines.errors import DuetError, RequestError
from pipelines.pipeline import Instrument
from pipelines.request import Point, Request
from pipelines.training.plans import (
    METHODS,
    NEEDED,
    Favourite,
    Method,
    Plan,
    distinct,
    figures,
)
from studio.errors import TuningError

if TYPE_CHECKING:
    from studio.house import House
    from studio.library import Work
    from studio.persons import Person

__all__ = ["Choice", "choose", "state", "told_of"]

MOST = 500
"""Works that are learnt from; the newest ones, if there are more."""
HELD_OUT = 5
"""Each fifth favourite only judges, where enough remain."""


@dataclass(frozen=True)
class Choice:
    """What an artist asked for.

    Attributes:
        model: Id of the model.
        works: Ids of the works to learn from.
        method: How; None for the model's usual way.
        strength: 0 gentle, 1 bold.
        keep_old: How much of the old to keep, 0 to 1.
        settings: Figures behind More.
    """

    model: str
    works: Sequence[str]
    method: Method | None
    strength: float
    keep_old: float
    settings: Mapping[str, float]


def state(house: House, person: Person, model: str) -> dict[str, Any]:
    """What the Teach view shows before anything is asked."""
    methods = _methods(house.playing(person, model))
    kept = house.library.count(person, model=model, kind="work")
    return {
        "kept": kept,
        "needed": NEEDED,
        "ready": kept >= NEEDED,
        "missing": max(0, NEEDED - kept),
        "methods": list(methods),
        "settings": figures(methods[0] if methods else "prior", 0.5, 0.5, {}),
    }


def _methods(instrument: Instrument) -> tuple[Method, ...]:
    pipeline = instrument.pipeline
    told = pipeline.teaching if isinstance(pipeline, Teachable) else ()
    return tuple(method for method in METHODS if method in told)


def _method(instrument: Instrument, choice: Choice) -> Method:
    """The way that was asked for, or the model's usual one."""
    methods = _methods(instrument)
    asked = choice.method or next(iter(methods), None)
    if asked is None or asked not in methods:
        raise TuningError(
            "not_teachable",
            name="model",
            value=choice.model,
            rule=f"not one that can be taught this way ({choice.method or 'weights'})",
            remedy="teach a slider, or another model",
        )
    return asked


def choose(house: House, person: Person, choice: Choice) -> tuple[Plan, list[dict[str, Any]]]:
    """The plan, and the works that could not be used with the reason for each.

    Raises:
        TuningError: ``not_teachable``, ``too_few_works``, ``works_alike`` or ``favourites_gone``.
        LibraryError: ``no_such_work``.
        ControlError: For a figure out of range.
    """
    instrument = house.playing(person, choice.model)
    method = _method(instrument, choice)
    given = figures(method, choice.strength, choice.keep_old, choice.settings)
    works = [house.library.work(person, work_id) for work_id in dict.fromkeys(choice.works)]
    favourites, gone = _read(house, choice.model, works[:MOST])
    _enough(favourites, gone)
    held = favourites[HELD_OUT - 1 :: HELD_OUT]
    if len(favourites) - len(held) < NEEDED:
        held = []
    learnt = tuple(one for one in favourites if one not in held)
    settings = house.settings
    told = {"strength": choice.strength, "keep_old": choice.keep_old}
    plan = Plan(
        model=choice.model,
        base=instrument.pipeline.weights.base,
        roots=tuple(str(root) for root in settings.models),
        versions=str(settings.library / "versions"),
        cache=str(settings.library / "cache" / "draws"),
        method=method,
        steps=int(given["steps"]),
        learning_rate=float(given["learning_rate"]),
        beta=float(given["beta"]),
        seed=_seed(choice, [one.point for one in favourites]),
        favourites=learnt,
        held_out=tuple(held),
        device="auto" if settings.turns else settings.device,
        said=told,
    )
    return plan, gone


def _read(
    house: House, model: str, works: Sequence[Work]
) -> tuple[list[Favourite], list[dict[str, Any]]]:
    """Favourites with their latents; one whose model is gone cannot be learnt from."""
    found, gone = [], []
    for work in works:
        try:
            found.append(_favourite(house, model, work))
        except DuetError as error:
            gone.append({"id": work.id, "label": work.label, "error": error.as_dict()})
    return found, gone


def _favourite(house: House, model: str, work: Work) -> Favourite:
    request = Request.from_json(work.request)
    if request.pipeline != model:
        raise RequestError(
            "unknown_model",
            name="pipeline",
            value=request.pipeline,
            rule=f"not {model}",
            remedy="choose works of one model",
        )
    instrument = house.instrument_of(request)
    checked = instrument.check(request)
    if checked.inputs:
        raise RequestError(
            "from_a_picture",
            name="inputs",
            value=work.label,
            rule="made from a picture, not from a seed alone",
            remedy="choose works that the model made by itself",
        )
    point = Point.of(instrument.pipeline.place(checked))
    controls = {**checked.controls, **instrument.pipeline.resolve(checked)}
    kind = str(controls.get("species", ""))
    return Favourite(work.id, point.latent, point.shape, kind, controls, checked.seed)


def _enough(favourites: Sequence[Favourite], gone: Sequence[Mapping[str, Any]]) -> None:
    count, needed = len(favourites), {"needed": str(NEEDED)}
    from_pictures = sum(one["error"]["code"] == "from_a_picture" for one in gone)
    if count < NEEDED and from_pictures:
        raise TuningError(
            "from_pictures",
            name="works",
            value=from_pictures,
            rule=f"made from pictures, which leaves {count} of {NEEDED}",
            remedy="keep more works that the model made by itself",
            details={**needed, "known": str(count)},
        )
    if count < NEEDED and gone:
        raise TuningError(
            "favourites_gone",
            name="works",
            value=len(gone),
            rule=f"made with models that are not here, which leaves {count} of {NEEDED}",
            remedy="get those models, or keep more works",
            details={**needed, "known": str(count)},
        )
    if count < NEEDED:
        raise TuningError(
            "too_few_works",
            name="works",
            value=count,
            rule=f"fewer than the {NEEDED} that are needed",
            remedy="keep more; meanwhile Nearby follows you, and a slider needs only two",
            details={**needed, "known": str(NEEDED - count)},
        )
    different = distinct(tuple(favourites))
    if different < NEEDED:
        raise TuningError(
            "works_alike",
            name="works",
            value=different,
            rule=f"different from each other, and {NEEDED} are needed",
            remedy="keep works that differ",
            details=needed,
        )


def _seed(choice: Choice, points: Sequence[str]) -> int:
    """The same choice among the same works gives the same version."""
    settings = dict(choice.settings)
    said = [choice.model, points, choice.method, choice.strength, choice.keep_old, settings]
    return int.from_bytes(hashlib.sha256(json.dumps(said).encode()).digest()[:4], "big")


def told_of(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a version remembers of its plan: everything but latents and places on the disk."""
    names = ("method", "steps", "learning_rate", "beta", "seed", "said", "device")
    return {name: plan[name] for name in names}
