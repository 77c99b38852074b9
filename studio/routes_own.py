"""Train one's own model: an album of pictures, and the job that makes a model of it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response

from pipelines.training import own_files
from pipelines.training.job_files import Wish
from studio import bodies_own as bodies
from studio.calls import Call, answer, picture, streamed
from studio.errors import StudioError
from studio.library import Job
from studio.library.faults import boundary
from studio.own import jobs
from studio.own.albums import MOST_BYTES, Album
from studio.underway import BEAT, states

__all__ = [
    "album_sheet", "check", "forget", "job", "listed", "open_album", "sheet", "start", "take",
    "tell",
]  # fmt: skip


async def open_album(call: Call) -> Response:
    """An empty album; an earlier one goes."""
    album = await call.work(call.house.albums.open, call.person)
    return answer({"album": album.id, "bytes": MOST_BYTES})


def _album(call: Call) -> Album:
    return call.house.albums.job(call.person, call.path["id"])


async def take(call: Call) -> Response:
    """One file, as the body: a picture or a zip, by its name inside the folder it comes from."""
    albums, album = call.house.albums, _album(call)
    name = call.http.query_params.get("name", "")
    place = albums.place(album, name)
    part = album.folder / f"{secrets.token_hex(8)}.part"
    size = 0
    try:
        with boundary(call.house.settings.library), part.open("xb") as file:
            async for piece in call.http.stream():
                size += len(piece)
                album.bytes += len(piece)  # at once: several files may be on their way
                if album.bytes > MOST_BYTES:
                    raise _large()
                await call.work(file.write, piece)
        await call.work(albums.keep, album, name, part, place)
    except BaseException:
        album.bytes -= size
        raise
    finally:
        part.unlink(missing_ok=True)
    return answer({"files": len(album.names), "bytes": album.bytes})


def _large() -> StudioError:
    return StudioError(
        "album_large",
        name="pictures",
        value=f"{MOST_BYTES >> 30} GB",
        rule="the most",
        remedy="bring fewer pictures, or smaller ones",
    )


async def check(call: Call) -> Response:
    """Look at every picture: NDJSON until it is done; the last line says what was found."""
    album = await call.work(call.house.albums.look, _album(call))
    return streamed(_lines(call, album))


async def _lines(call: Call, album: Album) -> AsyncIterator[bytes]:
    async for state in states(album):
        line = state.line()
        if state.checked is not None:
            count = len(state.checked.files)
            line["choices"] = await call.work(jobs.choices, call.house, call.person, count)
            line["sheet"] = f"/studio/own/albums/{album.id}/sheet" if count else None
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
        await asyncio.sleep(BEAT)


async def album_sheet(call: Call) -> Response:
    """The first pictures of an album, as a training sees them."""
    return await _picture(call, _album(call).folder / "sheet.webp", "image/webp")


async def forget(call: Call) -> Response:
    """Let go of an album."""
    await call.work(call.house.albums.forget, _album(call))
    return answer({})


async def start(call: Call) -> Response:
    """Put the training in line."""
    body = await call.body(bodies.Train)
    choice = jobs.Choice(
        body.makes,
        body.name,
        body.minutes,
        body.start,
        body.credit,
        body.licence,
        body.settings,
        body.find,
    )
    made = await call.work(jobs.start, call.house, call.person, body.album, choice)
    return answer(await call.work(_told, call, made))


def _told(call: Call, found: Job) -> dict[str, Any]:
    return jobs.told(found, call.house.tuning.folder(found.id))


async def listed(call: Call) -> Response:
    """This person's models in the making and made, newest first."""
    found = await call.work(call.house.library.jobs, call.person)
    mine = [one for one in found if one.own]
    return answer({"jobs": await call.work(lambda: [_told(call, one) for one in mine])})


async def job(call: Call) -> Response:
    """One of them."""
    found = await call.work(jobs.find, call.house, call.person, call.path["id"])
    return answer(await call.work(_told, call, found))


async def tell(call: Call) -> Response:
    """Pause, resume, stop and make a model of what was learnt, or cancel."""
    verbs: dict[str, Wish] = {"pause": "pause", "resume": "go", "stop": "stop", "cancel": "drop"}
    wish = verbs.get(call.path["verb"])
    if wish is None:
        raise _nowhere(call, "use pause, resume, stop or cancel")
    found = await call.work(jobs.find, call.house, call.person, call.path["id"])
    now = await call.work(call.house.tuning.tell, found, wish)
    return answer(await call.work(_told, call, now))


async def sheet(call: Call) -> Response:
    """What the model in the making painted at a step; 204 if that went since it was told of."""
    found = await call.work(jobs.find, call.house, call.person, call.path["id"])
    text = call.path["step"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004
        raise _nowhere(call, "ask for the job again")
    step, folder = int(text), call.house.tuning.folder(found.id)
    try:
        return await _picture(call, own_files.sheet(folder, step), "image/png")
    except StudioError:
        if step not in folder.progress().get("sheets", ()):
            raise
        return Response(status_code=204, headers={"cache-control": "no-store"})


async def _picture(call: Call, path: Any, mime: str) -> Response:  # noqa: ANN401 - a path
    try:
        content = await call.work(path.read_bytes)
    except FileNotFoundError:
        raise _nowhere(call, "ask again what there is") from None
    return picture(content, mime)


def _nowhere(call: Call, remedy: str) -> StudioError:
    return StudioError(
        "no_such_address",
        name="address",
        value=call.http.url.path,
        rule="not an address of the studio",
        remedy=remedy,
    )
