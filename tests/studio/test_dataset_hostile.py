"""Zips that are no dataset, or that were made to harm: refused by name, nothing changed."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.house import House
from studio.persons import LOCAL
from tests.studio.boxes import brought, house_of, keep, packed, sheet, tables, written

EVENTS = "events/train-00000.parquet"


@pytest.fixture(scope="module")
def house(tiny_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_of(tiny_root, tmp_path_factory.mktemp("hostile") / "library") as made:
        keep(made, 1)
        yield made


@pytest.fixture(scope="module")
def sound(house: House, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The sheet of events of a true export."""
    target = tmp_path_factory.mktemp("sound") / "sound.zip"
    packed(house, target)
    with zipfile.ZipFile(target) as archive:
        return archive.read(EVENTS)


def zipped(
    *members: tuple[str | zipfile.ZipInfo, bytes], press: int = zipfile.ZIP_STORED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", press) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    told = zipfile.ZipInfo(name)
    told.external_attr = 0o120777 << 16
    return told


def lying(sheet: bytes) -> bytes:
    """A header that says less than what comes."""
    whole = bytearray(zipped((EVENTS, sheet), press=zipfile.ZIP_DEFLATED))
    at = whole.rindex(b"PK\x01\x02")
    struct.pack_into("<I", whole, at + 24, 100)
    return bytes(whole)


def huge_footer(sheet: bytes) -> bytes:
    return sheet[:-8] + struct.pack("<I", 0x7FFFFFF0) + b"PAR1"


MADE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "not a zip": (lambda _: b"GIF89a" + bytes(1000), "file"),
    "nothing": (lambda _: b"", "file"),
    "cut short": (lambda s: zipped((EVENTS, s))[:-30], "file"),
    "another zip": (lambda _: zipped(("readme.txt", b"hello")), "file"),
    "up and out": (lambda s: zipped((EVENTS, s), ("../../evil", b"x")), "path"),
    "up and out in versions": (
        lambda s: zipped((EVENTS, s), ("versions/../../evil.safetensors", b"x")),
        "path",
    ),
    "from the root": (lambda s: zipped((EVENTS, s), ("/etc/evil", b"x")), "path"),
    "a drive": (lambda s: zipped((EVENTS, s), ("C:/evil", b"x")), "path"),
    "a link": (lambda s: zipped((EVENTS, s), (link("events/b.parquet"), b"/etc/passwd")), "path"),
    "a bomb": (
        lambda _: zipped((EVENTS, bytes(200 << 20)), press=zipfile.ZIP_DEFLATED),
        EVENTS,
    ),
    "a lying header": (lying, "file"),
    "cut parquet": (lambda s: zipped((EVENTS, s[: len(s) // 2])), "events"),
    "no parquet": (lambda _: zipped((EVENTS, b"PAR1" + bytes(500) + b"PAR1")), "events"),
    "a huge footer": (lambda s: zipped((EVENTS, huge_footer(s))), "events"),
    "damaged in the middle": (
        lambda s: zipped((EVENTS, s[:200] + bytes(400) + s[600:])),
        "events",
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_it_is_refused_by_name_and_nothing_changes(house, sound, tmp_path, name):
    make, field = MADE[name]
    before = tables(house)
    path = tmp_path / "inner" / "bad.zip"
    path.parent.mkdir()
    path.write_bytes(make(sound))
    with pytest.raises(StudioError) as caught:
        brought(house, path)
    error = caught.value
    assert (error.code, error.name) == ("bad_dataset", field)
    assert error.rule
    assert error.remedy
    assert tables(house) == before
    assert not list(tmp_path.rglob("evil*"))
    assert not list(house.settings.library.rglob("evil*"))
    assert not list((house.settings.library / "cache").glob("unpacked-*"))


@pytest.mark.parametrize("column", ["schema", "record", "sha256", "thumbnail"])
def test_a_sheet_without_a_column_says_which(house, sound, tmp_path, column):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped((EVENTS, sound)))
    rows = sheet(path, "events").to_pylist()
    path.write_bytes(zipped((EVENTS, written(rows, leave=column))))
    with pytest.raises(StudioError) as caught:
        brought(house, path)
    assert (caught.value.name, caught.value.value) == ("column", column)


def test_too_many_files_are_refused_unread(house, sound, tmp_path):
    many = ((f"pictures/{number}", b"") for number in range(20_001))
    path = tmp_path / "many.zip"
    path.write_bytes(zipped((EVENTS, sound), *many))
    with pytest.raises(StudioError, match="20000 files"):
        brought(house, path)


def test_a_zip_that_was_pressed_again_is_taken(house, sound, tmp_path):
    """Whoever unpacked the folder and packed it again did nothing wrong."""
    path = tmp_path / "again.zip"
    path.write_bytes(zipped(("README.md", b"x"), (EVENTS, sound), press=zipfile.ZIP_DEFLATED))
    assert brought(house, path).known == {"works": 1, "events": 1}
    assert house.library.count(LOCAL) == 1
