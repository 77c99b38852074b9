"""The tables. Every row carries ``person_id``; the migrations make them, these classes read them.

Recipes (``request``, ``timeline``) are text, not JSON columns: their sha256 is their name, so each
byte must come back as it went in. What is only ever read as values is a JSON column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

__all__ = [
    "Base",
    "EventRow",
    "LineageRow",
    "PersonRow",
    "ProfileRow",
    "RecipeRow",
    "SessionRow",
    "TasteRow",
    "TileRow",
    "UtcTime",
    "WorkRow",
]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints need names, or a later migration could not change them in batch mode."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite stores no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite gets it without its zone."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=_NAMES)


class PersonRow(Base):
    """Someone who kept, skipped or shaped something."""

    __tablename__ = "persons"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class WorkRow(Base):
    """A kept work. Its recipe lies elsewhere: a search reads every row, so rows are narrow."""

    __tablename__ = "works"
    __table_args__ = (
        Index("uq_works_identity", "person_id", "identity", unique=True),
        Index("ix_works_original", "original_sha256"),
        Index("ix_works_thumbnail", "thumbnail_sha256"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[str] = mapped_column(String(16))
    medium: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(String(200))
    rating: Mapped[int | None]
    month: Mapped[str] = mapped_column(String(7))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    search: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    weights: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    original_sha256: Mapped[str] = mapped_column(String(64))
    original_mime: Mapped[str] = mapped_column(String(100))
    original_size: Mapped[int]
    thumbnail_sha256: Mapped[str] = mapped_column(String(64))
    thumbnail_mime: Mapped[str] = mapped_column(String(100))
    thumbnail_size: Mapped[int]
    request_sha256: Mapped[str] = mapped_column(String(64))
    identity: Mapped[str] = mapped_column(String(64))

    recipe: Mapped[RecipeRow] = relationship(
        lazy="joined", cascade="all, delete-orphan", passive_deletes=True
    )


class RecipeRow(Base):
    """What a work was made from."""

    __tablename__ = "recipes"

    work_id: Mapped[str] = mapped_column(
        ForeignKey("works.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    request: Mapped[str] = mapped_column(Text)
    timeline: Mapped[str | None] = mapped_column(Text)


for _name, _columns in {
    # The filmstrip's order; pages of one month; what can be counted without reading rows.
    "kept": (WorkRow.person_id, WorkRow.id),
    "month": (WorkRow.person_id, WorkRow.month, WorkRow.id),
    "facets": (
        WorkRow.person_id,
        WorkRow.medium,
        WorkRow.model,
        WorkRow.month,
        WorkRow.kind,
        WorkRow.rating,
    ),
}.items():
    Index(
        f"ix_works_{_name}",
        *_columns,
        sqlite_where=WorkRow.deleted_at.is_(None),
        postgresql_where=WorkRow.deleted_at.is_(None),
    )


class LineageRow(Base):
    """One parent of one work. A parent that was never kept is its recipe alone."""

    __tablename__ = "lineage"
    __table_args__ = (Index("ix_lineage_parent", "parent_id"),)

    child_id: Mapped[str] = mapped_column(
        ForeignKey("works.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("works.id", ondelete="SET NULL"))
    role: Mapped[str] = mapped_column(String(16))
    side: Mapped[dict[str, Any]] = mapped_column(JSON)
    request: Mapped[str | None] = mapped_column(Text)


class EventRow(Base):
    """Feedback, only ever added to. ``work_id`` outlives the work, so it is no foreign key."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_person", "person_id", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(String(16))
    work_id: Mapped[str | None] = mapped_column(String(36))
    request: Mapped[str | None] = mapped_column(Text)
    weights: Mapped[str] = mapped_column(String(64))
    shown: Mapped[list[str]] = mapped_column(JSON)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


class SessionRow(Base):
    """Where a person left off: one row each, replaced as they go."""

    __tablename__ = "sessions"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)


class TileRow(Base):
    """A recipe that was on screen when something was said about it or beside it."""

    __tablename__ = "tiles"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    request: Mapped[str] = mapped_column(Text)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)
    atlas: Mapped[str] = mapped_column(String(64))
    features: Mapped[bytes] = mapped_column(LargeBinary)


class TasteRow(Base):
    """What a person said about their taste in so many words: corrections, signals used."""

    __tablename__ = "tastes"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)


class ProfileRow(Base):
    """A taste under a name, saved here or imported."""

    __tablename__ = "profiles"
    __table_args__ = (Index("ix_profiles_person", "person_id", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    name: Mapped[str] = mapped_column(Text)
    share: Mapped[float] = mapped_column(Float)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
