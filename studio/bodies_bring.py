"""What the routes of Bring your own, and of arithmetic on works, may be sent."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipelines.inverting import MAX_STEPS
from pipelines.music.grid import MOST_STEPS
from pipelines.music.melody_controls import TEMPOS
from studio.calls import Body

__all__ = ["Arithmetic", "Count", "Find", "Look", "Square"]


class Square(Body):
    """A square of the picture, in its pixels as they were sent back."""

    x: float
    y: float
    side: float = Field(gt=0)


class Look(Body):
    """How to look at a picture."""

    crop: Square
    match: bool = Field(True, description="move the ground to the model's paper")


class Find(Look):
    """Find the latent of a picture."""

    steps: int = Field(60, ge=0, le=MAX_STEPS)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    pull: float = Field(1.0, ge=0, le=10, description="0 copies, and leaves the sliders behind")


class Count(Body):
    """How to count a melody that was heard, and which part of it to take."""

    tempo: int | None = Field(None, ge=TEMPOS[0], le=TEMPOS[1], description="None: the likeliest")
    time_signature: Literal["4/4", "3/4", "6/8"] = "4/4"
    first: int | None = Field(None, ge=0, lt=MOST_STEPS, description="sixteenth of the first note")
    start: int = Field(0, ge=0, le=9999, description="bar to begin with, from 0")


class Arithmetic(Body):
    """This + that - the other."""

    plus: list[dict[str, Any]] = Field(min_length=2, max_length=2)
    minus: dict[str, Any]
