"""What the library accepts. A value that it could not give back as it was is refused, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from studio.errors import LibraryError

__all__ = [
    "RECIPE_BYTES",
    "absent",
    "mapping",
    "month",
    "one_of",
    "page_size",
    "rating",
    "recipe",
    "refused",
    "shown",
    "text",
]

RECIPE_BYTES = 4 << 20
"""A film's timeline embeds many recipes, each of at most 1 MiB."""
_STATE_BYTES = 4 << 20
_SHOWN = 1000
_PAGE = 1000
_RATINGS = range(1, 6)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def refused(name: str, value: object, rule: str, remedy: str = "correct it") -> LibraryError:
    """The error for a value that is not accepted."""
    return LibraryError("bad_work", name=name, value=value, rule=rule, remedy=remedy)


def absent(name: str) -> LibraryError:
    """The error for a field that is not there."""
    return LibraryError("missing_field", name=name, rule="missing", remedy="put it back")


def text(name: str, value: object, limit: int) -> str:
    """A text of at most ``limit`` characters that every database can store.

    Raises:
        LibraryError: ``bad_work`` for another type or half characters, ``too_long``.
    """
    if not isinstance(value, str):
        raise refused(name, value, "not text", "give text")
    if "\0" in value or not _encodable(value):
        raise refused(name, ascii(value), "not readable as Unicode text", "remove odd characters")
    if len(value) > limit:
        raise LibraryError(
            "too_long",
            name=name,
            value=len(value),
            rule=f"longer than {limit} characters",
            remedy="shorten it",
        )
    return value


def recipe(name: str, value: object) -> str:
    """A recipe: the JSON text of an object. What it means is for ``pipelines`` to judge.

    Raises:
        LibraryError: ``bad_work`` or ``too_long``.
    """
    written = text(name, value, RECIPE_BYTES)
    try:
        parsed = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise refused(name, written, "not JSON", "keep it from the studio") from error
    if not isinstance(parsed, dict):
        raise refused(name, written, "not a JSON object", "keep it from the studio")
    return written


def mapping(name: str, value: object) -> dict[str, object]:
    """Plain JSON values by name.

    Raises:
        LibraryError: ``bad_work`` or ``too_long``.
    """
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise refused(name, value, "not values by name", "give a JSON object")
    plain = dict(value)
    try:
        written = json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise refused(name, plain, "not plain JSON", "give finite JSON values") from error
    text(name, written, _STATE_BYTES)
    return plain


def shown(values: object) -> None:
    """Recipes or digests that were on screen.

    Raises:
        LibraryError: ``bad_work`` or ``too_long``.
    """
    if not isinstance(values, tuple) or len(values) > _SHOWN:
        raise refused("shown", type(values).__name__, f"not a tuple of at most {_SHOWN}")
    for value in values:
        text("shown", value, RECIPE_BYTES)


def one_of(name: str, value: object, options: Sequence[str]) -> None:
    """One of a few words.

    Raises:
        LibraryError: ``bad_work``.
    """
    if value not in options:
        rule = f"not one of {', '.join(options)}"
        raise refused(name, value, rule, "choose one of these")


def rating(value: object) -> int:
    """1 to 5 dots.

    Raises:
        LibraryError: ``bad_work``.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value not in _RATINGS:
        raise refused("rating", value, "not a whole number from 1 to 5", "give 1 to 5")
    return value


def month(value: object) -> str:
    """``YYYY-MM``.

    Raises:
        LibraryError: ``bad_work``.
    """
    if not isinstance(value, str) or not _MONTH.fullmatch(value):
        raise refused("month", value, "not of the form YYYY-MM", "write it like 2025-11")
    return value


def page_size(value: object) -> int:
    """How many at once.

    Raises:
        LibraryError: ``bad_work``.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _PAGE:
        raise refused("limit", value, f"not a whole number from 1 to {_PAGE}", "ask for fewer")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
