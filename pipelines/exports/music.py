"""Scores into files and back: MIDI, WAV, MP3 and MusicXML, each with the recipe inside.

=============  ====================================================================
MIDI           a marker of the first track, ``duet:`` and base64 of the packed document
WAV            a private chunk ``duEt``, as in PNG
MP3            the comment of its ID3 tag
MusicXML       a miscellaneous field ``duet``; written by music21
=============  ====================================================================
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ExportError
from pipelines.exports import documents, refusals
from pipelines.exports.containers import PNG_CHUNK, Contents, riff_chunks, trailing
from pipelines.exports.documents import Document, software

if TYPE_CHECKING:
    from symusic.core import ScoreTick

__all__ = ["FORMATS", "MUSIC_READERS", "encode_score", "encode_sound", "open_score"]

Samples = NDArray[np.float32]
FORMATS: Mapping[str, str] = {
    "mid": "audio/midi",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "musicxml": "application/vnd.recordare.musicxml+xml",
}
"""Formats of a score and their media types."""
_MARK = "duet:"
_FIELD = re.compile(rb'<miscellaneous-field name="duet">duet:([A-Za-z0-9+/=\s]*)<')


def encode_score(score: ScoreTick, document: Document, format: str) -> bytes:
    """A score as the bytes of a file, the document inside.

    Args:
        score: With at least one note.
        document: See `Document`.
        format: One of `FORMATS`.

    Raises:
        ExportError: ``nothing_made`` for a score without a note.
    """
    if not any(track.notes for track in score.tracks):
        raise ExportError(
            "nothing_made",
            name="score",
            value="0 notes",
            rule="without a note",
            remedy="try another seed",
        )
    if format in _SOUNDS:
        from pipelines.sound import render

        return encode_sound(render(score), document, format)
    return _WRITERS[format](score, document)


def encode_sound(samples: Samples, document: Document, format: str) -> bytes:
    """Sound as the bytes of a file, the document inside.

    Args:
        samples: In [-1, 1], shape [S, 2], `pipelines.sound.SAMPLE_RATE` of them a second.
        document: See `Document`.
        format: ``wav``, 16 bits a sample, or ``mp3``.
    """
    return _SOUNDS[format](samples, document)


def _midi(score: ScoreTick, document: Document) -> bytes:
    from symusic import TextMeta

    marked = score.copy()
    marked.markers.append(TextMeta(0, _packed(document)))
    return bytes(marked.dumps_midi())


def _wav(samples: Samples, document: Document) -> bytes:
    import soundfile

    from pipelines.sound import SAMPLE_RATE

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    body = document.packed()
    chunk = PNG_CHUNK + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    whole = bytearray(buffer.getvalue() + chunk)
    struct.pack_into("<I", whole, 4, len(whole) - 8)
    return bytes(whole)


def _mp3(samples: Samples, document: Document) -> bytes:
    import soundfile

    from pipelines.sound import SAMPLE_RATE

    buffer = io.BytesIO()
    kind = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
    with soundfile.SoundFile(buffer, "w", SAMPLE_RATE, 2, **kind) as file:
        file.title, file.software = document.title(), software()
        file.comment = _packed(document)
        file.write(samples)
    return buffer.getvalue()


def _musicxml(score: ScoreTick, document: Document) -> bytes:
    from pipelines.exports.musicxml import to_musicxml

    return to_musicxml(score, document.title(), _packed(document))


_WRITERS: Mapping[str, Callable[[Any, Document], bytes]] = {"mid": _midi, "musicxml": _musicxml}
_SOUNDS: Mapping[str, Callable[[Samples, Document], bytes]] = {"wav": _wav, "mp3": _mp3}


def _packed(document: Document) -> str:
    return _MARK + base64.b64encode(document.packed()).decode()


def _unpacked(text: str, name: str) -> bytes:
    """The document's text out of what `_packed` wrote.

    Raises:
        ExportError: If it is damaged or too large.
    """
    try:
        packed = base64.b64decode(text.removeprefix(_MARK), validate=True)
    except (ValueError, binascii.Error) as error:
        raise refusals.damaged(name, 0, "the recipe is not base64") from error
    return documents.unpack(packed, name, 0)


def open_score(data: bytes, name: str) -> ScoreTick:
    """The score in a MIDI file that anyone may have made, its recipe left out.

    Raises:
        ExportError: ``damaged_file`` if it cannot be read.
    """
    from symusic import Score

    try:
        score = Score.from_midi(data)
    # symusic raises what its C++ parser throws, and promises none of it.
    except Exception as error:
        raise refusals.damaged(name, 0, "not MIDI that can be read") from error
    for mark in [one for one in score.markers if one.text.startswith(_MARK)]:
        score.markers.remove(mark)
    return score


def _read_midi(data: bytes, name: str) -> Contents:
    from symusic import Score

    open_score(data, name)
    texts = [one.text for one in Score.from_midi(data).markers if one.text.startswith(_MARK)]
    if len(texts) > 1:
        raise refusals.two(name)
    return Contents(_unpacked(texts[0], name) if texts else None, None)


def _read_wav(data: bytes, name: str) -> Contents:
    (size,) = struct.unpack_from("<I", data, 4)
    if 8 + size > len(data):
        raise refusals.damaged(name, len(data), f"{refusals.length(8 + size)} were promised")
    if 8 + size < len(data):
        raise trailing(name, 8 + size, len(data) - 8 - size)
    text: bytes | None = None
    for offset, kind, body in riff_chunks(data, name, 12, 8 + size):
        if kind == PNG_CHUNK:
            if text is not None:
                raise refusals.two(name)
            text = documents.unpack(body, name, offset)
    return Contents(text, None)


def _read_mp3(data: bytes, name: str) -> Contents:
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            comment = str(file.comment)
    except (RuntimeError, ValueError) as error:  # LibsndfileError is a RuntimeError
        raise refusals.damaged(name, 0, "not MP3 that can be read") from error
    return Contents(_unpacked(comment, name) if comment.startswith(_MARK) else None, None)


def _read_musicxml(data: bytes, name: str) -> Contents:
    """Nothing but the one field is looked at; no XML is parsed, so nothing can expand."""
    found = _FIELD.findall(data)
    if len(found) > 1:
        raise refusals.two(name)
    text = _unpacked("".join(found[0].decode().split()), name) if found else None
    return Contents(text, None)


MUSIC_READERS: Mapping[str, Callable[[bytes, str], Contents]] = {
    "midi": _read_midi,
    "wav": _read_wav,
    "mp3": _read_mp3,
    "musicxml": _read_musicxml,
}
"""Format by content -> its reader; see `pipelines.exports.reading`."""
