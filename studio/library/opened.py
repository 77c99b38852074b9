"""A library that is open: its folder held, its schema current, its transactions short."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from studio.library.faults import boundary
from studio.library.files import Store
from studio.library.ids import Ids
from studio.library.opening import connect, hold, migrate
from studio.library.tables import EventRow, PersonRow, ProfileRow, WorkRow
from studio.persons import Person

__all__ = ["Opened", "now"]

_WITH_IDS = (WorkRow, EventRow, ProfileRow)


class Opened:
    """Holds the folder, the files and the database; see `studio.library.Library`.

    Args:
        root: The folder; made if need be, readable by its owner only.
        url: Another database, such as ``postgresql+psycopg://...``; files stay in ``root``.

    Raises:
        LibraryError: ``library_in_use``, ``not_a_library``, ``library_too_new``,
            ``library_damaged``, ``not_writable`` or ``disk_full``. Nothing is changed then.
    """

    def __init__(self, root: Path, *, url: str | None = None) -> None:
        self.root = Path(root)
        with boundary(self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held = hold(self.root)
        try:
            with boundary(self.root):
                self._engine = connect(self.root, url)
                migrate(self._engine, self.root)
                self._store = Store(self.root)
                self._ids = Ids(_newest_id(self._engine))
        except BaseException:
            self._held.release()
            raise
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        immediate = self._engine.execution_options(immediate=True)
        self._writing = sessionmaker(immediate, expire_on_commit=False)
        # SQLite has one writer: waiting here is fair, waiting there is polling.
        self._turn = threading.Lock()

    def close(self) -> None:
        """Let go of the folder; another server may then open it."""
        self._engine.dispose()
        self._held.release()

    def __enter__(self) -> Self:
        """The library itself, closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with boundary(self.root), self._reading() as session:
            yield session

    @contextmanager
    def _write(self, person: Person) -> Iterator[Session]:
        """One transaction, committed at the end of the block, undone if it fails."""
        with boundary(self.root), self._turn, self._writing.begin() as session:
            if session.get(PersonRow, person.id) is None:
                session.add(PersonRow(id=person.id, created_at=now()))
                session.flush()
            yield session


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def _newest_id(engine: Engine) -> str | None:
    """The greatest id in use, so that ids keep their order when the clock was set back."""
    with Session(engine) as session:
        newest = [session.scalar(select(func.max(table.id))) for table in _WITH_IDS]
    return max((found for found in newest if found), default=None)
