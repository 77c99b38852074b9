"""Rows as plain JSON values and back, without loss: what a dataset is written from and read into.

A record has every column of its row but whose it is, and what is derived (``search``). Times are
ISO 8601 in UTC, bytes are base64. A work's record holds its recipe as well.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import JSON, Column, Float, Integer, LargeBinary, String, Table

from studio.library import checks
from studio.library.tables import (
    Base,
    EventRow,
    LineageRow,
    ProfileRow,
    SessionRow,
    TasteRow,
    TileRow,
    UtcTime,
    WorkRow,
)
from studio.library.tables_attached import AttachmentRow
from studio.library.tables_taught import JobRow, PlayingRow, ProofRow, SliderRow, VersionRow

__all__ = ["TABLES", "name_of", "record_of", "values_of"]

TABLES: Mapping[str, type[Base]] = {
    "attachments": AttachmentRow,
    "works": WorkRow,
    "lineage": LineageRow,
    "events": EventRow,
    "tiles": TileRow,
    "profiles": ProfileRow,
    "tastes": TasteRow,
    "sessions": SessionRow,
    "sliders": SliderRow,
    "versions": VersionRow,
    "playing": PlayingRow,
    "proofs": ProofRow,
    "jobs": JobRow,
}
"""Every table of a person, in the order in which one needs another. Recipes are in their works."""
_APART = ("person_id", "search")
_LISTS = ("shown", "works", "pairs")
_NOWHERE: Mapping[str, Any] = {"roots": [], "versions": "", "cache": ""}
"""Folders of this machine, which a training that is over needs no more."""
_RECIPE = ("request", "timeline")


def name_of(row: Base) -> str:
    """What a row is called within its table: its key without the person."""
    keys = [column.name for column in row.__table__.primary_key if column.name != "person_id"]
    return "/".join(str(getattr(row, key)) for key in keys)


def record_of(row: Base) -> dict[str, Any]:
    """A row as plain values."""
    found = {one.name: _plain(getattr(row, one.name)) for one in _columns(type(row))}
    if isinstance(row, WorkRow):
        found |= {"request": row.recipe.request, "timeline": row.recipe.timeline}
    if isinstance(row, JobRow):
        found["plan"] = {**row.plan, **_NOWHERE}
    return found


def values_of(table: str, record: Mapping[str, object]) -> dict[str, Any]:
    """A record as the values of a row, each of its column's type.

    Raises:
        LibraryError: ``missing_field`` or ``bad_work``, naming the field.
    """
    columns = {column.name: column for column in _columns(TABLES[table])}
    wanted = {*columns, *(_RECIPE if table == "works" else ())}
    for name in sorted(wanted - set(record)):
        raise checks.absent(name)
    for name in sorted(set(record) - wanted):
        raise checks.refused(name, "", "not a field that is known here")
    found = {name: _read(column, record[name]) for name, column in columns.items()}
    if table == "works":
        found["request"] = checks.recipe("request", record["request"])
        timeline = record["timeline"]
        found["timeline"] = None if timeline is None else checks.recipe("timeline", timeline)
    return found


def _columns(row: type[Base]) -> list[Column[Any]]:
    table = cast(Table, row.__table__)
    return [column for column in table.columns if column.name not in _APART]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _read(column: Column[Any], value: object) -> object:
    name, kind = column.name, column.type
    if value is None:
        if not column.nullable:
            raise checks.refused(name, "null", "empty")
        return None
    if isinstance(kind, UtcTime):
        return _time(name, value)
    if isinstance(kind, LargeBinary):
        return _bytes(name, value)
    if isinstance(kind, JSON):
        return _json(name, value)
    if isinstance(kind, String):  # and Text
        return checks.text(name, value, kind.length or checks.RECIPE_BYTES)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise checks.refused(name, value, "not a number")
    if isinstance(kind, Integer) and not (isinstance(value, int) and abs(value) < 1 << 53):
        raise checks.refused(name, value, "not a whole number")
    if isinstance(kind, Float) and not math.isfinite(value):
        raise checks.refused(name, value, "not finite")
    return value


def _time(name: str, value: object) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise checks.refused(name, value, "not a time with its zone")
    return found


def _bytes(name: str, value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise checks.refused(name, "", "not base64") from error


def _json(name: str, value: object) -> object:
    if name in _LISTS:
        if not isinstance(value, list):
            raise checks.refused(name, type(value).__name__, "not a list")
        return checks.mapping(name, {"list": value})["list"]
    return checks.mapping(name, value)
