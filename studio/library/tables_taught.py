"""The tables of what was taught: versions, which is played, jobs, sliders, proofs.

Like every table, each row carries ``person_id``. Weights themselves lie in ``versions/<sha256>``
beside the database and never change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from studio.library.tables import Base, UtcTime

__all__ = ["JobRow", "PlayingRow", "ProofRow", "SliderRow", "VersionRow"]


class VersionRow(Base):
    """A version that a person taught. The original has no row: it cannot be changed."""

    __tablename__ = "versions"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str] = mapped_column(String(200))
    parent: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    verdict: Mapped[str | None] = mapped_column(String(16))
    works: Mapped[list[str]] = mapped_column(JSON)
    how: Mapped[dict[str, Any]] = mapped_column(JSON)
    measures: Mapped[dict[str, Any]] = mapped_column(JSON)


class PlayingRow(Base):
    """Which version of a model a person plays; no row for the original."""

    __tablename__ = "playing"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[str] = mapped_column(String(64))


class JobRow(Base):
    """A training. Its checkpoint and progress are files; what it is and how it ended is here."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_person", "person_id", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"))
    model: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class SliderRow(Base):
    """A direction that a person taught; ``id`` is the sha256 of its vector."""

    __tablename__ = "sliders"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    vector: Mapped[str] = mapped_column(Text)
    effect: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ProofRow(Base):
    """The blind test of a version: which side is which is known here alone."""

    __tablename__ = "proofs"

    person_id: Mapped[str] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    pairs: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    card: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
