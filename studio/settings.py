"""What a server is started with: arguments, or environment variables, or a Space's own."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from pipelines.catalog import BUNDLED
from pipelines.engines import Device
from studio.errors import StudioError

__all__ = ["Settings", "Way", "prepare", "read"]

Way = Literal["mount", "launch"]
"""``mount``: our application with Gradio's inside, under uvicorn. ``launch``: Gradio starts the
server and our routes stand before its own, as ZeroGPU needs it."""

_LOCAL, _EVERYWHERE, _PORT = "127.0.0.1", "0.0.0.0", 7860  # noqa: S104 - only on a Space
_PORTS = range(0, 65536)
_OFFLINE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
"""Nothing that Duet runs reaches out while it serves."""


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose.
        library: Folder of works, sessions and caches.
        device: Where fast frames are rendered.
        models: Folders in which models are looked for, the first one winning.
        on_space: Whether this is a Hugging Face Space.
        way: See `Way`.
        browser: Whether to open a browser once the page can be seen.
        turns: Whether teaching goes on in turns that pages ask for; see `studio.tuning.lending`.
    """

    library: Path
    host: str = _LOCAL
    port: int = _PORT
    device: Device = "auto"
    models: tuple[Path, ...] = (BUNDLED,)
    on_space: bool = False
    way: Way = "mount"
    browser: bool = False
    turns: bool = False

    @property
    def address(self) -> str:
        """What to type into a browser on this machine."""
        name = _LOCAL if self.host == _EVERYWHERE else self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"


def read(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> Settings:
    """Arguments over environment over defaults.

    Raises:
        StudioError: For a port that is none.
        SystemExit: For an unknown argument, or ``--help``.
    """
    on_space = "SPACE_ID" in environ
    given = _parser(environ, on_space=on_space).parse_args(arguments)
    library = Path(given.library).expanduser().absolute()
    own = tuple(Path(folder).expanduser().absolute() for folder in given.models or ())
    return Settings(
        library=library,
        host=given.host,
        port=_port(given.port),
        device=cast(Device, given.device),
        models=(*(own or (BUNDLED,)), library / "models"),
        on_space=on_space,
        way=cast(Way, given.start),
        browser=given.open,
        turns=given.turns,
    )


def _parser(environ: Mapping[str, str], *, on_space: bool) -> argparse.ArgumentParser:
    host = _EVERYWHERE if on_space else environ.get("DUET_HOST", _LOCAL)
    port = str(_PORT) if on_space else environ.get("DUET_PORT", str(_PORT))
    library = environ.get("DUET_LIBRARY", "~/.local/share/duet")
    zero = "SPACES_ZERO_GPU" in environ
    parser = argparse.ArgumentParser(prog="app.py", description="The studio, in a browser.")
    add = parser.add_argument
    add("--host", default=host, help="address to listen on (DUET_HOST; 127.0.0.1)")
    add("--port", default=port, help="port to listen on (DUET_PORT; 7860)")
    add("--library", default=library, help="folder of your works (DUET_LIBRARY)")
    add(
        "--device",
        default=environ.get("DUET_DEVICE", "cpu" if zero else "auto"),
        choices=("auto", "cpu", "cuda"),
        help="where frames are rendered (DUET_DEVICE; auto)",
    )
    add("--models", action="append", help="look here instead of among the models that Duet ships")
    add(
        "--start",
        default="launch" if zero else "mount",
        choices=("mount", "launch"),
        help="how Gradio is started; launch is for ZeroGPU",
    )
    add(
        "--turns",
        action="store_true",
        default=zero,
        help="teach in turns of a minute, each asked for by an open page, as ZeroGPU needs it",
    )
    add("--open", action="store_true", help="open a browser")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 6 and int(text) in _PORTS:  # noqa: PLR2004
        return int(text)
    raise StudioError(
        "bad_port",
        name="port",
        value=text,
        rule="not a port from 0 to 65535",
        remedy="give a free one with --port",
    )


def prepare(settings: Settings) -> None:
    """Set the environment that libraries read when they are imported.

    Raises:
        OSError: If the library folder cannot be made.
    """
    settings.library.mkdir(parents=True, exist_ok=True)
    quieten()
    os.environ["GRADIO_TEMP_DIR"] = str(settings.library / "cache" / "gradio")


def quieten() -> None:
    """Keep libraries from the network, and threads that wait from spinning."""
    os.environ.update(_OFFLINE)
    # Threads that spin while they wait make a 20 ms picture take seconds on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
