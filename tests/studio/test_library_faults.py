"""Files that are no library, full disks, missing rights: a clear word, and nothing is lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from studio.library import Library
from studio.persons import LOCAL
from tests.studio.works import keep_of, refused

ROOT = Path(__file__).parents[2]


def provoke(what: str, root: Path) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "tests.studio.provoke", what, str(root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + b"picture" * 99, b"x", b"SQLite format 2\0", b"\0" * 5000],
    ids=["png", "short", "sqlite 2", "zeros"],
)
def test_a_file_that_is_not_a_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "duet.db").write_bytes(content)
    with refused("not_a_library"):
        Library(tmp_path)
    assert (tmp_path / "duet.db").read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} <= {"duet.db", "duet.lock"}


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "duet.db") as other:
        other.execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY, works TEXT)")
    other.close()
    before = (tmp_path / "duet.db").read_bytes()
    with refused("not_a_library"):
        Library(tmp_path)
    with sqlite3.connect(tmp_path / "duet.db") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    other.close()
    assert len((tmp_path / "duet.db").read_bytes()) == len(before)


def test_a_folder_in_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "duet.db").mkdir()
    with refused("not_a_library"):
        Library(tmp_path)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a letter")
    for root in (tmp_path / "library", tmp_path / "library" / "inside"):
        with refused("not_writable"):
            Library(root)
    assert (tmp_path / "library").read_text() == "a letter"


def test_an_empty_file_becomes_a_library(tmp_path: Path) -> None:
    (tmp_path / "duet.db").touch()  # what a kill before the first page leaves
    with Library(tmp_path) as library:
        library.keep(LOCAL, keep_of(1))


@pytest.mark.parametrize("damage", ["cut", "scribbled"])
def test_a_damaged_database_is_named_and_not_overwritten(tmp_path: Path, damage: str) -> None:
    with Library(tmp_path) as library:
        for number in range(30):
            library.keep(LOCAL, keep_of(number))
    path = tmp_path / "duet.db"
    whole = path.read_bytes()
    half = len(whole) // 8192 * 4096
    broken = whole[:half] if damage == "cut" else whole[:4096] + b"\x5a" * (len(whole) - 4096)
    path.write_bytes(broken)
    with refused("library_damaged"), Library(tmp_path) as library:
        library.works(LOCAL, limit=1000)
        library.keep(LOCAL, keep_of(99))
    assert len(list((tmp_path / "files").glob("??/*"))) >= 60  # no picture was touched
    path.write_bytes(whole)  # the backup that the remedy asks for
    with Library(tmp_path) as library:
        assert library.count(LOCAL) == 30
        assert library.problems() == []


def test_a_full_disk_loses_nothing_and_says_so(tmp_path: Path) -> None:
    *attempts, end = provoke("fill", tmp_path)
    assert len(attempts) == 9
    for line in attempts:
        assert line["code"] == "disk_full", line
        assert int(str(line["value"])) == pytest.approx(
            shutil.disk_usage(tmp_path).free / 1e6, abs=2000
        )
        assert "free some space" in str(line["text"])
    assert sorted(end["works"]) == end["kept"]
    assert end["rating"] is None
    assert end["left"] == 0
    assert end["problems"] == []
    with Library(tmp_path) as library:
        assert library.count(LOCAL) == 4
        assert len(library.events(LOCAL)) == 4
        assert library.sweep() == 4  # pictures of the keeps that failed later
        assert library.problems() == []


def test_a_library_without_rights_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        *attempts, kept = provoke("strip", root)
        assert [line["code"] for line in attempts] == ["not_writable"] * 3
        for path in [root / "good", *(root / "good").rglob("*")]:
            path.chmod(0o755)
        with Library(root / "good") as library:
            assert library.works(LOCAL).works[0].id == kept["id"]
            assert library.problems() == []
