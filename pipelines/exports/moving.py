"""Walkers for the containers of films: GIF and MP4. See `pipelines.exports.containers`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.exports import documents, refusals
from pipelines.exports.containers import Contents, trailing

__all__ = ["GIF_MARK", "MP4_KEY", "GifPart", "gif_parts", "read_gif", "read_mp4"]

GIF_MARK = b"duet:"
"""Starts the comment that holds the document."""
MP4_KEY = b"duet"
"""Name of the metadata item that holds the document."""
_HEAD = 13
_DEPTH = 6


@dataclass(frozen=True)
class GifPart:
    """One block of a GIF.

    Attributes:
        kind: ``image``, ``comment``, ``extension`` or ``end``.
        start: Offset of its first byte.
        body: Offset of its data: sub-blocks, for an image after the size of a code.
        end: Offset after it.
    """

    kind: str
    start: int
    body: int
    end: int


def _table(flags: int) -> int:
    """Bytes of the colour table that ``flags`` announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def gif_parts(data: bytes, name: str) -> Iterator[GifPart]:
    """The blocks of a GIF after its head.

    Raises:
        ExportError: Where it is cut short or is not a block.
    """
    offset, count = _HEAD, 0
    try:
        offset += _table(data[10])
        while data[offset] != 0x3B:  # noqa: PLR2004 - the trailer
            start = offset
            if data[offset] == 0x2C:  # noqa: PLR2004 - an image
                kind, body = "image", offset + 11 + _table(data[offset + 9])
            elif data[offset] == 0x21:  # noqa: PLR2004 - an extension
                kind, body = "extension", offset + 2
                kind = "comment" if data[offset + 1] == 0xFE else kind  # noqa: PLR2004
            else:
                raise refusals.damaged(name, offset, "a part of no known kind")
            offset = body
            while data[offset]:
                offset += 1 + data[offset]
                count += 1
                refusals.check_parts(name, offset, count)
            offset += 1
            count += 1
            yield GifPart(kind, start, body, offset)
    except IndexError as error:
        raise refusals.damaged(name, len(data), "the end is missing") from error
    yield GifPart("end", offset, offset, offset + 1)


def _joined(data: bytes, part: GifPart) -> bytes:
    """The sub-blocks of a part, joined."""
    offset, pieces = part.body, []
    while data[offset]:
        pieces.append(data[offset + 1 : offset + 1 + data[offset]])
        offset += 1 + data[offset]
    return b"".join(pieces)


def read_gif(data: bytes, name: str) -> Contents:
    """Contents of a GIF, still or animated.

    Raises:
        ExportError: If it is damaged, too large, or holds two recipes.
    """
    if len(data) < _HEAD:
        raise refusals.damaged(name, len(data), "the header is cut short")
    refusals.check_size(name, *struct.unpack_from("<HH", data, 6))
    text: bytes | None = None
    images = 0
    for part in gif_parts(data, name):
        if part.kind == "image":
            left, top, width, height = struct.unpack_from("<HHHH", data, part.start + 1)
            refusals.check_size(name, left + width, top + height)
            images += 1
        elif part.kind == "comment":
            comment = _joined(data, part)
            if comment.startswith(GIF_MARK):
                if text is not None:
                    raise refusals.two(name)
                text = comment.removeprefix(GIF_MARK)
        elif part.kind == "end" and part.end != len(data):
            raise trailing(name, part.end, len(data) - part.end)
    return Contents(text, data, moving=images > 1)


def _boxes(data: bytes, name: str, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """``(kind, start of body, end)`` of each MP4 box between two offsets.

    Raises:
        ExportError: At the first box that is cut short.
    """
    offset, count = start, 0
    while offset < end:
        count += 1
        refusals.check_parts(name, offset, count)
        head = 8
        if offset + head > end:
            raise refusals.damaged(name, offset, "a part is cut short")
        size, kind = struct.unpack_from(">I4s", data, offset)
        if size == 1 and offset + 16 <= end:
            head = 16
            (size,) = struct.unpack_from(">Q", data, offset + 8)
        elif size == 0:  # to the end of what holds it
            size = end - offset
        if size < head or offset + size > end:
            left = refusals.length(end - offset)
            rule = f"a part of {refusals.length(size)} with {left} left"
            raise refusals.damaged(name, offset, rule)
        yield kind, offset + head, offset + size
        offset += size


def read_mp4(data: bytes, name: str) -> Contents:
    """Contents of an MP4; its pictures are not decoded.

    Raises:
        ExportError: If it is damaged or holds two recipes.
    """
    texts = list(_items(data, name, 0, len(data), 0))
    if len(texts) > 1:
        raise refusals.two(name)
    return Contents(texts[0] if texts else None, None, moving=True)


def _items(data: bytes, name: str, start: int, end: int, depth: int) -> Iterator[bytes]:
    """The document in every metadata box: ``moov / [udta /] meta / keys + ilst``."""
    keys: list[bytes] = []
    for kind, body, stop in _boxes(data, name, start, end):
        if kind in (b"moov", b"udta") and depth < _DEPTH:
            yield from _items(data, name, body, stop, depth + 1)
        elif kind == b"meta" and depth and depth < _DEPTH:
            # ISO files start a meta box with a version, QuickTime ones do not.
            plain = data[body + 4 : body + 8] in (b"hdlr", b"keys", b"ilst")
            yield from _items(data, name, body if plain else body + 4, stop, depth + 1)
        elif kind == b"keys":
            keys = [data[a:b] for _, a, b in _boxes(data, name, body + 8, stop)]
        elif kind == b"ilst":
            yield from _listed(data, name, body, stop, keys)


def _listed(data: bytes, name: str, start: int, end: int, keys: list[bytes]) -> Iterator[bytes]:
    for index, body, stop in _boxes(data, name, start, end):
        number = int.from_bytes(index, "big")
        if not 1 <= number <= len(keys) or keys[number - 1] != MP4_KEY:
            continue
        for kind, first, last in _boxes(data, name, body, stop):
            if kind == b"data":
                if last - first > documents.MAX_BYTES:
                    raise refusals.recipe_too_large(name, documents.MAX_BYTES)
                yield data[first + 8 : last]
