"""Taste: what is believed of it, what it suggests and asks, and what the artist says of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from starlette.responses import Response

from pipelines.media import MEDIA, measures_of
from pipelines.request import Request
from studio import bodies, describe, encoding, keeping
from studio.calls import Call, answer, lines
from studio.errors import StudioError
from studio.routes_shape import Line, recipes, tile
from studio.taste import telling
from studio.taste.lens import Lens
from studio.taste.signals import SIGNALS, name_of
from studio.taste.suggesting import Wish
from studio.tuning import sliders

__all__ = ["attribute", "pair", "signals", "suggest", "told", "why"]

PAIR = 512
"""Side of a plate or a roll of a question, pixels."""


async def told(call: Call) -> Response:
    """Everything about this person's taste, for one model."""
    model = call.http.query_params.get("model", "")
    return answer(await call.work(state, call, model))


def state(call: Call, model: str) -> dict[str, Any]:
    """See the route; without an atlas yet there are no attributes.

    Raises:
        WeightsError: ``no_model``.
    """
    minds = call.house.minds
    lens, mind = minds.lenses.of(model), minds.mind(call.person)
    left = minds.questions_left(call.person, lens) if lens else 0
    return {
        "heard": telling.heard(mind),
        "steering": round(mind.steering(lens), 4),
        "attributes": telling.attributes(mind, lens) if lens else [],
        "signals": mind.signals,
        "profiles": telling.profiles(mind, call.house.library),
        "enough": lens is not None and left == 0,
        "questions_left": left,
    }


async def suggest(call: Call) -> Response:
    """A board of works."""
    body = await call.body(bodies.Suggest)
    return lines(call.house, await call.made(suggested, call, body))


def suggested(call: Call, body: bodies.Suggest) -> Iterable[Line]:
    """See `Minds.suggest`."""
    request = None
    if body.request is not None:
        instrument, (request,) = recipes(call.house, body.request)
        if instrument.card.id != body.model:
            raise StudioError(
                "bad_body",
                name="model",
                value=body.model,
                rule=f"not {instrument.card.id}, like the work's",
                remedy="correct it",
            )
    wish = Wish(
        num=body.num,
        strength=body.strength,
        surprise=body.surprise,
        seed=body.seed,
        request=request,
        distance=body.distance,
        locked=tuple(body.locked),
        taught=tuple(sliders.locked(call.house, call.person, request, body.locked)),
    )
    found = call.house.minds.suggest(call.person, body.model, wish)
    return [
        partial(
            tile,
            call.house,
            one.request,
            index=index,
            by=one.by,
            utility=round(one.score, 4),
            spread=round(one.spread, 4),
        )
        for index, one in enumerate(found)
    ]


async def why(call: Call) -> Response:
    """Why a work was shown."""
    body = await call.body(bodies.Why)
    return answer(await call.made(explained, call, body))


def explained(call: Call, body: bodies.Why) -> dict[str, Any]:
    """See `telling.reasons`, and the training works that are nearest."""
    _, (request,) = recipes(call.house, body.request)
    minds, library = call.house.minds, call.house.library
    lens, mind = minds.lenses.of(request.pipeline), minds.mind(call.person)
    size = partial(keeping.size_of, call.house, call.person)
    empty = telling.Reasons([], [], [])
    found = telling.reasons(mind, lens, _features(call, lens, request), library) if lens else empty
    neighbours = minds.neighbours(request.pipeline)
    bare = request.but(steps=())  # a finish makes no work more like those it was trained on
    nearest = neighbours.of(call.house.render(bare, "fast")) if neighbours else []
    return {
        "because": [{"attribute": n, "more": m, "share": s} for n, m, s in found.because],
        "works": [describe.work(work, size) for work in found.works],
        "unsure": found.unsure,
        "nearest": [
            {"index": work.index, "image": encoding.data_uri(work.image, "image/webp")}
            for work in nearest
        ],
    }


def _features(call: Call, lens: Lens, request: Request) -> Any:  # noqa: ANN401 - an array
    """Measured where the work was on screen, else rendered and measured."""
    seen = call.house.minds.seen
    tile_seen = seen.get(name_of(request.to_json()))
    if tile_seen is None:
        seen.add(call.house.render(request, "fast"))
        tile_seen = seen.get(request.sha256)
    found = lens.features(tile_seen) if tile_seen else None
    return lens.of([request])[0] if found is None else found


async def pair(call: Call) -> Response:
    """The next question."""
    body = await call.body(bodies.Pair)
    return answer(await call.made(asked, call, body))


def asked(call: Call, body: bodies.Pair) -> dict[str, Any]:
    """See `Minds.question`."""
    found = call.house.minds.question(call.person, body.model, body.strategy)
    return {
        "left": tile(call.house, found.left, plate=PAIR),
        "right": tile(call.house, found.right, plate=PAIR),
        "questions_left": found.questions_left,
        "enough": found.questions_left == 0,
    }


async def attribute(call: Call) -> Response:
    """Correct or mute what is believed of one attribute."""
    body = await call.body(bodies.Attribute)
    return answer(await call.work(corrected, call, body))


def corrected(call: Call, body: bodies.Attribute) -> dict[str, Any]:
    """Store it; null and false take it back.

    Raises:
        StudioError: ``no_such_attribute``.
    """
    name = call.path["name"]
    if not any(name in measures_of(medium).names for medium in MEDIA):
        raise StudioError(
            "no_such_attribute",
            name="attribute",
            value=name,
            rule="not something that is measured",
            remedy="choose one of the list",
        )
    mind = call.house.minds.mind(call.person)
    said = dict(mind.said)
    stored = said.get("attributes")
    table = dict(stored) if isinstance(stored, dict) else {}
    table.pop(name, None)
    if body.muted or body.correction is not None:
        table[name] = {"correction": body.correction, "muted": body.muted}
    call.house.library.save_taste(call.person, said | {"attributes": table})
    mind.changed()
    return {"name": name, "correction": body.correction, "muted": body.muted}


async def signals(call: Call) -> Response:
    """Choose which signals are learnt from."""
    body = await call.body(bodies.Signals)
    return answer(await call.work(switched, call, body))


def switched(call: Call, body: bodies.Signals) -> dict[str, bool]:
    """Store what the body names."""
    mind = call.house.minds.mind(call.person)
    given = {name: getattr(body, name) for name in SIGNALS if getattr(body, name) is not None}
    used = mind.signals | given
    call.house.library.save_taste(call.person, dict(mind.said) | {"signals": used})
    mind.changed()
    return used
