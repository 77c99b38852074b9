"""Libraries of every released schema open; a migration is all or nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from studio.library import Library
from studio.library.files import digest
from studio.library.opening import connect, migrate, newest_revision
from studio.library.tables import Base
from studio.persons import LOCAL
from tests.studio.fixture_library import FOLDER, SKETCH, describe
from tests.studio.works import keep_of, refused

RELEASED = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "tests_next", "{before}", None, None

def upgrade():
    with op.batch_alter_table("works", recreate="always") as table:
        table.add_column(sa.Column("mood", sa.Text(), nullable=False, server_default="calm"))
        table.alter_column("subject", type_=sa.String(100))
    {end}
"""


def copy_of(revision: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER / revision, tmp_path / revision))


def next_schema(folder: Path, end: str = "") -> Path:
    folder.mkdir()
    code = NEXT.format(before=newest_revision(), end=end)
    (folder / "tests_next.py").write_text(code, encoding="utf-8")
    return folder


def revision_of(root: Path) -> str:
    base = sqlite3.connect(root / "duet.db")
    (found,) = base.execute("SELECT version_num FROM alembic_version").fetchone()
    base.close()
    return str(found)


def test_every_schema_has_its_fixture() -> None:
    assert newest_revision() in RELEASED


@pytest.mark.parametrize("revision", RELEASED)
def test_a_library_of_every_released_schema_opens_whole(revision: str, tmp_path: Path) -> None:
    root = copy_of(revision, tmp_path)
    expected = json.loads((root / "expected.json").read_text(encoding="utf-8"))
    with Library(root) as library:
        assert describe(library) == expected
        sketch = SKETCH if revision >= "0004" else None
        assert library.attachment(digest(SKETCH), LOCAL) == sketch
        kept = library.keep(LOCAL, keep_of(1234))
        assert library.works(LOCAL).works[0] == kept
    assert revision_of(root) == newest_revision()


def test_the_migrations_make_the_tables_that_the_code_reads(tmp_path: Path) -> None:
    engine = connect(tmp_path, None)
    migrate(engine, tmp_path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_batch_migration_keeps_every_row_and_a_copy_of_the_old(tmp_path: Path) -> None:
    root = copy_of(newest_revision(), tmp_path)
    with Library(root) as library:
        before = describe(library)
    more = next_schema(tmp_path / "next")
    engine = connect(root, None)
    migrate(engine, root, more=[more])
    engine.dispose()
    base = sqlite3.connect(root / "duet.db")
    assert base.execute("SELECT DISTINCT mood FROM works").fetchall() == [("calm",)]
    assert base.execute("SELECT count(*) FROM lineage").fetchone() == (5,)
    base.close()

    with refused("library_too_new"):  # today's Duet meets tomorrow's library
        Library(root)
    assert revision_of(root) == "tests_next"

    (root / "duet.db").unlink()
    (root / f"duet-{newest_revision()}.db").rename(root / "duet.db")
    with Library(root) as library:
        assert describe(library) == before


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    root = copy_of(newest_revision(), tmp_path)
    more = next_schema(tmp_path / "next", end='raise RuntimeError("killed here")')
    engine = connect(root, None)
    for _ in range(2):  # the copy of an upgrade that was cut short is in nobody's way
        with pytest.raises(RuntimeError, match="killed here"):
            migrate(engine, root, more=[more])
    engine.dispose()
    expected = json.loads((root / "expected.json").read_text(encoding="utf-8"))
    with Library(root) as library:
        assert describe(library) == expected


def test_a_migration_that_breaks_a_reference_changes_nothing(tmp_path: Path) -> None:
    root = copy_of(newest_revision(), tmp_path)
    more = next_schema(tmp_path / "next", end='op.execute("DELETE FROM works")')
    engine = connect(root, None)
    with pytest.raises(RuntimeError, match="references"):
        migrate(engine, root, more=[more])
    engine.dispose()
    with Library(root) as library:
        assert library.problems() == []
        assert library.count(LOCAL) == 3
