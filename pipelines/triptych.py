"""A triptych as a recipe: a picture, a poem and a tune side by side.

Like a `Timeline` it is a frozen value with one canonical JSON text that carries everything needed
to make it again; `pipelines.triptych_film` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.errors import outside
from pipelines.request import Request
from pipelines.schemas import STRICT, Layout, Planned, up_to_date

__all__ = ["MEDIA", "Triptych"]

MEDIA = ("picture", "verse", "music")
"""What hangs from the left to the right."""
SCHEMA = 1
MIN_SIZE, MAX_SIZE, MAX_FPS = 320, 2560, 60


@dataclass(frozen=True)
class Triptych(Planned):
    """A triptych (see the module's docstring).

    Attributes:
        works: A picture, a poem and a tune, in the order of `MEDIA`.
        fps: Frames a second of the film, 1 to 60.
        size: Width in pixels, 320 to 2560, a multiple of 40, so that every panel is whole.
        schema: Version of this layout.

    Raises:
        ControlError: For a value out of range.
    """

    __pydantic_config__ = STRICT
    works: tuple[Request, Request, Request]
    fps: int = 24
    size: int = 1440
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse what cannot be filmed."""
        for name, low, high in (("fps", 1, MAX_FPS), ("size", MIN_SIZE, MAX_SIZE)):
            value = getattr(self, name)
            if not low <= value <= high or (name == "size" and value % 40):
                raise outside(name, value, low, high)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The works, in order."""
        return self.works

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Triptych:
        """Read a triptych; older schemas of it and of its works are brought up to date.

        Raises:
            RequestError: For anything that is not one, with the field at fault.
            ControlError: For a value out of range.
        """
        return _LAYOUT.read(values)


def _works(values: dict[str, Any]) -> dict[str, Any]:
    """The works in today's schema."""
    works = values.get("works")
    if isinstance(works, list | tuple) and len(works) == len(MEDIA):
        values["works"] = [up_to_date(one) for one in works]
    return values


_LAYOUT = Layout(Triptych, "triptych", SCHEMA, migrations={}, embedded=_works)
