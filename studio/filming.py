"""Films being made: one thread a film, progress for whoever made it, cancel keeps the partial."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.errors import ControlError, DuetError
from pipelines.plates import picture_of
from pipelines.request import Request
from pipelines.timeline import Timeline
from pipelines.triptych import MEDIA, Triptych
from studio import encoding
from studio.attachments import hold
from studio.bodies import Film as FilmBody
from studio.errors import StudioError
from studio.house import House
from studio.library import Keep, Parent, Work
from studio.persons import Person
from studio.underway import Underway

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.film import Film

__all__ = ["Films", "Job", "State", "hang", "line", "plan"]

REMEMBERED = 64
"""Jobs whose end can still be asked for."""


@dataclass(frozen=True)
class State:
    """How far a film is.

    Attributes:
        state: What it is doing.
        frame: Frames done.
        of: Frames in all.
        seconds_left: None until it can be told.
        work: The kept film, at the end.
        error: Why it failed.
    """

    state: Literal["waiting", "running", "done", "cancelled", "failed"] = "waiting"
    frame: int = 0
    of: int = 0
    seconds_left: float | None = None
    work: Work | None = None
    error: DuetError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "cancelled", "failed")


@dataclass
class Job:
    """One film of one person; its thread alone replaces ``now``."""

    id: str
    person: Person
    timeline: Timeline | Triptych
    format: str
    parents: tuple[Parent, ...]
    now: State = field(default_factory=State)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def tell(self, **changes: Any) -> None:  # noqa: ANN401 - fields of a state
        """Replace some fields of the state at once."""
        self.now = replace(self.now, **changes)


def plan(house: House, person: Person, body: FilmBody) -> tuple[Timeline, tuple[Parent, ...]]:
    """The film through the works that were named, and where it comes from.

    ``seconds`` is the way from one work to the next, as the page shows it.

    Raises:
        LibraryError: ``no_such_work``.
        DuetError: For recipes that cannot be read, and too few or too many of them.
    """
    kept = [house.library.work(person, work_id) for work_id in body.works]
    requests = [Request.from_json(work.request) for work in kept]
    given = [Request.from_dict(recipe) for recipe in body.requests]
    parents = [Parent("film", work_id=work.id) for work in kept]
    parents += [Parent("film", request=request.to_json()) for request in given]
    requests += given
    if requests:
        _, requests = house.together(requests)
    steps = max(len(requests) if body.loop else len(requests) - 1, 1)
    timeline = Timeline.through(
        requests, seconds=body.seconds * steps, loop=body.loop, fps=body.fps, size=body.size
    )
    return timeline, tuple(parents)


def hang(
    house: House, person: Person, works: Sequence[str]
) -> tuple[Triptych, tuple[Parent, ...]]:
    """The triptych of three kept works, in whatever order they were named.

    Raises:
        LibraryError: ``no_such_work``.
        ControlError: ``not_three_media``.
        WeightsError: For a work of a model that is not here.
    """
    kept = [house.library.work(person, work_id) for work_id in works]
    by_medium = {work.medium: work for work in kept if work.timeline is None}
    if set(by_medium) != set(MEDIA) or len(kept) != len(MEDIA):
        raise ControlError(
            "not_three_media",
            name="works",
            value=", ".join(work.medium for work in kept),
            rule=f"not {', '.join(MEDIA)}",
            remedy="choose a picture, a poem and a tune",
        )
    hung = [by_medium[medium] for medium in MEDIA]
    picture, poem, tune = (Request.from_json(work.request) for work in hung)
    for request in (picture, poem, tune):
        house.instrument_of(request).check(request)
    parents = tuple(Parent("film", work_id=work.id) for work in hung)
    return Triptych((picture, poem, tune)), parents


class Films(Underway[Job]):
    """Every film that is being made on this server; what is made of one when it closes is kept.

    Args:
        house: Renders and keeps.
    """

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def start(
        self,
        person: Person,
        timeline: Timeline | Triptych,
        format: str,
        parents: tuple[Parent, ...],
    ) -> Job:
        """Begin; films of several people are made one after another.

        Raises:
            StudioError: ``film_running`` if this person's last film is not over.
        """
        job = Job(secrets.token_hex(8), person, timeline, format, parents)
        job.tell(of=timeline.num_frames if isinstance(timeline, Timeline) else 0)
        with self._lock:
            if self._busy(person):
                raise StudioError(
                    "film_running",
                    name="film",
                    rule="being made already",
                    remedy="wait for it, or cancel it",
                )
            self._begin(job, self._make, "film")
            over = [j.id for j in self._jobs.values() if j.now.over]
            for old in over[: max(0, len(self._jobs) - REMEMBERED)]:
                del self._jobs[old]
        return job

    def _missing(self, value: str) -> StudioError:
        return StudioError(
            "no_such_film",
            name="film",
            value=value,
            rule="not being made here",
            remedy="make it again",
        )

    def _make(self, job: Job) -> None:
        job.tell(state="running")
        work = make(self._house, job)
        ended = "cancelled" if job.now.frame < job.now.of else "done"
        job.tell(state=ended, seconds_left=0.0, work=work)


def make(house: House, job: Job) -> Work:
    """Render the film and keep it.

    Raises:
        DuetError: If it cannot be rendered or kept.
    """
    folder = house.settings.library / "cache" / "films"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{job.id}.{job.format}"

    def progress(frame: int, of: int, seconds_left: float) -> None:
        job.tell(frame=frame, of=of, seconds_left=round(seconds_left, 1))
        house.pool.give_way()

    try:
        made, picture = _filmed(house, job, path, progress)
        return _kept(house, job, made, (path, picture))
    finally:
        path.unlink(missing_ok=True)


def _filmed(
    house: House, job: Job, path: Path, progress: Callable[[int, int, float], None]
) -> tuple[Film, Image]:
    """The film in its file, and the picture that stands for it."""
    stop = job.stop.is_set
    if isinstance(job.timeline, Triptych):
        from pipelines.triptych_film import plate_of, render_triptych

        works = [house.render(request) for request in job.timeline.works]
        made = render_triptych(job.timeline, works, path, on_progress=progress, cancelled=stop)
        return made, plate_of(works, job.timeline.size)
    from pipelines.film import render_film

    first = job.timeline.requests[0]
    instrument, kind = house.instrument_of(first), job.format
    made = render_film(
        instrument, job.timeline, path, format=kind, on_progress=progress, cancelled=stop
    )
    return made, picture_of(house.render(first))


def _kept(house: House, job: Job, made: Film, files: tuple[Path, Image]) -> Work:
    """Put the film into the library; a whole one takes the place of its partial."""
    from pipelines.exports.films import MIME

    library, first = house.library, job.timeline.requests[0]
    instrument, (path, picture) = house.instrument_of(first), files
    hung = isinstance(job.timeline, Triptych)
    recipe = job.timeline.to_json()
    before = library.kept(job.person, recipe)
    if before is not None and made.complete and before.fingerprint != (made.fingerprint or ""):
        library.delete(job.person, before.id)
        library.purge(job.person, before.id)
    hold(house, job.person, json.loads(recipe))
    return library.keep(
        job.person,
        Keep(
            request=first.to_json(),
            timeline=recipe,
            medium=instrument.card.medium,
            model=instrument.card.id,
            original=path.read_bytes(),
            original_mime=MIME[job.format],
            thumbnail=encoding.thumbnail(picture),
            thumbnail_mime="image/webp",
            fingerprint=made.fingerprint or "",
            weights=first.weights.base,
            label="Triptych" if hung else f"Film {len(job.timeline.requests)}",
            words="triptych 三联画" if hung else "film 影片",
            parents=job.parents,
        ),
    )


Telling = Callable[[Work], dict[str, Any]]


def line(state: State, told: Telling) -> dict[str, Any]:
    """A state as the page reads it."""
    values: dict[str, Any] = {
        "state": state.state,
        "frame": state.frame,
        "of": state.of,
        "seconds_left": state.seconds_left,
    }
    if state.work is not None:
        values["work"] = told(state.work)
    if state.error is not None:
        values["error"] = state.error.as_dict()
    return values
