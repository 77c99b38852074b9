"""What the routes from one medium to another may be sent."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pipelines.across.links import STRONGEST
from studio.calls import Body

__all__ = ["Across", "Line", "Triptych"]


class Line(Body):
    """One line of the table; see `pipelines.across.Link`."""

    source: str = Field(max_length=64)
    target: str = Field(max_length=64)
    weight: float = Field(1.0, ge=-STRONGEST, le=STRONGEST)


class Across(Body):
    """Say in another medium what a work says."""

    request: dict[str, Any]
    model: str = Field(max_length=200)
    links: list[Line] | None = Field(None, max_length=64)
    onto: dict[str, Any] | None = Field(
        None, description="a recipe of that model, whose kinds stay where no line speaks of them"
    )


class Triptych(Body):
    """Hang three kept works of three media side by side."""

    works: list[str] = Field(min_length=3, max_length=3)
