"""Whether a zip is safe and a dataset, before anything of it is believed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines import archives
from studio.dataset import weights
from studio.dataset.parquet import CONFIGS
from studio.errors import StudioError

__all__ = ["MAX_BYTES", "rows", "unpack"]

MAX_BYTES = 4 << 30
"""Of a zip, and of all that is unpacked from it."""
_MEMBERS = 20_000
_EVENTS = re.compile(r"events/[^/]+\.parquet")
_ROWS, _GROUP = 5_000_000, 1 << 30
_HEADER = 16 << 20
_BATCH = 8
_STRINGS = ("table", "id", "record", "sha256")


def refused(name: str, value: object, rule: str) -> StudioError:
    """The error for a file that is not imported at all."""
    remedy = "choose a zip that Duet exported"
    return StudioError("bad_dataset", name=name, value=value, rule=rule, remedy=remedy)


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack what is imported into ``folder``; give the sheets of events.

    Raises:
        StudioError: ``bad_dataset`` for a file that is no dataset, or one that was made to harm.
        OSError: If there is no room.
    """
    names = archives.unpack(
        path, folder, refused, wanted=_wanted, most_files=_MEMBERS, most_bytes=MAX_BYTES
    )
    return [folder / name for name in names if _EVENTS.fullmatch(name)]


def _wanted(members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """What is imported: sheets of events, and versions that are whole."""
    sheets = [told for told in members if _EVENTS.fullmatch(told.filename)]
    if not sheets:
        raise refused("file", "events/*.parquet", "not in this zip")
    taught = (weights.MEMBER.fullmatch(told.filename) for told in members)
    known = {one[0] for one in taught if one and one[2] in weights.FILES}
    return sheets + [told for told in members if told.filename in known]


def rows(sheet: Path) -> Iterator[dict[str, Any]]:
    """Rows of a sheet of events, a few at a time.

    Raises:
        StudioError: ``bad_dataset`` for a file that is not whole, or that lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(
            sheet, thrift_string_size_limit=_HEADER, thrift_container_size_limit=_HEADER
        ) as file:
            _check(file)
            for batch in file.iter_batches(batch_size=_BATCH, columns=list(CONFIGS["events"])):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise refused("events", sheet.name[:80], "not a whole Parquet file") from error


def _check(file: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    told = file.metadata
    if told.num_rows > _ROWS:
        raise refused("events", told.num_rows, f"over {_ROWS} rows")
    for index in range(told.num_row_groups):
        size = told.row_group(index).total_byte_size
        if size > _GROUP:
            raise refused("events", size, f"with a group over {_GROUP} bytes")
    columns = dict(zip(file.schema_arrow.names, file.schema_arrow.types, strict=True))
    for name in CONFIGS["events"]:
        if name not in columns:
            raise refused("column", name, "missing")
        text = name in _STRINGS
        strings = (pa.string(), pa.large_string())
        if text and columns[name] not in strings:
            raise refused("column", name, f"of the type {columns[name]}")
