"""Who is rendered for next: a few threads, live frames first, everyone in turn.

A connection has one frame under way at most, so taking jobs in order of arrival is fair to people
who drag at once. Tiles of a batch come one by one behind them, and none is begun beside a live
frame, which wants every core; every few live frames one is let through all the same, so that a
crowd cannot stop a batch for good.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Literal, TypeVar

__all__ = ["Lane", "Pool"]

Lane = Literal["live", "tile"]
T = TypeVar("T")
Job = tuple[Future[Any], Callable[[], Any]]
PATIENCE = 6
"""Live frames that may pass before a waiting tile."""


class Pool:
    """Threads that render.

    Args:
        threads: How many; rendering itself uses all cores, so few are enough.
    """

    def __init__(self, threads: int = 2) -> None:
        self._jobs: dict[Lane, deque[Job]] = {"live": deque(), "tile": deque()}
        self._passed = 0
        self._under_way = 0  # live jobs
        self._closed = False
        self._ready = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"render-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, lane: Lane, job: Callable[[], T]) -> Future[T]:
        """Put a job in a lane; cancelling the future before its turn drops it."""
        future: Future[T] = Future()
        with self._ready:
            if self._closed:
                future.cancel()
            else:
                self._jobs[lane].append((future, job))
                self._ready.notify()
        return future

    def give_way(self) -> None:
        """Return when live frames have had their turn: as a tile would be rendered."""
        self.submit("tile", _nothing).result()

    async def run(self, lane: Lane, job: Callable[[], T]) -> T:
        """The job's result, awaited; a cancelled task drops its job."""
        return await asyncio.wrap_future(self.submit(lane, job))

    def close(self) -> None:
        """Drop what waits and end the threads once they are done with what they hold."""
        with self._ready:
            self._closed = True
            for lane in self._jobs.values():
                for future, _ in lane:
                    future.cancel()
                lane.clear()
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _next(self) -> tuple[Lane, Job] | None:
        """The next job, waited for; None when the pool is closed."""
        with self._ready:
            while not self._closed:
                lane = self._lane()
                if lane is not None:
                    return lane, self._jobs[lane].popleft()
                self._ready.wait()
        return None

    def _lane(self) -> Lane | None:
        """Whose turn it is; None for nobody's."""
        live, tile = self._jobs["live"], self._jobs["tile"]
        if live and (not tile or self._passed < PATIENCE):
            self._passed = self._passed + 1 if tile else 0
            self._under_way += 1
            return "live"
        if tile and (not self._under_way or self._passed >= PATIENCE):
            self._passed = 0
            return "tile"
        return None

    def _done(self, lane: Lane) -> None:
        if lane == "live":
            with self._ready:
                self._under_way -= 1
                self._ready.notify_all()

    def _work(self) -> None:
        while (found := self._next()) is not None:
            lane, job = found
            self._run(job)
            self._done(lane)

    def _run(self, job: Job) -> None:
        future, function = job
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = function()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)


def _nothing() -> None:
    """A turn in the queue."""
