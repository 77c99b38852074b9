"""The dataset of a person: written, saved, read in again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.responses import FileResponse, Response

from studio.calls import Call, answer, streamed
from studio.dataset.archive import MAX_BYTES
from studio.dataset.jobs import Job
from studio.errors import StudioError
from studio.library.faults import boundary
from studio.underway import BEAT, states

__all__ = ["bring", "cancel", "export", "progress", "save"]

NAME = "duet-dataset.zip"


async def export(call: Call) -> Response:
    """Begin to write everything of this person."""
    job = await call.work(call.house.datasets.start, call.person, "export")
    return answer({"job": job.id})


async def bring(call: Call) -> Response:
    """Take a zip as the body, and begin to read it."""
    datasets = call.house.datasets
    path = await call.work(datasets.incoming)
    try:
        await _spool(call, path)
        job = await call.work(datasets.start, call.person, "import", path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return answer({"job": job.id})


async def _spool(call: Call, path: Path) -> None:
    """The body, to the disk as it comes.

    Raises:
        StudioError: ``dataset_large``.
        LibraryError: ``disk_full``.
    """
    told = call.http.headers.get("content-length", "0")
    size = int(told) if told.isdigit() else 0
    if size > MAX_BYTES:
        raise _large(size)
    size = 0
    with boundary(call.house.settings.library), path.open("xb") as file:
        async for part in call.http.stream():
            size += len(part)
            if size > MAX_BYTES:
                raise _large(size)
            await call.work(file.write, part)


def _large(size: int) -> StudioError:
    return StudioError(
        "dataset_large",
        name="file",
        value=size,
        rule=f"over {MAX_BYTES} bytes",
        remedy="take pictures/ out of the zip: only events/ and versions/ are imported",
    )


async def progress(call: Call) -> Response:
    """NDJSON until it is over; the last line says what came of it."""
    job = call.house.datasets.job(call.person, call.path["job"])
    return streamed(_lines(job))


async def _lines(job: Job) -> AsyncIterator[bytes]:
    async for state in states(job):
        yield json.dumps(state.line(), ensure_ascii=False).encode() + b"\n"
        await asyncio.sleep(BEAT)


async def save(call: Call) -> Response:
    """The zip."""
    path = await call.work(call.house.datasets.exported, call.person, call.path["job"])
    headers = {"cache-control": "no-store"}
    return FileResponse(path, headers=headers, media_type="application/zip", filename=NAME)


async def cancel(call: Call) -> Response:
    """End a job. An export leaves nothing; what an import has let in stays."""
    call.house.datasets.job(call.person, call.path["job"]).stop.set()
    return answer({})
