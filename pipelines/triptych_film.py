"""A triptych made: as a film with sound, and as a plate.

hung = Triptych((pear.request, poem.request, tune.request))
film = render_triptych(hung, [pear, poem, tune], "triptych.mp4")
data = plate_file(hung, [pear, poem, tune])

The film lasts as long as the tune sounds. The poem is written line by line while it is played,
the last line at four fifths of it; a playhead goes over the notes. The plate is the film's last
picture, without the playhead. All lie on the colour of the gallery's mat, with a margin of 11 and
a gap of 9 parts of 400 of the width.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import sound
from pipelines.errors import ControlError, outside
from pipelines.exports import films
from pipelines.exports.documents import REFERENCE, Document, environment
from pipelines.exports.files import replacing
from pipelines.exports.writing import painted
from pipelines.film import Film
from pipelines.image.pixels import flat, is_pixel_art
from pipelines.music import roll
from pipelines.plans import fingerprint_of
from pipelines.plates import picture_of
from pipelines.scores import seconds
from pipelines.triptych import MEDIA, Triptych

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["LONGEST", "plate_file", "plate_of", "render_triptych"]

LONGEST = 180.0
"""Seconds of the longest tune that is filmed."""
MAT, HEAD = (248, 246, 241), (176, 37, 47)
PARTS, PANEL, GAP = 40, 12, 0.9
WRITTEN = 0.8
"""Share of the tune at which the whole poem stands."""
Progress = Callable[[int, int, float], None]


def plate_of(works: Sequence[Artifact], size: int = 1440) -> Image:
    """The three works side by side.

    Args:
        works: A picture, a poem and a tune, rendered.
        size: Width in pixels, a multiple of 40.

    Raises:
        ControlError: ``not_three_media`` for other works.
    """
    _check(works)
    return _hung([_fitted(work, _panel(size)) for work in works], size)


def plate_file(triptych: Triptych, works: Sequence[Artifact]) -> bytes:
    """The plate as a PNG with the recipes inside.

    Raises:
        ControlError: See `plate_of`.
    """
    return painted(plate_of(works, triptych.size), _document(triptych, works), "png")


def render_triptych(
    triptych: Triptych,
    works: Sequence[Artifact],
    path: str | Path,
    *,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Film:
    """Film a triptych: H.264 and AAC in MP4, which appears whole and plays even when cancelled.

    Args:
        triptych: The recipe.
        works: Its works, rendered.
        path: Where it goes; the folder must exist.
        on_progress: Called after each frame with frames done, frames in all, seconds left.
        cancelled: Asked after each frame; True ends the film there and keeps it.

    Raises:
        ControlError: ``not_three_media``, or a tune over `LONGEST` seconds.
        ExportError: For a tune without a note, a full disk, a folder that cannot be written.
    """
    _check(works)
    lasts = seconds(works[2].data)
    if lasts > LONGEST:
        raise outside("seconds", round(lasts, 1), 0, LONGEST)
    samples = sound.render(works[2].data)
    count, start = math.ceil((lasts + sound.TAIL) * triptych.fps), time.monotonic()
    draw = _Moving(works, triptych.size, lasts)
    done = 0
    with replacing(Path(path)) as temporary:
        size, fps = draw.still.size, triptych.fps
        writer = films.Mp4Writer(temporary, size, fps, loop=False, sound=samples)
        try:
            for done in range(1, count + 1):
                writer.add(draw((done - 1) / fps))
                if on_progress is not None:
                    left = (time.monotonic() - start) / done * (count - done)
                    on_progress(done, count, left)
                if cancelled is not None and done < count and cancelled():
                    break
            writer.close(_document(triptych, works, frames=done, complete=done == count))
        except BaseException:
            writer.discard()
            raise
    return Film(Path(path), done, done == count, triptych, fingerprint_of(works))


class _Moving:
    """The film's pictures by time; what does not change is drawn once."""

    def __init__(self, works: Sequence[Artifact], size: int, lasts: float) -> None:
        self._works, self._size, self._lasts = works, size, lasts
        self._side = _panel(size)
        panels = [_fitted(work, self._side) for work in works]
        self._picture, _, self._roll = panels
        self._lines = str(works[1].data).splitlines()
        self._written = -1
        self.still = _hung(panels, size)

    def __call__(self, t: float) -> Image:
        """The picture at ``t`` seconds; the one before is not to be used any more."""
        share = t / self._lasts
        written = min(len(self._lines), 1 + int(share / WRITTEN * (len(self._lines) - 1) + 1e-9))
        if written != self._written:
            self._written = written
            poem = replace(self._works[1], data="\n".join(self._lines[:written]))
            self.still = _hung([self._picture, _fitted(poem, self._side), self._roll], self._size)
        if share >= 1:
            return self.still
        from PIL import ImageDraw

        frame = self.still.copy()
        left, top = _places(self._size)[2]
        x = left + roll.place_of(share, self._side)
        edge = round(roll.MARGIN * self._side)
        line = (x, top + edge, x, top + self._side - edge)
        ImageDraw.Draw(frame).line(line, HEAD, max(1, self._side // 200))
        return frame


def _panel(size: int) -> int:
    return size * PANEL // PARTS


def _places(size: int) -> list[tuple[int, int]]:
    """Left and upper edge of each panel."""
    side, gap = _panel(size), round(size * GAP / PARTS)
    margin = (size - 3 * side - 2 * gap) // 2
    return [(margin + number * (side + gap), margin) for number in range(len(MEDIA))]


def _hung(panels: Sequence[Image], size: int) -> Image:
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    places = _places(size)
    height = _panel(size) + 2 * places[0][1]
    whole = pil.new("RGB", (size, height + height % 2), MAT)
    for panel, place in zip(panels, places, strict=True):
        whole.paste(panel, place)
    return whole


def _fitted(work: Artifact, side: int) -> Image:
    """A work on a square of ``side`` pixels; pixel art is not smoothed."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module
    from PIL.Image import Resampling

    image = flat(picture_of(work, side))
    way = Resampling.NEAREST if is_pixel_art(image) else Resampling.LANCZOS
    scale = side / max(image.size)
    small = image.resize([max(1, round(edge * scale)) for edge in image.size], way)
    square = pil.new("RGB", (side, side), MAT)
    square.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return square


def _document(triptych: Triptych, works: Sequence[Artifact], **told: int) -> Document:
    engine = next((work.engine for work in works if work.engine != REFERENCE), REFERENCE)
    attached = {name: data for work in works for name, data in work.attached.items()}
    return Document(triptych, fingerprint_of(works), {**environment(engine), **told}, attached)


def _check(works: Sequence[Artifact]) -> None:
    media = tuple(work.medium for work in works)
    if media != MEDIA:
        raise ControlError(
            "not_three_media",
            name="works",
            value=", ".join(media),
            rule=f"not {', '.join(MEDIA)}",
            remedy="choose a picture, a poem and a tune",
        )
