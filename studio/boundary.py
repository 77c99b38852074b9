"""The one place where an error becomes an answer that a person can act on.

Our own errors carry their parts and become 4xx. Gradio answers 500 to a call with too few
arguments or an unknown name; that is the caller's error, so it becomes 4xx as well. Anything else
is a fault of ours: it is logged with its traceback under a short number, and the number is all
that leaves the process.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import DuetError
from studio.errors import StudioError
from studio.gate import Rules

__all__ = ["Boundary", "bad_call", "problem", "status_of", "unexpected"]

log = logging.getLogger(__name__)

_STATUS = {
    "disk_full": 507,
    "not_writable": 507,
    "library_in_use": 409,
    "film_running": 409,
    "dataset_running": 409,
    "lesson_running": 409,
    "job_running": 409,
    "job_over": 409,
    "own_running": 409,
    "own_over": 409,
    "album_busy": 409,
    "pair_answered": 409,
    "version_needed": 409,
    "version_playing": 409,
    "no_such_job": 404,
    "no_such_own": 404,
    "no_such_album": 404,
    "no_such_version": 404,
    "no_such_slider": 404,
    "no_such_pair": 404,
    "no_card": 404,
    "too_large": 413,
    "dataset_large": 413,
    "album_large": 413,
    "too_long": 413,
    "wrong_host": 403,
    "wrong_origin": 403,
    "no_model": 404,
    "no_such_work": 404,
    "no_such_film": 404,
    "no_such_dataset": 404,
    "no_such_lesson": 404,
    "no_such_profile": 404,
    "no_such_attribute": 404,
    "no_taste": 409,
    "no_such_address": 404,
}
_CALL = re.compile(r"/gradio_api/(call|run|api|queue|stream|cancel|reset|component_server)\b")


def status_of(error: DuetError) -> int:
    """The HTTP status of an error: 4xx, or 507 when there is no room.

    >>> status_of(DuetError("no_such_work", name="work"))
    404
    """
    return _STATUS.get(error.code, 400)


def problem(error: DuetError) -> tuple[int, bytes]:
    """Status and JSON body of an error."""
    return status_of(error), json.dumps({"error": error.as_dict()}, ensure_ascii=False).encode()


def unexpected(error: BaseException) -> DuetError:
    """Log a fault of ours under a short number, and give the apology that names it."""
    number = secrets.token_hex(2).upper()
    log.error("fault %s", number, exc_info=error)
    return StudioError("unexpected", name="studio", value=number)


def bad_call(path: str) -> DuetError:
    """What a call says that Gradio could not make sense of."""
    return StudioError(
        "bad_call",
        name="call",
        value=path.rsplit("/gradio_api/", 1)[-1],
        rule="not one of the studio's calls, or with other arguments",
        remedy="read /gradio_api/info for names and arguments",
    )


@dataclass
class _Reply:
    """Holds back the start of an answer that may turn out to be a failure."""

    send: Send
    started: bool = False
    failed: bool = False
    parts: list[Message] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.failed = message["status"] >= 500 and message["status"] != 507  # noqa: PLR2004
            self.started = not self.failed
        if not self.failed:
            await self.send(message)

    async def say(self, status: int, body: bytes) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


@dataclass
class Boundary:
    """ASGI middleware around everything that answers."""

    app: ASGIApp
    rules: Rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say why not; never a traceback."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.rules.check(scope)
        except DuetError:
            await receive()  # the connect message; closing before accepting is answered with 403
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(send)
        error: BaseException | None = None
        try:
            self.rules.check(scope)
            await self.app(scope, receive, reply)
        except DuetError as expected:
            error = expected
        except Exception as fault:
            error = fault
        if error is None and not reply.failed:
            return
        if reply.started:  # the status is out: all that is left is to break off
            log.error("broke off %s", scope["path"], exc_info=error)
            return
        if not isinstance(error, DuetError):
            error = self._blame(scope, error)
        status, body = problem(error)
        await reply.say(500 if error.code == "unexpected" else status, body)

    @staticmethod
    def _blame(scope: Scope, error: BaseException | None) -> DuetError:
        """Whose fault a failure is that is none of our own errors."""
        if _CALL.match(scope["path"]):
            log.info("bad call of %s", scope["path"], exc_info=error)
            return bad_call(scope["path"])
        return unexpected(error or RuntimeError(f"{scope['path']} failed"))
