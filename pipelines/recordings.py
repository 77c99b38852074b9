"""Recordings that anyone may have made, as samples: mono, `SAMPLE_RATE`.

Read by PyAV (FFmpeg in one wheel): WAV, FLAC, MP3, Ogg (Vorbis, Opus), WebM and MP4 or M4A,
which is what browsers record. The reader is chosen by content among those of `_kind`
and no other, so that no file can name further files or addresses that would be opened.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ExportError
from pipelines.exports import refusals

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = ["LONGEST", "MAX_BYTES", "SAMPLE_RATE", "decode", "is_sound"]

SAMPLE_RATE = 22_050
"""Hz of what is heard."""
LONGEST = 90.0
"""Seconds."""
MAX_BYTES = 20_000_000
"""Largest file."""
SHORT = 0.9
"""A file that holds less of the time that it states is damaged."""
_UNKNOWN = 0xFFFFFF00
"""A WAV file that was written into a pipe states this length, or more."""
_ID3 = b"ID3"
_FORMATS = "WAV, FLAC, MP3, Ogg, WebM, M4A"


def is_sound(data: bytes) -> bool:
    """Whether a file says that it is a recording of a kind that is read.

    >>> is_sound(b"fLaC...."), is_sound(b"MThd....")
    (True, False)
    """
    return bool(_kind(data))


def _kind(data: bytes) -> str:
    """The reader's name by content, or an empty text."""
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "mov"
    starts = {b"fLaC": "flac", b"OggS": "ogg", b"\x1a\x45\xdf\xa3": "matroska", b"FORM": "aiff"}
    if data[:4] in starts:
        return starts[data[:4]]
    mpeg = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0  # noqa: PLR2004 - a frame's head
    if data[:3] == _ID3 or (mpeg and data[1] & 0x06):
        return "mp3"
    return "aac" if mpeg else ""


def decode(data: bytes, name: str = "") -> NDArray[np.float32]:
    """Read a recording.

    Args:
        data: The whole file.
        name: Its name, for messages only.

    Returns:
        Samples in [-1, 1] at `SAMPLE_RATE`, channels mixed, shape [N].

    Raises:
        ExportError: ``empty_file``; ``file_too_large``; ``not_a_recording`` for what is none;
            ``recording_too_long``, before more than `LONGEST` seconds were decoded;
            ``damaged_recording`` for a file that breaks off.
    """
    import av

    name = refusals.clean(name)
    refusals.check_length(data, name, MAX_BYTES, "cut it to the melody")
    kind = _kind(data)
    if not kind:
        raise _not_a_recording(name, data)
    stated = int.from_bytes(data[4:8], "little") if kind == "wav" else 0
    if len(data) < SHORT * stated and stated < _UNKNOWN:
        raise _damaged(name, f"{len(data)} of {stated} bytes")
    try:
        with av.open(io.BytesIO(data), "r", format=kind) as container:
            parts = list(_parts(container, name, data))
            stated = (container.duration or 0) / av.time_base
    except av.FFmpegError as error:
        raise _damaged(name, type(error).__name__) from error
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if len(samples) < SHORT * stated * SAMPLE_RATE or not len(samples):
        raise _damaged(name, f"{len(samples) / SAMPLE_RATE:.1f} of {stated:.1f} s")
    return samples


def _parts(container: InputContainer, name: str, data: bytes) -> Iterator[NDArray[np.float32]]:
    """Samples as they are decoded, never more than `LONGEST`."""
    import av

    if not container.streams.audio:
        raise _not_a_recording(name, data)
    stated = (container.duration or 0) / av.time_base
    if stated > LONGEST:
        raise _too_long(name, stated)
    mono = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    heard = 0
    frames: Any = container.decode(container.streams.audio[0])
    for frame in _and_last(frames):
        for piece in mono.resample(frame):
            part = piece.to_ndarray().reshape(-1).astype(np.float32)
            heard += len(part)
            if heard > LONGEST * SAMPLE_RATE:
                raise _too_long(name, heard / SAMPLE_RATE)
            yield np.nan_to_num(part)


def _and_last(frames: Iterator[Any]) -> Iterator[Any]:
    """All frames, then None, which empties the resampler."""
    yield from frames
    yield None


def _not_a_recording(name: str, data: bytes) -> ExportError:
    return ExportError(
        "not_a_recording",
        name=name,
        value=refusals.length(len(data)),
        rule=f"not a recording ({_FORMATS})",
        remedy="choose a recording",
    )


def _too_long(name: str, seconds: float) -> ExportError:
    return ExportError(
        "recording_too_long",
        name=name,
        value=f"{seconds:.0f} s",
        rule=f"longer than {LONGEST:.0f} s",
        remedy="cut it to the melody",
        details={"needed": f"{LONGEST:.0f}"},
    )


def _damaged(name: str, what: str) -> ExportError:
    return ExportError(
        "damaged_recording",
        name=name,
        value=what,
        rule="damaged, or broken off",
        remedy="record it again",
    )
