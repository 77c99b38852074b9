"""Bring your own: the latent of a work that the model did not make.

For a generator G and a work x, inversion looks for the latent that paints x best without leaving
the region where controls keep their meaning:

    w* = argmin_w  d(G(w), x) + r(w)

d compares what both look like, r pulls towards the typical (Xia et al. 2022, "GAN Inversion: A
Survey", https://arxiv.org/abs/2101.05278). A family that can do this is `Invertible`; the rest of
the machine asks `inverter_of` and never looks inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from pipelines.errors import PipelineError, outside
from pipelines.pipeline import Instrument
from pipelines.request import Request

__all__ = [
    "MAX_STEPS",
    "Eye",
    "Found",
    "Inverter",
    "Invertible",
    "Search",
    "Seeing",
    "closeness",
    "eye_of",
    "inverter_of",
    "not_invertible",
]

MAX_STEPS = 400
Closeness = Literal["very_close", "close", "alike", "hint"]
BOUNDS: tuple[tuple[Closeness, float], ...] = (
    ("very_close", 0.2),
    ("close", 0.4),
    ("alike", 0.6),
)
"""Largest distance of each word; see benchmarks/inversion.py for what is usual."""


@dataclass(frozen=True)
class Search:
    """How to look.

    Attributes:
        steps: Steps of refinement after the first guess, 0 to `MAX_STEPS`.
        seed: What randomness is drawn from; the same seed finds the same.
        pull: Strength of the pull towards the typical: 0 copies as well as it can and leaves
            sliders behind, 1 is as measured, up to 10.

    Raises:
        ControlError: For a value out of range.
    """

    steps: int = 60
    seed: int = 0
    pull: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 <= self.steps <= MAX_STEPS:
            raise outside("steps", self.steps, 0, MAX_STEPS)
        if not 0 <= self.pull <= 10:  # noqa: PLR2004 - see the docstring
            raise outside("pull", self.pull, 0, 10)


@dataclass(frozen=True)
class Found:
    """The best so far.

    Attributes:
        request: Its recipe: the latent as ``point``, the nearest kind, every slider at rest.
        step: Steps taken, 0 for the first guess.
        of: Steps in all.
        distance: From the work that was brought, as features tell them apart: 0 for the same,
            about 1.4 for two works picked at random.
        ended: Why this is the last one: ``done``, ``cancelled``, or ``not_finite`` when the
            search left the numbers; empty before the end.
    """

    request: Request
    step: int
    of: int
    distance: float
    ended: Literal["", "done", "cancelled", "not_finite"] = ""


class Eye(Protocol):
    """What a model can see of a work that it did not make, at the very best.

    ``side`` and ``paper`` are of picture models alone.
    """

    @property
    def side(self) -> int:
        """Side of the square works that it takes, in pixels."""

    @property
    def paper(self) -> tuple[float, float, float]:
        """Colour of the ground that the model knows, sRGB in 0..1."""

    def see(self, work: Any) -> Any:  # noqa: ANN401 - a picture, a score, a text
        """The round trip of a work through the model's code: the floor of every search."""


class Inverter(Eye, Protocol):
    """Finds latents for one pipeline. Works are what its medium's artifacts hold."""

    def prepare(self, work: Any) -> Any:  # noqa: ANN401
        """The work in the model's own size."""

    def encode(
        self,
        work: Any,  # noqa: ANN401
        search: Search,
        stopped: Callable[[], bool],
    ) -> Iterator[Found]:
        """The first guess at once, then each better one; the last has ``ended`` set.

        Raises:
            PipelineError: If the work cannot be taken in.
        """


@runtime_checkable
class Invertible(Protocol):
    """A pipeline that can take in what it did not make."""

    def inverter(self) -> Inverter:
        """Load what it takes, once.

        Raises:
            PipelineError: If a part that it takes is not here.
        """


@runtime_checkable
class Seeing(Protocol):
    """A pipeline that starts from a work it did not make, attached to the recipe."""

    def eye(self) -> Eye:
        """What it sees of such a work."""


def eye_of(instrument: Instrument) -> Eye:
    """What a model sees of works it did not make.

    Raises:
        PipelineError: ``not_invertible`` if its family takes none in.
    """
    pipeline = instrument.pipeline
    return pipeline.eye() if isinstance(pipeline, Seeing) else inverter_of(instrument)


def inverter_of(instrument: Instrument) -> Inverter:
    """The inverter of a model.

    Raises:
        PipelineError: ``not_invertible`` if its family has none.
    """
    pipeline = instrument.pipeline
    if not isinstance(pipeline, Invertible):
        raise not_invertible(instrument.card.id)
    return pipeline.inverter()


def not_invertible(name: str) -> PipelineError:
    """The error for a model called ``name`` that cannot take in works it did not make."""
    return PipelineError(
        "not_invertible",
        name="model",
        value=name,
        rule="not able to take in works it did not make",
        remedy="choose a model that can",
    )


def closeness(distance: float) -> Closeness:
    """A distance in words.

    >>> closeness(0.1), closeness(1.2)
    ('very_close', 'hint')
    """
    for word, most in BOUNDS:
        if distance <= most:
            return word
    return "hint"
