"""Writers of films: one picture at a time in, a file that plays out, whenever it is closed.

Nothing is held but the current frame, so a film may be longer than memory.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from pipelines.errors import ExportError
from pipelines.exports.containers import riff_chunks
from pipelines.exports.documents import Document, software
from pipelines.exports.moving import GIF_MARK, MP4_KEY, gif_parts
from pipelines.exports.xmp import to_xmp
from pipelines.sound import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["MIME", "FilmWriter", "check_format", "palette_of", "writer"]

MIME: Mapping[str, str] = {"mp4": "video/mp4", "webp": "image/webp", "gif": "image/gif"}
"""Formats of a film and their media types."""
_CRF = 16
_BT709 = 1
_LIMITED = 1
_QUALITY = 90
_AUDIO_RATE = 160_000


class FilmWriter(Protocol):
    """Takes pictures of one size, in order."""

    def add(self, image: Image) -> None:
        """The next frame."""

    def close(self, document: Document) -> None:
        """Finish the file with its document; it plays even if fewer frames came than planned."""

    def discard(self) -> None:
        """Let go of an unfinished file."""


class Mp4Writer:
    """H.264 in MP4: 4:2:0, BT.709, constant frame rate, metadata in front so that it streams.

    Args:
        path: Where the finished file goes.
        size: Width and height in pixels, both even.
        fps: Frames a second.
        loop: Without meaning in MP4; the player decides.
        sound: What is heard, at 48 kHz in [-1, 1], shape [samples, 2]; AAC, as long as the
            pictures are.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: int,
        *,
        loop: bool,
        sound: NDArray[np.float32] | None = None,
    ) -> None:
        import av

        self._path = path
        self._raw = path.with_name(f"{path.name}.raw")
        self._container = av.open(str(self._raw), "w", format="mp4")
        stream: Any = self._container.add_stream("libx264", rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(_CRF), "preset": "medium"}
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        self._stream, self._time_base = stream, Fraction(1, fps)
        self._num_frames, self._sound, self._heard = 0, sound, 0
        self._audio: Any = None
        if sound is not None:
            self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
            self._audio.bit_rate = _AUDIO_RATE

    def add(self, image: Image) -> None:
        """See `FilmWriter`."""
        import av

        frame = av.VideoFrame.from_image(image)
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        frame.pts = self._num_frames
        frame.time_base = self._time_base
        self._num_frames += 1
        self._container.mux(self._stream.encode(frame))
        self._hear(round(self._num_frames * self._time_base * SAMPLE_RATE))

    def _hear(self, until: int) -> None:
        """Write the sound up to that sample, silence after its end."""
        if self._sound is None:
            return
        import av
        import numpy as np

        piece = np.zeros((until - self._heard, 2), np.float32)
        there = self._sound[self._heard : until]
        piece[: len(there)] = there
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece.T), "fltp", "stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._heard
        frame.time_base = Fraction(1, SAMPLE_RATE)
        self._heard = until
        self._container.mux(self._audio.encode(frame))

    def close(self, document: Document) -> None:
        """See `FilmWriter`; the packets are copied behind the document, not encoded again."""
        import av

        try:
            self._container.mux(self._stream.encode(None))
            if self._audio is not None:
                self._container.mux(self._audio.encode(None))
            self._container.close()
            options = {"movflags": "+faststart+use_metadata_tags"}
            with (
                av.open(str(self._raw)) as source,
                av.open(str(self._path), "w", format="mp4", options=options) as result,
            ):
                result.metadata["comment"] = f"{document.title()}. {software()}"
                result.metadata[MP4_KEY.decode()] = document.text()
                copies = [result.add_stream_from_template(one) for one in source.streams]
                for packet in source.demux():
                    if packet.dts is not None:  # the demuxer ends with empty packets
                        packet.stream = copies[packet.stream_index]
                        result.mux(packet)
        finally:
            self._raw.unlink(missing_ok=True)

    def discard(self) -> None:
        """See `FilmWriter`."""
        try:
            self._container.close()
        finally:
            self._raw.unlink(missing_ok=True)


class WebpWriter:
    """Animated WebP, lossy: each frame whole, its chunks wrapped here so that none is held.

    Args:
        path: Where the file goes.
        size: Width and height in pixels.
        fps: Frames a second; WebP counts whole milliseconds.
        loop: Play for ever, else once.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int, *, loop: bool) -> None:
        self._file: BinaryIO = path.open("wb")
        self._size, self._fps = size, fps
        self._num_frames = 0
        flags = 0b0000_0110  # XMP and animation
        self._file.write(b"RIFF\0\0\0\0WEBP")
        self._chunk(b"VP8X", struct.pack("<I", flags) + _three(size[0] - 1) + _three(size[1] - 1))
        self._chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0 if loop else 1))

    def add(self, image: Image) -> None:
        """See `FilmWriter`."""
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=_QUALITY, method=4)
        data = buffer.getvalue()
        kept = [
            kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
            for _, kind, body in riff_chunks(data, "frame", 12, len(data))
            if kind in (b"VP8 ", b"VP8L", b"ALPH")
        ]
        index = self._num_frames
        lasts = round((index + 1) * 1000 / self._fps) - round(index * 1000 / self._fps)
        head = _three(0) * 2 + _three(self._size[0] - 1) + _three(self._size[1] - 1)
        self._chunk(b"ANMF", head + _three(lasts) + b"\2" + b"".join(kept))  # 2: no blending
        self._num_frames += 1

    def close(self, document: Document) -> None:
        """See `FilmWriter`."""
        with self._file as file:
            self._chunk(b"XMP ", to_xmp(document))
            size = file.tell() - 8
            file.seek(4)
            file.write(struct.pack("<I", size))

    def discard(self) -> None:
        """See `FilmWriter`."""
        self._file.close()

    def _chunk(self, kind: bytes, body: bytes) -> None:
        self._file.write(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))


def palette_of(image: Image) -> Image:
    """The picture in the 256 colours that suit it best, dithered so that washes stay smooth.

    The colours are chosen on a small copy: eight times faster at 512 px, and as good.
    """
    from PIL.Image import Dither

    from pipelines.image.pixels import flat

    plain = flat(image)
    small = plain.copy()
    small.thumbnail((128, 128))
    return plain.quantize(palette=small.quantize(256), dither=Dither.FLOYDSTEINBERG)


class GifWriter:
    """Animated GIF: each frame has its own 256 colours.

    Args:
        path: Where the file goes.
        size: Width and height in pixels.
        fps: Frames a second; GIF counts hundredths of a second, and 50 is its most.
        loop: Play for ever, else once.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int, *, loop: bool) -> None:
        self._file: BinaryIO = path.open("wb")
        self._fps = min(fps, 50)
        self._skip = fps / self._fps
        self._num_frames = self._num_written = 0
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0))
        if loop:
            self._file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")

    def add(self, image: Image) -> None:
        """See `FilmWriter`; of more than 50 frames a second, some are left out."""
        self._num_frames += 1
        if self._num_frames < self._num_written * self._skip + 1:
            return
        buffer = io.BytesIO()
        palette_of(image).save(buffer, "GIF", optimize=False)
        data = buffer.getvalue()
        part = next(part for part in gif_parts(data, "frame") if part.kind == "image")
        table = data[13 : 13 + (3 << (data[10] & 7) + 1)]
        index = self._num_written
        lasts = round((index + 1) * 100 / self._fps) - round(index * 100 / self._fps)
        control = b"\x21\xf9\x04\x04" + struct.pack("<H", lasts) + b"\0\0"  # 4: leave in place
        head = data[part.start : part.start + 9] + bytes([0x80 | data[10] & 7])
        self._file.write(control + head + table + data[part.start + 10 : part.end])
        self._num_written += 1

    def close(self, document: Document) -> None:
        """See `FilmWriter`."""
        text = GIF_MARK + document.text().encode()
        pieces = [text[i : i + 255] for i in range(0, len(text), 255)]
        blocks = b"".join(bytes([len(piece)]) + piece for piece in pieces)
        with self._file as file:
            file.write(b"\x21\xfe" + blocks + b"\0\x3b")

    def discard(self) -> None:
        """See `FilmWriter`."""
        self._file.close()


def _three(value: int) -> bytes:
    return struct.pack("<I", value)[:3]


_WRITERS: Mapping[str, Callable[..., FilmWriter]] = {
    "mp4": Mp4Writer,
    "webp": WebpWriter,
    "gif": GifWriter,
}


def check_format(format: str) -> str:
    """``format`` if a film can be written in it.

    Raises:
        ExportError: For a format that films have not.
    """
    if format not in _WRITERS:
        raise ExportError(
            "unknown_format",
            name="format",
            value=format,
            rule="not a format of films",
            remedy=f"choose one of {', '.join(_WRITERS)}",
        )
    return format


def writer(format: str, path: Path, size: tuple[int, int], fps: int, *, loop: bool) -> FilmWriter:
    """A writer of ``format`` at ``path``.

    Raises:
        ExportError: For a format that films have not.
    """
    return _WRITERS[check_format(format)](path, size, fps, loop=loop)
