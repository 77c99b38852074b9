"""Taste profiles: saved, blended, exported, imported; and forgetting all of it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from studio import bodies
from studio.calls import Call, answer
from studio.errors import StudioError
from studio.library import Profile
from studio.taste import telling
from studio.taste.lens import Lens
from studio.taste.profiles import MAX_BYTES, document, read

__all__ = ["bring", "change", "delete", "export", "forget", "forgettable", "listed", "save"]


async def listed(call: Call) -> Response:
    """Every profile, mine first."""
    return answer(await call.work(all_of, call))


def all_of(call: Call) -> list[dict[str, Any]]:
    """See `telling.profiles`."""
    return telling.profiles(call.house.minds.mind(call.person), call.house.library)


async def save(call: Call) -> Response:
    """Save my taste as it is now under a name."""
    body = await call.body(bodies.NewProfile)
    return answer(await call.work(saved, call, body.name))


def saved(call: Call, name: str) -> dict[str, Any]:
    """See `profiles.document`."""
    return _one(call.house.library.add_profile(call.person, name, mine(call, name)))


def mine(call: Call, name: str) -> dict[str, Any]:
    """My own taste as a document: of every model that was heard of here.

    Raises:
        StudioError: ``no_taste`` if no model is ready to be learnt on yet.
    """
    minds = call.house.minds
    mind = minds.mind(call.person)
    lenses = [minds.lenses.of(card.id) for card in call.house.shelf.cards()]
    ready: list[Lens] = [lens for lens in lenses if lens is not None]
    if not ready:
        raise StudioError(
            "no_taste",
            name="taste",
            rule="not there yet: the model is still being measured",
            remedy="try again in a minute",
        )
    heard = sum(telling.heard(mind).values())
    parts = [document(name, heard, lens, mind.own(lens)) for lens in ready]
    whole = parts[0]
    for part in parts[1:]:
        whole["attributes"] = part["attributes"] | whole["attributes"]
        whole["models"] |= part["models"]
    return whole


async def bring(call: Call) -> Response:
    """Import a profile."""
    data = await call.raw(MAX_BYTES + 1)
    return answer(await call.work(imported, call, data))


def imported(call: Call, data: bytes) -> dict[str, Any]:
    """See `profiles.read`."""
    found = read(data)
    return _one(call.house.library.add_profile(call.person, found["name"], found))


async def change(call: Call) -> Response:
    """Rename a profile, or mix more or less of it in."""
    body = await call.body(bodies.ChangeProfile)
    return answer(await call.work(changed, call, body))


def changed(call: Call, body: bodies.ChangeProfile) -> dict[str, Any]:
    """See `Library.change_profile`."""
    found = call.house.library.change_profile(
        call.person, call.path["id"], name=body.name, share=body.share
    )
    call.house.minds.mind(call.person).changed()
    return _one(found)


async def delete(call: Call) -> Response:
    """Throw a profile away."""
    await call.work(call.house.library.delete_profile, call.person, call.path["id"])
    call.house.minds.mind(call.person).changed()
    return answer({})


async def export(call: Call) -> Response:
    """A profile as a small JSON file."""
    name, text = await call.work(exported, call, call.path["id"])
    plain = re.sub(r"[^A-Za-z0-9 _-]", "", name).strip() or "taste"
    shown = f"attachment; filename=\"{plain}.duet-taste.json\"; filename*=UTF-8''"
    headers = {
        "cache-control": "no-store",
        "content-disposition": shown + quote(f"{name}.duet-taste.json", safe=""),
    }
    return Response(text.encode(), 200, headers, media_type="application/json")


def exported(call: Call, identifier: str) -> tuple[str, str]:
    """Name and text; ``mine`` is my taste as it is now."""
    if identifier == telling.MINE:
        return telling.MINE, _text(mine(call, telling.MINE))
    found = call.house.library.profile(call.person, identifier)
    return found.name, _text({**found.document, "name": found.name})


def _text(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n"


async def forgettable(call: Call) -> Response:
    """What forgetting takes away."""
    return answer(await call.work(call.house.library.forgettable, call.person))


async def forget(call: Call) -> Response:
    """Forget everything that this person's taste was made of; works stay."""
    gone = await call.work(call.house.library.forget, call.person)
    call.house.minds.drop(call.person)
    await call.work(call.house.minds.seen.forget)
    return answer(gone)


def _one(found: Profile) -> dict[str, Any]:
    return {"id": found.id, "name": found.name, "mine": False, "share": found.share}
