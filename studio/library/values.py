"""What goes into a library and what comes out: plain frozen values, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypedDict, get_args

from studio.library import checks
from studio.library.files import digest

__all__ = [
    "Event",
    "EventKind",
    "Filters",
    "Keep",
    "Kept",
    "Kin",
    "Page",
    "Parent",
    "Role",
    "Work",
]

Role = Literal["variation", "morph", "breed", "edit", "film", "across"]
"""How a work came from its parent."""
EventKind = Literal[
    "keep",
    "unkeep",
    "skip",
    "rating",
    "undo",
    "redo",
    "another",
    "note",
    "delete",
    "restore",
    "open",
    "export",
    "pair",
    "edit",
    "retract",
]
"""What an artist did."""

_LABEL, _WORDS, _NAME, _MEDIUM = 500, 10_000, 200, 16
_SHA256, _MIME = 64, 100


@dataclass(frozen=True)
class Parent:
    """Where a work comes from.

    Attributes:
        role: How it comes from there.
        work_id: The parent, if it was kept.
        request: The parent's recipe, if it was never kept.
        side: What this parent gave, such as ``{"gave": "form"}``; plain JSON values.
    """

    role: Role
    work_id: str | None = None
    request: str | None = None
    side: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an unknown role, no parent at all, and values that are not JSON."""
        checks.one_of("role", self.role, get_args(Role))
        if (self.work_id is None) == (self.request is None):
            raise checks.refused("parent", self.work_id, "not one of work_id or request")
        if self.request is not None:
            checks.recipe("request", self.request)
        checks.mapping("side", self.side)


@dataclass(frozen=True, kw_only=True)
class Keep:
    """A work to keep.

    Attributes:
        request: Its recipe, canonical JSON; of a film the first keyframe's.
        medium: ``image``, ``text``, ``music``...
        model: Id of the model.
        original: The file as exported, with its recipe inside.
        original_mime: Its media type, such as ``image/png``.
        thumbnail: A small picture of it.
        thumbnail_mime: Its media type.
        fingerprint: sha256 of the canonical content.
        weights: sha256 of the weights that made it.
        label: What a caption says, such as ``Pear 18204``.
        subject: Species, verse form, kind of tune...: one word.
        words: Anything else it should be found by, in every language of the page.
        timeline: Of a film, its canonical JSON; it is then what makes the film the same film.
        parents: Where it comes from.
        shown: Recipes (or their sha256) that were on screen beside it.
    """

    request: str
    medium: str
    model: str
    original: bytes
    thumbnail: bytes
    original_mime: str = "image/png"
    thumbnail_mime: str = "image/png"
    fingerprint: str = ""
    weights: str = ""
    label: str = ""
    subject: str = ""
    words: str = ""
    timeline: str | None = None
    parents: tuple[Parent, ...] = ()
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the library could not give back as it was.

        Raises:
            LibraryError: ``bad_work`` or ``too_long``, naming the field.
        """
        checks.recipe("request", self.request)
        if self.timeline is not None:
            checks.recipe("timeline", self.timeline)
        limits = {"medium": _MEDIUM, "model": _NAME, "original_mime": _MIME}
        limits |= {"thumbnail_mime": _MIME, "fingerprint": _SHA256, "weights": _SHA256}
        limits |= {"label": _LABEL, "subject": _NAME, "words": _WORDS}
        for name, limit in limits.items():
            checks.text(name, getattr(self, name), limit)
        for name in ("original", "thumbnail"):
            if not isinstance(getattr(self, name), bytes) or not getattr(self, name):
                raise checks.refused(
                    name, type(getattr(self, name)).__name__, "not a file's bytes"
                )
        checks.shown(self.shown)

    @property
    def kind(self) -> Kept:
        """``film`` if there is a timeline, else ``work``."""
        return "work" if self.timeline is None else "film"

    @property
    def request_sha256(self) -> str:
        """sha256 of the recipe."""
        return digest(self.request.encode())

    @property
    def identity(self) -> str:
        """Equal for works that are the same work: sha256 of the timeline, else of the recipe."""
        return digest((self.timeline or self.request).encode())


Kept = Literal["work", "film"]
"""A single work, or a film made of several."""


@dataclass(frozen=True)
class Event:
    """Something an artist did, with what they could see while doing it.

    Attributes:
        kind: What they did.
        work_id: The work it was done to, if it is kept.
        request: The recipe it was done to.
        weights: sha256 of the weights that were in use.
        shown: Recipes (or their sha256) that were on screen beside it.
        payload: Anything else, plain JSON values.
        id: Given by the library.
        at: Given by the library, UTC.
    """

    kind: EventKind
    work_id: str | None = None
    request: str | None = None
    weights: str = ""
    shown: tuple[str, ...] = ()
    payload: Mapping[str, object] = field(default_factory=dict)
    id: str = ""
    at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown kind and values that are not JSON."""
        checks.one_of("event", self.kind, get_args(EventKind))
        if self.request is not None:
            checks.recipe("request", self.request)
        checks.text("weights", self.weights, _SHA256)
        checks.shown(self.shown)
        checks.mapping("payload", self.payload)


@dataclass(frozen=True, kw_only=True)
class Work:
    """A kept work as the library holds it; the attributes of `Keep`, and these.

    Attributes:
        id: UUIDv7; a greater id was kept later.
        rating: 1 to 5, or None.
        note: The artist's words about it.
        created_at: When it was first kept, UTC.
        deleted_at: When it was deleted, UTC, or None.
        original_size: Bytes.
        thumbnail_size: Bytes.
    """

    id: str
    kind: Kept
    medium: str
    model: str
    label: str
    subject: str
    words: str
    request: str
    request_sha256: str
    timeline: str | None
    weights: str
    fingerprint: str
    original_sha256: str
    original_mime: str
    original_size: int
    thumbnail_sha256: str
    thumbnail_mime: str
    thumbnail_size: int
    rating: int | None
    note: str
    created_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True)
class Kin:
    """A parent or a child of a work.

    Attributes:
        role: How the child came from the parent.
        side: What the parent gave.
        work: The parent or child; None if it was never kept or is gone for good.
        request: The recipe of a parent that was never kept.
    """

    role: Role
    side: Mapping[str, object]
    work: Work | None
    request: str | None


@dataclass(frozen=True)
class Page:
    """Some works, newest first.

    Attributes:
        works: At most as many as asked for.
        cursor: Give it back for the next page; None after the last.
    """

    works: tuple[Work, ...]
    cursor: str | None


class Filters(TypedDict, total=False):
    """Which works: those that agree with everything given.

    Attributes:
        kind: ``work`` or ``film``.
        medium: Such as ``image``.
        model: Id of a model.
        rating: At least so many, 1 to 5.
        month: ``YYYY-MM`` in UTC.
        deleted: True for the deleted ones instead of the kept ones.
    """

    kind: Kept | None
    medium: str | None
    model: str | None
    rating: int | None
    month: str | None
    deleted: bool
