"""The library of a studio: works, their files, feedback and where each person left off."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from sqlalchemy.orm import Session

from studio.library import care, checks, rows
from studio.library.attaching import Attaching, named_in, release
from studio.library.faults import boundary
from studio.library.moving import Moving
from studio.library.opened import now
from studio.library.tables import SessionRow, WorkRow
from studio.library.tasting import Tasting
from studio.library.taught import Taught
from studio.library.values import Event, Keep, Work
from studio.persons import Person

__all__ = ["Library"]

_NOTE = 10_000
Change = Callable[[Session, WorkRow], Event | None]


class Library(Tasting, Taught, Moving, Attaching):
    """Everything that was kept, in one folder (``duet.db`` and ``files/``). Safe from any thread.

    What a call reports as done is on the disk: files first, then their row and the feedback event
    in one commit. Every call takes a `Person` and sees only what is theirs; a work of someone else
    does not exist.

    Args:
        root: The folder; made if need be, readable by its owner only.
        url: Another database, such as ``postgresql+psycopg://...``; files stay in ``root``.

    Raises:
        LibraryError: ``library_in_use``, ``not_a_library``, ``library_too_new``,
            ``library_damaged``, ``not_writable`` or ``disk_full``. Nothing is changed then.
    """

    def keep(self, person: Person, keep: Keep) -> Work:
        """Keep a work. It is on the disk when this returns.

        The same recipe kept again gives the work that is there already, restored if it had been
        deleted. The feedback event is written either way.

        Raises:
            LibraryError: ``disk_full`` or ``not_writable`` (nothing was kept then),
                ``no_such_work`` for a parent that is not the person's.
        """
        with (
            boundary(self.root),
            self._store.put(keep.original, keep.thumbnail),
            self._write(person) as session,
        ):
            row = rows.find(session, person, keep.identity)
            if row is None:
                row = rows.work_row(person, keep, work_id=self._ids.new(), now=now())
                parents = rows.lineage_rows(session, person, row.id, keep.parents)
                session.add(row)
                session.flush()
                session.add_all(parents)
            row.deleted_at = None
            event = Event(
                "keep",
                work_id=row.id,
                request=keep.request,
                weights=keep.weights,
                shown=keep.shown,
            )
            self._add_event(session, person, event)
            work = rows.work_from(row)
        return work

    def rate(self, person: Person, work_id: str, rating: int | None) -> Work:
        """Give 1 to 5 dots, or take them away with None."""
        dots = None if rating is None else checks.rating(rating)

        def change(_session: Session, row: WorkRow) -> Event:
            before, row.rating = row.rating, dots
            return Event("rating", payload={"rating": dots, "before": before})

        return self._change(person, work_id, change)

    def note(self, person: Person, work_id: str, note: str) -> Work:
        """Write down something about a work; an empty note takes it away."""
        words = checks.text("note", note, _NOTE)

        def change(_session: Session, row: WorkRow) -> Event:
            before, row.note = row.note, words
            rows.refresh_search(row)
            return Event("note", payload={"note": words, "before": before})

        return self._change(person, work_id, change)

    def delete(
        self, person: Person, work_id: str, *, kind: Literal["delete", "unkeep"] = "delete"
    ) -> Work:
        """Delete a work, softly: `restore` brings it back until it is purged.

        Args:
            person: Whose work.
            work_id: Which.
            kind: ``unkeep`` when the heart was taken back, which teaches something else.
        """
        checks.one_of("kind", kind, ("delete", "unkeep"))

        def change(_session: Session, row: WorkRow) -> Event | None:
            if row.deleted_at is not None:
                return None
            row.deleted_at = now()
            return Event(kind)

        return self._change(person, work_id, change)

    def restore(self, person: Person, work_id: str) -> Work:
        """Bring a deleted work back to its place."""

        def change(_session: Session, row: WorkRow) -> Event | None:
            if row.deleted_at is None:
                return None
            row.deleted_at = None
            return Event("restore")

        return self._change(person, work_id, change)

    def purge(self, person: Person, work_id: str) -> None:
        """Remove a deleted work for good, with its files, unless another work has the same.

        Its children stay, with this parent gone from their tree; its feedback events stay.

        Raises:
            LibraryError: ``no_such_work``; ``bad_work`` if it was not deleted before.
        """

        def change(session: Session, row: WorkRow) -> None:
            if row.deleted_at is None:
                raise checks.refused("work", row.id, "not deleted", "delete it first")
            session.delete(row)
            session.flush()
            recipe = json.loads(row.recipe.timeline or row.recipe.request)
            release(session, person, named_in(recipe))

        work = self._change(person, work_id, change)
        with boundary(self.root):
            for name in {work.original_sha256, work.thumbnail_sha256}:
                self._store.discard(name, self._in_use)

    def record(self, person: Person, event: Event) -> Event:
        """Add a feedback event.

        Returns:
            The event with its id and time.

        Raises:
            LibraryError: ``no_such_work`` if it names a work that is not the person's.
        """
        with self._write(person) as session:
            return self._add_event(session, person, event)

    def save_session(self, person: Person, state: Mapping[str, object]) -> None:
        """Remember where a person is: point, sliders, medium, locks, hints; plain JSON values.

        Raises:
            LibraryError: ``bad_work`` if it is not JSON, ``too_long`` over 4 MiB.
        """
        plain = checks.mapping("session", state)
        with self._write(person) as session:
            before = session.get(SessionRow, person.id)
            left = named_in(before.state) - named_in(plain) if before else set()
            session.merge(SessionRow(person_id=person.id, updated_at=now(), state=plain))
            session.flush()
            release(session, person, left)

    def sweep(self) -> int:
        """Delete files that no work mentions (of keeps that were killed half-way).

        Returns:
            How many were deleted.
        """
        with boundary(self.root):
            return sum(self._store.discard(name, self._in_use) for name in self._store.names())

    def _change(self, person: Person, work_id: str, change: Change) -> Work:
        """Apply ``change`` to a work and write the event it returns, together."""
        with self._write(person) as session:
            row = rows.mine(session, person, work_id)
            event = change(session, row)
            if event is not None:
                about = replace(
                    event, work_id=row.id, request=row.recipe.request, weights=row.weights
                )
                self._add_event(session, person, about)
            return rows.work_from(row)

    def _add_event(self, session: Session, person: Person, event: Event) -> Event:
        if event.work_id is not None:
            rows.mine(session, person, event.work_id)
        row = rows.event_row(person, event, event_id=self._ids.new(), now=now())
        session.add(row)
        return rows.event_from(row)

    def _in_use(self, name: str) -> bool:
        with self._read() as session:
            return care.in_use(session, name)
