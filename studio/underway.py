"""Work under way on the server: one thread a job, one after another, seen by its person alone."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

from pipelines.errors import DuetError
from studio.boundary import unexpected
from studio.errors import StudioError
from studio.persons import Person

__all__ = ["BEAT", "Job", "State", "Underway", "states"]

PARTING = 5.0
"""Seconds that a job has to end in when the server does."""
BEAT = 0.1
"""Seconds between looks at a job."""


class State(Protocol):
    """How far a job is; replaced as a whole."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""


S_co = TypeVar("S_co", bound=State, covariant=True)


class Job(Protocol[S_co]):
    """What every job has."""

    id: str
    person: Person
    stop: threading.Event
    thread: threading.Thread | None

    @property
    def now(self) -> S_co:
        """How far it is."""


J = TypeVar("J", bound=Job[State])
S = TypeVar("S", bound=State)


class Underway(ABC, Generic[J]):
    """Jobs of every person, oldest first."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, J] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(1)

    def _busy(self, person: Person) -> bool:
        """Whether a job of this person is not over; call it with the lock."""
        return any(one.person == person and not one.now.over for one in self._jobs.values())

    def _let_go(self, person: Person, remembered: int) -> list[J]:
        """Forget this person's jobs and old ones that are over; call it with the lock."""
        mine = [one for one in self._jobs.values() if one.person == person]
        over = [one for one in self._jobs.values() if one.now.over]
        gone = {one.id: one for one in [*mine, *over[:-remembered]]}
        for old in gone:
            del self._jobs[old]
        return list(gone.values())

    def _begin(self, job: J, work: Callable[[J], object], name: str) -> None:
        """Start a job's thread, whose turn comes in time; call it with the lock."""
        job.thread = threading.Thread(
            target=self._take_turn, args=(job, work), name=name, daemon=True
        )
        self._jobs[job.id] = job
        job.thread.start()

    def _take_turn(self, job: Any, work: Callable[[J], object]) -> None:  # noqa: ANN401
        """Do the work; what goes wrong is said in the job's state."""
        with self._turn:
            try:
                work(job)
            except DuetError as error:
                job.now = replace(job.now, state="failed", error=error)
            except Exception as fault:
                job.now = replace(job.now, state="failed", error=unexpected(fault))

    @abstractmethod
    def _missing(self, value: str) -> StudioError:
        """What is said where there is no job called ``value``."""

    def job(self, person: Person, job_id: str) -> J:
        """A job of this person.

        Raises:
            StudioError: If there is none of that name, also for one of someone else.
        """
        with self._lock:
            found = self._jobs.get(job_id)
        if found is None or found.person != person:
            raise self._missing(job_id[:40])
        return found

    def close(self) -> None:
        """Stop every job, and give each a moment to end."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.stop.set()
        for job in jobs:
            if job.thread is not None:
                job.thread.join(timeout=PARTING)


async def states(job: Job[S]) -> AsyncIterator[S]:
    """Each state of a job as it is seen to change, up to the last."""
    last: S | None = None
    while last is None or not last.over:
        state = job.now
        if state is last:
            await asyncio.sleep(BEAT)
            continue
        last = state
        yield state
