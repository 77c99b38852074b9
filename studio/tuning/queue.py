"""The one queue for all training: one worker process, in the order in which people asked.

Teaching goes first, since it is over in a minute: the making of a model (`studio.own`), which
takes an hour, makes way for it with a checkpoint and goes on after it. Where a GPU is lent by the
minute (`studio.tuning.lending`), a teaching goes on when a page of its person asks.

What is asked for and how it ended is in the library; how far it is lies in the job's folder,
which the worker writes (`pipelines.training.job_files`). Whatever is killed, worker or server, the
job goes on from its last checkpoint: a job that is found running when a server starts is put back
in line.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.training.job_files import JobFolder, Wish
from pipelines.training.worker import DISK_FULL
from studio.errors import TuningError
from studio.library.faults import boundary
from studio.library.taught_values import OPEN, Job
from studio.tuning.choosing import Choice, choose
from studio.tuning.lending import Turn, take
from studio.tuning.turning import begun, broke, clear, no_room, prepare, settle

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["Tuning"]

ROOT = Path(__file__).resolve().parents[2]
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
        self._now: Job | None = None
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
            open_jobs = library.jobs(person, open_only=True)
            if any(job.model == choice.model and not job.own for job in open_jobs):
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

    def enter(
        self,
        person: Person,
        model: str,
        plan: dict[str, Any],
        place: Callable[[JobFolder], object],
    ) -> Job:
        """Put the making of a model in line; ``place`` puts what it needs into its folder.

        Raises:
            TuningError: ``own_running`` while another of this person's is open.
        """
        library = self._house.library
        with self._news:
            if any(job.own for job in library.jobs(person, open_only=True)):
                raise TuningError(
                    "own_running",
                    name="model",
                    value=model,
                    rule="one too many: another is being trained",
                    remedy="wait for it, or cancel it",
                )
            job = library.add_job(person, model, plan)
            with boundary(library.root):
                place(self.folder(job.id))
        self._wake()
        return job

    def job(self, person: Person, job_id: str) -> Job:
        """A teaching of this person.

        Raises:
            TuningError: ``no_such_job``, also for one of someone else.
        """
        found = self._house.library.job(job_id)
        if found is None or found.person != person or found.own:
            raise TuningError(
                "no_such_job",
                name="job",
                value=job_id,
                rule="not one of yours",
                remedy="look at the list of jobs",
            )
        return found

    def tell(self, found: Job, wish: Wish) -> Job:
        """Pause a job, let it go on, or stop it and keep what it learnt, or nothing.

        Raises:
            TuningError: ``job_over`` if it has ended.
        """
        library, folder = self._house.library, self.folder(found.id)
        with self._news:
            job = library.job(found.id) or found
            if job.state not in OPEN:
                raise TuningError(
                    "own_over" if job.own else "job_over",
                    name="job",
                    value=job.state,
                    rule="over",
                    remedy="teach again",
                )
            with boundary(library.root):
                folder.want(wish)
            if job.state == "waiting" and wish == "pause":
                job = library.move_job(job, "paused")
            elif job.state == "paused" and wish != "pause":
                job = library.move_job(job, "waiting")
            nothing = wish == "drop" or (wish == "stop" and not begun(job, folder))
            if job.state == "waiting" and nothing:
                job = library.move_job(job, "stopped")
                clear(job, folder)
        self._wake()
        return job

    def turn(self, person: Person, function: Turn) -> None:
        """Go on with a person's first teaching for one turn; nothing if none waits."""
        with self._news:
            mine = [job for job in self._waiting(person) if not job.own]
            if not mine:
                return
            job = self._house.library.move_job(min(mine, key=lambda one: one.id), "running")
        take(self._house, job, self.folder(job.id), function)

    def _waiting(self, person: Person | None = None) -> list[Job]:
        jobs = self._house.library.jobs(person, open_only=True)
        return [job for job in jobs if job.state == "waiting"]

    def _lined(self) -> list[Job]:
        """What waits for the worker."""
        turns = self._house.settings.turns
        return [job for job in self._waiting() if job.own or not turns]

    def _wake(self) -> None:
        """Have the thread look for work; it is started when there is some for the first time."""
        with self._news:
            waiting = self._lined()
            if self._thread is None and waiting and not self._closed:
                self._thread = threading.Thread(target=self._work, name="tuning", daemon=True)
                self._thread.start()
            taught = any(not job.own for job in waiting)
            if taught and self._now is not None and self._now.own and self._worker is not None:
                self._worker.terminate()  # it goes on after the teaching
            self._news.notify_all()

    def _next(self) -> Job | None:
        """The next job, waited for: see the module. None when the server ends."""
        with self._news:
            while not self._closed:
                waiting = self._lined()
                if waiting:
                    first = min(waiting, key=lambda job: (job.own, job.id))
                    self._now = self._house.library.move_job(first, "running")
                    return self._now
                self._now = None
                self._news.wait()
        return None

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._run(job)
            except Exception as error:
                if self._closed:
                    return
                log.exception("job %s failed", job.id)
                self._house.library.move_job(job, "failed", error=broke(job, error).as_dict())
                clear(job, self.folder(job.id))

    def _run(self, job: Job) -> None:
        """Run a job until it ends, again where its worker was killed."""
        folder, tries, reached = self.folder(job.id), 0, -1
        with boundary(self._house.library.root):
            module = prepare(job, folder)
        while not self._closed:
            code = self._worker_on(folder, module)
            outcome = folder.outcome()
            if self._closed and not outcome:
                return
            if code == 0 and outcome:
                return settle(self._house, job, folder, outcome)
            if code == -signal.SIGTERM:  # asked to make way before it could hear
                self._house.library.move_job(job, "waiting")
                return
            if code == DISK_FULL:
                return no_room(self._house, job)
            step = int(folder.progress().get("step", 0))
            tries, reached = (tries + 1 if step <= reached else 1), max(step, reached)
            log.warning("the worker of %s ended with %s at step %d", job.id, code, step)
            if tries >= TRIES:
                raise broke(job, code)
        return None

    def _worker_on(self, folder: JobFolder, module: str) -> int:
        """One worker process, until it ends; returns its exit code."""
        command = [sys.executable, "-m", module, str(folder.root)]
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
