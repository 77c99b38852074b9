"""Pictures that someone brings to train a model on: taken in, looked at, held until then.

An album is a folder in the library's cache. A zip is unpacked when it is looked at. What becomes
no model goes with the next album of the same person, and when the server starts again.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from pipelines.errors import DuetError
from pipelines.training import own_files, own_pictures
from pipelines.training.own_pictures import Checked
from studio.errors import StudioError
from studio.library.faults import boundary
from studio.underway import Underway

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["MOST_BYTES", "Album", "Albums", "State"]

MOST_BYTES = 2 << 30
"""Of one album, as it is sent."""
REMEMBERED = 8
"""Albums of other persons that are held while nobody looks at them."""
SHOWN, COLUMNS, TILE = 32, 8, 96
"""Pictures on the sheet, in a row, and their side in pixels."""
NAMED = 100
"""Files left out that are named, of each kind."""
_LONGEST, _LONGEST_PART = 400, 200


class _Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Whoever brought the pictures takes them back."""


@dataclass(frozen=True)
class State:
    """How far the look at an album is; see `studio.dataset.jobs.State`."""

    state: Literal["open", "waiting", "running", "done", "cancelled", "failed"] = "open"
    done: int = 0
    of: int = 0
    checked: Checked | None = None
    error: DuetError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in ("waiting", "running")

    def line(self) -> dict[str, Any]:
        """As the page reads it."""
        values: dict[str, Any] = {"state": self.state, "done": self.done, "of": self.of}
        if self.checked is not None:
            values["result"] = _told(self.checked)
        if self.error is not None:
            values["error"] = self.error.as_dict()
        return values


@dataclass
class Album:
    """The pictures of one person; its thread alone replaces ``now`` while it looks."""

    id: str
    person: Person
    folder: Path
    bytes: int = 0
    names: set[str] = field(default_factory=set)
    now: State = field(default_factory=State)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def pictures(self) -> Path:
        """What was brought."""
        return self.folder / own_files.PICTURES


class Albums(Underway[Album]):
    """Every album on this server; they are looked at one after another.

    Args:
        house: Its library.
    """

    def __init__(self, house: House) -> None:
        super().__init__()
        self._library = house.settings.library
        self._root = self._library / "cache" / "albums"
        shutil.rmtree(self._root, ignore_errors=True)  # of a server that was killed

    def open(self, person: Person) -> Album:
        """An empty album; an earlier one of this person goes."""
        with self._lock:
            for old in self._let_go(person, REMEMBERED):
                self._drop(old)
            name = secrets.token_hex(8)
            album = Album(name, person, self._root / name)
            with boundary(self._library):
                album.pictures.mkdir(parents=True)
            self._jobs[name] = album
        return album

    def _missing(self, value: str) -> StudioError:
        return StudioError(
            "no_such_album",
            name="album",
            value=value,
            rule="not held here",
            remedy="bring the pictures again",
        )

    def place(self, album: Album, name: str) -> Path:
        """Where a file that is about to be sent belongs.

        Raises:
            StudioError: ``bad_file_name`` for a path that leads out or is none;
                ``too_many_files``; ``album_busy`` while the album is looked at.
        """
        if not album.now.over:
            raise _busy()
        parts = PurePosixPath(name).parts
        odd = any(part in ("..", "/") or len(part.encode()) > _LONGEST_PART for part in parts)
        if not parts or odd or len(name) > _LONGEST or set(name) & {"\\", ":", "\0", "\n"}:
            raise _odd_name(name)
        if len(album.names | {name}) > own_pictures.MOST_FILES:
            raise StudioError(
                "too_many_files",
                name="files",
                value=len(album.names),
                rule=f"over {own_pictures.MOST_FILES}",
                remedy="bring fewer",
            )
        return album.pictures / PurePosixPath(name)

    def keep(self, album: Album, name: str, part: Path, place: Path) -> None:
        """Move a file that is whole to where it belongs.

        Raises:
            StudioError: ``bad_file_name`` where a folder is a file already.
            LibraryError: ``disk_full``.
        """
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            part.replace(place)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise _odd_name(name) from error
        album.names.add(name)
        album.now = State()

    def look(self, album: Album) -> Album:
        """Look at every picture of an album, in its turn.

        Raises:
            StudioError: ``album_busy`` if that is being done.
        """
        with self._lock:
            if not album.now.over:
                raise _busy()
            album.now = State("waiting")
            self._begin(album, self._look, "album")
        return album

    def take(self, person: Person, album_id: str) -> Album:
        """An album that was looked at, to be used.

        Raises:
            StudioError: ``no_such_album``; ``album_busy`` before it was looked at.
        """
        album = self.job(person, album_id)
        if album.now.checked is None:
            raise _busy()
        return album

    def forget(self, album: Album) -> None:
        """Let go of an album and its pictures."""
        with self._lock:
            self._jobs.pop(album.id, None)
            self._drop(album)

    def close(self) -> None:
        """Stop looking; nothing stays."""
        super().close()
        shutil.rmtree(self._root, ignore_errors=True)

    def _drop(self, album: Album) -> None:
        album.stop.set()
        shutil.rmtree(album.folder, ignore_errors=True)

    def _look(self, album: Album) -> None:
        def tell(number: int) -> None:
            if album.stop.is_set():
                raise _Stopped
            album.now = replace(album.now, done=number)

        try:
            tell(0)
            album.now = State("running", of=len(album.names))
            with boundary(self._library):
                album.now = replace(album.now, of=_unpack(album))
                checked = own_pictures.check(album.pictures, tell)
                checked.save(album.folder / own_files.CHECKED)
                _paint(checked, album.folder / "sheet.webp")
            album.now = replace(album.now, state="done", checked=checked)
        except _Stopped:
            album.now = State("cancelled")
        except BaseException:
            shutil.rmtree(album.folder, ignore_errors=True)
            with self._lock:
                self._jobs.pop(album.id, None)
            raise


def _odd_name(name: str) -> StudioError:
    return StudioError(
        "bad_file_name",
        name="name",
        value=name[:80],
        rule="not a name inside a folder",
        remedy="give the file another name",
    )


def _busy() -> StudioError:
    return StudioError(
        "album_busy", name="album", rule="not looked at yet", remedy="wait until it is"
    )


def _unpack(album: Album) -> int:
    """Unpack every zip, each into a folder of its own where there is more than one file.

    Returns:
        How many files there are now.
    """
    for file in sorted(album.pictures.rglob("*")):
        if file.suffix.lower() == ".zip" and file.is_file():
            alone = len(album.names) == 1
            packed = file.replace(album.folder / "packed.zip")
            own_pictures.unpack(packed, album.pictures if alone else file.with_suffix(""))
            packed.unlink()
    return sum(1 for file in album.pictures.rglob("*") if file.is_file())


def _told(checked: Checked) -> dict[str, Any]:
    """What was found, with the first names of what is left out."""
    values = checked.to_dict()
    for kind in ("damaged", "duplicates"):
        named: dict[str, Any] = values[kind]
        values[f"num_{kind}"] = len(named)
        values[kind] = dict(list(named.items())[:NAMED])
    return values


def _paint(checked: Checked, file: Path) -> None:
    """The first pictures of use as a training sees them: the largest centred square."""
    import numpy as np

    from pipelines.training.data import crop_centre
    from pipelines.training.sheets import contact_sheet

    tiles = []
    step = max(1, len(checked.files) // SHOWN)
    for name in checked.files[::step][:SHOWN]:
        picture = own_pictures.upright(checked.folder / name)
        tiles.append(np.asarray(crop_centre(picture, TILE)))
    if tiles:
        contact_sheet(np.stack(tiles), min(COLUMNS, len(tiles))).save(file, quality=85)
