"""A mix as files: its plate, the sound, the notes, and every track's sound by itself.

    data = mix_file(mix, [tune, drums], "wav")

==========  ======================================================================
PNG         what every track plays, side by side: what is kept of a mix
WAV, MP3    the sound
MIDI        the notes, volumes and places
ZIP         a WAV a track, as loud as in the mix before its volume and place, and the recipe
==========  ======================================================================
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.errors import ExportError
from pipelines.exports.documents import REFERENCE, Document, environment
from pipelines.exports.music import encode_score, encode_sound
from pipelines.exports.writing import painted
from pipelines.mix import Mix
from pipelines.music.mixing import mixed, score_of, stems_of
from pipelines.plans import fingerprint_of
from pipelines.plates import picture_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["FORMATS", "mix_file", "plate_of"]

FORMATS: Mapping[str, str] = {
    "png": "image/png",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "mid": "audio/midi",
    "zip": "application/zip",
    "json": "application/json",
}
"""Formats of a mix and their media types."""
MAT, SIDE, GAP = (248, 246, 241), 512, 16
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of files in an archive, so that equal mixes give equal bytes."""


def plate_of(works: Sequence[Artifact], side: int = SIDE) -> Image:
    """What every track plays, two beside each other.

    Args:
        works: One to four tunes and drums, rendered.
        side: Of each of them, pixels.
    """
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    columns = min(2, len(works))
    rows = math.ceil(len(works) / columns)
    step = side + GAP
    whole = pil.new("RGB", (columns * step + GAP, rows * step + GAP), MAT)
    for number, work in enumerate(works):
        place = (GAP + number % columns * step, GAP + number // columns * step)
        whole.paste(picture_of(work, side), place)
    return whole


def mix_file(mix: Mix, works: Sequence[Artifact], format: str) -> bytes:
    """A mix as the bytes of a file, its recipe inside.

    Args:
        mix: The recipe.
        works: Its works, rendered, in order.
        format: One of `FORMATS`.

    Raises:
        ControlError: ``no_sound`` for a work that is none, or a mix that is too long.
        ExportError: ``unknown_format``; ``all_muted`` for the sound of a mix in which all is.
    """
    if format not in FORMATS:
        raise ExportError(
            "unknown_format",
            name="format",
            value=format,
            rule="not a format of a mix",
            remedy=f"choose one of {', '.join(FORMATS)}",
        )
    document = _document(mix, works)
    scores = [work.data for work in works]
    if format == "png":
        return painted(plate_of(works), document, "png")
    if format == "json":
        return document.text().encode()
    if format == "mid":
        return encode_score(score_of(mix, scores), document, "mid")
    stems = stems_of(mix, scores)
    if format == "zip":
        files = [encode_sound(stem, document, "wav") for stem in stems]
        return _zipped(mix, files, document)
    return encode_sound(mixed(mix, stems), document, format)


def _document(mix: Mix, works: Sequence[Artifact]) -> Document:
    engine = next((work.engine for work in works if work.engine != REFERENCE), REFERENCE)
    attached = {name: data for work in works for name, data in work.attached.items()}
    return Document(mix, fingerprint_of(works), environment(engine), attached)


def _zipped(mix: Mix, stems: Sequence[bytes], document: Document) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, (stem, request) in enumerate(zip(stems, mix.requests, strict=True), 1):
            name = f"{number}-{request.pipeline.replace('/', '-')}.wav"
            archive.writestr(zipfile.ZipInfo(name, EPOCH), stem)
        archive.writestr(zipfile.ZipInfo("mix.json", EPOCH), document.text())
    return packed.getvalue()
