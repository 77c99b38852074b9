"""How Alembic runs the steps: on the connection, and in the transaction, of whoever opens."""

from __future__ import annotations

from alembic import context

from studio.library import tables_taught  # noqa: F401 - so that Base knows its tables
from studio.library.tables import Base


def run() -> None:
    """Run the steps that Alembic asks for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # not when a tool imports this file to read it
    run()
