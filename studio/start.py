"""From the command line to a server that answers, or to one sentence that says why not."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn

from pipelines.errors import DuetError
from studio.errors import StudioError
from studio.library.faults import boundary
from studio.settings import Settings, prepare, read

__all__ = ["leave", "listen", "main"]

FAILED = 2
"""Exit code when the studio cannot be started as asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Returns:
        0, or 2 if the studio cannot be started as asked; a sentence on stderr then says why.
    """
    try:
        _serve(read(arguments, os.environ))
    except DuetError as error:
        print(f"duet: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        pass
    return 0


def listen(settings: Settings) -> socket.socket:
    """The port, taken before anything slow is done.

    Raises:
        StudioError: ``port_in_use``, or ``bad_host`` for an address that is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host.strip("[]"), settings.port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise _refusal(error, settings) from error
    return listening


def _refusal(error: OSError, settings: Settings) -> StudioError:
    if error.errno == errno.EADDRINUSE:
        return StudioError(
            "port_in_use",
            name="port",
            value=settings.port,
            rule="in use by another program",
            remedy="stop that program, or give a free one with --port",
        )
    if error.errno == errno.EACCES:
        return StudioError(
            "port_refused",
            name="port",
            value=settings.port,
            rule="reserved for the system",
            remedy="give one above 1023 with --port",
        )
    return StudioError(
        "bad_host",
        name="host",
        value=settings.host,
        rule=f"not an address of this machine ({error.strerror or error})",
        remedy="give 127.0.0.1 with --host",
    )


def _serve(settings: Settings) -> None:
    gc.disable()  # nothing that is imported is litter; looking for it is a sixth of the start
    with listen(settings) as listening, boundary(settings.library):
        prepare(settings)
        signal.signal(signal.SIGTERM, _stop)
        if "SPACES_ZERO_GPU" in os.environ:
            import spaces  # noqa: F401 - before torch and Gradio, which it changes
        from studio.server import serve  # after the environment is set: it imports gradio

        serve(settings, listening)


def leave(code: int) -> NoReturn:
    """End the process at once; everything that matters is closed and on the disk.

    An engine may still be compiling in a thread of its own, and the interpreter's own way out
    aborts when such a thread comes back from C++ into a half dismantled interpreter.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
