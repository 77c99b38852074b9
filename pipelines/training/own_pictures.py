"""An artist's own pictures, looked at before anything is trained on them.

`check` reads every file once and says what is of use; `gather` writes what is as plain upright RGB
pictures, which is what a training reads. The name of a sub-folder is the kind of its pictures.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import archives
from pipelines.errors import DuetError, ExportError, TrainingError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MOST_BYTES", "MOST_FILES", "Checked", "check", "gather", "unpack", "upright"]

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
        damaged: Of no use, by name: the error that says why.
        duplicates: Same pixels as another, by name: which.
        smallest: Shorter side of the smallest one of use, pixels; 0 where none is.
        largest: Longer side of the largest one, pixels.
    """

    folder: Path
    files: tuple[str, ...]
    damaged: Mapping[str, DuetError]
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
            "damaged": {name: error.as_dict() for name, error in self.damaged.items()},
            "duplicates": dict(self.duplicates),
            "smallest": self.smallest,
            "largest": self.largest,
        }

    def save(self, file: Path) -> None:
        """Write it down, for `read`."""
        told = self.to_dict() | {"files": self.files}
        file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def read(file: Path, folder: Path) -> Checked:
        """What `save` wrote of pictures that lie in ``folder``.

        Raises:
            TrainingError: ``pictures_gone`` if it isn't there, or the pictures are not.
        """
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            if not folder.is_dir():
                raise FileNotFoundError(folder)
        except (OSError, ValueError) as error:
            raise TrainingError(
                "pictures_gone",
                name="pictures",
                rule="not here any more",
                remedy="bring them again",
            ) from error
        damaged = {name: _error(parts) for name, parts in told["damaged"].items()}
        sides = {name: told[name] for name in ("smallest", "largest")}
        return Checked(folder, tuple(told["files"]), damaged, told["duplicates"], **sides)

    def __str__(self) -> str:
        """For reading."""
        kinds = ", ".join(f"{number} {name}" for name, number in self.kinds.items())
        lines = [f"{len(self.files)} pictures ({kinds}), {self.smallest} to {self.largest} px"]
        lines += [f"left out: {name} is {one.rule}" for name, one in self.damaged.items()]
        lines += [f"left out: {name} is {one} again" for name, one in self.duplicates.items()]
        return "\n".join(lines)


def _error(parts: Mapping[str, str]) -> DuetError:
    """The error that `DuetError.as_dict` gave the parts of."""
    return ExportError(
        parts["code"],
        name=parts["name"],
        value=parts["value"],
        rule=parts["rule"],
        remedy=parts["remedy"],
    )


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
    damaged: dict[str, DuetError] = {}
    duplicates: dict[str, str] = {}
    sides: list[tuple[int, int]] = []
    for number, file in enumerate(_files(folder), start=1):
        name = file.relative_to(folder).as_posix()
        try:
            picture = upright(file)
        except DuetError as error:
            damaged[name] = error
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
    """Write the pictures of use into a folder, a sub-folder a kind; give it back.

    Those that are there from an earlier time stay as they are.

    Raises:
        ExportError: If one can't be read any more.
        OSError: If there is no room.
    """
    for name in checked.files:
        place = folder / _kind(name)
        place.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        file, part = place / f"{digest}.png", folder / ".part"
        if not file.exists():
            upright(checked.folder / name).save(part, "PNG", compress_level=1)
            part.replace(file)
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


def upright(file: Path) -> Image:
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
