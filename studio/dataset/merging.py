"""From a zip into a library: new rows are added, what is here stays, broken rows are listed."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pipelines.errors import DuetError
from studio.dataset import archive, weights
from studio.dataset.judging import judge
from studio.dataset.packing import Progress, Stopped
from studio.dataset.parquet import SCHEMA
from studio.library import Record
from studio.library.checks import RECIPE_BYTES
from studio.library.faults import boundary
from studio.library.files import digest
from studio.library.records import TABLES, values_of

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["Broken", "Merged", "merge"]

LISTED = 200
"""Broken rows that are told one by one; the rest is counted."""
_RECORD = 4 * RECIPE_BYTES
_AT_ONCE, _BYTES = 100, 16 << 20
"""Rows in one commit."""


@dataclass(frozen=True)
class Broken:
    """A row that was not imported.

    Attributes:
        row: Its number, from 1.
        table: Where it should have gone.
        code: ``json, hash, schema, nan, missing, duplicate, weights, refused``.
        name: The field at fault.
        value: What it holds.
        rule: What is wrong with it, in English.
    """

    row: int
    table: str
    code: str
    name: str = ""
    value: str = ""
    rule: str = ""


@dataclass
class Merged:
    """What came of an import.

    Attributes:
        added: Table -> rows that are new here.
        known: Table -> rows that were here already.
        broken: The first rows that were not imported.
        num_broken: How many there are in all.
        versions: Taught versions that can be played now and could not before.
        stopped: Whether it was ended before the last row.
    """

    added: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    num_broken: int = 0
    versions: int = 0
    stopped: bool = False

    def leave(self, broken: Broken) -> None:
        """List a broken row."""
        self.num_broken += 1
        if len(self.broken) < LISTED:
            self.broken.append(broken)

    def as_dict(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            "added": dict(self.added),
            "known": dict(self.known),
            "broken": [vars(one) for one in self.broken],
            "num_broken": self.num_broken,
            "versions": self.versions,
            "stopped": self.stopped,
        }


class _Refused(Exception):  # noqa: N818 - a row, not a program
    def __init__(self, code: str, name: str = "", value: object = "", rule: str = "") -> None:
        super().__init__(code)
        self.told = {"code": code, "name": name[:80], "value": str(value)[:80], "rule": rule}


def merge(house: House, person: Person, path: Path, progress: Progress) -> Merged:
    """Import a zip; rows that are in stay in, also when the rest is refused or stopped.

    Raises:
        StudioError: ``bad_dataset``: not a dataset, or made to harm.
        LibraryError: ``disk_full`` or ``not_writable``.
    """
    merged = Merged()
    cache = house.settings.library / "cache"
    with boundary(house.settings.library):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="unpacked-") as folder:
            sheets = archive.unpack(path, Path(folder))
            try:
                _Merging(house, person, merged, Path(folder) / "versions").run(sheets, progress)
            except Stopped:
                merged.stopped = True
            finally:
                house.minds.drop(person)
    return merged


class _Merging:
    """One import under way."""

    def __init__(self, house: House, person: Person, merged: Merged, versions: Path) -> None:
        self._house = house
        self._person = person
        self._merged = merged
        self._versions = versions
        self._met: set[tuple[str, str]] = set()
        self._known_as: dict[str, str] = {}
        self._waiting: list[tuple[int, Record]] = []
        self._held = 0

    def run(self, sheets: list[Path], progress: Progress) -> None:
        """Row by row, in the order they stand in."""
        try:
            for number, row in enumerate(_each(sheets), 1):
                progress(number, 0)
                self._take(number, row)
        finally:
            self._let_in()

    def _take(self, number: int, row: Mapping[str, Any]) -> None:
        try:
            record = self._read(row)
        except _Refused as refused:
            told = refused.told
        except DuetError as error:
            told = _told(error)
        except (TypeError, KeyError, ValueError, AttributeError, RecursionError) as error:
            told = {"code": "refused", "rule": type(error).__name__}
        else:
            self._waiting.append((number, record))
            self._held += len(record.original or b"") + len(record.thumbnail or b"")
            if len(self._waiting) >= _AT_ONCE or self._held >= _BYTES:
                self._let_in()
            return
        self._merged.leave(Broken(number, str(row.get("table"))[:20], **told))

    def _read(self, row: Mapping[str, Any]) -> Record:
        if row["schema"] != SCHEMA:
            raise _Refused("schema", "schema", row["schema"], f"not {SCHEMA}")
        table, name, written = row["table"], row["id"], row["record"]
        if table not in TABLES:
            raise _Refused("schema", "table", table, "not a table that is known here")
        if not isinstance(written, str) or len(written) > _RECORD:
            raise _Refused("missing" if written is None else "refused", "record")
        if digest(written.encode()) != row["sha256"]:
            raise _Refused("hash", "sha256", str(row["sha256"])[:12], "not that of the record")
        values = _json(written)
        values_of(table, values)
        record = Record(table, str(name), values, row["original"], row["thumbnail"])
        judge(record)
        if _key(table, values) != name:
            raise _Refused("refused", "id", name, "not that of the record")
        if (table, str(name)) in self._met:
            raise _Refused("duplicate", "id", name, "there before")
        if table == "versions" and not self._play(str(name), str(values["model"])):
            raise _Refused("weights", "version", str(name)[:12], "without its weights")
        self._met.add((table, str(name)))
        return record

    def _play(self, version: str, model: str) -> bool:
        house = self._house
        here = weights.is_here(house.settings.library, version)
        playable = weights.install(house, version, model, self._versions)
        self._merged.versions += playable and not here
        return playable

    def _let_in(self) -> None:
        waiting, self._waiting, self._held = self._waiting, [], 0
        if not waiting:
            return
        records = [record for _, record in waiting]
        answers = self._house.library.adopt(self._person, records, self._known_as)
        for (number, record), new in zip(waiting, answers, strict=True):
            if isinstance(new, bool):
                (self._merged.added if new else self._merged.known)[record.table] += 1
            else:
                self._merged.leave(Broken(number, record.table, **_told(new)))


def _each(sheets: list[Path]) -> Iterator[dict[str, Any]]:
    for sheet in sorted(sheets):
        yield from archive.rows(sheet)


def _key(table: str, values: Mapping[str, Any]) -> str:
    columns = TABLES[table].__table__.primary_key
    return "/".join(str(values[c.name]) for c in columns if c.name != "person_id")


def _json(written: str) -> dict[str, Any]:
    try:
        found = json.loads(written, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise _Refused("json", "record", written[:40], "not JSON") from error
    if not isinstance(found, dict):
        raise _Refused("json", "record", written[:40], "not a JSON object")
    return found


def _constant(text: str) -> NoReturn:
    raise _Refused("nan", "record", text, "not a finite number")


def _told(error: DuetError) -> dict[str, str]:
    parts = error.as_dict()
    code = "missing" if error.code == "missing_field" else "refused"
    kept = {name: str(parts.get(name, ""))[:80] for name in ("name", "value", "rule")}
    return {"code": code, **kept}
