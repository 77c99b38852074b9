"""One HTTP call to the studio: who asks, what for, and how it is answered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from pipelines.errors import DuetError
from studio.boundary import unexpected
from studio.errors import StudioError
from studio.house import House
from studio.persons import Person

__all__ = [
    "Body",
    "Call",
    "Handler",
    "answer",
    "checked",
    "file",
    "lines",
    "picture",
    "route",
    "streamed",
]

BODY_BYTES = 4 << 20
"""Largest JSON body; two recipes with a latent each are far smaller."""
T = TypeVar("T")


class Body(BaseModel):
    """Base of what may be asked: nothing unknown, nothing guessed, nothing infinite."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


B = TypeVar("B", bound=Body)


@dataclass(frozen=True)
class Call:
    """See the module's docstring.

    Attributes:
        house: Of the server.
        http: The request itself.
    """

    house: House
    http: HttpRequest

    @property
    def person(self) -> Person:
        """Who asks; `studio.gate` found out."""
        person: Person = self.http.state.person
        return person

    @property
    def path(self) -> Mapping[str, str]:
        """Parts of the address, by name."""
        return self.http.path_params

    def number(self, name: str, most: int) -> int:
        """A whole number of the address.

        Raises:
            StudioError: ``no_such_address`` for anything else.
        """
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= most):  # noqa: PLR2004
            raise StudioError(
                "no_such_address",
                name="address",
                value=self.http.url.path,
                rule="not an address of the studio",
                remedy="go back to the page",
            )
        return int(text)

    async def raw(self, limit: int = BODY_BYTES) -> bytes:
        """The body.

        Raises:
            StudioError: ``too_large``, before more than ``limit`` bytes were held.
        """
        told = self.http.headers.get("content-length", "0")
        if told.isdigit() and int(told) > limit:
            raise _too_large(int(told), limit)
        parts, size = [], 0
        async for part in self.http.stream():
            size += len(part)
            if size > limit:
                raise _too_large(size, limit)
            parts.append(part)
        return b"".join(parts)

    async def body(self, kind: type[B], limit: int = BODY_BYTES) -> B:
        """The body as ``kind``.

        Raises:
            StudioError: ``bad_body`` with the field at fault, or ``too_large``.
        """
        return checked(kind, await self.raw(limit))

    async def work(self, function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        """Call ``function`` on a thread that may wait for a disk."""
        return await run_in_threadpool(function, *arguments)

    async def made(self, function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        """Call ``function`` on a rendering thread, in turn with live frames."""
        return await self.house.pool.run("live", lambda: function(*arguments))


def checked(kind: type[B], data: bytes) -> B:
    """JSON bytes as ``kind``; see `Call.body`."""
    try:
        return kind.model_validate_json(data or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise StudioError(
            "bad_body",
            name=place,
            value="" if first["type"] in ("missing", "json_invalid") else first.get("input", ""),
            rule=f"refused: {first['msg']}",
            remedy="correct it",
        ) from error


def _too_large(size: int, limit: int) -> StudioError:
    return StudioError(
        "too_large",
        name="body",
        value=f"{size} bytes",
        rule=f"over {limit} bytes",
        remedy="send less",
    )


Handler = Callable[[Call], Awaitable[Response]]


def route(house: House, address: str, **handlers: Handler) -> Route:
    """One address; ``handlers`` by method, in lower case."""

    async def endpoint(http: HttpRequest) -> Response:
        return await handlers[http.method.lower().replace("head", "get")](Call(house, http))

    return Route(address, endpoint, methods=[method.upper() for method in handlers])


def answer(values: object, status: int = 200) -> Response:
    """Plain values as JSON that no cache keeps."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    headers = {"cache-control": "no-store"}
    return Response(text.encode(), status, headers, media_type="application/json")


def picture(data: bytes, mime: str, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes made for this call."""
    return Response(data, 200, {"cache-control": "no-store", **(headers or {})}, media_type=mime)


def file(path: Any, mime: str, *, name: str = "") -> Response:  # noqa: ANN401 - a path
    """A stored file. Its content never changes, but it may be deleted, and belongs to someone."""
    headers = {"cache-control": "private, max-age=3600", "content-security-policy": "sandbox"}
    return FileResponse(path, media_type=mime, headers=headers, filename=name or None)


def streamed(lines: AsyncIterator[bytes]) -> Response:
    """Lines of JSON as they come."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(lines, 200, headers, media_type="application/x-ndjson")


def lines(house: House, jobs: Iterable[Callable[[], Mapping[str, object]]]) -> Response:
    """NDJSON: one line a job, rendered one after another behind live frames.

    When the page goes away or asks no longer, the job under way is the last one. A job that fails
    gives a line ``{"error": ...}`` and ends the batch.
    """

    async def batch() -> AsyncIterator[bytes]:
        for job in jobs:
            try:
                values: Mapping[str, object] = await house.pool.run("tile", job)
            except DuetError as error:
                values = {"error": error.as_dict()}
            except Exception as fault:
                values = {"error": unexpected(fault).as_dict()}
            yield json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n"
            if "error" in values:
                return

    return streamed(batch())
