"""A sheet: several works in one picture, and an atlas that says where each of them is.

The atlas is JSON in the layout that game engines read most ("JSON hash" of TexturePacker, read by
Phaser, PixiJS, Godot's importers and others)::

    {"frames": {"weapon-7": {"frame": {"x": 0, "y": 0, "w": 32, "h": 32}, "rotated": false,
                             "trimmed": false, "spriteSourceSize": {...}, "sourceSize": {...},
                             "duet": {...}}},
     "meta": {"app": "Duet 0.1.0", "version": "1.0", "image": "sheet.png", "format": "RGBA8888",
              "size": {"w": 128, "h": 128}, "scale": "1"}}

``duet`` is the whole document of the work (`pipelines.exports.documents`): saved as a file of its
own, it opens as that work. Frames stand row by row in cells as large as the largest work and
without gaps, so that a sheet of works of one size is also a plain grid.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.artifact import Artifact
from pipelines.errors import ExportError
from pipelines.exports.documents import Document, software
from pipelines.exports.reading import Opened

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ATLAS", "IMAGE", "MOST", "Sheet", "sheet"]

IMAGE, ATLAS = "sheet.png", "sheet.json"
MOST = 256
"""Works of one sheet."""
MAX_SIDE = 16_384
"""Longest side of a sheet that graphics cards take, in pixels."""
_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Sheet:
    """A picture of several works, and where they are.

    Attributes:
        image: RGBA.
        atlas: See the module.
    """

    image: Image
    atlas: dict[str, Any]

    def packed(self) -> bytes:
        """Both files in a zip. Equal sheets give equal bytes."""
        picture, archive = io.BytesIO(), io.BytesIO()
        self.image.save(picture, "PNG", compress_level=6)
        text = json.dumps(self.atlas, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
            for name, data in ((IMAGE, picture.getvalue()), (ATLAS, text.encode())):
                files.writestr(zipfile.ZipInfo(name, _MOMENT), data, zipfile.ZIP_DEFLATED)
        return archive.getvalue()


def sheet(works: Sequence[Artifact | Opened], names: Sequence[str]) -> Sheet:
    """A sheet of works in their order.

    Args:
        works: Pictures: rendered, or opened from files that Duet saved; 1 to 256 of them.
        names: Of the frames; one that comes up again gets a number.

    Raises:
        ExportError: For no works, too many, one that is no picture, or a sheet too large.
        RequestError: For a file without a recipe.
    """
    if not 1 <= len(works) <= MOST:
        raise _refused(len(works), f"not 1 to {MOST} works", "choose fewer")
    images = [_picture(work) for work in works]
    cell = max(one.width for one in images), max(one.height for one in images)
    columns = math.ceil(math.sqrt(len(works)))
    size = columns * cell[0], math.ceil(len(works) / columns) * cell[1]
    if max(size) > MAX_SIDE:
        raise _refused(max(size), f"over {MAX_SIDE} pixels wide", "choose fewer or smaller works")
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    whole = pil.new("RGBA", size)
    frames: dict[str, Any] = {}
    for i, (name, work, image) in enumerate(zip(names, works, images, strict=True)):
        x, y = i % columns * cell[0], i // columns * cell[1]
        whole.paste(image.convert("RGBA"), (x, y))
        own = {"w": image.width, "h": image.height}
        frames[_fresh(name, frames)] = {
            "frame": {"x": x, "y": y, **own},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, **own},
            "sourceSize": own,
            "duet": json.loads(Document.of(work).text()),
        }
    meta = {
        "app": software(),
        "version": "1.0",
        "image": IMAGE,
        "format": "RGBA8888",
        "size": {"w": size[0], "h": size[1]},
        "scale": "1",
    }
    return Sheet(whole, {"frames": frames, "meta": meta})


def _fresh(name: str, taken: dict[str, Any]) -> str:
    """``name``, or with the first number at which it is free."""
    number, fresh = 2, name
    while fresh in taken:
        number, fresh = number + 1, f"{name}-{number}"
    return fresh


def _picture(work: Artifact | Opened) -> Image:
    image = work.image if isinstance(work, Opened) else work.data
    moving = isinstance(work, Opened) and work.kind == "film"
    if image is None or isinstance(image, str) or moving:
        raise ExportError(
            "unknown_format",
            name="sheet",
            value="a film or a text",
            rule="not a picture",
            remedy="choose pictures only",
        )
    return image


def _refused(value: int, rule: str, remedy: str) -> ExportError:
    return ExportError("bad_sheet", name="works", value=value, rule=rule, remedy=remedy)
