"""How recipes of several works are read, whatever their layout was when they were saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pipelines.errors import RequestError
from pipelines.request import Request, canonical

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["REMEDY", "STRICT", "Layout", "Planned", "refused", "up_to_date"]

T = TypeVar("T")
Values = dict[str, Any]
STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}
"""How pydantic checks a recipe."""
REMEDY = "open the file that Duet saved"


@dataclass(frozen=True)
class Planned:
    """A recipe of several works as values and as text."""

    def to_dict(self) -> Values:
        """Plain values, ready for JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """The one canonical text; see `Request.to_json`."""
        return canonical(self.to_dict())


@dataclass(frozen=True)
class Layout(Generic[T]):
    """The layout of one kind of recipe.

    Attributes:
        kind: The frozen class.
        name: What it is, for messages: ``film``.
        schema: Version of today's layout.
        migrations: Schema n -> a function that gives the layout of n + 1. Entries are never
            removed.
        embedded: Brings the recipes of works inside up to date; see `up_to_date`.
    """

    kind: type[T]
    name: str
    schema: int
    migrations: Mapping[int, Callable[[Values], Values]]
    embedded: Callable[[Values], Values]

    def read(self, values: object) -> T:
        """A recipe from plain values; older schemas of it and of its works are brought up to date.

        Raises:
            RequestError: For anything that is not one, with the field at fault.
            ControlError: For a value out of range.
        """
        from pydantic import ValidationError

        try:
            read = self._adapter.validate_json(canonical(self._current(values)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            value = first.get("input", "") if place else ""
            raise refused(place or self.name, first["msg"], value) from error
        except (TypeError, ValueError, RecursionError) as error:
            raise refused(self.name, "not plain JSON values") from error
        return read

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        from pydantic import TypeAdapter

        return TypeAdapter(self.kind)

    def _current(self, values: object) -> Values:
        """The values in today's schema, each work's too."""
        if not isinstance(values, Mapping):
            raise refused(self.name, "not an object")
        current = dict(values)
        schema = current.get("schema", self.schema)
        known = type(schema) is int and (schema == self.schema or schema in self.migrations)
        if not known:
            raise RequestError(
                "unknown_schema",
                name="schema",
                value=schema,
                rule=f"not a schema up to {self.schema}",
                remedy="open it with a newer Duet",
            )
        while schema in self.migrations:
            current, schema = self.migrations[schema](current), schema + 1
        return self.embedded(current)


def up_to_date(recipe: object) -> object:
    """A work's recipe in today's schema; what is none is left for the check of the whole."""
    return Request.from_dict(recipe).to_dict() if isinstance(recipe, Mapping) else recipe


def refused(name: str, rule: str, value: object = "") -> RequestError:
    """The error for what is no recipe."""
    return RequestError(
        "bad_recipe", name=name, value=value, rule=f"refused: {rule}", remedy=REMEDY
    )
