"""Files that are whole or absent: written beside their place, flushed to disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import ExportError

__all__ = ["refused", "replacing", "write"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def refused(error: OSError, path: Path) -> ExportError:
    """What the system's refusal to write ``path`` means to a person."""
    if error.errno in _FULL:
        return ExportError(
            "disk_full",
            name=path.name,
            value=_free(path.parent),
            rule="the room left in MB: the disk is full",
            remedy="free some space and save again",
        )
    return ExportError(
        "cannot_write",
        name=path.name,
        value=path.parent.name or "/",
        rule=f"not a folder that can be written: {error.strerror or type(error).__name__}",
        remedy="choose a folder that you may write to",
    )


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when the block ends well.

    The temporary file is gone when the block fails, and an earlier file at ``path`` is untouched
    until the new one is on the disk.

    Raises:
        ExportError: ``disk_full`` or ``cannot_write``, for any `OSError` of the block too.
    """
    try:
        handle, made = tempfile.mkstemp(prefix=".", suffix=f".part{path.suffix}", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise refused(error, path) from error
    temporary = Path(made)
    try:
        yield temporary
        _flush(temporary)
        temporary.chmod(_mode(path))
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise refused(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write(path: Path, data: bytes) -> Path:
    """Put ``data`` at ``path``; see `replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return path


def _free(folder: Path) -> int:
    """Room left where ``folder`` is, in MB."""
    return shutil.disk_usage(folder).free // 1_000_000


def _mode(path: Path) -> int:
    """Permissions of the file that is replaced, else what a new file would have here."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    return 0o644


def _flush(path: Path) -> None:
    """Make the file, or the names in a folder, survive a power cut."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
