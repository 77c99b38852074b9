"""Programs of ours, each a fork of a process that has imported the studio once.

Nearly all of the time in which a studio starts goes to imports. What runs is the script itself, in
a process of its own, with its own arguments, files and signals; ``python app.py`` afresh is what
`tests.studio.test_server` starts.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.studio.imported"])


class Forked:
    """A running script; the part of `subprocess.Popen` that the tests use.

    Args:
        arguments: A Python file and its command line.
        said: Where its standard output goes.
        log: Where its standard error goes.
    """

    def __init__(self, arguments: list[str], said: Path, log: Path) -> None:
        given = (arguments, str(said), str(log), dict(os.environ))
        self._process = _context.Process(target=_run, args=given)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """See `subprocess.Popen`."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """See `subprocess.Popen`."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("a forked script", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """See `subprocess.Popen`."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """See `subprocess.Popen`."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """See `subprocess.Popen`."""
        self.send_signal(signal.SIGKILL)


def _run(arguments: list[str], said: str, log: str, environment: dict[str, str]) -> None:
    """What the fork does."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for number, place in ((1, said), (2, log)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")
