"""What a job of the queue turns into: made ready for its worker, ended, cleared away.

There are two kinds: teaching a model (`studio.tuning`) and making one (`studio.own`).
"""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING, Any

from pipelines.errors import DuetError
from pipelines.training.plans import Plan
from studio.errors import TuningError
from studio.library.faults import boundary
from studio.own import jobs as own
from studio.tuning.versions import adopt

if TYPE_CHECKING:
    from pipelines.training.job_files import JobFolder
    from studio.house import House
    from studio.library import Job

__all__ = ["begun", "broke", "clear", "no_room", "prepare", "settle"]

TEACHER = "pipelines.training.teaching"
"""Module of the worker's process that teaches."""


def prepare(job: Job, folder: JobFolder) -> str:
    """Write down what a worker needs to know.

    Returns:
        The worker's module.
    """
    if job.own:
        own.prepare(job, folder)
        return own.WORKER
    values = {key: value for key, value in job.plan.items() if key != "left_out"}
    folder.save_plan(Plan.from_dict(values))
    return TEACHER


def begun(job: Job, folder: JobFolder) -> bool:
    """Whether a job has learnt anything that could be kept."""
    return own.begun(job, folder) if job.own else (folder.root / "checkpoint.safetensors").exists()


def settle(house: House, job: Job, folder: JobFolder, outcome: dict[str, Any]) -> None:
    """Write down how a run of a job ended."""
    library, state = house.library, outcome["state"]
    if state in ("paused", "slice"):
        library.move_job(job, "paused" if state == "paused" else "waiting")
        return
    if state == "failed":
        library.move_job(job, "failed", error=dict(outcome["error"]))
    elif job.own:
        base = own.adopt(house, job, folder) if state == "done" else None
        library.move_job(job, "done" if base else "stopped", version=base)
    else:
        version = adopt(house, job, folder) if folder.result.is_dir() else None
        library.move_job(job, state, version=version)
    clear(job, folder)


def clear(job: Job, folder: JobFolder) -> None:
    """Take away what a job that is over needs no more."""
    if job.own:
        own.clear(folder)
    else:
        (folder.root / "checkpoint.safetensors").unlink(missing_ok=True)
        shutil.rmtree(folder.root / "draft", ignore_errors=True)


def no_room(house: House, job: Job) -> None:
    """Nothing is lost: it goes on from the checkpoint before, once there is room."""
    try:
        with boundary(house.library.root):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except DuetError as error:
        house.library.move_job(job, "paused", error=error.as_dict())


def broke(job: Job, why: object) -> TuningError:
    """The error of a job that ended without a word."""
    return TuningError(
        "own_broke" if job.own else "training_broke",
        name="job",
        value=str(why),
        rule=f"broken off; its notes are in jobs/{job.id}/worker.log",
        remedy="begin again; nothing else has changed",
    )
