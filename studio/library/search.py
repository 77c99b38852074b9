"""Which works are meant: search by words, filters, pages. The only place that builds queries."""

from __future__ import annotations

import unicodedata
from typing import Unpack, get_args

from sqlalchemy import ColumnElement, Select, func, select

from studio.errors import LibraryError
from studio.library import checks
from studio.library.ids import is_id
from studio.library.tables import WorkRow
from studio.library.values import Filters, Kept
from studio.persons import Person

__all__ = ["conditions", "count", "newest", "searchable"]

_QUERY = 500
_NAME = 200


def searchable(*parts: str) -> str:
    """Texts as they are searched: one form a character, no upper case.

    >>> searchable("Ｐear", "ÉTÉ")
    'pear été'
    """
    return " ".join(" ".join(_fold(part).split()) for part in parts if part)


def conditions(
    person: Person, query: str, **filters: Unpack[Filters]
) -> list[ColumnElement[bool]]:
    """What a work must agree with.

    Args:
        person: Whose works.
        query: Words that must all occur, in any order, also inside longer words.
        **filters: See `Filters`.

    Raises:
        LibraryError: ``bad_work`` for a filter that makes no sense, ``too_long``.
    """
    gone = filters.get("deleted", False)
    found: list[ColumnElement[bool]] = [
        WorkRow.person_id == person.id,
        WorkRow.deleted_at.is_not(None) if gone else WorkRow.deleted_at.is_(None),
    ]
    if (kind := filters.get("kind")) is not None:
        checks.one_of("kind", kind, get_args(Kept))
        found.append(WorkRow.kind == kind)
    if (medium := filters.get("medium")) is not None:
        found.append(WorkRow.medium == checks.text("medium", medium, _NAME))
    if (model := filters.get("model")) is not None:
        found.append(WorkRow.model == checks.text("model", model, _NAME))
    if (rating := filters.get("rating")) is not None:
        found.append(WorkRow.rating >= checks.rating(rating))
    if (month := filters.get("month")) is not None:
        found.append(WorkRow.month == checks.month(month))
    words = _fold(checks.text("query", query, _QUERY)).split()
    found += [WorkRow.search.contains(word, autoescape=True) for word in words]
    return found


def newest(where: list[ColumnElement[bool]], *, cursor: str | None, limit: int) -> Select[WorkRow]:
    """A page of works, newest first, and one more to know whether another page follows.

    Raises:
        LibraryError: ``bad_cursor``, or ``bad_work`` for the limit.
    """
    page = select(WorkRow).where(*where).order_by(WorkRow.id.desc())
    if cursor is not None:
        if not isinstance(cursor, str) or not is_id(cursor):
            raise LibraryError(
                "bad_cursor",
                name="cursor",
                value=cursor,
                rule="not the end of a page",
                remedy="start again from the first page",
            )
        page = page.where(WorkRow.id < cursor)
    return page.limit(checks.page_size(limit) + 1)


def count(where: list[ColumnElement[bool]]) -> Select[int]:
    """How many works agree."""
    return select(func.count()).select_from(WorkRow).where(*where)


def _fold(text: str) -> str:
    """Upper and lower case, full and half width alike; LIKE then needs no case rules.

    SQLite folds ASCII only and PostgreSQL by locale, so both search what Python folded.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
