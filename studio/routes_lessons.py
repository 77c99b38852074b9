"""How a GAN learns: begun, followed, stopped, and played with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from pydantic import Field
from starlette.responses import Response

from studio.calls import Body, Call, answer, streamed
from studio.encoding import data_uri
from studio.lessons import COLUMNS, SAMPLES, WAY, Job, sheet
from studio.underway import states

__all__ = ["between", "cancel", "progress", "start"]

Number = Field(ge=0, lt=SAMPLES)


class Begin(Body):
    """Begin a run."""

    seed: int = Field(0, ge=0, le=2**32 - 1)


class Between(Body):
    """Two samples of a run."""

    a: int = Number
    b: int = Number


async def start(call: Call) -> Response:
    """Begin; beside the run come some of the pictures that it learns from."""
    body = await call.body(Begin)
    job = call.house.lessons.start(call.person, body.seed)
    real = await call.work(_real, job.seed)
    return answer({"job": job.id, "real": real, "columns": COLUMNS, "samples": SAMPLES})


def _real(seed: int) -> str:
    from pipelines.training.glyphs import FIGURES, draw_glyphs

    pixels, _ = draw_glyphs(len(FIGURES), seed)
    return data_uri(sheet(pixels, len(FIGURES)), "image/png")


async def progress(call: Call) -> Response:
    """NDJSON until it is over: losses since the last line, samples as they are now."""
    job = call.house.lessons.job(call.person, call.path["job"])
    return streamed(_lines(job))


async def _lines(job: Job) -> AsyncIterator[bytes]:
    heard = 0
    async for state in states(job):
        yield json.dumps(state.line(heard), ensure_ascii=False).encode() + b"\n"
        heard = len(state.points)


async def cancel(call: Call) -> Response:
    """End a run; what it has learnt can be played with."""
    call.house.lessons.job(call.person, call.path["job"]).stop.set()
    return answer({})


async def between(call: Call) -> Response:
    """The way from one sample to another."""
    body = await call.body(Between)
    lessons = call.house.lessons
    made = await call.work(lessons.between, call.person, call.path["job"], body.a, body.b)
    return answer({"picture": data_uri(made, "image/png"), "count": WAY})
