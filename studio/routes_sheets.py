"""A sheet of works with its atlas, to save: kept pictures, or seeds of one recipe."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from pipelines import exports
from pipelines.artifact import Artifact
from pipelines.controls import MAX_SEED
from pipelines.exports.reading import Opened
from pipelines.request import Request
from studio.bodies import Sheet
from studio.calls import Call
from studio.errors import StudioError
from studio.house import House
from studio.keeping import subject_of
from studio.library import Work
from studio.routes_files import download

__all__ = ["sheet"]

NAME = "duet-sheet.zip"


async def sheet(call: Call) -> Response:
    """A zip of the picture and its atlas."""
    body = await call.body(Sheet)
    if bool(body.works) == (body.request is not None):
        raise StudioError(
            "bad_body",
            name="works",
            value=len(body.works),
            rule="refused: not one of works and request",
            remedy="correct it",
        )
    if body.request is not None:
        request = Request.from_dict(body.request)
        made = [await call.made(_rendered, call.house, request, i) for i in range(body.num)]
        data = await call.work(_packed, made)
    else:
        data = await call.work(_kept, call, body.works)
    return download(data, "application/zip", NAME)


def _rendered(house: House, request: Request, index: int) -> tuple[str, Artifact]:
    """The reference render of the recipe at its ``index``-th seed, and a name."""
    instrument = house.instrument_of(request)
    seed = (request.seed + index) % (MAX_SEED + 1)
    one = instrument.change(request, seed=seed).but(point=request.point if index == 0 else None)
    return _name(subject_of(instrument, one), one), house.render(one)


def _kept(call: Call, ids: list[str]) -> bytes:
    works = [call.house.library.work(call.person, one) for one in ids]
    return _packed([_opened(call, work) for work in works])


def _opened(call: Call, work: Work) -> tuple[str, Opened]:
    """A kept work as its file has it, and a name."""
    path, _ = call.house.library.content(call.person, work.id, "original")
    found = exports.open_bytes(Path(path).read_bytes(), path.name)
    told = found.recipe if isinstance(found.recipe, Request) else None
    return (_name(work.subject, told) if told else work.model), found


def _name(subject: str, request: Request) -> str:
    """Name of a frame, such as ``weapon-7``."""
    return f"{subject or request.pipeline}-{request.seed}"


def _packed(named: list[tuple[str, Artifact]] | list[tuple[str, Opened]]) -> bytes:
    return exports.sheet([one for _, one in named], [name for name, _ in named]).packed()
