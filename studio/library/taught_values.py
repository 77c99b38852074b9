"""What was taught, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from studio.persons import Person

__all__ = ["OPEN", "OWN", "Job", "JobState", "Proof", "TaughtSlider", "Verdict", "Version"]

JobState = Literal["waiting", "running", "paused", "stopped", "done", "failed"]
OPEN: tuple[JobState, ...] = ("waiting", "running", "paused")
"""States that a job can still leave."""
OWN = "own"
"""``kind`` in the plan of a job that makes a model; the plan of a teaching has none."""
Verdict = Literal["yes", "early", "no"]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A taught version of a model.

    Attributes:
        id: sha256 of its weights.
        model: Id of the model.
        parent: sha256 of the weights it was taught from.
        works: Ids of the works it was taught on.
        how: Method and settings.
        measures: Variety, drift, what changed, copies, seconds; see `pipelines.training.proving`.
        name: Given by the artist.
        verdict: Of the blind test, once it was answered.
        created_at: Given by the library, UTC.
    """

    id: str
    model: str
    parent: str
    works: tuple[str, ...] = ()
    how: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    verdict: Verdict | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training.

    Attributes:
        id: UUIDv7; a greater id was asked for later.
        person: Whose.
        model: Id of the model.
        state: Where it is.
        plan: Everything its worker needs; see `pipelines.training.plans.Plan`. With ``kind`` of
            `OWN` it makes a model, and ``wish`` is a `pipelines.training.own_model.Wish`.
        created_at: UTC.
        ended_at: UTC, once it is over.
        version: sha256 of the weights it made.
        error: Parts of the error that stopped or paused it.
    """

    id: str
    person: Person
    model: str
    state: JobState
    plan: Mapping[str, Any]
    created_at: datetime
    ended_at: datetime | None = None
    version: str | None = None
    error: Mapping[str, str] | None = None

    @property
    def own(self) -> bool:
        """Whether it makes a model of someone's own pictures."""
        return self.plan.get("kind") == OWN


@dataclass(frozen=True, kw_only=True)
class TaughtSlider:
    """A direction that an artist taught.

    Attributes:
        id: sha256 of its vector.
        model: Id of the model.
        name: What the artist calls it.
        vector: Base64 of little-endian float32; recipes embed it.
        effect: Measured change of each attribute for one step, in standard deviations.
    """

    id: str
    model: str
    name: str
    vector: str
    effect: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A blind test.

    Attributes:
        version: sha256 of the weights on trial.
        pairs: ``seed``, ``after`` (the side that the taught model is on), ``answer``.
        card: What came of it, once every pair is answered.
    """

    version: str
    pairs: tuple[Mapping[str, Any], ...]
    card: Mapping[str, Any] | None = None
