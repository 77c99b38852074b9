"""Films."""

from studio.calls import Call, answer
from starlette.responses import Response


async def start(call: Call) -> Response:
    return answer({})


async def progress(call: Call) -> Response:
    return answer({})


async def cancel(call: Call) -> Response:
    return answer({})
