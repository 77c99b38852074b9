"""The live channel, version 1: the newest request wins (docs/live.md).

A connection has at most one render under way; one request waits, and a newer one takes its place.
Answers therefore come in the order of their numbers, with gaps. Whatever goes wrong is an answer
too: a frame of kind ``error``.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect

from pipelines.errors import DuetError
from pipelines.plates import picture_of
from pipelines.request import Request
from pipelines.run import Interrupted, never
from studio import encoding
from studio.boundary import unexpected
from studio.house import House
from studio.live_messages import VERSION, Accept, Ask, Attach, Resume, bad, frame, hear
from studio.told import told

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["Channel", "preview", "render", "serve"]

_MAX_PIXELS = 256 * 256
"""Of a preview that is sent as pixels: beyond it, JPEG is quicker to send than to decode."""


def error_frame(seq: int, error: DuetError) -> bytes:
    """An error as a frame."""
    return frame({"v": VERSION, "seq": seq, "kind": "error", **error.as_dict()})


def render(
    house: House,
    ask: Ask,
    show: Callable[[bytes], object] = lambda _: None,
    stopped: Callable[[], bool] = never,
) -> bytes:
    """The frame that answers; runs in a rendering thread.

    Args:
        house: Renders.
        ask: What is asked for.
        show: Is given a frame of kind ``progress`` for each picture on the way to a preview.
        stopped: Asked again and again whether nobody waits for it any more.

    Raises:
        DuetError: For a recipe that cannot be rendered here.
        Interrupted: If nobody waits for it any more.
    """
    begun = time.perf_counter()
    request = Request.from_dict(ask.request)
    hasty = ask.want == "preview"
    made = house.instrument_of(request).render(
        request,
        quality="draft" if hasty else "reference",
        show=(lambda one: show(_growing(ask, one))) if hasty else None,
        stopped=stopped,
    )
    return _answer(ask, made, begun)


def _growing(ask: Ask, artifact: Artifact) -> bytes:
    """What there is so far, while the preview that was asked for is still being made."""
    head, data = _hasty(ask, artifact)
    return frame(
        {"v": VERSION, "seq": ask.seq, "kind": "progress", "state": "growing", **head}, data
    )


def _hasty(ask: Ask, artifact: Artifact) -> tuple[dict[str, object], bytes]:
    """What a frame says of a preview, and its bytes."""
    picture = picture_of(artifact, encoding.PLATE)
    mime, data = preview(picture, ask.accept)
    return {"mime": mime, "size": picture.size, **told(artifact)}, data


def _answer(ask: Ask, artifact: Artifact, begun: float) -> bytes:
    engine, _, precision = artifact.engine.rpartition("-")
    if ask.want == "preview":
        head, data = _hasty(ask, artifact)
    else:
        head = {"mime": "image/png", **told(artifact)}
        data = encoding.png(picture_of(artifact))
    if ask.want == "final":
        head["fingerprint"] = artifact.fingerprint
    header = {
        "v": VERSION,
        "seq": ask.seq,
        "kind": "frame",
        **head,
        "want": ask.want,
        "engine": engine,
        "precision": precision,
        "wait_ms": round((begun - ask.heard) * 1000, 2),
        "render_ms": round((time.perf_counter() - begun) * 1000, 2),
        "request_sha256": artifact.request.sha256,
    }
    return frame(header, data)


def preview(picture: Image, accept: Accept) -> tuple[str, bytes]:
    """Mime type and bytes of a picture while the hand moves."""
    if accept == "image/x-rgba" and picture.width * picture.height <= _MAX_PIXELS:
        return accept, picture.convert("RGBA").tobytes()
    return encoding.frame(picture)


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
        """Answer what waits, one at a time, until cancelled; then nothing is rendered any more."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting is not None:
                    await self._next()
        finally:
            self._waiting = self._under_way = None

    async def _next(self) -> None:
        ask, self._waiting = self._waiting, None
        if ask is None:
            return
        self._under_way = ask
        answer = await self._answer(ask)
        if self._under_way is ask and answer is not None:  # else it was cancelled
            self._under_way = None
            self.at = ask.seq
            await self._say(answer)

    def _take(self, ask: Ask) -> None:
        if ask.seq <= self.floor:
            raise bad(f"not above {self.floor}", name="seq", value=ask.seq)
        self.floor = ask.seq
        self._waiting = ask
        self._news.set()

    async def _answer(self, ask: Ask) -> bytes | None:
        """The frame that answers; None where a newer request made an exact picture needless."""
        name = ask.request.get("pipeline")
        if isinstance(name, str) and not self.house.shelf.loaded(name):
            await self._say(self._progress("loading"))
        loop = asyncio.get_running_loop()

        def show(data: bytes) -> None:
            asyncio.run_coroutine_threadsafe(self._grown(ask, data), loop)

        def stopped() -> bool:
            needless = ask.want == "final" and self._waiting is not None
            return needless or self._under_way is not ask

        try:
            return await self.house.pool.run(
                "live", lambda: render(self.house, ask, show, stopped)
            )
        except Interrupted:
            return None
        except DuetError as error:
            return error_frame(ask.seq, error)
        except Exception as fault:
            return error_frame(ask.seq, unexpected(fault))

    async def _grown(self, ask: Ask, data: bytes) -> None:
        if self._under_way is ask:
            await self._say(data)

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
    house.connections += 1
    if house.connections > 1:
        house.shelf.engines.expect_several()
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
        house.connections -= 1
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await work
