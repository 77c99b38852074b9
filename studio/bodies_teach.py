"""What the routes of teaching may be sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.training.plans import Method
from studio.bodies import Names, Recipe
from studio.calls import Body

__all__ = ["Answer", "Compare", "Job", "Name", "Slider"]

Model = Annotated[str, Field(max_length=200)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Slider(Body):
    """Teach a slider; without a name it is shown and not kept."""

    model: Model
    more: list[Recipe] = Field(max_length=24)
    less: list[Recipe] = Field(max_length=24)
    name: str = Field("", max_length=40)
    remove: Names


class Job(Body):
    """Teach the model."""

    model: Model
    works: list[str] = Field(max_length=1000)
    method: Method | None = None
    strength: Share = 0.5
    keep_old: Share = 0.5
    settings: dict[str, float] = Field(default_factory=dict, max_length=8)


class Name(Body):
    """Call a version something."""

    name: str = Field(max_length=60)


class Compare(Body):
    """Two versions on the same seeds."""

    other: str = Field(alias="with", max_length=64)
    seeds: list[Seed] = Field(min_length=1, max_length=24)


class Answer(Body):
    """An answer to a pair, or more pairs."""

    pair: int | None = Field(None, ge=0)
    answer: Literal["left", "right", "neither"] | None = None
    more: int | None = Field(None, ge=1, le=24)
