"""The live channel, version 1: the newest request wins (docs/live.md).

A connection has at most one render under way; one request waits, and a newer one takes its place.
Answers therefore come in the order of their numbers, with gaps. Whatever goes wrong is an answer
too: a frame of kind ``error``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from pipelines.errors import DuetError, RequestError
from pipelines.request import Request
from studio import encoding
from studio.boundary import unexpected
from studio.house import House

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MAX_BYTES",
    "VERSION",
    "Ask",
    "Attach",
    "Cancel",
    "Channel",
    "Resume",
    "frame",
    "hear",
    "preview",
    "serve",
]

VERSION = 1
MAX_BYTES = 1 << 20
"""Largest message up."""
_MAX_SEQ = 2**53 - 1
"""Whole numbers that JavaScript can count."""
_ASK = frozenset({"v", "seq", "request", "want", "accept"})
Want = Literal["preview", "final"]
Accept = Literal["image/jpeg", "image/x-rgba"]
_MAX_PIXELS = 256 * 256
"""Of a preview that is sent as pixels: beyond it, JPEG is quicker to send than to decode."""


@dataclass(frozen=True)
class Ask:
    """Render this; ``accept`` says how a preview may be sent."""

    seq: int
    request: Mapping[str, Any]
    want: Want
    accept: Accept = "image/jpeg"


@dataclass(frozen=True)
class Attach:
    """A file that later recipes name by the sha256 of its bytes."""

    data: bytes


@dataclass(frozen=True)
class Cancel:
    """Forget what waits, and do not send what is under way."""


@dataclass(frozen=True)
class Resume:
    """A new connection of a page that has painted ``seq``: later numbers follow."""

    seq: int


def _bad(rule: str, *, name: str = "message", value: object = "") -> RequestError:
    return RequestError(
        "bad_message", name=name, value=value, rule=rule, remedy="see docs/live.md"
    )


def _seq(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_SEQ:
        raise _bad("not a whole number from 0", name="seq", value=value)
    return value


def hear(text: str | bytes) -> Ask | Attach | Cancel | Resume:
    """What a message says.

    Raises:
        RequestError: ``too_large`` or ``bad_message``, with the field at fault.
    """
    if len(text) > MAX_BYTES or (isinstance(text, str) and len(text.encode()) > MAX_BYTES):
        raise RequestError(
            "too_large",
            name="message",
            value=f"{len(text)} bytes",
            rule=f"over {MAX_BYTES} bytes",
            remedy="send less",
        )
    if isinstance(text, bytes) and text[:1] != b"{":
        return _attach(text)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad("not JSON") from error
    if not isinstance(message, dict):
        raise _bad("not a JSON object")
    if message.get("v", VERSION) != VERSION:
        raise _bad(f"not version {VERSION}", name="v", value=message["v"])
    if "cancel" in message:
        return Cancel()
    if "resume" in message:
        return Resume(_seq(message["resume"]))
    return _ask(message)


def _attach(data: bytes) -> Attach:
    """A binary message: laid out as a frame, its header ``{"v": 1, "attach": true}``."""
    length = int.from_bytes(data[:4], "big")
    try:
        header = json.loads(data[4 : 4 + length])
    except (ValueError, RecursionError) as error:
        raise _bad("not JSON", name="header") from error
    if header != {"v": VERSION, "attach": True}:
        raise _bad('not {"v": 1, "attach": true}', name="header", value=header)
    return Attach(data[4 + length :])


def _ask(message: dict[str, Any]) -> Ask:
    unknown = set(message) - _ASK
    if unknown:
        raise _bad(f"not one of {', '.join(sorted(_ASK))}", name=sorted(unknown)[0])
    want = message.get("want", "preview")
    if want not in ("preview", "final"):
        raise _bad("neither preview nor final", name="want", value=want)
    accept = message.get("accept", "image/jpeg")
    if accept not in ("image/jpeg", "image/x-rgba"):
        raise _bad("neither image/jpeg nor image/x-rgba", name="accept", value=accept)
    if not isinstance(message.get("request"), dict):
        raise _bad("not a recipe", name="request")
    return Ask(_seq(message.get("seq")), message["request"], want, accept)


def frame(header: Mapping[str, object], data: bytes = b"") -> bytes:
    """One message down: the header's length (4 bytes, big-endian), the header, the bytes."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return struct.pack(">I", len(head)) + head + data


def error_frame(seq: int, error: DuetError) -> bytes:
    """An error as a frame."""
    return frame({"v": VERSION, "seq": seq, "kind": "error", **error.as_dict()})


def render(house: House, ask: Ask) -> bytes:
    """The frame that answers; runs in a rendering thread.

    Raises:
        DuetError: For a recipe that cannot be rendered here.
    """
    begun = time.perf_counter()
    request = Request.from_dict(ask.request)
    artifact = house.render(request, "draft" if ask.want == "preview" else "reference")
    engine, _, precision = artifact.engine.rpartition("-")
    header: dict[str, object] = {"v": VERSION, "seq": ask.seq, "kind": "frame"}
    if isinstance(artifact.data, str):
        mime, data = "text/plain; charset=utf-8", artifact.data.encode()
    elif ask.want == "preview":
        mime, data = preview(artifact.data, ask.accept)
        header["size"] = artifact.data.size
    else:
        mime, data = "image/png", encoding.png(artifact.data)
    if ask.want == "final":
        header["fingerprint"] = artifact.fingerprint
    header |= {
        "mime": mime,
        "want": ask.want,
        "engine": engine,
        "precision": precision,
        "render_ms": round((time.perf_counter() - begun) * 1000, 2),
        "request_sha256": artifact.request.sha256,
    }
    return frame(header, data)


def preview(picture: Image, accept: Accept) -> tuple[str, bytes]:
    """Mime type and bytes of a picture while the hand moves."""
    if accept == "image/x-rgba" and picture.width * picture.height <= _MAX_PIXELS:
        return accept, picture.convert("RGBA").tobytes()
    return "image/jpeg", encoding.jpeg(picture)


@dataclass
class Channel:
    """One connection.

    Attributes:
        house: Renders.
        send: Puts bytes on the wire.
        floor: Greatest number that was asked for; it and smaller ones are refused.
        at: Greatest number that was answered; what answers no number in particular carries it.
    """

    house: House
    send: Callable[[bytes], Awaitable[None]]
    floor: int = -1
    at: int = 0
    _waiting: Ask | None = None
    _under_way: Ask | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _wire: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def heard(self, text: str | bytes) -> None:
        """Act on one message."""
        try:
            message = hear(text)
            if isinstance(message, Ask):
                self._take(message)
            elif isinstance(message, Attach):
                self.house.attachments.put(message.data)
            elif isinstance(message, Resume):
                self.floor = max(self.floor, message.seq)
                self.at = max(self.at, message.seq)
                await self._say(self._progress("resumed"))
            else:
                self._waiting = self._under_way = None
                await self._say(self._progress("cancelled"))
        except DuetError as error:
            await self._say(error_frame(self.at, error))

    async def work(self) -> None:
        """Answer what waits, one at a time, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting is not None:
                ask, self._waiting = self._waiting, None
                self._under_way = ask
                answer = await self._answer(ask)
                if self._under_way is ask:  # else it was cancelled meanwhile
                    self._under_way = None
                    self.at = ask.seq
                    await self._say(answer)

    def _take(self, ask: Ask) -> None:
        if ask.seq <= self.floor:
            raise _bad(f"not above {self.floor}", name="seq", value=ask.seq)
        self.floor = ask.seq
        self._waiting = ask
        self._news.set()

    async def _answer(self, ask: Ask) -> bytes:
        name = ask.request.get("pipeline")
        if isinstance(name, str) and not self.house.shelf.loaded(name):
            await self._say(self._progress("loading"))
        try:
            return await self.house.pool.run("live", lambda: render(self.house, ask))
        except DuetError as error:
            return error_frame(ask.seq, error)
        except Exception as fault:
            return error_frame(ask.seq, unexpected(fault))

    def _progress(self, state: str) -> bytes:
        return frame({"v": VERSION, "seq": self.at, "kind": "progress", "state": state})

    async def _say(self, data: bytes) -> None:
        async with self._wire:
            await self.send(data)


async def serve(socket: WebSocket, house: House) -> None:
    """One connection from its beginning to its end."""
    await socket.accept()
    channel = Channel(house, socket.send_bytes)
    work = asyncio.create_task(channel.work())
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            text = message.get("text")
            await channel.heard(text if text is not None else message.get("bytes") or b"")
    except (WebSocketDisconnect, RuntimeError):
        pass  # gone while we were answering
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await work
