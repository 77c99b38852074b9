"""Teaching by turns, for a GPU that is lent by the minute.

On ZeroGPU no process of ours has the GPU: a function that `spaces.GPU` wraps has it, within an
event of the person whose minutes pay for it. So an open page asks for a turn
(`studio.binding_turns`), a turn goes on from the last checkpoint and ends with one, and the page
asks again until the job is over. While nobody asks, the job waits.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.training.job_files import JobFolder
from pipelines.training.worker import DISK_FULL
from studio.errors import TuningError
from studio.library.faults import boundary
from studio.tuning.turning import no_room, prepare, settle

if TYPE_CHECKING:
    from studio.house import House
    from studio.library import Job

__all__ = ["Turn", "lent", "take", "turn"]

Turn = Callable[[str], int]
"""The folder of a job -> exit code, as a worker has it."""
SECONDS = 40.0
"""Of learning in one turn, loading included."""
LENT = 60
"""Seconds that a turn asks for: the first pictures, the version and its measures come on top."""
log = logging.getLogger(__name__)


def turn(folder: str) -> int:
    """Go on with the teaching in a folder for one turn; see `pipelines.training.worker.turn`."""
    from pipelines.training import teaching, worker

    return worker.turn(partial(teaching.advance, seconds=SECONDS), JobFolder(Path(folder)))


def lent() -> Turn:
    """`turn`, with a GPU where a Space lends one. To be called before the server starts."""
    if "SPACES_ZERO_GPU" not in os.environ:
        return turn
    import spaces

    wrapped: Turn = spaces.GPU(duration=LENT)(turn)
    return wrapped


def take(house: House, job: Job, folder: JobFolder, function: Turn) -> None:
    """One turn of a job that was moved to ``running``; it is moved on to what became of it.

    Where no turn was to be had, or it was cut off, the job rests with the reason until its person
    goes on with it; its last checkpoint stays.
    """
    with boundary(house.library.root):
        prepare(job, folder)
    try:
        code = function(str(folder.root))
    except Exception as error:  # the Space says why in words of its own
        log.warning("no turn for %s: %s", job.id, error)
        refused = TuningError(
            "no_turn",
            name="GPU",
            value=str(error) or type(error).__name__,
            rule="not lent, or taken back too early",
            remedy="go on later; what was learnt is kept",
        )
        house.library.move_job(job, "paused", error=refused.as_dict())
        return
    if code == DISK_FULL:
        no_room(house, job)
    else:
        settle(house, job, folder, folder.outcome())
