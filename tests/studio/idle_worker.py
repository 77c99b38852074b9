"""A worker that learns nothing and waits until it is told to end: ``python -m`` it, ``FOLDER``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from pipelines.training.job_files import JobFolder
from pipelines.training.worker import work


def advance(folder: JobFolder, ending: Callable[[], bool]) -> str:
    folder.tell({"step": folder.progress().get("step", 0) + 1})
    while folder.wish == "go" and not ending():
        time.sleep(0.02)
    return "slice" if folder.wish == "go" else "stopped"


if __name__ == "__main__":
    sys.exit(work(advance))
