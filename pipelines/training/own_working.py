"""A model of an artist's own pictures, made as a job of the studio's queue.

    python -m pipelines.training.own_working FOLDER

``FOLDER`` holds what `pipelines.training.own_files` names. It can be paused, stopped and killed at
any moment: the training goes on from its last checkpoint, what comes after it begins anew. Whoever
reads the folder sees how far it is (`pipelines.training.own_reporting`).
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from pipelines.errors import TrainingError
from pipelines.training.job_files import JobFolder
from pipelines.training.own_files import CHECKED, MAKING, PICTURES, PLAN, WORK, begun
from pipelines.training.own_making import make
from pipelines.training.own_model import Wish
from pipelines.training.own_pictures import Checked
from pipelines.training.own_reporting import Reporter
from pipelines.training.worker import work

__all__ = ["advance", "main"]


def advance(folder: JobFolder, ending: Callable[[], bool]) -> str:
    """Go on until the model is whole, or it is told otherwise.

    Args:
        folder: Of the job.
        ending: Whether the server ends.

    Returns:
        ``done``, ``paused``, ``slice`` when the server ends, or ``dropped``.

    Raises:
        TrainingError: See `make`; ``own_refused`` where the family refuses the settings.
        OSError: If there is no room; the last checkpoint is whole.
    """
    wish = Wish.from_dict(folder.noted(PLAN))
    making = folder.root / MAKING
    made = making / wish.id
    reporter = Reporter(folder, wish, ending)
    # Killed between the last file of the model and the word that it is done.
    whole = folder.result.is_dir() or (
        (made / "config.json").is_file() and not (made / WORK).exists()
    )
    if not whole:
        checked = Checked.read(folder.root / CHECKED, folder.root / PICTURES)
        resume = begun(folder, wish.id)
        try:
            if make(checked, wish, making, resume=resume, watcher=reporter) is None:
                return reporter.left
        except ValueError as error:
            traceback.print_exc()
            raise TrainingError(
                "own_refused",
                name="training",
                value=str(error),
                rule="not possible like this",
                remedy="choose other settings",
            ) from error
    with reporter.undisturbed():
        if not folder.result.is_dir():
            folder.publish(made)
    return "done"


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the worker; see the module and `worker.work`."""
    return work(advance, arguments)


if __name__ == "__main__":
    sys.exit(main())
