"""What was lately on screen, until something is said about it; it outlives the server.

A page names what stood beside a work by the sha256 of its recipe. Which recipe that was, and what
was measured of it, is known here only: were it in memory alone, a page that stays open while the
server starts again would speak of works that nobody knows, and the choice could not be learnt
from.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from studio.library import Tile

if TYPE_CHECKING:
    from pipelines.artifact import Artifact

__all__ = ["Seen"]

log = logging.getLogger(__name__)
REMEMBERED = 4096
"""Tiles that are kept in memory."""
ROOM = 8 << 20
"""Bytes of the file, of which the one before it is kept too."""


class Seen:
    """Tiles by the sha256 of their recipes. Safe from any thread.

    Args:
        file: One line of JSON a tile, only ever added to; where it is full, ``file`` with the
            ending ``.old`` takes what it holds. What cannot be written is remembered in memory.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._old = file, file.with_suffix(".old")
        self._tiles: OrderedDict[str, Tile] | None = None
        self._writing: BinaryIO | None = None
        self._lock = threading.Lock()

    def add(self, artifact: Artifact) -> None:
        """Remember a work that was just rendered, with what can be measured of it."""
        from pipelines.atlas import measured

        tile = Tile(artifact.request.to_json(), measured(artifact))
        with self._lock:
            tiles = self._known()
            known = tiles.pop(tile.sha256, None)
            tiles[tile.sha256] = tile
            while len(tiles) > REMEMBERED:
                tiles.popitem(last=False)
            if tile != known:
                self._write(tile)

    def get(self, name: str) -> Tile | None:
        """The tile of that name, if it was on screen lately."""
        with self._lock:
            return self._known().get(name)

    def forget(self) -> None:
        """Forget every tile, also in the files: whose they were is not known here."""
        self.close()
        with self._lock:
            self._tiles = OrderedDict()
            for file in (self._file, self._old):
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._writing is not None:
                self._writing.close()
                self._writing = None

    def _known(self) -> OrderedDict[str, Tile]:
        """What is in memory; what the last server saw is read once."""
        if self._tiles is None:
            self._tiles = OrderedDict()
            for file in (self._old, self._file):
                for tile in _read(file):
                    self._tiles.pop(tile.sha256, None)
                    self._tiles[tile.sha256] = tile
            while len(self._tiles) > REMEMBERED:
                self._tiles.popitem(last=False)
        return self._tiles

    def _write(self, tile: Tile) -> None:
        line = json.dumps({"request": tile.request, "attributes": dict(tile.attributes)})
        try:
            if self._writing is None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._writing = self._file.open("ab")
            elif self._writing.tell() > ROOM:
                self._writing.close()
                self._file.replace(self._old)
                self._writing = self._file.open("ab")
            self._writing.write(line.encode() + b"\n")
            self._writing.flush()
        except (OSError, ValueError) as fault:  # a full disk, or a file that was closed under way
            log.warning("what is on screen could not be written down: %r", fault)
            self._writing = None


def _read(file: Path) -> list[Tile]:
    """The tiles in a file; a line that was cut off by a power cut is left out."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            told = json.loads(line)
            values = {str(name): float(value) for name, value in told["attributes"].items()}
            found.append(Tile(str(told["request"]), values))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found
