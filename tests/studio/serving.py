"""A real server in its own process, and clients that talk to it as a browser would."""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import json
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.studio.forked import Forked

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
PATIENCE = 90


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[bytes] | Forked
    address: str
    library: Path
    way: str = "mount"

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    def browser(self, **headers: str) -> httpx.Client:
        """A browser of someone who was never here: its own cookies."""
        return httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False)

    def live(self, **options: Any) -> Live:
        address = self.address.replace("http", "ws") + "/live"
        return Live(connect(address, max_size=None, compression=None, proxy=None, **options))

    def raw(self, path: str, method: str = "GET", headers: dict[str, str] | None = None):
        """A request whose path nobody tidies up; gives status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=bool(headers and "Host" in headers))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class Live:
    """A connection to the live channel, open inside its ``with``."""

    def __init__(self, connecting: connect) -> None:
        self.connecting = connecting

    def __enter__(self) -> Live:
        self.connection: ClientConnection = self.connecting.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.connecting.__exit__(*error)

    def send(self, message: Any) -> None:
        self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def hear(self, timeout: float = 60) -> tuple[dict[str, Any], bytes]:
        data = self.connection.recv(timeout=timeout)
        assert isinstance(data, bytes)
        (length,) = struct.unpack(">I", data[:4])
        return json.loads(data[4 : 4 + length]), data[4 + length :]

    def answer(self, timeout: float = 60) -> tuple[dict[str, Any], bytes]:
        """The next frame or error."""
        while True:
            header, data = self.hear(timeout)
            if header["kind"] != "progress":
                return header, data

    def ask(self, seq: int, request: dict[str, Any], want: str = "preview"):
        self.send({"v": 1, "seq": seq, "request": request, "want": want})
        return self.answer()


def command(library: Path, models: Path, *more: str, script: Path = APP) -> list[str]:
    app = [sys.executable, str(script)]
    return [*app, "--port", "0", "--library", str(library), "--models", str(models), *more]


@contextlib.contextmanager
def serving(
    library: Path, models: Path, *more: str, script: Path = APP, fresh: bool = False
) -> Iterator[Served]:
    """A server until the end of the block.

    Args:
        library: Its folder; what it says on standard error is beside it.
        models: The folder of its models.
        more: Further arguments.
        script: What is run.
        fresh: Start Python for it, as an artist does, and not a fork that has imported everything.
    """
    if not fresh:
        _share_graphs(library)
    said, log = (library.with_name(f"{library.name}.{kind}") for kind in ("out", "log"))
    said.unlink(missing_ok=True)  # of a server before it
    process = start(command(library, models, *more, script=script), said, log, fresh=fresh)
    try:
        line = _first_line(process, said)
        assert line.startswith("Duet is open at http"), line + log.read_text()
        way = "launch" if "launch" in more else "mount"
        yield Served(process, line.split()[-1], library, way)
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        if process.poll() is None:
            process.kill()
            process.wait(20)


@functools.cache
def _graphs() -> Path:
    """Where networks that were converted once stay until the tests are over."""
    folder = Path(tempfile.mkdtemp(prefix="duet-graphs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _share_graphs(library: Path) -> None:
    """Let a library find what servers before it have converted: seconds for each network."""
    place = library / "cache" / "graphs"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(_graphs(), target_is_directory=True)


def start(
    arguments: list[str], said: Path, log: Path, *, fresh: bool
) -> subprocess.Popen[bytes] | Forked:
    """Run a script; forks of what has imported everything are Linux's alone."""
    if not fresh and sys.platform == "linux":
        return Forked(arguments[1:], said, log)
    with said.open("wb") as out, log.open("wb") as errors:
        return subprocess.Popen(arguments, stdout=out, stderr=errors, cwd=ROOT)


def _first_line(process: subprocess.Popen[bytes] | Forked, said: Path) -> str:
    """What a program says first; nothing if it ended without a word."""
    while True:
        over = process.poll() is not None
        line, end, _ = (said.read_text() if said.exists() else "").partition("\n")
        if end or over:
            return line
        time.sleep(0.01)


def model_of(browser: httpx.Client) -> dict[str, Any]:
    return browser.get("/studio/models/tiny").json()


def eventually(check, seconds: float = 30):
    """The first true answer of ``check``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := check():
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not happen")
