"""Programs to be measured, each in a process of its own, and what they cost."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CHROMIUM", "Running", "figure", "launching", "median", "percentile", "running"]

ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
)
CHROMIUM = {
    "executable_path": shutil.which("chromium") or shutil.which("chromium-browser"),
    "args": list(ARGUMENTS),
}


def launching(*arguments: str) -> dict[str, Any]:
    """How a browser is started that needs more than `CHROMIUM` says."""
    return {**CHROMIUM, "args": [*ARGUMENTS, *arguments]}


_ADDRESS = re.compile(r"http://\S+")


@dataclass
class Running:
    """A program that serves.

    Attributes:
        process: The program.
        address: Where it answers.
        begun: `time.perf_counter` when it was started.
    """

    process: subprocess.Popen[str]
    address: str
    begun: float

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON at ``path``."""
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return json.load(answer)

    def engine(self, request: dict[str, Any]) -> str:
        """Render once with the fast engine; returns its name."""
        body = json.dumps({"request": request, "quality": "fast"}).encode()
        call = urllib.request.Request(f"{self.address}/studio/render", body)
        with urllib.request.urlopen(call, timeout=60) as answer:
            return str(answer.headers["x-duet-engine"])

    def fast(self, request: dict[str, Any], patience: float = 120) -> str:
        """Wait until the fast engine is compiled; returns what is in use then."""
        until = time.monotonic() + patience
        while (name := self.engine(request)) == "torch-cpu-f32" and time.monotonic() < until:
            time.sleep(0.5)
        return name

    def memory(self) -> float:
        """Resident megabytes of the program and its children."""
        import psutil

        whole = psutil.Process(self.process.pid)
        family = [whole, *whole.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in family)) / 1e6


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[Running]:
    """``python *arguments`` until the end of the block; it prints its address when it answers."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONDONTWRITEBYTECODE": ""},
    )
    try:
        for line in process.stdout or ():
            if found := _ADDRESS.search(line):
                yield Running(process, found[0].rstrip("/"), begun)
                break
        else:
            raise RuntimeError(f"{arguments[0]} ended without an address")
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def frame(data: bytes) -> dict[str, Any]:
    """The header of a message of the live channel."""
    (length,) = struct.unpack(">I", data[:4])
    header: dict[str, Any] = json.loads(data[4 : 4 + length])
    return header


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie.

    >>> percentile([1.0, 2.0, 3.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    """The middle value."""
    return percentile(values, 0.5)


def figure(
    value: float,
    unit: str,
    *,
    most: float | None = None,
    least: float | None = None,
    **more: Any,  # noqa: ANN401 - JSON
) -> dict[str, Any]:
    """A figure with its aim.

    >>> figure(18.44, "ms", most=25)
    {'value': 18.4, 'unit': 'ms', 'aim': '<= 25', 'met': True}
    """
    told: dict[str, Any] = {"value": round(value, 1 if value < 1000 else 0), "unit": unit}
    if most is not None:
        told |= {"aim": f"<= {most:g}", "met": value <= most}
    if least is not None:
        told |= {"aim": f">= {least:g}", "met": value >= least}
    return {**told, **{key: round(v, 1) if isinstance(v, float) else v for key, v in more.items()}}
