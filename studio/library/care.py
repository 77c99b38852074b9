"""Whether files and rows agree, and what may be thrown away."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from studio.errors import LibraryError
from studio.library.files import Store, digest
from studio.library.tables import WorkRow

__all__ = ["existing", "in_use", "problems"]


def existing(store: Store, name: str) -> Path:
    """The path of a stored file.

    Raises:
        LibraryError: ``file_missing`` if someone took it out of the folder.
    """
    path = store.path(name)
    if not path.is_file() or path.is_symlink():
        raise LibraryError(
            "file_missing",
            name="file",
            value=name[:12],
            rule="missing from the library folder",
            remedy="render the work again and keep it, or restore the folder from a backup",
        )
    return path


def in_use(session: Session, name: str) -> bool:
    """Whether any work of anyone has a file of that name."""
    mention = or_(WorkRow.original_sha256 == name, WorkRow.thumbnail_sha256 == name)
    return session.scalar(select(WorkRow.id).where(mention).limit(1)) is not None


def problems(session: Session, store: Store) -> list[str]:
    """What is wrong with the database and the files, in English, one line each."""
    found: list[str] = []
    if session.get_bind().dialect.name == "sqlite":
        for pragma in ("integrity_check", "foreign_key_check"):
            lines = session.connection().exec_driver_sql(f"PRAGMA {pragma}")
            found += [f"{pragma}: {tuple(line)}" for line in lines if tuple(line) != ("ok",)]
    mentioned = session.execute(
        select(WorkRow.id, WorkRow.original_sha256, WorkRow.thumbnail_sha256)
    )
    for work_id, *names in mentioned:
        for name in names:
            path = store.path(name)
            if not path.is_file():
                found.append(f"work {work_id}: file {name} is missing")
            elif digest(path.read_bytes()) != name:
                found.append(f"work {work_id}: file {name} is damaged")
    return found
