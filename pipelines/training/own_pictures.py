"""An artist's own pictures, looked at before anything is trained on them.

`check` reads every file once and says what is of use; `gather` writes what is as plain upright RGB
pictures, which is what a training reads. The name of a sub-folder is the kind of its pictures.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import archives
from pipelines.errors import DuetError, ExportError, TrainingError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MOST_BYTES", "Checked", "check", "gather", "unpack"]

MOST_BYTES, MOST_FILES = 4 << 30, 20_000
"""Of a zip, unpacked."""
PAPER = (1.0, 1.0, 1.0)
"""What shows through where a picture has transparency."""
ALL = "all"
"""Kind of pictures that lie in no sub-folder."""


@dataclass(frozen=True)
class Checked:
    """What was found in a folder.

    Attributes:
        folder: Where.
        files: Of use: names relative to the folder, sorted.
        damaged: Of no use, by name: why.
        duplicates: Same pixels as another, by name: which.
        smallest: Shorter side of the smallest one of use, pixels; 0 where none is.
        largest: Longer side of the largest one, pixels.
    """

    folder: Path
    files: tuple[str, ...]
    damaged: Mapping[str, str]
    duplicates: Mapping[str, str]
    smallest: int = 0
    largest: int = 0

    @property
    def kinds(self) -> dict[str, int]:
        """How many pictures of use each kind has."""
        return dict(sorted(Counter(map(_kind, self.files)).items()))

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "count": len(self.files),
            "kinds": self.kinds,
            "damaged": dict(self.damaged),
            "duplicates": dict(self.duplicates),
            "smallest": self.smallest,
            "largest": self.largest,
        }

    def __str__(self) -> str:
        """For reading."""
        kinds = ", ".join(f"{number} {name}" for name, number in self.kinds.items())
        lines = [f"{len(self.files)} pictures ({kinds}), {self.smallest} to {self.largest} px"]
        lines += [f"left out: {name} is {why}" for name, why in self.damaged.items()]
        lines += [f"left out: {name} is {one} again" for name, one in self.duplicates.items()]
        return "\n".join(lines)


def unpack(file: Path, folder: Path) -> Path:
    """Unpack a zip of pictures into ``folder``.

    Raises:
        TrainingError: ``bad_archive`` for a file that is no zip, or one that was made to harm.
        OSError: If there is no room.
    """
    archives.unpack(
        file,
        folder,
        _refused,
        wanted=lambda members: [one for one in members if not one.is_dir()],
        most_files=MOST_FILES,
        most_bytes=MOST_BYTES,
    )
    return folder


def _refused(name: str, value: object, rule: str) -> DuetError:
    remedy = "choose a zip of pictures"
    return TrainingError("bad_archive", name=name, value=value, rule=rule, remedy=remedy)


def check(folder: Path, say: Callable[[int], object] = lambda _: None) -> Checked:
    """Look at every file of a folder and its sub-folders.

    Args:
        folder: Where the pictures are. Hidden files are passed over.
        say: Is told how many files were looked at.
    """
    seen: dict[str, str] = {}
    damaged: dict[str, str] = {}
    duplicates: dict[str, str] = {}
    sides: list[tuple[int, int]] = []
    for number, file in enumerate(_files(folder), start=1):
        name = file.relative_to(folder).as_posix()
        try:
            picture = _upright(file)
        except DuetError as error:
            damaged[name] = error.rule
        else:
            first = seen.setdefault(_digest(picture), name)
            if first == name:
                sides.append((min(picture.size), max(picture.size)))
            else:
                duplicates[name] = first
        say(number)
    return Checked(
        folder,
        tuple(seen.values()),
        damaged,
        duplicates,
        smallest=min((short for short, _ in sides), default=0),
        largest=max((long for _, long in sides), default=0),
    )


def gather(checked: Checked, folder: Path) -> Path:
    """Write the pictures of use into a new folder, a sub-folder a kind; give it back.

    Raises:
        ExportError: If one can't be read any more.
        OSError: If there is no room.
    """
    for name in checked.files:
        place = folder / _kind(name)
        place.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        _upright(checked.folder / name).save(place / f"{digest}.png", compress_level=1)
    return folder


def _files(folder: Path) -> Iterator[Path]:
    """Files that may be pictures, in an order that never changes; links are not followed."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if file.is_file() and not file.is_symlink() and not hidden:
            yield file


def _kind(name: str) -> str:
    head, _, tail = name.partition("/")
    return head if tail else ALL


def _upright(file: Path) -> Image:
    """The picture as it is seen.

    Raises:
        ExportError: For what is no picture, is damaged, too small or too large.
    """
    from pipelines.exports.reading import open_picture
    from pipelines.image.framing import reduced

    try:
        data = file.read_bytes()
    except OSError as error:
        raise ExportError(
            "damaged_picture",
            name=file.name,
            value="",
            rule="not readable",
            remedy="copy it again",
        ) from error
    return reduced(open_picture(data, file.name), PAPER, file.name)


def _digest(picture: Image) -> str:
    size = f"{picture.width} x {picture.height}".encode()
    return hashlib.sha256(size + picture.tobytes()).hexdigest()
