"""How a GAN learns: one run a person, one after another on the server, watched as it goes on.

A run is a thread that takes steps of `pipelines.training.dense_gan`, gives way to live frames, and
after every few steps says both losses and shows the same samples anew. When it is over, or was
stopped, its generator stays for a while, so that one sample can be turned into another.
"""

from __future__ import annotations

import io
import secrets
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import DuetError
from studio.encoding import data_uri
from studio.errors import StudioError
from studio.underway import Underway

if TYPE_CHECKING:
    from pipelines.training.dense_gan import DenseRecipe, Painter
    from studio.house import House
    from studio.persons import Person

__all__ = ["COLUMNS", "SAMPLES", "WAY", "Job", "Lessons", "State", "sheet"]

COLUMNS = 5
SAMPLES = COLUMNS * COLUMNS
WAY = 16
"""Pictures on the way from one sample to another."""
STEPS = 25
"""Steps between two looks, before each of which live frames have their turn."""
REMEMBERED = 16
PAPER, INK = (0xFE, 0xF7, 0xDD), (0x24, 0x22, 0x1E)
Point = tuple[int, float, float]
"""Step, the discriminator's loss of a picture, the generator's; even odds are log 2 for both."""


@dataclass(frozen=True)
class State:
    """How far a run is.

    Attributes:
        state: What it is doing.
        points: Losses so far, each the mean since the one before.
        of: Steps in all.
        samples: PNG of the samples as they are painted now; empty before the first.
        error: Why it failed.
    """

    state: Literal["waiting", "running", "done", "cancelled", "failed"] = "waiting"
    points: tuple[Point, ...] = ()
    of: int = 0
    samples: bytes = b""
    error: DuetError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "cancelled", "failed")

    def line(self, heard: int) -> dict[str, Any]:
        """As the page reads it, which has heard of so many points already."""
        values: dict[str, Any] = {
            "state": self.state,
            "step": self.points[-1][0] if self.points else 0,
            "of": self.of,
            "points": [[step, round(d, 4), round(g, 4)] for step, d, g in self.points[heard:]],
            "samples": data_uri(self.samples, "image/png") if self.samples else None,
        }
        if self.error is not None:
            values["error"] = self.error.as_dict()
        return values


@dataclass
class Job:
    """One run of one person; its thread alone replaces ``now``."""

    id: str
    person: Person
    seed: int
    painter: Painter | None = None
    now: State = field(default_factory=State)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def tell(self, **changes: Any) -> None:  # noqa: ANN401 - fields of a state
        """Replace some fields of the state at once."""
        self.now = replace(self.now, **changes)


class Lessons(Underway[Job]):
    """Every run on this server.

    Args:
        house: Whose live frames go first.
        recipe: Settings of a run; those of `DenseRecipe` if left out.
    """

    def __init__(self, house: House, recipe: DenseRecipe | None = None) -> None:
        super().__init__()
        self._house, self._recipe = house, recipe

    def start(self, person: Person, seed: int) -> Job:
        """Begin, or join this person's run that is not over; their earlier ones are let go of."""
        with self._lock:
            mine = (one for one in self._jobs.values() if one.person == person)
            running = next((one for one in mine if not one.now.over), None)
            if running is not None:
                return running
            self._let_go(person, REMEMBERED)
            job = Job(secrets.token_hex(8), person, seed)
            self._begin(job, self._learn, "lesson")
        return job

    def _missing(self, value: str) -> StudioError:
        return StudioError(
            "no_such_lesson",
            name="lesson",
            value=value,
            rule="not being learnt here",
            remedy="begin again",
        )

    def between(self, person: Person, job_id: str, first: int, second: int) -> bytes:
        """PNG of `WAY` pictures beside each other, from one sample of a run to another.

        Raises:
            StudioError: ``no_such_lesson``, or ``lesson_running`` before it is over.
        """
        job = self.job(person, job_id)
        if job.painter is None or not job.now.over:
            raise StudioError(
                "lesson_running",
                name="lesson",
                rule="still learning",
                remedy="wait for it, or stop it",
            )
        return sheet(job.painter.between(first, second, WAY), WAY)

    def _learn(self, job: Job) -> None:
        from pipelines.training.dense_gan import DenseTraining

        training = DenseTraining(self._recipe, job.seed)
        job.painter = training.painter
        job.tell(state="running", of=training.recipe.num_steps, samples=shown(training.painter))
        losses: list[tuple[float, float]] = []
        while not training.over and not job.stop.is_set():
            losses.append(training.step())
            if training.taken % STEPS == 0 or training.over:
                self._house.pool.give_way()
                judged, fooled = np.mean(losses, axis=0)
                point = (training.taken, float(judged) / 2, float(fooled))
                job.tell(points=(*job.now.points, point), samples=shown(training.painter))
                losses = []
        job.tell(state="done" if training.over else "cancelled")


def shown(painter: Painter) -> bytes:
    """PNG of a run's samples as they are painted now."""
    return sheet(painter.samples(SAMPLES), COLUMNS)


def sheet(pixels: NDArray[np.uint8], columns: int) -> bytes:
    """PNG of pictures [N, S, S] side by side, ``columns`` a row; 255 is ink, 0 is paper."""
    from PIL import Image

    side = pixels.shape[1]
    rows = pixels.reshape(-1, columns, side, side).swapaxes(1, 2).reshape(-1, columns * side)
    picture = Image.fromarray(np.ascontiguousarray(rows), "P")
    shades = np.linspace(PAPER, INK, 256).round().astype(np.uint8)
    picture.putpalette(shades.tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
