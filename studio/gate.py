"""Who may come in: the address asked for, the page that asks, and the person who asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.errors import StudioError
from studio.persons import Mode, person_from

__all__ = ["Gate", "Head", "Rules"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_GUARDED = ("/studio", "/live", "/gradio_api")
_CLOSED = re.compile(
    r"/+(monitoring|gradio_api/+(upload|proxy=|file[=/]|process_recording|vibe|undo-vibe|deep_link"
    r"|dev/|component_server|custom_component|profiling|run-history))"
)
"""What Gradio offers besides and no part of the studio uses: files in and out, proxies, tools."""


@dataclass(frozen=True)
class Rules:
    """What the gate needs to know.

    Attributes:
        mode: How persons are told apart.
        secret: Signs their cookies.
        on_space: Behind the proxy of a Space.
        hosts: Names this server may be called by; empty for any.
    """

    mode: Mode
    secret: bytes
    on_space: bool = False
    hosts: frozenset[str] = frozenset()

    @staticmethod
    def for_host(host: str, mode: Mode, secret: bytes, *, on_space: bool) -> Rules:
        """On loopback only local names are answered: a page elsewhere cannot rebind its own."""
        hosts = _LOOPBACK | {host.strip("[]").lower()} if mode == "local" else frozenset()
        return Rules(mode, secret, on_space, hosts)

    def check(self, scope: Scope) -> None:
        """Refuse what is closed, and a request through a foreign name or from a foreign page.

        Raises:
            StudioError: ``no_such_address``, ``wrong_host`` or ``wrong_origin``.
        """
        if _CLOSED.match(scope["path"]):
            raise StudioError(
                "no_such_address",
                name="address",
                value=scope["path"],
                rule="not an address of the studio",
                remedy="read docs/live.md",
            )
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self.hosts and name not in self.hosts:
            raise StudioError(
                "wrong_host",
                name="host",
                value=host,
                rule="not this computer",
                remedy="open the address that the studio printed",
            )
        origin = headers.get("origin")
        if origin is None or not scope["path"].startswith(_GUARDED):
            return
        own = {host.lower()}
        if self.on_space:
            own.add(headers.get("x-forwarded-host", host).lower())
        if urlsplit(origin).netloc.lower() not in own - {""}:
            raise StudioError(
                "wrong_origin",
                name="origin",
                value=origin,
                rule="not the studio's own page",
                remedy="open the studio itself",
            )


@dataclass
class Gate:
    """ASGI middleware: checks, then says who asks in ``scope["state"]["person"]``."""

    app: ASGIApp
    rules: Rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `Rules.check`; the person's cookie travels on every answer that needs one."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        person, cookie = person_from(
            Headers(scope=scope).get("cookie"),
            self.rules.mode,
            secret=self.rules.secret,
            on_space=self.rules.on_space,
        )
        scope.setdefault("state", {})["person"] = person

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
                if cookie:
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, answer)


@dataclass
class Head:
    """ASGI middleware: what `edit` makes of the page at ``/``.

    Attributes:
        app: What answers.
        edit: Takes the HTML and gives it back changed.
    """

    app: ASGIApp
    edit: Callable[[bytes], bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the page back until it is whole; everything else passes."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=list(start["headers"]))
            body = b"".join(parts)
            if headers.get("content-type", "").startswith("text/html"):
                body = self.edit(body)
                headers["content-length"] = str(len(body))
                headers["cache-control"] = "no-store"
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, hold)
