"""Bring your own: works that persons brought, held in memory, and searches for their latents.

Nothing is written to the disk: a work is forgotten when its person brings another one, when
many others were brought since, or when the server ends. What was found is a recipe like any other.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pipelines.errors import DuetError
from pipelines.exports.reading import open_picture
from pipelines.image import framing
from pipelines.inverting import Eye, Found, Search, closeness, eye_of, inverter_of
from pipelines.plates import picture_of
from studio import encoding
from studio.errors import StudioError
from studio.underway import Underway

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.image.framing import Crop
    from pipelines.request import Request
    from studio.bodies_bring import Find, Look
    from studio.house import House
    from studio.persons import Person

__all__ = [
    "MAX_BYTES",
    "Brought",
    "Finds",
    "Job",
    "State",
    "attached",
    "framed",
    "shown",
    "taken",
]

MAX_BYTES = 20_000_000
"""Largest picture that may be brought."""
REMEMBERED = 24
"""Works held, each of at most three megabytes, and searches whose end can be asked for."""
EVERY = 4
"""Steps from one live picture to the next."""
W = TypeVar("W")
SIDE = 256
"""Side of the previews, in pixels: twice what the models paint, for sharp screens."""


@dataclass(frozen=True)
class Brought(Generic[W]):
    """A work that someone brought.

    Attributes:
        id: Its name.
        person: Whose it is.
        model: Id of the model that is to find it.
        work: A picture (upright, RGB, at most `framing.LARGEST` pixels a side), or what was heard,
            see `studio.bringing_tunes.Heard`.
    """

    id: str
    person: Person
    model: str
    work: W = field(repr=False)


@dataclass(frozen=True)
class State:
    """How far a search is.

    Attributes:
        state: What it is doing.
        found: The best so far.
        image: Its picture, as a data URI.
        error: Why it failed.
    """

    state: Literal["waiting", "running", "done", "cancelled", "failed"] = "waiting"
    found: Found | None = None
    image: str | None = None
    error: DuetError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "cancelled", "failed")

    def line(self) -> dict[str, Any]:
        """As the page reads it."""
        values: dict[str, Any] = {"state": self.state}
        if self.found is not None:
            values |= {
                "step": self.found.step,
                "of": self.found.of,
                "distance": round(self.found.distance, 3),
                "closeness": closeness(self.found.distance),
                "astray": self.found.ended == "not_finite",
                "request": self.found.request.to_dict(),
                "image": self.image,
            }
        if self.error is not None:
            values["error"] = self.error.as_dict()
        return values


@dataclass
class Job:
    """One search of one person; its thread alone replaces ``now``."""

    id: str
    person: Person
    brought: Brought[Image]
    body: Find
    now: State = field(default_factory=State)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Finds(Underway[Job]):
    """Every work that is held, and every search of this server; searches go one after another.

    Args:
        house: Its models and its rendering threads.

    Attributes:
        turn: Held by who searches while a person waits for the answer.
    """

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self.turn = threading.Lock()
        self._brought: OrderedDict[str, Brought[Any]] = OrderedDict()

    def hold(self, person: Person, model: str, work: W) -> Brought[W]:
        """Take a work in; an earlier one of this person goes."""
        one = Brought(secrets.token_hex(8), person, model, work)
        with self._lock:
            for old in [b.id for b in self._brought.values() if b.person == person]:
                del self._brought[old]
            self._brought[one.id] = one
            while len(self._brought) > REMEMBERED:
                self._brought.popitem(last=False)
        return one

    def brought(self, person: Person, name: str, kind: type[W]) -> Brought[W]:
        """What this person brought, a work of that kind.

        Raises:
            StudioError: ``no_such_picture``, also for one of someone else.
        """
        with self._lock:
            found = self._brought.get(name)
        if found is None or found.person != person or not isinstance(found.work, kind):
            raise StudioError(
                "no_such_picture",
                name="work",
                value=name[:40],
                rule="not held here any more",
                remedy="bring it again",
            )
        return found

    def start(self, person: Person, brought: Brought[Image], body: Find) -> Job:
        """Begin to look.

        Raises:
            StudioError: ``find_running`` if this person's last search is not over.
            ControlError: For a crop outside of the picture.
            PipelineError: ``not_invertible``.
        """
        _crop(body).check(*brought.work.size)
        inverter_of(self._house.playing(person, brought.model))
        job = Job(secrets.token_hex(8), person, brought, body)
        with self._lock:
            if self._busy(person):
                raise StudioError(
                    "find_running",
                    name="picture",
                    rule="being looked for already",
                    remedy="wait for it, or cancel it",
                )
            over = [one.id for one in self._jobs.values() if one.now.over]
            for old in over[: max(0, len(self._jobs) - REMEMBERED)]:
                del self._jobs[old]
            self._begin(job, self._run, "find")
        return job

    def _missing(self, value: str) -> StudioError:
        return StudioError(
            "no_such_find",
            name="search",
            value=value,
            rule="not under way here",
            remedy="begin again",
        )

    def _run(self, job: Job) -> None:
        for found in self._search(job):
            self._tell(job, found)

    def _search(self, job: Job) -> Iterator[Found]:
        body = job.body
        inverter = inverter_of(self._house.playing(job.person, job.brought.model))
        picture = framed(inverter, job.brought, body)
        search = Search(body.steps, body.seed, body.pull)
        yield from inverter.encode(picture, search, job.stop.is_set)

    def _tell(self, job: Job, found: Found) -> None:
        """Replace the state, with a new picture now and then; our turn is behind live frames."""
        image = job.now.image
        if found.ended or found.step % EVERY == 0:
            request = found.request
            image = self._house.pool.submit("tile", lambda: self._paint(request)).result()
        state: Literal["running", "done", "cancelled"] = "running"
        if found.ended:
            state = "cancelled" if found.ended == "cancelled" else "done"
        job.now = State(state, found, image)

    def _paint(self, request: Request) -> str:
        picture = picture_of(self._house.render(request, "fast"))
        return encoding.data_uri(encoding.jpeg(picture), "image/jpeg")


def taken(house: House, person: Person, model: str, data: bytes, name: str) -> Brought[Image]:
    """Take a picture in.

    Raises:
        ExportError: For a file that is no picture, too large, too small or damaged.
        WeightsError: For a model that is not here.
        PipelineError: ``not_invertible``.
    """
    picture = open_picture(data, name, MAX_BYTES)
    eye = eye_of(house.playing(person, model))
    return house.finds.hold(person, model, framing.reduced(picture, eye.paper, name))


def _crop(body: Look) -> Crop:
    return framing.Crop(body.crop.x, body.crop.y, body.crop.side)


def framed(eye: Eye, brought: Brought[Image], body: Look) -> Image:
    """The part of the picture that the model gets, on its paper if that is wanted."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    pixels = framing.cut(brought.work, _crop(body), eye.side)
    if body.match:
        pixels = framing.match(pixels, eye.paper)
    return pil.fromarray(pixels)


def shown(house: House, brought: Brought[Image], body: Look) -> dict[str, Any]:
    """The crop as the model gets it, and the most that it can see of it.

    Raises:
        ControlError: For a crop outside of the picture.
    """
    eye = eye_of(house.playing(brought.person, brought.model))
    given = framed(eye, brought, body)
    pictures = {"given": given, "seen": eye.see(given)}
    return {name: encoding.data_uri(encoding.thumbnail(p, SIDE)) for name, p in pictures.items()}


def attached(house: House, brought: Brought[Image], body: Look) -> str:
    """Hold the crop as a file that recipes can name; returns its sha256.

    Raises:
        ControlError: For a crop outside of the picture.
    """
    eye = eye_of(house.playing(brought.person, brought.model))
    return house.attachments.give(brought.person, encoding.png(framed(eye, brought, body)))
