"""Exports and imports under way: one thread each, one for a person, progress for them alone."""

from __future__ import annotations

import secrets
import shutil
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.errors import DuetError
from studio.dataset.merging import merge
from studio.dataset.packing import Stopped, pack
from studio.errors import StudioError
from studio.underway import Underway

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["Datasets", "Job", "State"]

REMEMBERED = 16
"""Jobs whose end can still be asked for, and whose file can still be saved."""
Kind = Literal["export", "import"]


@dataclass(frozen=True)
class State:
    """How far a job is.

    Attributes:
        state: What it is doing.
        done: Steps done.
        of: Steps in all; 0 where that is not known.
        result: What came of it.
        error: Why it failed.
    """

    state: Literal["waiting", "running", "done", "cancelled", "failed"] = "waiting"
    done: int = 0
    of: int = 0
    result: dict[str, Any] | None = None
    error: DuetError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "cancelled", "failed")

    def line(self) -> dict[str, Any]:
        """As the page reads it."""
        values: dict[str, Any] = {"state": self.state, "done": self.done, "of": self.of}
        if self.result is not None:
            values["result"] = self.result
        if self.error is not None:
            values["error"] = self.error.as_dict()
        return values


@dataclass
class Job:
    """One export or import of one person; its thread alone replaces ``now``."""

    id: str
    person: Person
    kind: Kind
    path: Path
    now: State = field(default_factory=State)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def progress(self, done: int, of: int) -> None:
        """See `packing.Progress`."""
        self.now = replace(self.now, done=done, of=of)
        if self.stop.is_set():
            raise Stopped


class Datasets(Underway[Job]):
    """Every export and import on this server, one after another.

    Args:
        house: Its library and models.
    """

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self.folder = house.settings.library / "cache" / "datasets"
        shutil.rmtree(self.folder, ignore_errors=True)  # of a server that was killed

    def incoming(self) -> Path:
        """Where a file that is about to be imported is written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{secrets.token_hex(8)}.incoming"

    def start(self, person: Person, kind: Kind, path: Path | None = None) -> Job:
        """Begin; files of this person's earlier exports go.

        Raises:
            StudioError: ``dataset_running`` if this person's last job is not over.
        """
        name = secrets.token_hex(8)
        job = Job(name, person, kind, path or self.folder / f"{name}.zip")
        with self._lock:
            if self._busy(person):
                raise StudioError(
                    "dataset_running",
                    name="dataset",
                    rule="being written or read already",
                    remedy="wait for it, or cancel it",
                )
            for old in self._let_go(person, REMEMBERED):
                old.path.unlink(missing_ok=True)
            self._begin(job, self._run, kind)
        return job

    def _missing(self, value: str) -> StudioError:
        return StudioError(
            "no_such_dataset",
            name="dataset",
            value=value,
            rule="not being written or read here",
            remedy="begin again",
        )

    def exported(self, person: Person, job_id: str) -> Path:
        """The file that an export made.

        Raises:
            StudioError: ``no_such_dataset``, also before it is whole.
        """
        job = self.job(person, job_id)
        if job.kind != "export" or job.now.state != "done" or not job.path.is_file():
            return self.job(person, "").path
        return job.path

    def close(self) -> None:
        """Stop every job; nothing half-written stays."""
        super().close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, job: Job) -> None:
        try:
            job.progress(0, 0)
            job.now = replace(job.now, state="running")
            job.now = replace(job.now, **self._work(job))
        except Stopped:
            job.now = replace(job.now, state="cancelled")
        finally:
            if job.kind == "import":
                job.path.unlink(missing_ok=True)

    def _work(self, job: Job) -> dict[str, Any]:
        if job.kind == "export":
            packed = pack(self._house, job.person, job.path, job.progress)
            size = job.path.stat().st_size
            return {"state": "done", "result": packed.as_dict() | {"bytes": size}}
        merged = merge(self._house, job.person, job.path, job.progress)
        ended = "cancelled" if merged.stopped else "done"
        return {"state": ended, "result": merged.as_dict()}
