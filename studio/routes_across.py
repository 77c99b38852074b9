"""From one medium to another: a picture is heard, a tune painted, a poem set to music."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from pipelines import across
from pipelines.controls import Choice, Value
from pipelines.request import Request
from studio.bodies_across import Across, Line, Triptych
from studio.calls import Call, answer
from studio.filming import hang
from studio.house import House
from studio.persons import Person

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["cross", "triptych"]


async def cross(call: Call) -> Response:
    """The recipe that a table asks for, and what each of its lines came to.

    Without lines it is the medium's own table, see `pipelines.across.TABLE`.
    """
    body = await call.body(Across)
    return answer(await call.made(_crossed, call.house, call.person, body))


async def triptych(call: Call) -> Response:
    """Begin a triptych; it is followed and cancelled as a film is."""
    body = await call.body(Triptych)
    hung, parents = await call.work(hang, call.house, call.person, body.works)
    job = call.house.films.start(call.person, hung, "mp4", parents)
    return answer({"job": job.id})


def _crossed(house: House, person: Person, body: Across) -> dict[str, Any]:
    """What the route answers.

    Raises:
        PipelineError: For a recipe that cannot be read or rendered here.
        WeightsError: ``no_model``.
        ControlError: ``no_way_across`` between these media.
    """
    work = house.render(Request.from_dict(body.request))
    instrument = house.playing(person, body.model)
    usual = across.links_of(work.medium, instrument.card.medium)
    links = usual if body.links is None else [_link(one) for one in body.links]
    reading = across.reading_of(work, house.minds.lenses.shipped(work.request.pipeline))
    onto = {} if body.onto is None else _kinds(instrument, Request.from_dict(body.onto))
    found = across.carry(reading, instrument, links, seed=work.request.seed, onto=onto)
    return {
        "request": found.request.to_dict(),
        "takes": list(across.takes(instrument)),
        "lines": [
            {
                "source": one.link.source,
                "target": one.link.target,
                "weight": one.link.weight,
                "told": one.told,
                "control": one.control,
                "value": one.value,
            }
            for one in found.carried
        ],
    }


def _link(line: Line) -> across.Link:
    return across.Link(line.source, line.target, line.weight)


def _kinds(instrument: Instrument, request: Request) -> dict[str, Value]:
    """What kind of work a recipe asks for: key, metre, instrument, form."""
    values = instrument.values(instrument.check(request))
    kinds = [one for one in instrument.controls if one.group == "kind" and isinstance(one, Choice)]
    return {one.name: values[one.name] for one in kinds}
