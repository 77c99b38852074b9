"""Whether a zip is safe and a dataset, before anything of it is believed."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from studio.dataset import weights
from studio.dataset.parquet import CONFIGS
from studio.errors import StudioError

__all__ = ["MAX_BYTES", "rows", "unpack"]

MAX_BYTES = 4 << 30
"""Of a zip, and of all that is unpacked from it."""
_MEMBERS = 20_000
_PRESSED, _SMALL = 100, 1 << 20
"""A file over a MiB that grows more than so many times is a bomb: Parquet is pressed already."""
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
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = _wanted(archive.infolist())
            left = MAX_BYTES
            for told in wanted:
                target = folder / PurePosixPath(told.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _copy(archive, told, target, left)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise refused("file", path.stat().st_size, "not a whole zip") from error
    except RuntimeError as error:
        raise refused("file", path.stat().st_size, "locked with a password") from error
    except (ValueError, UnicodeError, zlib.error) as error:
        raise refused("file", path.stat().st_size, "damaged") from error
    return [folder / told.filename for told in wanted if _EVENTS.fullmatch(told.filename)]


def _wanted(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Every member is looked at, also those that are not imported."""
    if len(members) > _MEMBERS:
        raise refused("files", len(members), f"over {_MEMBERS} files")
    names: set[str] = set()
    for told in members:
        name, mode = told.filename, told.external_attr >> 16
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise refused("path", name[:80], "a path that leads out of the folder")
        if stat.S_ISLNK(mode):
            raise refused("path", name[:80], "a link")
        if name in names:
            raise refused("path", name[:80], "there twice")
        names.add(name)
        if told.file_size > max(_SMALL, _PRESSED * told.compress_size):
            raise refused(name[:80], told.file_size, f"over {_PRESSED} times its packed size")
    if sum(told.file_size for told in members) > MAX_BYTES:
        raise refused("file", sum(t.file_size for t in members), f"over {MAX_BYTES} bytes")
    sheets = [told for told in members if _EVENTS.fullmatch(told.filename)]
    if not sheets:
        raise refused("file", "events/*.parquet", "not in this zip")
    taught = (weights.MEMBER.fullmatch(told.filename) for told in members)
    known = {one[0] for one in taught if one and one[2] in weights.FILES}
    return sheets + [told for told in members if told.filename in known]


def _copy(archive: zipfile.ZipFile, told: zipfile.ZipInfo, target: Path, left: int) -> int:
    """What a header says of its size is not believed."""
    size = 0
    with archive.open(told) as source, target.open("xb") as sink:
        while part := source.read(1 << 20):
            size += len(part)
            if size > min(left, told.file_size):
                raise refused(told.filename[:80], size, "longer than its header says")
            sink.write(part)
    return size


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
