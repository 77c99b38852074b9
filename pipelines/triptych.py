"""A triptych as a recipe: a picture, a poem and a tune side by side.

Like a `Timeline` it is a frozen value with one canonical JSON text that carries everything needed
to make it again; `pipelines.triptych_film` makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.errors import RequestError, outside
from pipelines.request import Request, canonical
from pipelines.timeline import MAX_BYTES, Timeline

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["MEDIA", "Triptych", "plan_from_json"]

MEDIA = ("picture", "verse", "music")
"""What hangs from the left to the right."""
SCHEMA = 1
MIN_SIZE, MAX_SIZE, MAX_FPS = 320, 2560, 60
_STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True)
class Triptych:
    """A triptych (see the module's docstring).

    Attributes:
        works: A picture, a poem and a tune, in the order of `MEDIA`.
        fps: Frames a second of the film, 1 to 60.
        size: Width in pixels, 320 to 2560, a multiple of 40, so that every panel is whole.
        schema: Version of this layout.

    Raises:
        ControlError: For a value out of range.
    """

    __pydantic_config__ = _STRICT
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """The one canonical text; see `Request.to_json`."""
        return canonical(self.to_dict())

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Triptych:
        """Read a triptych; older schemas of it and of its works are brought up to date.

        Raises:
            RequestError: For anything that is not one, with the field at fault.
            ControlError: For a value out of range.
        """
        from pydantic import ValidationError

        try:
            return _adapter().validate_json(canonical(_current(values)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "triptych"
            raise _refused(place, f"refused: {first['msg']}") from error
        except (TypeError, ValueError, RecursionError) as error:
            raise _refused("triptych", "not plain JSON values") from error


def plan_from_json(text: str | bytes) -> Timeline | Triptych:
    """What a film is made from: works at times, or three works of three media.

    Raises:
        RequestError: For anything that is neither, with the field at fault.
        ControlError: For a value out of range.
    """
    from pydantic_core import from_json

    if len(text) <= MAX_BYTES:
        try:
            values = from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise _refused("film", f"not JSON: {error}") from error
        if isinstance(values, dict) and "works" in values:
            return Triptych.from_dict(values)
    return Timeline.from_json(text)


@cache
def _adapter() -> TypeAdapter[Triptych]:
    from pydantic import TypeAdapter

    return TypeAdapter(Triptych)


_MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Schema n -> a function that gives the layout of n + 1. Entries are never removed."""


def _current(values: object) -> dict[str, Any]:
    """The values in today's schema, each work's too."""
    if not isinstance(values, Mapping):
        raise _refused("triptych", "not an object")
    current = dict(values)
    schema = current.get("schema", SCHEMA)
    if type(schema) is not int or not (schema == SCHEMA or schema in _MIGRATIONS):
        raise RequestError(
            "unknown_schema",
            name="schema",
            value=schema,
            rule=f"not a schema up to {SCHEMA}",
            remedy="open it with a newer Duet",
        )
    while schema in _MIGRATIONS:
        current, schema = _MIGRATIONS[schema](current), schema + 1
    works = current.get("works")
    if isinstance(works, list | tuple) and len(works) == len(MEDIA):
        current["works"] = [
            Request.from_dict(one).to_dict() if isinstance(one, Mapping) else one for one in works
        ]
    return current


def _refused(name: str, rule: str) -> RequestError:
    return RequestError("bad_recipe", name=name, rule=rule, remedy="open the file that Duet saved")
