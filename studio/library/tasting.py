"""The part of a library that a taste is made of: tiles, what was said of a taste, profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from studio.errors import LibraryError
from studio.library import checks
from studio.library.attaching import release
from studio.library.ids import is_id
from studio.library.opened import Opened, now
from studio.library.tables import EventRow, ProfileRow, TasteRow, TileRow
from studio.library.taste_values import Profile, Tile
from studio.persons import Person

__all__ = ["Tasting"]

_NAME = 60
_MANY = 500
"""SQLite takes so many values in one question with ease."""


class Tasting(Opened):
    """See the module's docstring."""

    def remember_tiles(self, person: Person, tiles: Iterable[Tile]) -> None:
        """Write down what was on screen; what is known already stays as it is."""
        wanted = {tile.sha256: tile for tile in tiles}
        if not wanted:
            return
        for tile in wanted.values():
            checks.recipe("request", tile.request)
            checks.mapping("attributes", tile.attributes)
        known = self._known(person, wanted)
        if len(known) == len(wanted):
            return
        with self._write(person) as session:
            for name, tile in wanted.items():
                if name in known or session.get(TileRow, (person.id, name)) is not None:
                    continue
                session.add(_tile_row(person, name, tile))

    def tiles(self, person: Person, names: Iterable[str] | None = None) -> dict[str, Tile]:
        """Tiles by sha256: those of ``names`` that are known, or all of them."""
        mine = select(TileRow).where(TileRow.person_id == person.id)
        found: dict[str, Tile] = {}
        with self._read() as session:
            if names is None:
                return {row.sha256: _tile(row) for row in session.scalars(mine)}
            wanted = sorted(set(names))
            for start in range(0, len(wanted), _MANY):
                part = mine.where(TileRow.sha256.in_(wanted[start : start + _MANY]))
                found |= {row.sha256: _tile(row) for row in session.scalars(part)}
        return found

    def _known(self, person: Person, names: Iterable[str]) -> set[str]:
        wanted, found = sorted(names), set[str]()
        with self._read() as session:
            for start in range(0, len(wanted), _MANY):
                part = TileRow.sha256.in_(wanted[start : start + _MANY])
                where = select(TileRow.sha256).where(TileRow.person_id == person.id, part)
                found |= set(session.scalars(where))
        return found

    def load_taste(self, person: Person) -> dict[str, object]:
        """What was said of a taste; empty for someone new."""
        with self._read() as session:
            row = session.get(TasteRow, person.id)
            return {} if row is None else dict(row.state)

    def save_taste(self, person: Person, state: Mapping[str, object]) -> None:
        """Remember what was said of a taste: plain JSON values.

        Raises:
            LibraryError: ``bad_work`` if it is not JSON.
        """
        plain = checks.mapping("taste", state)
        with self._write(person) as session:
            session.merge(TasteRow(person_id=person.id, updated_at=now(), state=plain))

    def profiles(self, person: Person) -> tuple[Profile, ...]:
        """A person's profiles, oldest first."""
        mine = select(ProfileRow).where(ProfileRow.person_id == person.id).order_by(ProfileRow.id)
        with self._read() as session:
            return tuple(map(_profile, session.scalars(mine)))

    def profile(self, person: Person, identifier: str) -> Profile:
        """One profile.

        Raises:
            LibraryError: ``no_such_profile``, also for one of someone else.
        """
        with self._read() as session:
            return _profile(_mine(session, person, identifier))

    def add_profile(self, person: Person, name: str, document: Mapping[str, object]) -> Profile:
        """Save a profile; nothing of it is mixed in yet.

        Raises:
            LibraryError: ``too_long`` or ``bad_work``.
        """
        row = ProfileRow(
            id=self._ids.new(),
            person_id=person.id,
            created_at=now(),
            name=_named(name),
            share=0.0,
            document=checks.mapping("profile", document),
        )
        with self._write(person) as session:
            session.add(row)
            session.flush()
            return _profile(row)

    def change_profile(
        self,
        person: Person,
        identifier: str,
        *,
        name: str | None = None,
        share: float | None = None,
    ) -> Profile:
        """Give another name or another share; what is None stays.

        Raises:
            LibraryError: ``no_such_profile``, ``too_long``, ``bad_work``.
        """
        with self._write(person) as session:
            row = _mine(session, person, identifier)
            row.name = row.name if name is None else _named(name)
            row.share = row.share if share is None else share
            return _profile(row)

    def delete_profile(self, person: Person, identifier: str) -> None:
        """Throw a profile away.

        Raises:
            LibraryError: ``no_such_profile``.
        """
        with self._write(person) as session:
            session.delete(_mine(session, person, identifier))

    def forgettable(self, person: Person) -> dict[str, int]:
        """What `forget` takes away: ``events, tiles, profiles`` -> how many."""
        with self._read() as session:
            return {
                "events": _count(session, EventRow.person_id, person),
                "tiles": _count(session, TileRow.person_id, person),
                "profiles": _count(session, ProfileRow.person_id, person),
            }

    def forget(self, person: Person) -> dict[str, int]:
        """Take away everything that a taste was made of, in one commit. Works stay.

        Returns:
            What went; see `forgettable`.
        """
        gone = self.forgettable(person)
        with self._write(person) as session:
            for table in (EventRow, TileRow, ProfileRow, TasteRow):
                session.execute(delete(table).where(table.person_id == person.id))
            release(session, person)
        return gone


def _count(session: Session, owner: InstrumentedAttribute[str], person: Person) -> int:
    return session.scalar(select(func.count()).where(owner == person.id)) or 0


def _named(name: str) -> str:
    text = checks.text("name", name, _NAME).strip()
    if not text:
        raise checks.refused("name", name, "empty", "give it a name")
    return text


def _tile_row(person: Person, name: str, tile: Tile) -> TileRow:
    return TileRow(
        person_id=person.id,
        sha256=name,
        request=tile.request,
        attributes=dict(tile.attributes),
        atlas=tile.atlas,
        features=tile.features,
    )


def _tile(row: TileRow) -> Tile:
    return Tile(row.request, row.attributes, row.atlas, bytes(row.features))


def _mine(session: Session, person: Person, identifier: str) -> ProfileRow:
    row = session.get(ProfileRow, identifier) if is_id(identifier) else None
    if row is None or row.person_id != person.id:
        raise LibraryError(
            "no_such_profile",
            name="profile",
            value=identifier,
            rule="not one of your profiles",
            remedy="choose one of them",
        )
    return row


def _profile(row: ProfileRow) -> Profile:
    return Profile(row.id, row.name, row.share, row.document)
