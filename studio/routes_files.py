"""Files: a work's own, saved in another format, and any file opened again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from starlette.responses import Response

from pipelines import exports
from pipelines.attachments import MAX_BYTES as MAX_ATTACHED
from pipelines.exports.reading import MAX_BYTES, sniff
from pipelines.plates import picture_of
from pipelines.request import Request
from studio import bodies, encoding, keeping
from studio.calls import Call, answer, file, picture
from studio.house import House

__all__ = [
    "attach",
    "attach_work",
    "attached",
    "export",
    "export_kept",
    "opened",
    "original",
    "thumbnail",
]

_PLAIN = re.compile(r"[^0-9a-z]+")


async def thumbnail(call: Call) -> Response:
    """A kept work, small."""
    return await _content(call, "thumbnail")


async def original(call: Call) -> Response:
    """A kept work, as it was kept."""
    return await _content(call, "original")


async def _content(call: Call, which: Literal["original", "thumbnail"]) -> Response:
    library = call.house.library
    return file(*await call.work(library.content, call.person, call.path["id"], which))


async def export_kept(call: Call) -> Response:
    """A kept work as a file to save."""
    kind = call.http.query_params.get("format", "png")
    work = await call.work(call.house.library.work, call.person, call.path["id"])
    made, mime = await call.work(keeping.kept_as, call.house, call.person, work.id, kind)
    name = file_name(work.label or work.model, kind)
    return file(made, mime, name=name) if isinstance(made, Path) else download(made, mime, name)


async def export(call: Call) -> Response:
    """A work as a file to save, without keeping it."""
    body = await call.body(bodies.Export)
    data, mime, name = await call.made(exported, call.house, body)
    return download(data, mime, name)


def exported(house: House, body: bodies.Export) -> tuple[bytes, str, str]:
    """The reference render as a file: bytes, media type, name."""
    artifact = house.render(Request.from_dict(body.request))
    data, mime = exports.encode(artifact, body.format)
    return (
        data,
        mime,
        file_name(f"{artifact.request.pipeline} {artifact.request.seed}", body.format),
    )


async def opened(call: Call) -> Response:
    """Any file, whole, as the body; ``?name=`` is for messages only."""
    data = await call.raw(MAX_BYTES)
    name = call.http.query_params.get("name", "")
    return answer(await call.work(keeping.reopen, call.house, call.person, data, name))


async def attach(call: Call) -> Response:
    """A file that a recipe will name, as the body."""
    data = await call.raw(MAX_ATTACHED)
    return answer({"sha256": call.house.attachments.give(call.person, data)})


async def attach_work(call: Call) -> Response:
    """A work itself, painted by its recipe, as a file that another recipe will name."""
    body = await call.body(bodies.Attach)
    data = await call.made(_painted, call.house, Request.from_dict(body.request))
    return answer({"sha256": call.house.attachments.give(call.person, data)})


def _painted(house: House, request: Request) -> bytes:
    """Before its finish, which is laid over what comes of it, and at the size models know."""
    return encoding.png(picture_of(house.render(request.but(steps=()), "reference")))


async def attached(call: Call) -> Response:
    """A file that a recipe of this person names."""
    given = call.house.attachments.given
    data = await call.work(given, call.person, call.path["sha256"])
    known = sniff(data) == "png"
    return picture(data, "image/png" if known else "application/octet-stream")


def download(data: bytes, mime: str, name: str) -> Response:
    """Bytes that a browser saves instead of showing."""
    return picture(data, mime, {"content-disposition": f'attachment; filename="{name}"'})


def file_name(label: str, kind: str) -> str:
    """A file name from a label, in plain letters.

    >>> file_name("Pear 18204", "png"), file_name("梨", "mp4")
    ('duet-pear-18204.png', 'duet.mp4')
    """
    words = _PLAIN.sub("-", label.lower()).strip("-")[:60]
    return f"duet-{words}.{kind}" if words else f"duet.{kind}"
