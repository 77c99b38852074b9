"""From what an artist did to comparisons between works.

A comparison says that one work was preferred to others. Where the other side is not a work but
what the model makes on average, its features are zero by construction (`pipelines.atlas`), and the
comparison has no others. Weights: a choice made on purpose counts 1, a hint less.

    keep      over each work beside it that was not kept itself; and over the average where it was
              not picked from what stood there (the canvas over what lies around it says nothing
              about the rest of the model)
    pair      over the other one; "can't say" says nothing
    skip      "not this": each work beside it, or the average, over it
    rating    3 is the average; above and below it in halves, and over works rated less
    edit      after a slider was moved over before
    another   the average over what was left for another: a hint
    undo      what was gone back to over what was left: a hint, off unless switched on
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.errors import DuetError
from pipelines.request import Request
from studio.library import Event

__all__ = [
    "SIGNALS",
    "Comparison",
    "comparisons",
    "mentioned",
    "name_of",
    "signals_of",
    "standing",
]

SIGNALS: Mapping[str, bool] = {
    "keep": True,
    "skip": True,
    "pair": True,
    "rating": True,
    "edit": True,
    "another": True,
    "undo": False,
}
"""What may be learnt from, and whether it is unless the artist says otherwise."""
ALONE, SKIP, EDIT, HINT = 0.5, 0.5, 0.5, 0.1
RATED = 0.5
AVERAGE_RATING = 3
RATED_BEFORE = 6
"""Earlier ratings that a new one is compared with."""


@dataclass(frozen=True)
class Comparison:
    """One work over others, by sha256 of their recipes.

    Attributes:
        better: The preferred one; empty for the model's average.
        worse: The others; empty for the model's average.
        weight: How much it tells.
        kind: Kind of the event it comes from.
    """

    better: str
    worse: tuple[str, ...]
    weight: float
    kind: str


def name_of(recipe: str) -> str:
    """What events name a recipe by: sha256 of its canonical text (a name stays itself)."""
    if not recipe.startswith("{"):
        return recipe
    try:
        return Request.from_json(recipe).sha256
    except DuetError:
        return hashlib.sha256(recipe.encode()).hexdigest()


def signals_of(said: object) -> dict[str, bool]:
    """Which signals are used, from what is stored."""
    told = said if isinstance(said, Mapping) else {}
    return {name: bool(told.get(name, usual)) for name, usual in SIGNALS.items()}


def mentioned(event: Event) -> list[str]:
    """Recipes as text that an event carries: its own, a pair's two, an edit's before."""
    found = [event.request] if event.request else []
    for side in ("left", "right", "before"):
        value = event.payload.get(side)
        if isinstance(value, Mapping):
            found.append(json.dumps(value))
    return [*found, *(recipe for recipe in event.shown if recipe.startswith("{"))]


def standing(events: Iterable[Event]) -> list[Event]:
    """``events`` without those that were taken back, and without the taking back."""
    told = list(events)
    gone = {event.payload.get("event") for event in told if event.kind == "retract"}
    return [event for event in told if event.kind != "retract" and event.id not in gone]


Naming = Callable[[str], str]


def _side(event: Event, name: str, naming: Naming) -> str:
    value = event.payload.get(name)
    return naming(json.dumps(value)) if isinstance(value, Mapping) else ""


def comparisons(
    events: Sequence[Event], used: Mapping[str, bool], naming: Naming = name_of
) -> list[Comparison]:
    """Everything that ``events`` say, oldest first.

    A heart that was taken back says nothing any more, nor does what was undone; a work that was
    rated again only its last rating.

    Args:
        events: Oldest first.
        used: Which kinds are learnt from.
        naming: `name_of`, or something that remembers what it said.
    """
    events = standing(events)
    kept = _kept(events, naming)
    found: list[Comparison] = []
    ratings: dict[str, int] = {}
    last = {event.work_id: event.id for event in events if event.kind == "rating"}
    for event in events:
        if not used.get(event.kind, False):
            continue
        about = naming(event.request) if event.request else ""
        beside = tuple(dict.fromkeys(map(naming, event.shown)))
        match event.kind:
            case "keep" if about in kept:
                found += _keep(about, beside, kept)
            case "skip" if about:
                found += _skip(about, beside)
            case "pair":
                found += _pair(event, naming)
            case "rating" if last.get(event.work_id) == event.id:
                found += _rating(event, about, ratings)
            case "edit" if about:
                before = _side(event, "before", naming)
                if before not in ("", about):
                    found.append(Comparison(about, (before,), EDIT, "edit"))
            case "another" | "undo" if about:
                found.append(Comparison("", (about,), HINT, event.kind))
    return found


def _kept(events: Iterable[Event], naming: Naming) -> set[str]:
    """Recipes whose heart is still on."""
    kept: set[str] = set()
    for event in events:
        if event.request and event.kind in ("keep", "restore"):
            kept.add(naming(event.request))
        elif event.request and event.kind == "unkeep":
            kept.discard(naming(event.request))
    return kept


def _keep(about: str, beside: tuple[str, ...], kept: set[str]) -> list[Comparison]:
    others = tuple(one for one in beside if one not in kept)
    found = [Comparison(about, others, 1.0, "keep")] if others else []
    if not others or about not in beside:
        found.append(Comparison(about, (), ALONE, "keep"))
    return found


def _skip(about: str, beside: tuple[str, ...]) -> list[Comparison]:
    others = [one for one in beside if one != about]
    if not others:
        return [Comparison("", (about,), SKIP, "skip")]
    share = SKIP / len(others)
    return [Comparison(one, (about,), share, "skip") for one in others]


def _pair(event: Event, naming: Naming) -> list[Comparison]:
    left, right = (_side(event, side, naming) for side in ("left", "right"))
    if not left or not right or left == right:
        return []
    match event.payload.get("answer"):
        case "left":
            return [Comparison(left, (right,), 1.0, "pair")]
        case "right":
            return [Comparison(right, (left,), 1.0, "pair")]
    return []


def _rating(event: Event, about: str, ratings: dict[str, int]) -> list[Comparison]:
    dots = event.payload.get("rating")
    if not about or isinstance(dots, bool) or not isinstance(dots, int):
        return []
    found = []
    apart = dots - AVERAGE_RATING
    if apart > 0:
        found.append(Comparison(about, (), RATED * apart, "rating"))
    elif apart < 0:
        found.append(Comparison("", (about,), -RATED * apart, "rating"))
    for other, less in list(ratings.items())[-RATED_BEFORE:]:
        weight = RATED * abs(dots - less) / 4
        if dots > less:
            found.append(Comparison(about, (other,), weight, "rating"))
        elif dots < less:
            found.append(Comparison(other, (about,), weight, "rating"))
    ratings[about] = dots
    return found
