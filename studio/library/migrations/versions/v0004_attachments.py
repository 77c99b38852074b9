"""Files that recipes name: sketches, photos, masks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add one table; nothing that is there changes."""
    op.create_table(
        "attachments",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "sha256", name="pk_attachments"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name="fk_attachments_person_id_persons"
        ),
    )
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("attachments")
