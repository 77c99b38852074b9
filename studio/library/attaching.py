"""The part of a library that holds the files recipes name: sketches, photos, masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from studio.library.files import digest
from studio.library.opened import Opened, now
from studio.library.tables import EventRow, RecipeRow, SessionRow, WorkRow
from studio.library.tables_attached import AttachmentRow
from studio.persons import Person

__all__ = ["Attaching", "named_in", "release"]


class Attaching(Opened):
    """See the module's docstring. Small files: they lie in the database, with the recipes."""

    def attach(self, person: Person, files: Iterable[bytes]) -> None:
        """Keep files that recipes of this person name; those that are there stay.

        Raises:
            LibraryError: ``disk_full`` or ``not_writable``.
        """
        named = {digest(data): data for data in files}
        if not self.unattached(person, named):
            return
        with self._write(person) as session:
            for name in _missing(session, person, named):
                values = {"sha256": name, "created_at": now(), "data": named[name]}
                session.add(AttachmentRow(person_id=person.id, **values))

    def unattached(self, person: Person, names: Iterable[str]) -> set[str]:
        """Those of the digests that this person has no file of."""
        with self._read() as session:
            return _missing(session, person, names)

    def attachment(self, sha256: str, person: Person | None = None) -> bytes | None:
        """The file with this digest, of one person or of anyone; None if it is not here.

        A digest is as good as the file: nobody who does not have the one can guess the other.
        """
        wanted = select(AttachmentRow.data).where(AttachmentRow.sha256 == sha256)
        if person is not None:
            wanted = wanted.where(AttachmentRow.person_id == person.id)
        with self._read() as session:
            return session.scalar(wanted.limit(1))


def _missing(session: Session, person: Person, names: Iterable[str]) -> set[str]:
    wanted = set(names)
    mine = select(AttachmentRow.sha256).where(AttachmentRow.person_id == person.id)
    return wanted - set(session.scalars(mine.where(AttachmentRow.sha256.in_(sorted(wanted)))))


def named_in(values: object) -> set[str]:
    """Digests of all files that recipes anywhere in plain JSON values name.

    >>> sorted(named_in({"past": [{"inputs": {"sketch": "ab"}}], "inputs": {"mask": "cd"}}))
    ['ab', 'cd']
    """
    if isinstance(values, list | tuple):
        return {name for one in values for name in named_in(one)}
    if not isinstance(values, Mapping):
        return set()
    inputs = values.get("inputs")
    here = inputs.values() if isinstance(inputs, Mapping) else ()
    rest = {name for key, one in values.items() if key != "inputs" for name in named_in(one)}
    return rest | {name for name in here if isinstance(name, str)}


def release(session: Session, person: Person, names: Iterable[str] | None = None) -> None:
    """Delete those of a person's files, all or ``names``, that no recipe of theirs names."""
    mine = select(AttachmentRow.sha256).where(AttachmentRow.person_id == person.id)
    if names is not None:
        mine = mine.where(AttachmentRow.sha256.in_(sorted(names)))
    for name in session.scalars(mine).all():
        if not _mentioned(session, person, name):
            session.execute(
                delete(AttachmentRow).where(
                    AttachmentRow.person_id == person.id, AttachmentRow.sha256 == name
                )
            )


def _mentioned(session: Session, person: Person, name: str) -> bool:
    text = f"%{name}%"
    of_work = (
        select(RecipeRow.work_id)
        .join(WorkRow, WorkRow.id == RecipeRow.work_id)
        .where(WorkRow.person_id == person.id)
        .where(or_(RecipeRow.request.like(text), RecipeRow.timeline.like(text)))
    )
    of_event = select(EventRow.id).where(
        EventRow.person_id == person.id, EventRow.request.like(text)
    )
    if any(session.scalar(one.limit(1)) is not None for one in (of_work, of_event)):
        return True
    here = session.get(SessionRow, person.id)
    return here is not None and name in named_in(here.state)
