"""Shaping: one render, batches of tiles, and recipes from recipes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from pipelines import explore
from pipelines.artifact import Artifact
from pipelines.controls import Choice, Control, Slider
from pipelines.errors import ControlError
from pipelines.pipeline import Instrument
from pipelines.plates import picture_of
from pipelines.request import Request
from studio import bodies, encoding
from studio.calls import Call, answer, lines, picture
from studio.house import House
from studio.told import told
from studio.tuning import sliders

__all__ = ["another", "breed", "ends", "morph", "nearby", "pad", "render"]

Line = Callable[[], Mapping[str, object]]


async def render(call: Call) -> Response:
    """One picture; with ``told`` as JSON, with what `studio.told` says of the work."""
    body = await call.body(bodies.Render)
    artifact, data = await call.made(rendered, call.house, body)
    if body.told:
        head = {"engine": artifact.engine, "fingerprint": artifact.fingerprint}
        return answer({**head, **told(artifact), "image": encoding.data_uri(data)})
    headers = {
        "x-duet-fingerprint": artifact.fingerprint,
        "x-duet-engine": artifact.engine,
        "x-duet-request-sha256": artifact.request.sha256,
    }
    return picture(data, "image/webp", headers)


def rendered(house: House, body: bodies.Render) -> tuple[Artifact, bytes]:
    """The artifact and its WebP: exact for a reference at its own size."""
    artifact = house.render(Request.from_dict(body.request), body.quality)
    image = picture_of(artifact)
    if body.size is not None:
        return artifact, encoding.thumbnail(image, body.size)
    exact = body.quality == "reference"
    return artifact, encoding.lossless(image) if exact else encoding.webp(image)


def tile(
    house: House, request: Request, *, plate: int = encoding.PLATE, **more: object
) -> Mapping[str, object]:
    """One line of a batch: the recipe and a draft of its picture; plates are ``plate`` wide.

    See `encoding.frame`: twelve tiles as WebP would take as long as two of them to render.
    """
    artifact = house.render(request, "draft")
    house.minds.seen.add(artifact)
    mime, frame = encoding.frame(picture_of(artifact, plate))
    image = encoding.data_uri(frame, mime)
    return {**more, **told(artifact), "request": artifact.request.to_dict(), "image": image}


def recipes(house: House, *values: Mapping[str, Any]) -> tuple[Instrument, list[Request]]:
    """Recipes and the one model they are all of.

    Raises:
        ControlError: ``two_models`` if there are several.
        PipelineError: For a recipe that cannot be read or rendered here.
    """
    return house.together([Request.from_dict(value) for value in values])


async def nearby(call: Call) -> Response:
    """Variations around a work."""
    body = await call.body(bodies.Nearby)
    return lines(call.house, await call.made(nearby_lines, call, body))


def nearby_lines(call: Call, body: bodies.Nearby) -> Iterable[Line]:
    """See `explore.nearby`."""
    house = call.house
    instrument, (request,) = recipes(house, body.request)
    found = explore.nearby(
        instrument,
        request,
        num=body.num,
        distance=body.distance,
        seed=body.seed,
        locked=body.locked,
        taught=sliders.locked(house, call.person, request, body.locked),
    )
    return [partial(tile, house, one, index=index) for index, one in enumerate(found)]


async def breed(call: Call) -> Response:
    """Children of two works."""
    body = await call.body(bodies.Breed)
    return lines(call.house, await call.made(breed_lines, call.house, body))


def breed_lines(house: House, body: bodies.Breed) -> Iterable[Line]:
    """See `explore.breed`; locked controls keep what the first parent has."""
    instrument, (a, b) = recipes(house, body.a, body.b)
    children = explore.breed(instrument, a, b, num=body.num, seed=body.seed)
    kept = {k: v for k, v in instrument.values(a).items() if k in set(body.locked) & KIND}
    found = []
    for index, child in enumerate(children):
        request = instrument.change(child.request, **kept) if kept else child.request
        gave = partial(tile, house, request, form=child.form, colour=child.colour)
        found.append(partial(gave, index=index))
    return found


KIND = frozenset({"species"})
"""What a child can be held to: everything else of it comes from its parents' latents."""


async def morph(call: Call) -> Response:
    """The way from one work to another."""
    body = await call.body(bodies.Morph)
    return lines(call.house, await call.made(morph_lines, call.house, body))


def morph_lines(house: House, body: bodies.Morph) -> Iterable[Line]:
    """See `explore.morph`."""
    instrument, (a, b) = recipes(house, body.a, body.b)
    found = explore.morph(instrument, a, b, num=body.num)
    last = body.num - 1
    return [partial(tile, house, r, index=i, t=i / last) for i, r in enumerate(found)]


async def pad(call: Call) -> Response:
    """The recipe at a place between four works."""
    body = await call.body(bodies.Pad)
    return answer(await call.made(between, call.house, body))


def between(house: House, body: bodies.Pad) -> dict[str, object]:
    """Bilinear: along both horizontal edges, then between them; corners are exact."""
    instrument, corners = recipes(house, *body.corners)
    top = explore.blend(instrument, corners[0], corners[1], body.x)
    bottom = explore.blend(instrument, corners[2], corners[3], body.x)
    return {"request": explore.blend(instrument, top, bottom, body.y).to_dict()}


async def another(call: Call) -> Response:
    """A fresh work."""
    body = await call.body(bodies.Another)
    return answer(await call.made(fresh, call.house, body))


def fresh(house: House, body: bodies.Another) -> dict[str, object]:
    """See `explore.another`; the seed is drawn here."""
    instrument, (request,) = recipes(house, body.request)
    seed = secrets.randbelow(2**32)
    return {
        "request": explore.another(instrument, request, seed=seed, locked=body.locked).to_dict()
    }


async def ends(call: Call) -> Response:
    """What the two ends of a slider look like from here."""
    body = await call.body(bodies.Ends)
    house = call.house
    both = await call.made(both_ends, house, body)
    made = [await house.pool.run("tile", partial(tile, house, one)) for one in both]
    return answer({"low": made[0]["image"], "high": made[1]["image"]})


def both_ends(house: House, body: bodies.Ends) -> list[Request]:
    """The recipes at the least and at the greatest value (first and last option)."""
    instrument, (request,) = recipes(house, body.request)
    control = next((c for c in instrument.controls if c.name == body.control), None)
    return [
        instrument.change(request, **{body.control: value})
        for value in _ends(control, body.control)
    ]


def _ends(control: Control | None, name: str) -> tuple[object, object]:
    match control:
        case Slider(whole=True):
            return int(control.minimum), int(control.maximum)
        case Slider():
            return control.minimum, control.maximum
        case Choice():
            return control.options[0], control.options[-1]
    raise ControlError(
        "unknown_control",
        name=name,
        rule="not a control of this model that has ends",
        remedy="choose a slider",
    )
