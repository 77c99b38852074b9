"""Zips from anywhere: looked at before anything of them is believed, then unpacked."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from pipelines.errors import DuetError

__all__ = ["Refusal", "unpack"]

Refusal = Callable[[str, object, str], DuetError]
"""Name, value and rule -> the error that says so."""
_LONGEST = 240
"""Bytes of a name."""
_PRESSED, _SMALL = 100, 1 << 20
"""A file over a MiB that grows more than so many times is a bomb."""


def unpack(
    path: Path,
    folder: Path,
    refused: Refusal,
    *,
    wanted: Callable[[Sequence[zipfile.ZipInfo]], Sequence[zipfile.ZipInfo]],
    most_files: int,
    most_bytes: int,
) -> list[str]:
    """Look at every member of a zip, also those that nobody wants, and unpack those wanted.

    Args:
        path: The zip.
        folder: Where to.
        refused: Makes the error.
        wanted: Chooses among the members.
        most_files: How many members there may be.
        most_bytes: What they may come to unpacked.

    Returns:
        Names of what was unpacked.

    Raises:
        DuetError: What ``refused`` makes: of a file that is no whole zip or has a password, a
            path that leads out or cannot be, a link, a name twice, a bomb, or too much.
        OSError: If there is no room.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _look(members, refused, most_files, most_bytes)
            chosen, left = wanted(members), most_bytes
            for told in chosen:
                target = folder / PurePosixPath(told.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _copy(archive, told, target, left, refused)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise refused("file", path.stat().st_size, "not a whole zip") from error
    except RuntimeError as error:
        raise refused("file", path.stat().st_size, "locked with a password") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise refused("path", Path(error.filename or "").name, "a file and a folder") from error
    except (ValueError, UnicodeError, zlib.error) as error:
        raise refused("file", path.stat().st_size, "damaged") from error
    return [told.filename for told in chosen]


def _look(
    members: Sequence[zipfile.ZipInfo], refused: Refusal, most_files: int, most_bytes: int
) -> None:
    if len(members) > most_files:
        raise refused("files", len(members), f"over {most_files} files")
    names: set[str] = set()
    for told in members:
        name, mode = told.filename, told.external_attr >> 16
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise refused("path", name[:80], "a path that leads out of the folder")
        if any(len(part.encode(errors="replace")) > _LONGEST for part in parts):
            raise refused("path", name[:80], "longer than a name may be")
        if stat.S_ISLNK(mode):
            raise refused("path", name[:80], "a link")
        if name in names:
            raise refused("path", name[:80], "there twice")
        names.add(name)
        if told.file_size > max(_SMALL, _PRESSED * told.compress_size):
            raise refused(name[:80], told.file_size, f"over {_PRESSED} times its packed size")
    if sum(told.file_size for told in members) > most_bytes:
        raise refused("file", sum(t.file_size for t in members), f"over {most_bytes} bytes")


def _copy(
    archive: zipfile.ZipFile, told: zipfile.ZipInfo, target: Path, left: int, refused: Refusal
) -> int:
    """What a header says of its size is not believed."""
    size = 0
    with archive.open(told) as source, target.open("xb") as sink:
        while part := source.read(1 << 20):
            size += len(part)
            if size > min(left, told.file_size):
                raise refused(told.filename[:80], size, "longer than its header says")
            sink.write(part)
    return size
