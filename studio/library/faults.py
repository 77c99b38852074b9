"""What can go wrong with a library, as errors a person can act on."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from studio.errors import LibraryError

__all__ = ["boundary", "no_such_work", "not_a_library"]

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE_NO_SPACE = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
_SQLITE_NOT_WRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")
_POSTGRESQL_NO_SPACE = "53100"


@contextmanager
def boundary(root: Path) -> Iterator[None]:
    """Turn failures of the disk and of the database under ``root`` into `LibraryError`.

    Anything that is not the fault of disk or database passes through unchanged.
    """
    try:
        yield
    except OSError as error:
        raise _from_disk(error, root) from error
    except (DBAPIError, sqlite3.Error) as error:
        known = _from_database(error, root)
        if known is None:
            raise
        raise known from error


def no_such_work(work_id: str) -> LibraryError:
    """The same error for a work that does not exist and for one of someone else."""
    return LibraryError(
        "no_such_work",
        name="work",
        value=work_id,
        rule="not in your library",
        remedy="choose one of your works",
    )


def not_a_library(path: Path) -> LibraryError:
    """The file where the library should be is something else; it is left as it is."""
    return LibraryError(
        "not_a_library",
        name="library",
        value=path.name,
        rule="not a library of Duet",
        remedy="choose another folder with --library, or move this file away",
    )


def _from_disk(error: OSError, root: Path) -> LibraryError:
    if error.errno in _NO_SPACE:
        return _disk_full(root)
    return _not_writable(error.strerror or type(error).__name__)


def _from_database(error: DBAPIError | sqlite3.Error, root: Path) -> LibraryError | None:
    """The error for what the driver says, or None if it is a fault of ours."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    name: str = getattr(origin, "sqlite_errorname", None) or ""
    if name.startswith(_SQLITE_NO_SPACE) or _sqlstate(origin) == _POSTGRESQL_NO_SPACE:
        return _disk_full(root)
    if name.startswith(_SQLITE_NOT_WRITABLE):
        return _not_writable(str(origin))
    if name == "SQLITE_NOTADB":
        return not_a_library(root / "duet.db")
    if name.startswith("SQLITE_CORRUPT"):
        return LibraryError(
            "library_damaged",
            name="library",
            value="duet.db",
            rule="damaged",
            remedy="copy the library folder, then restore duet.db from a backup",
        )
    return None


def _sqlstate(origin: BaseException | None) -> str:
    return getattr(origin, "sqlstate", None) or ""


def _disk_full(root: Path) -> LibraryError:
    try:
        free = shutil.disk_usage(root).free // 1_000_000
    except OSError:
        free = 0
    return LibraryError(
        "disk_full",
        name="free space (MB)",
        value=free,
        rule="too little",
        remedy="free some space, then press again",
    )


def _not_writable(why: str) -> LibraryError:
    return LibraryError(
        "not_writable",
        name="library",
        value=why,
        rule="not writable",
        remedy="choose another folder with --library, or allow writing to this one",
    )
