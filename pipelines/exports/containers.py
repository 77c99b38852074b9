"""What a container says before anything in it is decoded: size, recipe, and which bytes to trust.

Each walker follows the format's own lengths, refuses what does not add up with the offset where it
stops making sense, and leaves the pixels to Pillow.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.errors import ExportError
from pipelines.exports import documents, refusals, xmp

__all__ = ["PNG_CHUNK", "Contents", "read_png", "read_webp", "riff_chunks"]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHUNK = b"duEt"
"""Ancillary, private, safe to copy: a program that edits the pixels keeps the recipe."""
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_IHDR_LENGTH = 13


@dataclass(frozen=True)
class Contents:
    """What a container holds.

    Attributes:
        text: The document inside, or None.
        pixels: Bytes that Pillow may decode, or None for a film in MP4 and for JSON.
        lossless: Whether the pixels are exactly what was saved.
        moving: Whether there is more than one picture.
    """

    text: str | bytes | None
    pixels: bytes | None
    lossless: bool = False
    moving: bool = False


def trailing(name: str, offset: int, extra: int) -> ExportError:
    """The file goes on after its end, as a file that is two things at once does."""
    return ExportError(
        "trailing_bytes",
        name=name,
        value=refusals.length(extra),
        rule=f"over at {refusals.length(offset)}, and more follows",
        remedy="open the file that Duet saved",
    )


def png_chunks(data: bytes, name: str) -> Iterator[tuple[int, bytes, bytes]]:
    """``(offset, kind, body)`` of each chunk, lengths and checksums verified.

    Raises:
        ExportError: At the first chunk that is cut short or whose checksum is wrong.
    """
    offset, count = len(PNG_SIGNATURE), 0
    kind = b""
    while kind != b"IEND":
        count += 1
        refusals.check_parts(name, offset, count)
        if offset + 12 > len(data):
            raise refusals.damaged(name, len(data), "the end is missing")
        (size,) = struct.unpack_from(">I", data, offset)
        kind = data[offset + 4 : offset + 8]
        end = offset + 12 + size
        if end > len(data):
            left = refusals.length(len(data) - offset - 8)
            rule = f"a part of {refusals.length(size)} with {left} left"
            raise refusals.damaged(name, offset, rule)
        body = data[offset + 8 : end - 4]
        if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body, zlib.crc32(kind)):
            raise refusals.damaged(name, offset, "a part has the wrong checksum")
        yield offset, kind, body
        offset = end
    if offset != len(data):
        raise trailing(name, offset, len(data) - offset)


def read_png(data: bytes, name: str) -> Contents:
    """Contents of a PNG; only the parts that make the picture are handed on.

    Raises:
        ExportError: If it is damaged, too large, or holds two recipes.
    """
    text: bytes | None = None
    kept = [PNG_SIGNATURE]
    for offset, kind, body in png_chunks(data, name):
        first = kind == b"IHDR"
        if first != (len(kept) == 1) or (first and len(body) != _IHDR_LENGTH):
            raise refusals.damaged(name, offset, "the header is not where it belongs")
        if first:
            refusals.check_size(name, *struct.unpack_from(">II", body))
        if kind in _NEEDED:
            kept.append(data[offset : offset + 12 + len(body)])
        if kind == PNG_CHUNK:
            if text is not None:
                raise refusals.two(name)
            text = documents.unpack(body, name, offset)
    return Contents(text, b"".join(kept), lossless=True)


def riff_chunks(
    data: bytes, name: str, start: int, end: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """``(offset, kind, body)`` of each chunk of a RIFF file between two offsets.

    Raises:
        ExportError: At the first chunk that is cut short.
    """
    offset, count = start, 0
    while offset < end:
        count += 1
        refusals.check_parts(name, offset, count)
        if offset + 8 > end:
            raise refusals.damaged(name, offset, "a part is cut short")
        kind = data[offset : offset + 4]
        (size,) = struct.unpack_from("<I", data, offset + 4)
        if offset + 8 + size > end:
            left = refusals.length(end - offset - 8)
            rule = f"a part of {refusals.length(size)} with {left} left"
            raise refusals.damaged(name, offset, rule)
        yield offset, kind, data[offset + 8 : offset + 8 + size]
        offset += 8 + size + size % 2


def read_webp(data: bytes, name: str) -> Contents:
    """Contents of a WebP, still or animated.

    Raises:
        ExportError: If it is damaged, too large, or holds two recipes.
    """
    (size,) = struct.unpack_from("<I", data, 4) if len(data) >= 12 else (0,)  # noqa: PLR2004
    end = 8 + size
    if end > len(data) or size < 12:  # noqa: PLR2004 - one chunk at least
        raise refusals.damaged(name, len(data), f"{refusals.length(end)} were promised")
    if len(data) > end + size % 2:
        raise trailing(name, end, len(data) - end)
    text: str | None = None
    lossless, moving = False, False
    for offset, kind, body in riff_chunks(data, name, 12, end):
        if kind == b"XMP ":
            found = xmp.from_xmp(body, name)
            if found is not None and text is not None:
                raise refusals.two(name)
            text = text if found is None else found
        elif kind in (b"VP8X", b"VP8L", b"VP8 ", b"ANMF"):
            _check_webp_size(kind, body, name, offset)
            lossless |= kind == b"VP8L"
            moving |= kind == b"ANMF"
    return Contents(text, data, lossless=lossless, moving=moving)


def _check_webp_size(kind: bytes, body: bytes, name: str, offset: int) -> None:
    """Refuse a picture or a frame that is too large, from its header alone."""
    try:
        if kind == b"VP8X":
            width, height = _three(body, 4) + 1, _three(body, 7) + 1
        elif kind == b"ANMF":
            width, height = _three(body, 6) + 1, _three(body, 9) + 1
        elif kind == b"VP8L":
            (bits,) = struct.unpack_from("<I", body, 1)
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        else:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
    except struct.error as error:
        raise refusals.damaged(name, offset, "a header is cut short") from error
    refusals.check_size(name, width, height)


def _three(body: bytes, offset: int) -> int:
    low, high = struct.unpack_from("<HB", body, offset)
    return int(low | high << 16)
