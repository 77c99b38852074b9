"""The server: our routes, the live channel and Gradio's page, started in one of two ways."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from studio import live
from studio.assets import mounts
from studio.boundary import Boundary
from studio.gate import Gate, Head, Rules
from studio.gradio_loading import load_gradio
from studio.house import House, opened
from studio.routes import routes
from studio.settings import Settings

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["Plan", "plan", "serve"]

LOOK = 0.02
"""Seconds between two looks of Gradio's queue for work; its own thousand looks a second keep a
processor from resting while nobody plays."""


@dataclass(frozen=True)
class Plan:
    """Everything a server needs, however it is started.

    Attributes:
        house: What the routes work on.
        page: Gradio's part.
        look: Theme, style sheets, head and translations of the page.
        routes: Ours; they stand before Gradio's.
        middleware: Outermost first.
    """

    house: House
    page: gr.Blocks
    look: dict[str, Any]
    routes: tuple[BaseRoute, ...]
    middleware: tuple[Middleware, ...]


def plan(house: House) -> Plan:
    """Build the page and the routes."""
    load_gradio()
    from studio.binding import expose
    from studio.binding_turns import expose as turns
    from studio.views.dress import dress, insert_head
    from studio.views.page import build

    page = build(house.shelf.first())
    with page:
        expose(house)
        turns(house)
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = LOOK
    rules = Rules.for_host(
        house.settings.host, house.mode, house.secret, on_space=house.settings.on_space
    )
    return Plan(
        house=house,
        page=page,
        look=dress(),
        routes=(*routes(house), *mounts(), _live(house)),
        middleware=(
            Middleware(Gate, rules=rules),
            Middleware(Boundary, rules=rules),
            Middleware(Head, edit=insert_head),
        ),
    )


def _live(house: House) -> BaseRoute:
    async def connection(socket: WebSocket) -> None:
        await live.serve(socket, house)

    return WebSocketRoute("/live", connection)


def mounted(made: Plan, listening: socket.socket, announce: Callable[[], None]) -> None:
    """Our application with Gradio's inside, under uvicorn."""
    import gradio as gr

    app = FastAPI(
        routes=list(made.routes),
        middleware=list(made.middleware),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    options = _options(made)
    gr.mount_gradio_app(app, made.page, path="/", **options)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        ws_per_message_deflate=False,  # pictures are compressed already
        timeout_graceful_shutdown=1,
    )
    _Announcing(config, announce).run(sockets=[listening])


class _Announcing(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`; a page that is still open is no fault."""
        logging.getLogger("uvicorn.error").addFilter(_of_note)
        await super().shutdown(sockets)


def _of_note(record: logging.LogRecord) -> bool:
    """Whether the server's last words matter: not that it leaves pages which still listen."""
    fault = record.exc_info[0] if record.exc_info else None
    left = fault is not None and issubclass(fault, asyncio.CancelledError)
    return not left and "graceful shutdown exceeded" not in record.msg


def launched(made: Plan, listening: socket.socket, announce: Callable[[], None]) -> None:
    """Gradio starts the server, as ZeroGPU needs it; our routes stand before Gradio's."""
    port = listening.getsockname()[1]
    listening.close()
    made.page.launch(
        server_name=made.house.settings.host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        app_kwargs={
            "routes": list(made.routes),
            "middleware": list(made.middleware),
            "openapi_url": None,
        },
        **_options(made),
    )
    announce()
    try:
        while True:
            time.sleep(3600)
    finally:
        made.page.close(verbose=False)


def _options(made: Plan) -> dict[str, Any]:
    """What both ways are told."""
    return {
        "show_error": False,
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "mcp_server": False,
        "max_file_size": "64mb",
        "blocked_paths": [str(made.house.settings.library / "files")],
        **made.look,
    }


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve until interrupted.

    Raises:
        DuetError: If the library or the models cannot be opened.
    """
    chosen = replace(settings, port=listening.getsockname()[1])
    house = opened(chosen)
    try:
        # torch and gradio each take seconds to import, and much of it without Python's lock.
        loading = threading.Thread(target=_load, args=(house,), name="load", daemon=True)
        loading.start()
        made = plan(house)
        way = launched if settings.way == "launch" else mounted
        way(made, listening, lambda: _announce(house))
    finally:
        house.close()


def _load(house: House) -> None:
    """Import what is slow and load the first model; `plan` meets any error again."""
    import contextlib

    from pipelines.errors import DuetError

    with contextlib.suppress(DuetError):
        house.shelf.first()


def _announce(house: House) -> None:
    """Print the address, and get the fast engine ready behind the first frames."""
    address = house.settings.address
    print(f"Duet is open at {address}", flush=True)
    gc.freeze()  # what is there now stays: no search for litter halts a frame to go through it
    gc.enable()
    house.tuning.open()
    threading.Thread(target=house.warm, name="warm", daemon=True).start()
    if house.settings.browser:
        webbrowser.open(address)
