"""What was taught: versions, which is played, jobs, sliders, proofs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the five tables; nothing that is there changes."""
    _versions()
    _jobs()
    op.create_table(
        "sliders",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vector", sa.Text(), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "model", "id", name="pk_sliders"),
        _of_person("sliders"),
    )
    op.create_table(
        "proofs",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("pairs", sa.JSON(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "version", name="pk_proofs"),
        _of_person("proofs"),
    )


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("parent", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("works", "how", "measures")),
        sa.PrimaryKeyConstraint("person_id", "id", name="pk_versions"),
        _of_person("versions"),
    )
    op.create_table(
        "playing",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "model", name="pk_playing"),
        _of_person("playing"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(64), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        _of_person("jobs"),
    )
    op.create_index("ix_jobs_person", "jobs", ["person_id", "id"])


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"], ["persons.id"], name=f"fk_{table}_person_id_persons"
    )
