"""The first schema: persons, works, lineage, events, sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _persons_and_sessions()
    _works()
    _lineage()
    _events()


def _persons_and_sessions() -> None:
    op.create_table(
        "persons",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
    )
    op.create_table(
        "sessions",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_sessions"),
        _of_person("sessions"),
    )


def _works() -> None:
    op.create_table(
        "works",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("medium", sa.String(16), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("search", "label", "subject", "words", "note")
        ),
        sa.Column("weights", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("original_sha256", sa.String(64), nullable=False),
        sa.Column("original_mime", sa.String(100), nullable=False),
        sa.Column("original_size", sa.Integer(), nullable=False),
        sa.Column("thumbnail_sha256", sa.String(64), nullable=False),
        sa.Column("thumbnail_mime", sa.String(100), nullable=False),
        sa.Column("thumbnail_size", sa.Integer(), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_works"),
        _of_person("works"),
    )
    op.create_table(
        "recipes",
        sa.Column("work_id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("timeline", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("work_id", name="pk_recipes"),
        sa.ForeignKeyConstraint(
            ["work_id"], ["works.id"], name="fk_recipes_work_id_works", ondelete="CASCADE"
        ),
        _of_person("recipes"),
    )
    op.create_index("uq_works_identity", "works", ["person_id", "identity"], unique=True)
    op.create_index("ix_works_original", "works", ["original_sha256"])
    op.create_index("ix_works_thumbnail", "works", ["thumbnail_sha256"])
    kept = sa.text("deleted_at IS NULL")
    for name, columns in {
        "kept": ["person_id", "id"],
        "month": ["person_id", "month", "id"],
        "facets": ["person_id", "medium", "model", "month", "kind", "rating"],
    }.items():
        op.create_index(
            f"ix_works_{name}", "works", columns, sqlite_where=kept, postgresql_where=kept
        )


def _lineage() -> None:
    op.create_table(
        "lineage",
        sa.Column("child_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("parent_id", sa.String(36), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("side", sa.JSON(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("child_id", "place", name="pk_lineage"),
        sa.ForeignKeyConstraint(
            ["child_id"], ["works.id"], name="fk_lineage_child_id_works", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["works.id"], name="fk_lineage_parent_id_works", ondelete="SET NULL"
        ),
        _of_person("lineage"),
    )
    op.create_index("ix_lineage_parent", "lineage", ["parent_id"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("work_id", sa.String(36), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("weights", sa.String(64), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        _of_person("events"),
    )
    op.create_index("ix_events_person", "events", ["person_id", "id"])


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"], ["persons.id"], name=f"fk_{table}_person_id_persons"
    )
