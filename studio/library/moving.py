"""The part of a library that lets everything of a person out, and lets it in again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from studio.errors import LibraryError
from studio.library import checks, rows
from studio.library.files import digest
from studio.library.ids import is_id, made_at, own_id
from studio.library.opened import Opened
from studio.library.records import TABLES, name_of, record_of, values_of
from studio.library.tables import Base, EventRow, ProfileRow, RecipeRow, WorkRow
from studio.library.tables_taught import JobRow, PlayingRow, ProofRow, VersionRow
from studio.library.taught_values import OPEN, OWN
from studio.persons import Person

__all__ = ["Moving", "Record"]

_AHEAD = 86_400.0
"""Seconds that another clock may be ahead of this one."""
_WITH_IDS: tuple[type[Base], ...] = (WorkRow, EventRow, ProfileRow, JobRow)


@dataclass(frozen=True)
class Record:
    """A row as it travels.

    Attributes:
        table: Name of its table.
        name: What it is called within its table.
        values: See `studio.library.records`.
        original: Of a work, its file.
        thumbnail: Of a work, its small picture.
    """

    table: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    original: bytes | None = None
    thumbnail: bytes | None = None


class Moving(Opened):
    """See the module's docstring."""

    def dump(self, person: Person, tables: Sequence[str] = tuple(TABLES)) -> Iterator[Record]:
        """Everything of a person, as of one moment; trainings that are not over stay behind.

        So do those that made a model, which is no part of a library's rows.
        A work whose file was taken out of the folder comes without it.
        """
        with self._read() as session:
            for table in tables:
                kind = TABLES[table]
                keys = list(kind.__table__.primary_key)
                mine = select(kind).where(kind.__table__.c.person_id == person.id)
                if kind is JobRow:
                    mine = mine.where(JobRow.state.not_in(OPEN))
                each = mine.order_by(*keys).execution_options(yield_per=50)
                for row in session.scalars(each):
                    if isinstance(row, JobRow) and row.plan.get("kind") == OWN:
                        continue
                    found = Record(table, name_of(row), record_of(row))
                    yield self._with_files(found, row) if isinstance(row, WorkRow) else found
                session.expunge_all()

    def _with_files(self, record: Record, row: WorkRow) -> Record:
        def content(name: str) -> bytes | None:
            path = self._store.path(name)
            return path.read_bytes() if path.is_file() else None

        small = content(row.thumbnail_sha256)
        return replace(record, original=content(row.original_sha256), thumbnail=small)

    def original_of(self, person: Person, request_sha256: str) -> tuple[Path, str] | None:
        """File and media type of the work made from a recipe, deleted or not; None if not here."""
        columns = select(WorkRow.original_sha256, WorkRow.original_mime)
        same = columns.where(WorkRow.person_id == person.id, WorkRow.identity == request_sha256)
        with self._read() as session:
            found = session.execute(same).one_or_none()
        path = self._store.path(found[0]) if found else None
        return (path, found[1]) if found and path and path.is_file() else None

    def adopt(
        self, person: Person, records: Sequence[Record], known_as: dict[str, str]
    ) -> list[bool | LibraryError]:
        """Let rows in, in one commit. What is here already stays as it is.

        Args:
            person: Whose they become.
            records: Rows; those that others speak of come before them.
            known_as: Ids of works that are called otherwise here; added to.

        Returns:
            For each record, whether it was new, or why it was refused.
        """
        found: list[bool | LibraryError] = []
        with ExitStack() as stack:
            for one in records:
                files = [file for file in (one.original, one.thumbnail) if file]
                if len(files) == 2 and _fits(one):  # noqa: PLR2004 - original and thumbnail
                    stack.enter_context(self._store.put(*files))
            session = stack.enter_context(self._write(person))
            for one in records:
                try:
                    with session.begin_nested():
                        found.append(self._let_in(session, person, one, known_as))
                except LibraryError as error:
                    found.append(error)
                except IntegrityError:
                    found.append(checks.refused(one.table, one.name, "against what is here"))
        return found

    def _let_in(
        self, session: Session, person: Person, record: Record, known_as: dict[str, str]
    ) -> bool:
        kind = TABLES[record.table]
        values = values_of(record.table, record.values)
        given = values.get("id", "")
        if kind in _WITH_IDS:
            values["id"], here = _called(session, person, kind, given)
            if here:
                if kind is WorkRow:
                    known_as[given] = values["id"]
                return False
        _refer(session, person, kind, values, known_as)
        if kind is WorkRow:
            if not _fits(record):
                raise checks.refused("original", record.name, "without its file")
            new = _work(session, person, given, values, known_as)
        else:
            new = _row(session, kind, {**values, "person_id": person.id})
        if new and kind in _WITH_IDS:
            self._ids.pass_by(values["id"])
        return new


def _fits(record: Record) -> bool:
    """Whether the files are the ones that the record speaks of."""
    pairs = (("original", record.original), ("thumbnail", record.thumbnail))
    for name, file in pairs:
        if not file or record.values.get(f"{name}_sha256") != digest(file):
            return False
        if record.values.get(f"{name}_size") != len(file):
            return False
    return True


def _called(session: Session, person: Person, kind: type[Base], given: str) -> tuple[str, bool]:
    """The id that something gets here, and whether it is here already.

    Ids are stable; only where a row of someone else has one, the copy gets an id of its own.
    """
    if not is_id(given) or made_at(given) > time.time() + _AHEAD:
        raise checks.refused("id", given, "not an id of the studio")
    own = own_id(given, person.id)
    for one in (own, given):
        row = session.get(kind, one)
        if row is not None and getattr(row, "person_id", "") == person.id:
            return one, True
    return (given if session.get(kind, given) is None else own), False


def _row(session: Session, kind: type[Base], values: Mapping[str, Any]) -> bool:
    """Add a row, unless one of the same key is here."""
    key = [values[column.name] for column in kind.__table__.primary_key]
    if session.get(cast("Any", kind), tuple(key) if len(key) > 1 else key[0]) is not None:
        return False
    session.add(kind(**values))
    session.flush()
    return True


def _mine(session: Session, person: Person, given: str, known_as: Mapping[str, str]) -> str | None:
    """What a work that is spoken of is called here; None if it is not here."""
    for one in (known_as.get(given), given, own_id(given, person.id) if is_id(given) else None):
        row = session.get(WorkRow, one) if one and is_id(one) else None
        if row is not None and row.person_id == person.id:
            return one
    return None


def _refer(
    session: Session,
    person: Person,
    kind: type[Base],
    values: dict[str, Any],
    known_as: Mapping[str, str],
) -> None:
    """Let a row speak of what its works and versions are called here.

    Raises:
        LibraryError: ``bad_work`` if it cannot be without one that is missing.
    """
    for name in ("work_id", "child_id", "parent_id"):
        given = values.get(name)
        if given is None:
            continue
        found = _mine(session, person, given, known_as)
        if found is None and name != "work_id":  # feedback outlives its work
            raise checks.refused(name, given, "not in the library")
        values[name] = found or given
    if kind is VersionRow:
        values["works"] = [known_as.get(str(one), one) for one in values["works"]]
    if kind in (PlayingRow, ProofRow):
        version = values["version"]
        if session.get(VersionRow, (person.id, version)) is None:
            raise checks.refused("version", version[:12], "not in the library")
    if kind is JobRow and values["state"] not in ("done", "failed", "stopped"):
        raise checks.refused("state", values["state"], "not of a training that is over")


def _work(
    session: Session,
    person: Person,
    given: str,
    values: dict[str, Any],
    known_as: dict[str, str],
) -> bool:
    """Add a work, unless the same recipe is kept under another id."""
    request, timeline = values.pop("request"), values.pop("timeline")
    told = {"request_sha256": digest(request.encode())}
    told["identity"] = digest((timeline or request).encode())
    for name, value in told.items():
        if values[name] != value:
            raise checks.refused(name, values[name][:12], "not that of its recipe")
    same = rows.find(session, person, values["identity"])
    known_as[given] = values["id"] if same is None else same.id
    if same is not None:
        return False
    recipe = RecipeRow(person_id=person.id, request=request, timeline=timeline)
    row = WorkRow(**values, person_id=person.id, recipe=recipe, search="")
    checks.month(row.month)
    if row.rating is not None:
        checks.rating(row.rating)
    rows.refresh_search(row)
    session.add(row)
    session.flush()
    return True
