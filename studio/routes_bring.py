"""Bring your own: a picture taken in, looked at, searched for; a tune; and arithmetic on works."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from pipelines import explore
from pipelines.image import framing
from pipelines.request import Request
from studio import bodies_bring as bodies
from studio import encoding
from studio.bringing import MAX_BYTES, Brought, Job, attached, shown, taken
from studio.calls import Call, answer, streamed
from studio.house import House
from studio.underway import states

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.bringing_tunes import Heard

__all__ = ["added", "arithmetic", "attach", "bring", "cancel", "count", "find", "look", "progress"]


async def bring(call: Call) -> Response:
    """Take a file as the body; ``?model=`` is to find it, ``?name=`` is for messages only.

    It is a picture, or for a model of music a recording of one line, or MIDI.
    """
    data = await call.raw(MAX_BYTES)
    return answer(await call.work(_brought, call, data))


def _brought(call: Call, data: bytes) -> dict[str, Any]:
    query, house = call.http.query_params, call.house
    name = query.get("name", "")
    model = query.get("model", "") or house.shelf.first().card.id
    if house.playing(call.person, model).card.medium == "music":
        from studio.bringing_tunes import listened, told

        tune = listened(house, call.person, model, data, name)
        return {**told(tune), "count": _counted(house, tune, bodies.Count.model_validate({}))}
    one = taken(house, call.person, model, data, name)
    crop = framing.stands_out(one.work)
    square = {"x": crop.x, "y": crop.y, "side": crop.side}
    body = bodies.Look(crop=bodies.Square(**square), match=True)
    return {
        "id": one.id,
        "width": one.work.width,
        "height": one.work.height,
        "smallest": framing.SMALLEST,
        "image": encoding.data_uri(encoding.jpeg(one.work), "image/jpeg"),
        "crop": square,
        **shown(house, one, body),
    }


def _picture(call: Call) -> Brought[Image]:
    """The picture that the address names."""
    from PIL.Image import Image

    return call.house.finds.brought(call.person, call.path["id"], Image)


async def count(call: Call) -> Response:
    """A melody that was heard, counted otherwise, or from another bar on."""
    from studio.bringing_tunes import Heard

    body = await call.body(bodies.Count)
    one = call.house.finds.brought(call.person, call.path["id"], Heard)
    return answer(await call.work(_counted, call.house, one, body))


def _counted(house: House, one: Brought[Heard], body: bodies.Count) -> dict[str, Any]:
    from studio.bringing_tunes import counted

    return counted(house, house.playing(one.person, one.model), one.work, body)


async def look(call: Call) -> Response:
    """Another crop, or the ground as it is."""
    body = await call.body(bodies.Look)
    one = _picture(call)
    return answer(await call.work(shown, call.house, one, body))


async def attach(call: Call) -> Response:
    """Hold the crop for recipes that start from it."""
    body = await call.body(bodies.Look)
    one = _picture(call)
    return answer({"sha256": await call.work(attached, call.house, one, body)})


async def find(call: Call) -> Response:
    """Begin to look for its latent."""
    body = await call.body(bodies.Find)
    one = _picture(call)
    job = call.house.finds.start(call.person, one, body)
    return answer({"job": job.id, "steps": body.steps})


async def progress(call: Call) -> Response:
    """NDJSON until it is over; every line has the best so far, the last one what was found."""
    return streamed(_lines(call.house.finds.job(call.person, call.path["job"])))


async def _lines(job: Job) -> AsyncIterator[bytes]:
    async for state in states(job):
        yield json.dumps(state.line(), ensure_ascii=False).encode() + b"\n"


async def cancel(call: Call) -> Response:
    """End a search; the best so far is what it found."""
    call.house.finds.job(call.person, call.path["job"]).stop.set()
    return answer({})


async def arithmetic(call: Call) -> Response:
    """This + that - the other."""
    body = await call.body(bodies.Arithmetic)
    found = await call.work(added, call.house, [*body.plus, body.minus])
    return answer({"request": found.to_dict()})


def added(house: House, recipes: list[dict[str, Any]]) -> Request:
    """The recipe of the first two works together without the third.

    Raises:
        PipelineError: For recipes that cannot be read or painted here, or their sum.
    """
    instrument, (a, b, minus) = house.together([Request.from_dict(one) for one in recipes])
    return explore.arithmetic(instrument, a, b, minus=minus)
