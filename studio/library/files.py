"""Files by content: each is named by the sha256 of its bytes and never changes.

A file is written beside the others, flushed to the disk, then renamed, so that a name that exists
always has all of its bytes, whatever kills the process.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Store", "digest"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest(content: bytes) -> str:
    """sha256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Store:
    """The folder ``root/files``: ``ab/<sha256>``, and ``incoming`` for half-written ones.

    Only one process may hold a store (the library's lock sees to that).

    Raises:
        OSError: If the folder cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root / "files"
        self._incoming = self.root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():  # of a process that was killed while writing
            left.unlink()
        self._lock = threading.Lock()
        self._pins: Counter[str] = Counter()

    def path(self, name: str) -> Path:
        """Where the file called ``name`` is or would be.

        Raises:
            ValueError: If ``name`` is not a sha256, so that no name can lead out of the folder.
        """
        if not _DIGEST.fullmatch(name):
            raise ValueError(f"{name!r} is not a sha256")
        return self.root / name[:2] / name

    @contextmanager
    def put(self, *contents: bytes) -> Iterator[None]:
        """Write files and keep them from being discarded until the block ends.

        The block is where their row is committed: no one else can throw a file away between its
        writing and its first mention.

        Raises:
            OSError: If a file cannot be written; nothing half-written is left.
        """
        names = [digest(content) for content in contents]
        with self._lock:
            self._pins.update(names)
        try:
            for name, content in zip(names, contents, strict=True):
                self._write(name, content)
            yield
        finally:
            with self._lock:
                self._pins.subtract(names)
                self._pins = +self._pins

    def discard(self, name: str, in_use: Callable[[str], bool]) -> bool:
        """Delete a file unless someone is about to mention it or ``in_use(name)`` says so.

        Returns:
            Whether the file was deleted.
        """
        with self._lock:
            if name in self._pins or in_use(name):
                return False
            self.path(name).unlink(missing_ok=True)
            return True

    def names(self) -> Iterator[str]:
        """Every stored file's name."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(path.name for path in folder.iterdir())

    def _write(self, name: str, content: bytes) -> None:
        target = self.path(name)
        if not target.parent.is_dir():
            target.parent.mkdir(exist_ok=True)
            _sync_folder(self.root)
        if not (target.is_file() and digest(target.read_bytes()) == name):
            self._write_new(target, content)
        # Also for a file that was there: whoever renamed it may have died before this line.
        _sync_folder(target.parent)

    def _write_new(self, target: Path, content: bytes) -> None:
        part = self._incoming / secrets.token_hex(16)
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    """Make a rename or a new name in ``folder`` survive a power cut (POSIX only)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
