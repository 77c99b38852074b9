"""Works into files: the recipe goes wherever the pixels go."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.artifact import Artifact
from pipelines.errors import ExportError
from pipelines.exports import files
from pipelines.exports.containers import PNG_CHUNK
from pipelines.exports.documents import Document, software
from pipelines.exports.films import palette_of
from pipelines.exports.moving import GIF_MARK
from pipelines.exports.music import FORMATS as MUSIC
from pipelines.exports.music import encode_score
from pipelines.exports.reading import Opened
from pipelines.exports.xmp import to_xmp
from pipelines.plates import picture_of
from pipelines.scores import is_score
from pipelines.timeline import Timeline

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "MORE", "TEXTS", "encode", "painted", "save"]

FORMATS: Mapping[str, str] = {
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "json": "application/json",
}
"""Formats of a picture and their media types; see `pipelines.film` for films."""
TEXTS: Mapping[str, str] = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
}
"""Of verse: the text alone, in UTF-8. Its recipe is the JSON that `save` writes beside it."""
DRUMS: Mapping[str, str] = {name: kind for name, kind in MUSIC.items() if name != "musicxml"}
"""Of drums: what a hand plays between the sixteenths is no matter of notation."""
MORE: Mapping[str, Mapping[str, str]] = {"verse": TEXTS, "music": MUSIC, "drums": DRUMS}
"""By medium: formats of the work itself, which are made anew from its recipe."""
_SUFFIXES = {"midi": "mid", "xml": "musicxml"}


def encode(
    work: Artifact | Timeline | Opened,
    format: str = "png",
    *,
    lossless: bool = True,
    quality: int = 90,
) -> tuple[bytes, str]:
    """A work as the bytes of a file, and their media type. Equal works give equal bytes.

    Args:
        work: A work, a timeline (as JSON only), or an opened file, which keeps its
            fingerprint and the names of what made it.
        format: One of `FORMATS`; of verse also one of `TEXTS`, of music one of
            `pipelines.exports.music.FORMATS`. GIF keeps 256 colours, so it is never lossless.
        lossless: For WebP; PNG always is.
        quality: Of lossy WebP, 0 to 100.

    Raises:
        ExportError: For a format that this work has not, or a score without a note.
        RequestError: For an opened file without a recipe.
    """
    document = Document.of(work)
    if format == "json":
        return document.text().encode(), FORMATS["json"]
    verse = work.data if isinstance(work, Artifact) and isinstance(work.data, str) else None
    if verse is not None and format in TEXTS:
        return _text(verse, document, format).encode(), TEXTS[format]
    score = work.data if isinstance(work, Artifact) and is_score(work.data) else None
    more = MORE.get(work.medium, {}) if isinstance(work, Artifact) else {}
    if score is not None and format in more:
        return encode_score(score, document, format), MUSIC[format]
    image = _picture(work)
    if format not in FORMATS or image is None:
        known = (*FORMATS, *more)
        raise ExportError(
            "unknown_format",
            name="format",
            value=format,
            rule="not a format of this work",
            remedy=f"choose one of {', '.join(known)}",
        )
    data = painted(image, document, format, lossless=lossless, quality=quality)
    return data, FORMATS[format]


def painted(
    image: Image, document: Document, format: str, *, lossless: bool = True, quality: int = 90
) -> bytes:
    """A picture as a file in one of the picture formats; see `encode`."""
    buffer = io.BytesIO()
    if format == "png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Software", software())
        info.add_text("Description", document.title())
        info.add(PNG_CHUNK, document.packed())
        image.save(buffer, "PNG", pnginfo=info, compress_level=6)
    elif format == "webp":
        image.save(
            buffer,
            "WEBP",
            lossless=lossless,
            quality=quality,
            method=4,
            exact=True,
            xmp=to_xmp(document),
        )
    else:
        palette_of(image).save(buffer, "GIF", comment=GIF_MARK + document.text().encode())
    return buffer.getvalue()


def _picture(work: Artifact | Timeline | Opened) -> Image | None:
    """What can be written as a picture, or None."""
    if isinstance(work, Opened):
        return work.image if work.kind == "work" else None
    return None if isinstance(work, Timeline) else picture_of(work)


def _text(poem: str, document: Document, format: str) -> str:
    """A poem as text; Markdown keeps its lines and says below what made it."""
    if format == "md":
        return "  \n".join(poem.splitlines()) + f"\n\n*{document.title()}*\n"
    return f"{poem}\n"


def save(work: Artifact | Timeline, path: str | Path, *, lossless: bool = True) -> Path:
    """Write a work with its recipe inside, or beside a text; the suffix chooses the format.

    The file is whole or absent, also after a crash or on a full disk.

    Raises:
        ExportError: For a suffix that this work has no format for, a full disk, or a folder that
            cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower().removeprefix(".")
    data, _ = encode(work, _SUFFIXES.get(suffix, suffix), lossless=lossless)
    if suffix in TEXTS:
        files.write(path.with_suffix(".json"), encode(work, "json")[0])
    return files.write(path, data)
