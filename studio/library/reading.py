"""Everything that is asked of a library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Unpack

from sqlalchemy import Select, func, select

from studio.library import care, checks, rows, search
from studio.library.files import digest
from studio.library.opened import Opened
from studio.library.tables import EventRow, LineageRow, SessionRow, WorkRow
from studio.library.values import Event, EventKind, Filters, Kin, Page, Work
from studio.persons import Person

__all__ = ["Reading"]


class Reading(Opened):
    """The half of `studio.library.Library` that changes nothing."""

    def kept(self, person: Person, recipe: str) -> Work | None:
        """The kept work made from exactly that recipe (or timeline), if there is one."""
        identity = digest(checks.recipe("request", recipe).encode())
        with self._read() as session:
            row = rows.find(session, person, identity)
            return None if row is None or row.deleted_at else rows.work_from(row)

    def work(self, person: Person, work_id: str) -> Work:
        """One work, deleted or not.

        Raises:
            LibraryError: ``no_such_work``, also for a work of someone else.
        """
        with self._read() as session:
            return rows.work_from(rows.mine(session, person, work_id))

    def works(
        self,
        person: Person,
        query: str = "",
        *,
        cursor: str | None = None,
        limit: int = 60,
        **filters: Unpack[Filters],
    ) -> Page:
        """A page of works, newest first.

        Args:
            person: Whose works.
            query: Words that must all occur in label, subject, words, note, medium or model.
            cursor: Of the page before, or None for the first.
            limit: 1 to 1000.
            **filters: ``kind, medium, model, rating, month, deleted``; see `Filters`.

        Raises:
            LibraryError: ``bad_work``, ``bad_cursor`` or ``too_long`` for senseless arguments.
        """
        where = search.conditions(person, query, **filters)
        page = search.newest(where, cursor=cursor, limit=limit)
        with self._read() as session:
            found = [rows.work_from(row) for row in session.scalars(page)]
        more = len(found) > limit
        return Page(tuple(found[:limit]), found[limit - 1].id if more else None)

    def count(self, person: Person, query: str = "", **filters: Unpack[Filters]) -> int:
        """How many works `works` would give in all."""
        with self._read() as session:
            return session.scalar(search.count(search.conditions(person, query, **filters))) or 0

    def facets(self, person: Person) -> dict[str, dict[str, int]]:
        """What the kept works can be filtered by: ``medium, model, month`` -> value -> count."""
        names = ("medium", "model", "month")
        columns = [getattr(WorkRow, name) for name in names]
        # One pass over one index, whatever is asked for.
        groups = (
            select(*columns, func.count())
            .where(*search.conditions(person, ""))
            .group_by(*columns)
            .order_by(*columns)
        )
        found: dict[str, dict[str, int]] = {name: {} for name in names}
        with self._read() as session:
            for *values, number in session.execute(groups):
                for name, value in zip(names, values, strict=True):
                    found[name][value] = found[name].get(value, 0) + number
        return found

    def parents(self, person: Person, work_id: str) -> tuple[Kin, ...]:
        """Where a work comes from, in the order it was given; deleted parents are among them."""
        tree = (
            select(LineageRow, WorkRow)
            .outerjoin(WorkRow, WorkRow.id == LineageRow.parent_id)
            .where(LineageRow.child_id == work_id, LineageRow.person_id == person.id)
            .order_by(LineageRow.place)
        )
        return self._kin(person, work_id, tree)

    def children(self, person: Person, work_id: str) -> tuple[Kin, ...]:
        """What was kept that comes from a work, oldest first."""
        tree = (
            select(LineageRow, WorkRow)
            .join(WorkRow, WorkRow.id == LineageRow.child_id)
            .where(LineageRow.parent_id == work_id, LineageRow.person_id == person.id)
            .where(WorkRow.deleted_at.is_(None))
            .order_by(LineageRow.child_id, LineageRow.place)
        )
        return self._kin(person, work_id, tree)

    def content(
        self, person: Person, work_id: str, which: Literal["original", "thumbnail"]
    ) -> tuple[Path, str]:
        """The file of a work and its media type; only ever a file inside the library.

        Raises:
            LibraryError: ``no_such_work``, ``bad_work`` for another ``which``, ``file_missing``.
        """
        checks.one_of("file", which, ("original", "thumbnail"))
        with self._read() as session:
            name, mime = rows.file_of(session, person, work_id, which)
        return care.existing(self._store, name), mime

    def events(
        self,
        person: Person,
        *,
        kinds: Sequence[EventKind] | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> tuple[Event, ...]:
        """Feedback in the order it was given.

        Args:
            person: Whose.
            kinds: Only these kinds.
            after: Only events after the one of this id.
            limit: At most so many, the first ones.
        """
        chosen = select(EventRow).where(EventRow.person_id == person.id).order_by(EventRow.id)
        if kinds is not None:
            chosen = chosen.where(EventRow.kind.in_(kinds))
        if after is not None:
            chosen = chosen.where(EventRow.id > after)
        with self._read() as session:
            return tuple(map(rows.event_from, session.scalars(chosen.limit(limit))))

    def load_session(self, person: Person) -> dict[str, object] | None:
        """Where a person was, also before the server was restarted; None for someone new."""
        with self._read() as session:
            row = session.get(SessionRow, person.id)
            return None if row is None else row.state

    def problems(self) -> list[str]:
        """What is wrong with the library, in English; every file is read. Empty if it is sound."""
        with self._read() as session:
            return care.problems(session, self._store)

    def _kin(
        self, person: Person, work_id: str, tree: Select[LineageRow, WorkRow]
    ) -> tuple[Kin, ...]:
        with self._read() as session:
            rows.mine(session, person, work_id)
            return tuple(rows.kin_from(line, work) for line, work in session.execute(tree))
