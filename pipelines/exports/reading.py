"""Opening a file that claims to hold a work: any bytes in, a recipe or a clear refusal out."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pipelines.errors import ExportError
from pipelines.exports import refusals
from pipelines.exports.containers import PNG_SIGNATURE, Contents, read_png, read_webp
from pipelines.exports.documents import Document
from pipelines.exports.moving import read_gif, read_mp4
from pipelines.exports.music import MUSIC_READERS
from pipelines.plans import Plan
from pipelines.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_BYTES", "Opened", "open_bytes", "open_picture", "sniff"]

MAX_BYTES = 64_000_000
"""A file larger than this is refused unread."""


@dataclass(frozen=True)
class Opened:
    """What was found in a file.

    Attributes:
        kind: ``work`` or ``film`` by its recipe (a triptych and a mix are films); ``picture`` for
            a file without one.
        format: ``png``, ``webp``, ``gif``, ``jpeg``, ``mp4``, ``json``, ``midi``, ``wav``, ``mp3``
            or ``musicxml``, by content.
        recipe: A work's `Request`, a `Plan` of several, or None.
        image: The picture (of an animation the first), or None where there is none to decode.
        fingerprint: Of the reference render, as recorded.
        lossless: Whether ``image`` holds exactly the pixels that were saved.
        meta: What else was recorded: engine, versions, cpu, software.
        attached: Files that the recipe names, by sha256.
    """

    kind: Literal["work", "film", "picture"]
    format: str
    recipe: Request | Plan | None
    image: Image | None
    fingerprint: str | None
    lossless: bool
    meta: Mapping[str, Any] = field(default_factory=dict)
    attached: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def sniff(data: bytes) -> str:
    """The format by content, or an empty text.

    >>> sniff(b"GIF89a..."), sniff(b' {"duet": 1}'), sniff(b"PK")
    ('gif', 'json', '')
    """
    if data.startswith(PNG_SIGNATURE):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if data[4:8] == b"ftyp":
        return "mp4"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"MThd"):
        return "midi"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data.startswith((b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")):
        return "mp3"
    if b"<score-partwise" in data[:1024]:
        return "musicxml"
    return "json" if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" else ""


_READERS: Mapping[str, Callable[[bytes, str], Contents]] = {
    "png": read_png,
    "webp": read_webp,
    "gif": read_gif,
    "mp4": read_mp4,
    "jpeg": lambda data, name: Contents(None, data),
    "json": lambda data, name: Contents(data.removeprefix(b"\xef\xbb\xbf"), None),
    **MUSIC_READERS,
}


def open_bytes(data: bytes, name: str = "") -> Opened:
    """Read what Duet saved, from bytes that may be anything.

    Args:
        data: The whole file.
        name: Its name, for messages only; the format is found by content.

    Raises:
        ExportError: For a file that is empty, too large, of no known format, damaged, with a
            picture that is too large, or with two recipes.
        RequestError: For a recipe that cannot be read.
        ControlError: For a film with a value out of range.
    """
    name = refusals.clean(name)
    refusals.check_length(data, name, MAX_BYTES, "open the file that Duet saved")
    kind = sniff(data)
    if not kind:
        raise ExportError(
            "unknown_file",
            name=name,
            value=refusals.length(len(data)),
            rule="not a PNG, WebP, GIF, JPEG, MP4, MIDI, WAV, MP3, MusicXML or JSON file",
            remedy="open a file that Duet saved",
        )
    contents = _READERS[kind](data, name)
    document = None if contents.text is None else Document.read(contents.text, name)
    image = None if contents.pixels is None else _decode(contents.pixels, kind, name)
    return Opened(
        kind=_kind(document),
        format=kind,
        recipe=document.recipe if document else None,
        image=image,
        fingerprint=document.fingerprint if document else None,
        lossless=contents.lossless and image is not None,
        meta=document.meta if document else {},
        attached=document.attached if document else {},
    )


def open_picture(data: bytes, name: str = "", limit: int = MAX_BYTES) -> Image:
    """The picture in a file that anyone may have made; a recipe inside is not looked at.

    Args:
        data: The whole file: PNG, JPEG, WebP or GIF.
        name: Its name, for messages only.
        limit: Most bytes.

    Raises:
        ExportError: ``empty_file``, ``file_too_large``, ``not_a_picture``, ``picture_too_large``
            before anything is decoded, or ``damaged_picture``.
    """
    name = refusals.clean(name)
    refusals.check_length(data, name, limit, "save it smaller")
    kind = sniff(data)
    if kind not in ("png", "jpeg", "webp", "gif"):
        raise ExportError(
            "not_a_picture",
            name=name,
            value=kind or refusals.length(len(data)),
            rule="not a PNG, JPEG, WebP or GIF picture",
            remedy="bring a picture",
        )
    return _decode(data, kind, name)


def _kind(document: Document | None) -> Literal["work", "film", "picture"]:
    if document is None:
        return "picture"
    return "work" if isinstance(document.recipe, Request) else "film"


def _decode(pixels: bytes, kind: str, name: str) -> Image:
    """The first picture, in RGB, RGBA or L.

    Raises:
        ExportError: If it is too large or cannot be decoded.
    """
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(pixels), formats=(kind.upper(),))
        refusals.check_size(name, *image.size)
        image.load()
        if image.mode in ("RGB", "RGBA", "L"):
            return image.copy()  # a plain image, without the file it came from
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except ExportError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ExportError(  # before we saw its size
            "picture_too_large",
            name=name,
            value=f"> {Image.MAX_IMAGE_PIXELS} px",
            rule=f"outside 1 to {refusals.MAX_PIXELS} pixels",
            remedy="save it smaller",
        ) from error
    # Pillow raises some ten kinds of error on damaged data, and promises none of them.
    except Exception as error:
        raise ExportError(
            "damaged_picture",
            name=name,
            value=kind,
            rule="not readable: the pixels are damaged",
            remedy="get the file again from where it was saved",
        ) from error
