"""The recipe: everything that is needed to make a work again, and nothing else.

A `Request` is a frozen value with one canonical JSON text. It names its model by the hash of the
weights, its randomness by a seed and the version of the seed -> latent map, and carries whatever
cannot be found elsewhere (a latent, a taught direction) inside itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import RequestError
from pipelines.latents import SAMPLER

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["SCHEMA", "Offset", "Point", "Request", "Step", "Weights", "canonical"]

SCHEMA = 1
MAX_BYTES = 1 << 20
"""A recipe larger than this is refused unread."""

Value = int | float | str | bool
_STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True)
class Weights:
    """Which weights made it: the sha256 of the base and of each adapter, in order."""

    __pydantic_config__ = _STRICT
    base: str
    adapters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """Where in the latent space, when it is not where the seed alone lands.

    Either weighted seeds, or the latent itself.

    Attributes:
        seeds: Pairs of seed and weight.
        latent: Little-endian float32 bytes in base64.
        shape: Shape of the latent.
    """

    __pydantic_config__ = _STRICT
    seeds: tuple[tuple[int, float], ...] = ()
    latent: str = ""
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a point that is both or neither, and a latent that cannot be read."""
        if bool(self.seeds) == bool(self.latent):
            raise RequestError(
                "bad_point", name="point", rule="not one of seeds or latent", remedy="give one"
            )
        if self.latent:
            self.array()

    @classmethod
    def of(cls, latent: NDArray[np.float32]) -> Point:
        """The point at ``latent``."""
        raw = np.ascontiguousarray(latent, dtype="<f4").tobytes()
        return cls(latent=base64.b64encode(raw).decode(), shape=tuple(latent.shape))

    def array(self) -> NDArray[np.float32]:
        """The latent as float32, shape ``shape``.

        Raises:
            RequestError: If the bytes do not fit the shape or are not finite.
        """
        try:
            raw = base64.b64decode(self.latent, validate=True)
            array = np.frombuffer(raw, dtype="<f4").reshape(self.shape).astype(np.float32)
        except (binascii.Error, ValueError, OverflowError) as error:
            raise RequestError(
                "bad_point",
                name="point",
                value=self.shape,
                rule="not base64 float32 of its shape",
                remedy="send the latent as it was exported",
            ) from error
        if not np.isfinite(array).all():
            raise RequestError(
                "not_finite", name="point", rule="not finite", remedy="send finite numbers"
            )
        return array


@dataclass(frozen=True)
class Offset:
    """How far along one direction, in steps of one standard deviation.

    Attributes:
        id: sha256 of the direction's vector.
        offset: Steps, positive or negative.
        vector: The vector itself in base64 when no model ships it (taught), else empty.
        name: What the artist called it, for reading only.
    """

    __pydantic_config__ = _STRICT
    id: str
    offset: float
    vector: str = ""
    name: str = ""


@dataclass(frozen=True)
class Step:
    """One finishing or edit operation after the model, by name, with its values."""

    __pydantic_config__ = _STRICT
    name: str
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A recipe (see the module's docstring); equal recipes give identical works.

    Attributes:
        pipeline: Id of the model, such as ``pomona``.
        weights: Which weights.
        seed: 0 to 2**32 - 1.
        point: Where in the latent space; None is where the seed lands.
        directions: Offsets along named directions.
        controls: Every other control by name; names that are left out have their default.
        inputs: Name -> sha256 of an attachment.
        taste: Has a place in the layout, and nothing here writes it: what taste chose is whole
            in ``seed`` and ``point``, and that it chose is an event of the library. A recipe that
            has one is refused, as is whatever it would take to paint it.
        steps: Operations after the model, in order.
        sampler: Version of the map from seed to numbers.
        schema: Version of this layout.
    """

    __pydantic_config__ = _STRICT
    pipeline: str
    weights: Weights
    seed: int = 0
    point: Point | None = None
    directions: tuple[Offset, ...] = ()
    controls: dict[str, Value] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    taste: dict[str, Value] | None = None
    steps: tuple[Step, ...] = ()
    sampler: int = SAMPLER
    schema: int = SCHEMA

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """The one canonical text (sorted keys, no spaces, whole numbers without a point)."""
        return canonical(self.to_dict())

    @property
    def sha256(self) -> str:
        """Digest of the canonical text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def but(self, **changes: Any) -> Request:  # noqa: ANN401 - any field
        """This recipe with some fields replaced."""
        return replace(self, **changes)

    @staticmethod
    def from_json(text: str | bytes) -> Request:
        """Read a recipe; older schemas are brought up to date.

        Raises:
            RequestError: For anything that is not a recipe, with the field at fault.
        """
        if len(text) > MAX_BYTES:
            raise RequestError(
                "too_large",
                name="recipe",
                value=f"{len(text)} bytes",
                rule=f"over {MAX_BYTES} bytes",
                remedy="open the file that Duet saved",
            )
        from pydantic import ValidationError

        try:
            return _adapter().validate_json(_current(text))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "recipe"
            raise RequestError(
                "bad_recipe",
                name=place,
                value=first.get("input", "") if place != "recipe" else "",
                rule=f"refused: {first['msg']}",
                remedy="open the file that Duet saved",
            ) from error

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Request:
        """Read a recipe from plain values; see `from_json`."""
        try:
            return Request.from_json(json.dumps(values))
        except (TypeError, ValueError, RecursionError) as error:
            raise RequestError(
                "bad_recipe", name="recipe", rule="not plain JSON values", remedy="send JSON"
            ) from error


@cache
def _adapter() -> TypeAdapter[Request]:
    from pydantic import TypeAdapter

    return TypeAdapter(Request)


_MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Schema n -> a function that gives the layout of n + 1. Entries are never removed."""


def _current(text: str | bytes) -> str | bytes:
    """The text in today's schema; a text that cannot be read is left to the validator."""
    from pydantic_core import from_json

    try:
        values = from_json(text, allow_inf_nan=False)
    except ValueError:
        return text
    if not isinstance(values, dict):
        return text
    schema = values.get("schema", SCHEMA)
    known = type(schema) is int and (schema == SCHEMA or schema in _MIGRATIONS)
    if not known:
        raise RequestError(
            "unknown_schema",
            name="schema",
            value=schema,
            rule=f"not a schema up to {SCHEMA}",
            remedy="open it with a newer Duet",
        )
    if schema == SCHEMA:
        return text
    while schema in _MIGRATIONS:
        values = _MIGRATIONS[schema](values)
        schema += 1
    return json.dumps(values)


def _plain(value: object) -> object:
    """``1.0`` as ``1``, as every JSON reader understands and JavaScript writes it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def canonical(value: object) -> str:
    """The canonical JSON text of plain values."""
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
