"""What each route may be sent. Recipes are checked by `pipelines.request`, not here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pipelines.explore import FAR, MAX_ITEMS
from studio.calls import Body
from studio.library import EventKind, Role

__all__ = [
    "Another",
    "Attach",
    "Attribute",
    "Breed",
    "ChangeProfile",
    "Ends",
    "Export",
    "Feedback",
    "Film",
    "KeepWork",
    "Morph",
    "Nearby",
    "NewProfile",
    "Pad",
    "Pair",
    "ParentOf",
    "Patch",
    "Render",
    "Sheet",
    "Signals",
    "Sound",
    "State",
    "Suggest",
    "Why",
]

Recipe = dict[str, Any]
Num = Field(12, ge=1, le=MAX_ITEMS)
SeedField = Field(0, ge=0, le=2**32 - 1)
Names = Annotated[list[str], Field(default_factory=list, max_length=200)]
Shown = Annotated[list[str], Field(default_factory=list, max_length=1000)]


class Render(Body):
    """Render one recipe."""

    request: Recipe
    quality: Literal["draft", "fast", "reference"] = "reference"
    size: int | None = Field(None, ge=16, le=2048)
    told: bool = False


class Sound(Body):
    """Play one recipe, as samples or packed without loss."""

    request: Recipe
    accept: Literal["audio/wav", "audio/flac"] = "audio/flac"


class Attach(Body):
    """A work that another recipe starts from."""

    request: Recipe


class Nearby(Body):
    """Variations around a work."""

    request: Recipe
    num: int = Num
    distance: float = Field(0.5, ge=0, le=FAR)
    seed: int = SeedField
    locked: Names


class Breed(Body):
    """Children of two works."""

    a: Recipe
    b: Recipe
    num: int = Num
    seed: int = SeedField
    locked: Names


class Morph(Body):
    """The way from one work to another."""

    a: Recipe
    b: Recipe
    num: int = Field(16, ge=2, le=MAX_ITEMS)


class Pad(Body):
    """A place between four works."""

    corners: list[Recipe] = Field(min_length=4, max_length=4)
    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)


class Another(Body):
    """A fresh work."""

    request: Recipe
    locked: Names


class Words(Body):
    """A place in a poem: line and word, from 0."""

    request: Recipe
    line: int = Field(ge=0, le=999)
    place: int = Field(ge=0, le=999)


class Ends(Body):
    """The two ends of a slider."""

    request: Recipe
    control: str


class ParentOf(Body):
    """Where a work comes from: a kept work, or a recipe that was never kept."""

    role: Role
    id: str | None = None
    request: Recipe | None = None
    info: dict[str, Any] = Field(default_factory=dict)


class KeepWork(Body):
    """Keep a work."""

    request: Recipe
    parents: list[ParentOf] = Field(default_factory=list, max_length=64)
    shown: Shown
    label: str = ""
    words: str | dict[str, Any] = ""


class Patch(Body):
    """Rate a work, or write about it; what is left out stays."""

    rating: int | None = Field(None, ge=1, le=5)
    note: str | None = None


class State(Body):
    """Where a person is."""

    state: dict[str, Any]


class Feedback(Body):
    """Something a person did."""

    kind: EventKind
    request: Recipe | None = None
    work: str | None = None
    shown: Shown
    payload: dict[str, Any] = Field(default_factory=dict)


class Suggest(Body):
    """Works for this person: around one, or from anywhere in the model."""

    model: str
    num: int = Num
    strength: float = Field(1.0, ge=0, le=1)
    surprise: float = Field(0.5, ge=0, le=1, description="0 is my taste only")
    seed: int = SeedField
    request: Recipe | None = None
    distance: float = Field(0.5, ge=0, le=FAR)
    locked: Names


class Why(Body):
    """Why a work was shown."""

    request: Recipe


class Pair(Body):
    """A question."""

    model: str
    strategy: Literal["prediction", "information", "best", "random"] = "prediction"


class Attribute(Body):
    """What a person says of one attribute themselves."""

    correction: float | None = Field(None, ge=-2, le=2)
    muted: bool = False


class Signals(Body):
    """Which signals are learnt from; what is left out stays."""

    keep: bool | None = None
    skip: bool | None = None
    pair: bool | None = None
    rating: bool | None = None
    edit: bool | None = None
    another: bool | None = None
    undo: bool | None = None


class NewProfile(Body):
    """Save my taste under a name."""

    name: str = Field(min_length=1, max_length=60)


class ChangeProfile(Body):
    """Another name, or another share; what is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=60)
    share: float | None = Field(None, ge=0, le=1)


class Export(Body):
    """Save a work without keeping it."""

    request: Recipe
    format: Literal["png", "webp", "json", "txt", "md", "mid", "wav", "mp3", "musicxml"] = "png"


class Sheet(Body):
    """Works side by side: kept ones, or seeds of one recipe counted from its own."""

    works: list[str] = Field(default_factory=list, max_length=256)
    request: Recipe | None = None
    num: int = Field(16, ge=1, le=MAX_ITEMS)


class Film(Body):
    """A film through works, by id or by recipe."""

    works: list[str] = Field(default_factory=list, max_length=64)
    requests: list[Recipe] = Field(default_factory=list, max_length=64)
    seconds: float = Field(2.0, ge=0.2, le=30, description="from one work to the next")
    loop: bool = True
    size: int = Field(512, ge=16, le=2048)
    fps: int = Field(24, ge=1, le=60)
    format: Literal["mp4", "webp", "gif"] = "mp4"
