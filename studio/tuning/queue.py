"""The one queue for all training: one worker process, in the order in which people asked.

What is asked for and how it ended is in the library; how far it is lies in the job's folder,
which the worker writes (`pipelines.training.job_files`). Whatever is killed, worker or server, the
job goes on from its last checkpoint: a job that is found running when a server starts is put back
in line.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import DuetError
from pipelines.training.job_files import JobFolder, Wish
from pipelines.training.plans import Plan
from studio.errors import TuningError
from studio.library.faults import boundary
from studio.library.taught_values import OPEN, Job
from studio.tuning.choosing import Choice, choose
from studio.tuning.versions import adopt

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["Tuning", "told"]

ROOT = Path(__file__).resolve().parents[2]
DISK_FULL = 28
"""Exit code of `pipelines.training.teaching` when a checkpoint found no room."""
TRIES = 3
"""Times in a row that a worker may die without a step's progress."""
PARTING = 5.0
"""Seconds that a worker has to end when the server does."""
log = logging.getLogger(__name__)


class Tuning:
    """See the module's docstring.

    Args:
        house: Whose library and models.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._news = threading.Condition()
        self._closed = False
        self._worker: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Put back in line what an earlier server left running."""
        for job in self._house.library.jobs(open_only=True):
            if job.state == "running":
                self._house.library.move_job(job, "waiting")
        self._wake()

    def close(self) -> None:
        """End the worker; its job goes on when a server is started again."""
        with self._news:
            self._closed = True
            self._news.notify_all()
            worker = self._worker
        if worker is not None:
            worker.terminate()
            try:
                worker.wait(PARTING)
            except subprocess.TimeoutExpired:
                worker.kill()
        if self._thread is not None:
            self._thread.join(PARTING)

    def folder(self, job_id: str) -> JobFolder:
        """Where a job's files are."""
        return JobFolder(self._house.settings.library / "jobs" / job_id)

    def start(self, person: Person, choice: Choice) -> Job:
        """Put a teaching in line.

        Raises:
            TuningError: ``job_running``, or what `choose` says of the works.
        """
        library = self._house.library
        with self._news:
            if any(job.model == choice.model for job in library.jobs(person, open_only=True)):
                raise TuningError(
                    "job_running",
                    name="model",
                    value=choice.model,
                    rule="being taught already",
                    remedy="wait for it, or stop it",
                )
            plan, gone = choose(self._house, person, choice)
            job = library.add_job(person, choice.model, plan.to_dict() | {"left_out": gone})
        self._wake()
        return job

    def job(self, person: Person, job_id: str) -> Job:
        """A job of this person.

        Raises:
            TuningError: ``no_such_job``, also for one of someone else.
        """
        found = self._house.library.job(job_id)
        if found is None or found.person != person:
            raise TuningError(
                "no_such_job",
                name="job",
                value=job_id,
                rule="not one of yours",
                remedy="look at the list of jobs",
            )
        return found

    def tell(self, person: Person, job_id: str, wish: Wish) -> Job:
        """Pause a job, let it go on, or stop it and keep what it learnt.

        Raises:
            TuningError: ``no_such_job``, or ``job_over`` if it has ended.
        """
        library = self._house.library
        with self._news:
            job = self.job(person, job_id)
            if job.state not in OPEN:
                raise TuningError(
                    "job_over", name="job", value=job.state, rule="over", remedy="teach again"
                )
            with boundary(library.root):
                self.folder(job_id).want(wish)
            if job.state == "waiting" and wish == "pause":
                job = library.move_job(job, "paused")
            elif job.state == "paused" and wish != "pause":
                job = library.move_job(job, "waiting")
            if job.state == "waiting" and wish == "stop" and not self._begun(job_id):
                job = library.move_job(job, "stopped")
        self._wake()
        return job

    def _begun(self, job_id: str) -> bool:
        return (self.folder(job_id).root / "checkpoint.safetensors").exists()

    def _wake(self) -> None:
        """Have the thread look for work; it is started when there is some for the first time."""
        with self._news:
            waits = any(j.state == "waiting" for j in self._house.library.jobs(open_only=True))
            if self._thread is None and waits and not self._closed:
                self._thread = threading.Thread(target=self._work, name="tuning", daemon=True)
                self._thread.start()
            self._news.notify_all()

    def _next(self) -> Job | None:
        """The job that has waited longest, waited for; None when the server ends."""
        with self._news:
            while not self._closed:
                waiting = [
                    job
                    for job in self._house.library.jobs(open_only=True)
                    if job.state == "waiting"
                ]
                if waiting:
                    return self._house.library.move_job(waiting[-1], "running")
                self._news.wait()
        return None

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._run(job)
            except Exception as error:
                if self._closed:
                    return
                log.exception("teaching %s failed", job.id)
                self._house.library.move_job(job, "failed", error=_broke(job, error).as_dict())

    def _run(self, job: Job) -> None:
        """Run a job until it ends, again where its worker was killed."""
        folder, tries, reached = self.folder(job.id), 0, -1
        with boundary(self._house.library.root):
            values = {key: value for key, value in job.plan.items() if key != "left_out"}
            folder.save_plan(Plan.from_dict(values))
        while not self._closed:
            code = self._worker_on(folder)
            outcome = folder.outcome()
            if self._closed and not outcome:
                return
            if code == 0 and outcome:
                return self._settle(job, folder, outcome)
            if code == DISK_FULL:
                return self._no_room(job)
            step = int(folder.progress().get("step", 0))
            tries, reached = (tries + 1 if step <= reached else 1), max(step, reached)
            log.warning("the worker of %s ended with %s at step %d", job.id, code, step)
            if tries >= TRIES:
                raise _broke(job, code)
        return None

    def _worker_on(self, folder: JobFolder) -> int:
        """One worker process, until it ends; returns its exit code."""
        command = [sys.executable, "-m", "pipelines.training.teaching", str(folder.root)]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        folder.begin()
        with (folder.root / "worker.log").open("ab") as errors:
            worker = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, **threads},
            )
            with self._news:
                self._worker = worker
            try:
                return worker.wait()
            finally:
                with self._news:
                    self._worker = None
                if worker.stdin is not None:
                    worker.stdin.close()

    def _settle(self, job: Job, folder: JobFolder, outcome: dict[str, Any]) -> None:
        """Write down how a job ended."""
        library, state = self._house.library, outcome["state"]
        if state == "failed":
            library.move_job(job, "failed", error=dict(outcome["error"]))
        elif state in ("paused", "slice"):
            library.move_job(job, "paused" if state == "paused" else "waiting")
        else:
            version = adopt(self._house, job, folder) if folder.result.is_dir() else None
            library.move_job(job, state, version=version)
            (folder.root / "checkpoint.safetensors").unlink(missing_ok=True)
            shutil.rmtree(folder.root / "draft", ignore_errors=True)

    def _no_room(self, job: Job) -> None:
        """Nothing is lost: it goes on from the checkpoint before, once there is room."""
        try:
            with boundary(self._house.library.root):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except DuetError as error:
            self._house.library.move_job(job, "paused", error=error.as_dict())


def _broke(job: Job, why: object) -> TuningError:
    return TuningError(
        "training_broke",
        name="job",
        value=str(why),
        rule=f"broken off; its notes are in jobs/{job.id}/worker.log",
        remedy="teach again; the model is as it was",
    )


def told(job: Job, folder: JobFolder) -> dict[str, Any]:
    """A job as the page reads it."""
    report = folder.progress()
    step, steps = int(report.get("step", 0)), max(int(job.plan.get("steps", 1)), 1)
    sampled = report.get("sampled")
    place = f"/studio/jobs/{job.id}/samples/{sampled}"
    samples = [] if sampled is None else [f"{place}/{i}" for i in range(8)]
    return {
        "id": job.id,
        "model": job.model,
        "method": job.plan.get("method"),
        "state": job.state,
        "progress": 1.0 if job.state == "done" else round(step / steps, 4),
        "step": step,
        "seconds": report.get("seconds", 0.0),
        "seconds_left": report.get("seconds_left") if job.state in OPEN else 0.0,
        "curve": report.get("curve", []),
        "samples": samples,
        "left_out": job.plan.get("left_out", []),
        "created_at": job.created_at.isoformat(),
        "version": job.version,
        "error": job.error,
    }
