"""Opening a library: one server at a time, the right kind of file, today's schema."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.pool import NullPool

from studio.errors import LibraryError
from studio.library.faults import not_a_library

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["DATABASE", "connect", "hold", "migrate", "newest_revision"]

DATABASE = "duet.db"
_HEADER = b"SQLite format 3\0"
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 30_000


def hold(root: Path) -> FileLock:
    """Take the library in ``root`` for this process; the system lets go when the process dies.

    Raises:
        LibraryError: ``library_in_use`` if another server has it.
        OSError: If the folder cannot be written.
    """
    lock = FileLock(root / "duet.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise LibraryError(
            "library_in_use",
            name="library",
            value=root.name,
            rule="in use by another Duet",
            remedy="stop the other one, or choose another folder with --library",
        ) from error
    return lock


def connect(root: Path, url: str | None) -> Engine:
    """An engine for the library's database.

    ``execution_options(immediate=True)`` marks a transaction that writes: it takes SQLite's write
    lock at its start instead of failing in its middle.

    Raises:
        LibraryError: ``not_a_library`` if the file is something else; it is not touched.
    """
    address = make_url(url) if url else URL.create("sqlite", database=str(root / DATABASE))
    if address.get_backend_name() != "sqlite":
        return create_engine(address, json_serializer=None)
    _check_file(Path(address.database or ""))
    # Handlers run on a pool of 40 threads, and each holds a connection only for moments.
    engine = create_engine(address, pool_size=8, max_overflow=56)
    _prepare_sqlite(engine, foreign_keys=True)
    return engine


def migrate(engine: Engine, root: Path, *, more: Sequence[Path] = ()) -> None:
    """Bring the database to today's schema, in one transaction.

    An older library is first copied to ``duet-<revision>.db``, so that it can be gone back to.

    Args:
        engine: From `connect`.
        root: The library's folder.
        more: Further folders of migrations (used to test the way migrations are run).

    Raises:
        LibraryError: ``library_too_new``, or ``not_a_library`` for another program's database.
    """
    config = _config(more)
    # Batch mode drops and remakes tables: with foreign keys on, that would delete their children.
    plain = create_engine(engine.url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(plain, foreign_keys=False)
    try:
        with plain.connect() as connection:
            if not _needs_upgrade(connection, config, root):
                return
        with plain.execution_options(immediate=True).begin() as connection:
            _upgrade(connection, config)
    finally:
        plain.dispose()


def newest_revision() -> str:
    """The schema that this Duet writes.

    Raises:
        CommandError: If the migrations do not form one line.
    """
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config(())).get_current_head() or ""


def _needs_upgrade(connection: Connection, config: Config, root: Path) -> bool:
    """Compare the database's revision with ours, and back up a database that is older."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    tables = set(inspect(connection).get_table_names())
    heads = MigrationContext.configure(connection).get_current_heads()
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and tables and not (heads and "works" in tables):
        raise not_a_library(root / DATABASE)
    script = ScriptDirectory.from_config(config)
    unknown = set(heads) - {revision.revision for revision in script.walk_revisions()}
    if unknown:
        raise LibraryError(
            "library_too_new",
            name="library",
            value=", ".join(sorted(unknown)),
            rule="made by a newer Duet",
            remedy="update Duet, or choose another folder with --library",
        )
    older = set(heads) != set(script.get_heads())
    if older and heads and sqlite:
        connection.rollback()
        backup = root / f"duet-{heads[0]}.db"
        backup.unlink(missing_ok=True)  # of an upgrade that was cut short
        # VACUUM cannot run inside a transaction, so it goes to the driver directly.
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.execute("VACUUM INTO ?", (str(backup),))
    return older


def _upgrade(connection: Connection, config: Config) -> None:
    from alembic import command

    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(
                f"the migration broke {len(broken)} references; nothing was changed"
            )


def _config(more: Sequence[Path]) -> Config:
    from alembic.config import Config

    config = Config()
    # A percent sign in a path is configparser's interpolation mark.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    places = [str(place) for place in (_MIGRATIONS / "versions", *more)]
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(places).replace("%", "%%"))
    return config


def _check_file(path: Path) -> None:
    """Refuse what cannot be a SQLite file before anything is written to it."""
    if not path.exists():
        return
    if not path.is_file():
        raise not_a_library(path)
    with path.open("rb") as file:
        start = file.read(len(_HEADER))
    if start not in (b"", _HEADER):  # empty: killed before the first page was written
        raise not_a_library(path)


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    """Durable commits, and transactions that begin when SQLAlchemy says so (DDL included)."""

    def set_up(driver: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
        driver.isolation_level = None
        cursor = driver.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
