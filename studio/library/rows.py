"""Between rows and values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from studio.library.faults import no_such_work
from studio.library.files import digest
from studio.library.ids import is_id
from studio.library.search import searchable
from studio.library.tables import EventRow, LineageRow, RecipeRow, WorkRow
from studio.library.values import Event, EventKind, Keep, Kin, Parent, Role, Work
from studio.persons import Person

__all__ = [
    "event_from",
    "event_row",
    "file_of",
    "find",
    "kin_from",
    "lineage_rows",
    "mine",
    "refresh_search",
    "work_from",
    "work_row",
]

_RECIPE = ("request", "timeline")
_WORK_FIELDS = tuple(field.name for field in fields(Work) if field.name not in _RECIPE)


def work_from(row: WorkRow) -> Work:
    """A row as a value that outlives its session."""
    values = {name: getattr(row, name) for name in _WORK_FIELDS}
    return Work(**values, request=row.recipe.request, timeline=row.recipe.timeline)


def work_row(person: Person, keep: Keep, *, work_id: str, now: datetime) -> WorkRow:
    """A new work, not yet in a session."""
    row = WorkRow(
        id=work_id,
        person_id=person.id,
        kind=keep.kind,
        medium=keep.medium,
        model=keep.model,
        rating=None,
        month=f"{now:%Y-%m}",
        created_at=now,
        deleted_at=None,
        label=keep.label,
        subject=keep.subject,
        words=keep.words,
        note="",
        weights=keep.weights,
        fingerprint=keep.fingerprint,
        original_sha256=digest(keep.original),
        original_mime=keep.original_mime,
        original_size=len(keep.original),
        thumbnail_sha256=digest(keep.thumbnail),
        thumbnail_mime=keep.thumbnail_mime,
        thumbnail_size=len(keep.thumbnail),
        request_sha256=keep.request_sha256,
        identity=keep.identity,
        recipe=RecipeRow(person_id=person.id, request=keep.request, timeline=keep.timeline),
    )
    refresh_search(row)
    return row


def refresh_search(row: WorkRow) -> None:
    """Bring what is searched up to date with what is said about the work."""
    row.search = searchable(
        row.label, row.subject, row.words, row.note, row.medium, row.model, row.kind
    )


def lineage_rows(
    session: Session, person: Person, child_id: str, parents: Iterable[Parent]
) -> list[LineageRow]:
    """The parents of a new work, each of which must be the person's own.

    Raises:
        LibraryError: ``no_such_work`` for a parent that is not.
    """
    return [
        LineageRow(
            child_id=child_id,
            place=place,
            person_id=person.id,
            parent_id=mine(session, person, parent.work_id).id if parent.work_id else None,
            role=parent.role,
            side=dict(parent.side),
            request=parent.request,
        )
        for place, parent in enumerate(parents)
    ]


def kin_from(row: LineageRow, work: WorkRow | None) -> Kin:
    """One line of the family tree."""
    return Kin(
        role=cast("Role", row.role),
        side=row.side,
        work=None if work is None else work_from(work),
        request=row.request,
    )


def event_row(person: Person, event: Event, *, event_id: str, now: datetime) -> EventRow:
    """A new event, not yet in a session."""
    return EventRow(
        id=event_id,
        person_id=person.id,
        at=now,
        kind=event.kind,
        work_id=event.work_id,
        request=event.request,
        weights=event.weights,
        shown=list(event.shown),
        payload=dict(event.payload),
    )


def event_from(row: EventRow) -> Event:
    """A row as a value that outlives its session."""
    return Event(
        kind=cast("EventKind", row.kind),
        work_id=row.work_id,
        request=row.request,
        weights=row.weights,
        shown=tuple(row.shown),
        payload=row.payload,
        id=row.id,
        at=row.at,
    )


def mine(session: Session, person: Person, work_id: str) -> WorkRow:
    """The person's work of that id, deleted or not.

    Raises:
        LibraryError: ``no_such_work``, also for a work of someone else.
    """
    row = session.get(WorkRow, work_id) if isinstance(work_id, str) and is_id(work_id) else None
    if row is None or row.person_id != person.id:
        raise no_such_work(str(work_id))
    return row


def find(session: Session, person: Person, identity: str) -> WorkRow | None:
    """The person's work made from that recipe, deleted or not."""
    same = select(WorkRow).where(WorkRow.person_id == person.id, WorkRow.identity == identity)
    return session.scalars(same).one_or_none()


def file_of(
    session: Session, person: Person, work_id: str, which: Literal["original", "thumbnail"]
) -> tuple[str, str]:
    """Name and media type of a file, without reading the work: pages ask for sixty at once.

    Raises:
        LibraryError: ``no_such_work``, also for a work of someone else.
    """
    columns = {
        "original": (WorkRow.original_sha256, WorkRow.original_mime),
        "thumbnail": (WorkRow.thumbnail_sha256, WorkRow.thumbnail_mime),
    }[which]
    where = (WorkRow.id == work_id, WorkRow.person_id == person.id)
    known = isinstance(work_id, str) and is_id(work_id)
    found = session.execute(select(*columns).where(*where)).one_or_none() if known else None
    if found is None:
        raise no_such_work(str(work_id))
    return found[0], found[1]
