"""Films: started, followed, cancelled."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial

from starlette.responses import Response

from studio import bodies, describe, keeping
from studio.calls import Call, answer, streamed
from studio.filming import Job, line, plan
from studio.underway import states

__all__ = ["cancel", "progress", "start"]


async def start(call: Call) -> Response:
    """Begin a film."""
    body = await call.body(bodies.Film)
    timeline, parents = await call.work(plan, call.house, call.person, body)
    job = call.house.films.start(call.person, timeline, body.format, parents)
    return answer({"job": job.id, "frames": timeline.num_frames})


async def progress(call: Call) -> Response:
    """NDJSON until it is over; the last line brings the kept film."""
    job = call.house.films.job(call.person, call.path["job"])
    return streamed(_lines(call, job))


async def _lines(call: Call, job: Job) -> AsyncIterator[bytes]:
    size = partial(keeping.size_of, call.house, call.person)
    async for state in states(job):
        values = await call.work(line, state, partial(describe.work, size=size))
        yield json.dumps(values, ensure_ascii=False).encode() + b"\n"


async def cancel(call: Call) -> Response:
    """End a film; what is made of it is kept."""
    call.house.films.job(call.person, call.path["job"]).stop.set()
    return answer({})
