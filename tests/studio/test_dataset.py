"""A library goes out as a dataset and comes in again: nothing lost, doubled or overwritten."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.dataset.packing import Stopped, pack
from studio.house import House
from studio.library.records import TABLES
from studio.library.tables import Base
from studio.persons import LOCAL
from tests.studio.boxes import (
    ANNA,
    brought,
    fill,
    house_of,
    keep,
    packed,
    rewritten,
    sealed,
    sheet,
    still,
    tables,
)


@pytest.fixture(scope="module")
def full(tiny_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_of(tiny_root, tmp_path_factory.mktemp("full") / "library") as house:
        fill(house)
        yield house


@pytest.fixture(scope="module")
def whole(full: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("whole") / "whole.zip"
    packed(full, target)
    return target


@pytest.fixture
def empty(tiny_root: Path, tmp_path: Path) -> Iterator[House]:
    with house_of(tiny_root, tmp_path / "empty") as house:
        yield house


def test_every_table_travels():
    assert set(TABLES) | {"persons", "recipes"} == set(Base.metadata.tables)


def test_an_empty_library_gets_all_of_it_and_gives_the_same_again(full, whole, empty, tmp_path):
    before = tables(full)
    assert all(before.values()), "something in every table"
    merged = brought(empty, whole)
    assert merged.broken == []
    assert tables(empty) == before
    assert empty.library.problems() == []
    again = tmp_path / "again.zip"
    packed(empty, again)
    assert again.read_bytes() == whole.read_bytes()


def test_importing_twice_doubles_nothing(full, whole, empty):
    first = brought(empty, whole)
    second = brought(empty, whole)
    assert second.added == {}
    assert second.known == first.added
    assert tables(empty) == tables(full)
    assert brought(full, whole).added == {}


def test_what_is_here_stays_as_it_is(full, whole, empty):
    brought(empty, whole)
    work = empty.library.works(LOCAL).works[0]
    empty.library.note(LOCAL, work.id, "mine")
    empty.library.save_taste(LOCAL, {"signals": {"keep": False}})
    brought(empty, whole)
    assert empty.library.work(LOCAL, work.id).note == "mine"
    assert empty.library.load_taste(LOCAL) == {"signals": {"keep": False}}


def test_a_work_that_was_kept_here_too_stays_one_and_gains_its_past(whole, empty):
    here = keep(empty, 1)
    merged = brought(empty, whole)
    assert merged.broken == []
    assert merged.known["works"] == 1
    assert empty.library.work(LOCAL, here.id).rating is None
    rated = [one for one in empty.library.events(LOCAL) if one.kind == "rating"]
    assert [one.work_id for one in rated] == [here.id]
    assert here.id in {kin.work.id for kin in parents_of_all(empty) if kin.work}


def parents_of_all(house: House) -> list:
    works = house.library.works(LOCAL).works
    return [kin for work in works for kin in house.library.parents(LOCAL, work.id)]


def test_someone_else_on_the_same_server_gets_copies_of_their_own(full, whole):
    before = tables(full)
    merged = brought(full, whole, ANNA)
    assert merged.broken == []
    assert brought(full, whole, ANNA).added == {}
    assert tables(full) == before
    kept = full.library.works(ANNA).works
    assert len(kept) == 5  # four, and Anna's own
    assert {work.id for work in kept}.isdisjoint(w.id for w in full.library.works(LOCAL).works)
    assert full.library.problems() == []


def test_of_another_person_nothing_goes_out(full, whole):
    theirs = {event.id for event in full.library.events(ANNA)}
    ids = set(sheet(whole, "events").column("id").to_pylist())
    assert theirs
    assert ids.isdisjoint(theirs)


def find(rows: list[dict], table: str, number: int = 0) -> int:
    return [index for index, row in enumerate(rows) if row["table"] == table][number]


def test_broken_rows_are_listed_and_the_rest_is_in(full, whole, empty, tmp_path):
    expected: dict[int, str] = {}

    def damage(rows: list[dict]) -> None:
        total = len(rows)

        def spoil(index: int, code: str, **changes: object) -> None:
            rows[index] = rows[index] | changes
            expected[index + 1] = code

        def say(index: int, code: str, **changes: object) -> None:
            record = json.loads(rows[index]["record"]) | changes
            rows[index] = sealed(rows[index], json.dumps(record))
            expected[index + 1] = code

        at = [find(rows, "events", number) for number in range(9)]
        rows[at[0]] = sealed(rows[at[0]], '{"kind": "keep",')
        expected[at[0] + 1] = "json"
        spoil(at[1], "hash", sha256="0" * 64)
        spoil(at[2], "schema", schema=99)
        record = rows[at[3]]["record"].replace('"payload":{', '"payload":{"x":NaN,', 1)
        rows[at[3]] = sealed(rows[at[3]], record)
        expected[at[3] + 1] = "nan"
        told = json.loads(rows[at[4]]["record"])
        del told["shown"]
        rows[at[4]] = sealed(rows[at[4]], json.dumps(told))
        expected[at[4] + 1] = "missing"
        say(at[5], "refused", kind="dance")
        say(at[6], "refused", id="ffffffff-ffff-7fff-bfff-ffffffffffff")
        spoil(at[7], "missing", record=None)
        say(find(rows, "tiles"), "refused", features="AADAfw==")  # not a number
        say(find(rows, "sliders"), "refused", id="ef" * 32)
        film = find(rows, "works", 3)
        spoil(film, "refused", original=b"<script>alert(1)</script>")
        rows.append(rows[at[8]])
        expected[total + 1] = "duplicate"
        rows.append(rows[at[8]] | {"table": "persons"})
        expected[total + 2] = "schema"

    spoilt = rewritten(whole, tmp_path / "spoilt.zip", damage)
    merged = brought(empty, spoilt)
    told = {one.row: one.code for one in merged.broken}
    assert {row: told.get(row) for row in expected} == expected
    # What cannot be without a row that is broken is broken too: the film's place in the tree.
    assert {one.table for one in merged.broken if one.row not in expected} == {"lineage"}
    before = tables(full)
    after = tables(empty)
    assert len(after["events"]) == len(before["events"]) - 8
    assert len(after["works"]) == len(before["works"]) - 1
    for name in ("profiles", "tastes", "sessions", "versions", "proofs", "playing"):
        assert after[name] == before[name]
    assert empty.library.problems() == []


def test_a_version_without_its_weights_is_listed(whole, empty, tmp_path):
    import zipfile

    bare = tmp_path / "bare.zip"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(bare, "w") as new:
        for told in old.infolist():
            if not told.filename.endswith("weights.safetensors"):
                new.writestr(told.filename, old.read(told))
    merged = brought(empty, bare)
    assert [one.code for one in merged.broken if one.table == "versions"] == ["weights"]
    assert {one.table for one in merged.broken} == {"versions", "playing", "proofs"}
    assert empty.library.playing(LOCAL, "tiny") == ""


def test_a_version_is_believed_only_with_the_weights_it_is_named_by(whole, empty, tmp_path):
    import zipfile

    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(forged, "w") as new:
        for told in old.infolist():
            data = old.read(told)
            if told.filename.endswith("weights.safetensors"):
                data = data[:-4] + bytes(byte ^ 1 for byte in data[-4:])
            new.writestr(told.filename, data)
    merged = brought(empty, forged)
    assert [one.code for one in merged.broken if one.table == "versions"] == ["weights"]
    assert list((empty.settings.library / "versions").glob("*")) == []


def test_an_export_that_is_stopped_leaves_nothing(full, tmp_path):
    def stop(done: int, _of: int) -> None:
        if done:
            raise Stopped

    folder = tmp_path / "out"
    with pytest.raises(Stopped):
        pack(full, LOCAL, folder / "a.zip", stop)
    assert list(folder.iterdir()) == []


def test_an_import_that_is_stopped_goes_on_when_it_is_asked_again(full, whole, empty):
    from studio.dataset.merging import merge

    def stop(done: int, _of: int) -> None:
        if done > 7:
            raise Stopped

    part = merge(empty, LOCAL, whole, stop)
    assert part.stopped
    assert sum(part.added.values()) == 7
    merge(empty, LOCAL, whole, still)
    assert tables(empty) == tables(full)


def test_ids_that_came_in_stay_below_those_that_are_made(whole, empty):
    brought(empty, whole)
    last = empty.library.events(LOCAL)[-1].id
    keep(empty, 40)
    assert empty.library.events(LOCAL)[-1].id > last


def test_the_command_line_does_the_same(whole, tiny_root, tmp_path):
    def run(*arguments: str) -> dict:
        command = [sys.executable, "-m", "studio.dataset", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    place = ("--library", str(tmp_path / "library"), "--models", str(tiny_root))
    assert run("import", *place, str(whole))["num_broken"] == 0
    out = tmp_path / "out.zip"
    assert run("export", *place, "--out", str(out))["rows"]["events"] > 20
    assert out.read_bytes() == whole.read_bytes()
