"""Works: kept, listed, rated, deleted, brought back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, cast

from starlette.responses import Response

from studio import bodies, describe, keeping
from studio.attachments import hold
from studio.calls import Call, answer
from studio.errors import StudioError
from studio.library import Event, Filters, Work
from studio.taste.signals import name_of

__all__ = ["change", "delete", "event", "family", "keep", "listed", "one", "restore"]

_QUERY = frozenset({"query", "medium", "model", "rating", "month", "kind", "deleted"})


async def keep(call: Call) -> Response:
    """Keep a work; it is on the disk when this answers."""
    body = await call.body(bodies.KeepWork)
    work = await call.work(keeping.keep, call.house, call.person, body)
    return answer(await call.work(told, call, work))


def told(call: Call, work: Work) -> dict[str, Any]:
    """A work as the page reads it."""
    return describe.work(work, partial(keeping.size_of, call.house, call.person))


async def listed(call: Call) -> Response:
    """A page of works, newest first."""
    query = dict(call.http.query_params)
    return answer(await call.work(page, call, query))


def page(call: Call, query: dict[str, str]) -> dict[str, Any]:
    """See `Library.works`.

    Raises:
        StudioError: ``bad_query`` for a parameter that is not known or not a number.
        LibraryError: For a value that makes no sense.
    """
    limit = _whole(query.pop("limit", "60"), "limit")
    cursor = query.pop("cursor", "") or None
    words, filters = filters_of(query)
    library = call.house.library
    found = library.works(call.person, words, cursor=cursor, limit=limit, **filters)
    total = library.count(call.person, words, **filters)
    works = [told(call, work) for work in found.works]
    return {"works": works, "cursor": found.cursor, "total": total}


def filters_of(query: dict[str, str]) -> tuple[str, Filters]:
    """Words and filters of an address; empty ones are none.

    >>> filters_of({"query": "pear", "rating": "4", "model": ""})
    ('pear', {'rating': 4})
    """
    for name, value in query.items():
        if name not in _QUERY:
            raise StudioError(
                "bad_query",
                name=name,
                value=value,
                rule=f"not one of {', '.join(sorted(_QUERY | {'cursor', 'limit'}))}",
                remedy="leave it out",
            )
    given: dict[str, Any] = {k: v for k, v in query.items() if v and k != "query"}
    if "rating" in given:
        given["rating"] = _whole(given["rating"], "rating")
    if "deleted" in given:
        given["deleted"] = given["deleted"] in ("1", "true")
    return query.get("query", ""), cast(Filters, given)


def _whole(text: str, name: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 7:  # noqa: PLR2004
        return int(text)
    raise StudioError(
        "bad_query", name=name, value=text, rule="not a whole number", remedy="correct it"
    )


async def one(call: Call) -> Response:
    """One work."""
    work = await call.work(call.house.library.work, call.person, call.path["id"])
    return answer(await call.work(told, call, work))


async def change(call: Call) -> Response:
    """Rate a work, or write about it."""
    body = await call.body(bodies.Patch)
    work = await call.work(changed, call, body)
    return answer(await call.work(told, call, work))


def changed(call: Call, body: bodies.Patch) -> Work:
    """Apply what the body names; a rating of null takes the dots away."""
    library, work_id = call.house.library, call.path["id"]
    work = library.work(call.person, work_id)
    if "rating" in body.model_fields_set:
        call.house.minds.note(call.person, Event("rating", request=work.request))
        work = library.rate(call.person, work_id, body.rating)
    if body.note is not None:
        work = library.note(call.person, work_id, body.note)
    return work


async def delete(call: Call) -> Response:
    """Delete a work, softly; ``?kind=unkeep`` when the heart was taken back."""
    work = await call.work(deleted, call, call.http.query_params.get("kind", "delete"))
    return answer(await call.work(told, call, work))


def deleted(call: Call, kind: str) -> Work:
    """See `Library.delete`, which refuses another kind."""
    return call.house.library.delete(call.person, call.path["id"], kind=cast(Any, kind))


async def restore(call: Call) -> Response:
    """Bring a deleted work back."""
    work = await call.work(call.house.library.restore, call.person, call.path["id"])
    return answer(await call.work(told, call, work))


async def family(call: Call) -> Response:
    """Parents and children of a work."""
    return answer(await call.work(family_of, call))


def family_of(call: Call) -> dict[str, Any]:
    """See `Library.parents` and `Library.children`."""
    library, person, work_id = call.house.library, call.person, call.path["id"]
    size = partial(keeping.size_of, call.house, person)
    parents = [describe.kin(kin, size) for kin in library.parents(person, work_id)]
    return {
        "parents": parents,
        "children": [describe.kin(kin, size) for kin in library.children(person, work_id)],
    }


async def event(call: Call) -> Response:
    """Remember something this person did."""
    body = await call.body(bodies.Feedback)
    return answer({"id": await call.work(recorded, call, body)})


def recorded(call: Call, body: bodies.Feedback) -> str:
    """See `Library.record`; what it speaks of is remembered first."""
    event = keeping.event_of(body)
    hold(call.house, call.person, body.request, body.payload)
    call.house.minds.note(call.person, event)
    named = replace(event, shown=tuple(map(name_of, event.shown)))
    return call.house.library.record(call.person, named).id
