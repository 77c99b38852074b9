"""Films: a `Timeline` rendered frame by frame, with progress and a cancel that keeps the partial.

timeline = Timeline.through([pear, plum, apple], seconds=12, fps=24, size=512)
film = render_film(pomona, timeline, "fruit.mp4")
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.artifact import Artifact
from pipelines.explore import blend
from pipelines.exports import files, films
from pipelines.exports.documents import REFERENCE, Document, environment
from pipelines.image.pixels import flat, is_pixel_art
from pipelines.pipeline import Instrument
from pipelines.plates import picture_of
from pipelines.request import Request
from pipelines.timeline import MAX_FRAMES, Easing, Key, Timeline
from pipelines.triptych import Triptych

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.engines import Quality

__all__ = [
    "MAX_FRAMES",
    "Easing",
    "Film",
    "Key",
    "Timeline",
    "at",
    "frames",
    "render_film",
    "replay",
]

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Film:
    """A film that was written.

    Attributes:
        path: The file.
        num_frames: How many frames it holds.
        complete: False if it was cancelled before the end.
        timeline: The whole plan, also of a film that was cancelled.
        fingerprint: sha256 of the fingerprints of its frames before scaling (of a triptych, of
            its works); None if a fast engine made them.
    """

    path: Path
    num_frames: int
    complete: bool
    timeline: Timeline | Triptych
    fingerprint: str | None


def at(instrument: Instrument, timeline: Timeline, t: float) -> Request:
    """The work at ``t`` seconds; at a key the key's own recipe. A loop goes round.

    Raises:
        PipelineError: If two works have no way between them.
    """
    here, there, way = timeline.between(t)
    return blend(instrument, here, there, way)


def frames(
    instrument: Instrument, timeline: Timeline, *, quality: Quality = "reference"
) -> Iterator[Artifact]:
    """Every frame at the model's own size, each rendered alone.

    Raises:
        PipelineError: If a work cannot be rendered by this instrument.
    """
    for key in timeline.keys:
        instrument.check(key.request)
    for t in timeline.times():
        yield instrument.render(at(instrument, timeline, t), quality=quality)


def replay(instrument: Instrument, timeline: Timeline, *, num_frames: int | None = None) -> str:
    """The fingerprint of the film, rendered again; of its first ``num_frames`` if given.

    Raises:
        PipelineError: See `frames`.
    """
    digest = hashlib.sha256()
    for artifact in itertools.islice(frames(instrument, timeline), num_frames):
        digest.update(bytes.fromhex(artifact.fingerprint))
    return digest.hexdigest()


def render_film(
    instrument: Instrument,
    timeline: Timeline,
    path: str | Path,
    *,
    format: str | None = None,
    size: int | None = None,
    quality: Quality = "reference",
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Film:
    """Render a film into a file that appears whole, and plays even when cancelled.

    Args:
        instrument: What renders it.
        timeline: The film.
        path: Where it goes; the folder must exist.
        format: ``mp4``, ``webp`` or ``gif``; None reads the suffix.
        size: Longer side in pixels, in place of the timeline's own.
        quality: See `Instrument.stream`.
        on_progress: Called after each frame with frames done, frames in all, seconds left.
        cancelled: Asked after each frame; True ends the film there and keeps it.

    Raises:
        ControlError: For a size out of range.
        ExportError: For an unknown format, a full disk, or a folder that cannot be written.
        PipelineError: If a work cannot be rendered by this instrument.
    """
    path = Path(path)
    timeline = timeline if size is None else timeline.but(size=size)
    suffix = path.suffix.lower().removeprefix(".")
    reel = _Reel(timeline, films.check_format(suffix if format is None else format))
    with files.replacing(path) as temporary:
        try:
            for artifact in frames(instrument, timeline, quality=quality):
                reel.add(artifact, temporary)
                if on_progress is not None:
                    on_progress(reel.num_frames, timeline.num_frames, reel.seconds_left())
                if cancelled is not None and not reel.complete and cancelled():
                    break
            reel.close()
        except BaseException:
            reel.discard()
            raise
    return Film(path, reel.num_frames, reel.complete, timeline, reel.fingerprint())


@dataclass
class _Reel:
    """The frames so far of a film that is being written."""

    timeline: Timeline
    format: str
    num_frames: int = 0
    engine: str = REFERENCE
    attached: dict[str, bytes] = field(default_factory=dict)
    _start: float = field(default_factory=time.monotonic)
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _writer: films.FilmWriter | None = None

    @property
    def complete(self) -> bool:
        return self.num_frames == self.timeline.num_frames

    def add(self, artifact: Artifact, path: Path) -> None:
        picture = _scaled(artifact, self.timeline.size)
        if self._writer is None:  # the first frame tells the shape
            fps, loop = self.timeline.fps, self.timeline.loop
            self._writer = films.writer(self.format, path, picture.size, fps, loop=loop)
        self._writer.add(picture)
        self.num_frames += 1
        self._digest.update(bytes.fromhex(artifact.fingerprint))
        self.attached.update(artifact.attached)
        if artifact.engine != REFERENCE:
            self.engine = artifact.engine

    def seconds_left(self) -> float:
        spent = time.monotonic() - self._start
        return spent / self.num_frames * (self.timeline.num_frames - self.num_frames)

    def fingerprint(self) -> str | None:
        return self._digest.hexdigest() if self.engine == REFERENCE else None

    def close(self) -> None:
        told = {"frames": self.num_frames, "complete": self.complete}
        meta = {**environment(self.engine), **told}
        if self._writer is not None:
            document = Document(self.timeline, self.fingerprint(), meta, self.attached)
            self._writer.close(document)

    def discard(self) -> None:
        # What went wrong is being raised already; a second refusal would hide it.
        with contextlib.suppress(Exception):
            if self._writer is not None:
                self._writer.discard()


def _scaled(artifact: Artifact, size: int) -> Image:
    """The picture with ``size`` as its longer side and both sides even, by Lanczos.

    Pixel art is not smoothed.
    """
    from PIL.Image import Resampling

    image = flat(picture_of(artifact))
    longer = max(image.size)
    width, height = (max(2, round(side * size / longer / 2) * 2) for side in image.size)
    if image.size == (width, height):
        return image
    way = Resampling.NEAREST if is_pixel_art(image) else Resampling.LANCZOS
    return image.resize((width, height), way)
