"""The process in which a job is worked on: low priority, one thread, and it ends as it is told.

When the pipe on its standard input closes, whoever started it is gone and it ends at once; asked
to terminate, the work writes a checkpoint first.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from pipelines.errors import DuetError
from pipelines.training.job_files import JobFolder

__all__ = ["COMPANY", "DISK_FULL", "ORPHANED", "stand_back", "turn", "work"]

DISK_FULL = 28
"""Exit code when a checkpoint found no room; the one before it is whole."""
ORPHANED = 3
"""Exit code when whoever started the worker is gone."""
COMPANY = "DUET_COMPANY"
"""Says that ranks in the environment are ours (`pipelines.training.together`), not a cluster's."""
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def work(
    advance: Callable[[JobFolder, Callable[[], bool]], str], arguments: list[str] | None = None
) -> int:
    """Go on with the job whose folder the command line names.

    Args:
        advance: Does it; is given the folder, and what says whether the server ends. Gives the
            state that it ended in.
        arguments: Instead of those of the process.

    Returns:
        0 with ``outcome.json`` written, or `DISK_FULL`.
    """
    parser = argparse.ArgumentParser(description="Go on with a job.")
    parser.add_argument("folder", type=Path)
    folder = JobFolder(parser.parse_args(arguments).folder)
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: ending.set())
    stand_back()
    return turn(lambda folder: advance(folder, ending.is_set), folder)


def turn(advance: Callable[[JobFolder], str], folder: JobFolder) -> int:
    """Go on with a job in this process, and write down how that ended.

    Args:
        advance: Does it; gives the state that it ended in.
        folder: Of the job.

    Returns:
        0 with ``outcome.json`` written, or `DISK_FULL`.
    """
    folder.begin()
    try:
        folder.end({"state": advance(folder)})
    except DuetError as error:
        folder.end({"state": "failed", "error": error.as_dict()})
    except OSError as error:
        if error.errno in _NO_SPACE:
            return DISK_FULL
        raise
    return 0


def stand_back() -> None:
    """Low priority, one thread, and an end with whoever started this process."""
    threading.Thread(target=_watch, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(19)
    import torch

    torch.set_num_threads(1)


def _watch() -> None:
    """End with whoever started us: its pipe closes, however it died.

    At once, so that two workers never write to one folder; what is on the disk is whole.
    """
    while os.read(0, 1):  # not through sys.stdin, whose lock would abort our own way out
        pass
    os._exit(ORPHANED)
