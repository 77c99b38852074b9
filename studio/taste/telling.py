"""A taste as the page reads it: what was heard, what is liked, and why a work was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.library import Library, Work
from studio.taste.lens import Lens
from studio.taste.likings import Liking, likings
from studio.taste.mind import Mind
from studio.taste.signals import SIGNALS, name_of

__all__ = ["MINE", "Reasons", "attributes", "heard", "profiles", "reasons"]

Floats = NDArray[np.float64]
MINE = "mine"
"""Id of the taste that events make, among profiles."""
KINDS = (*SIGNALS, "note")
REASONS, OWN, UNSURE = 3, 2, 2
WORTH = 0.1
"""Share of the whole from which a reason is worth a word."""
NOTABLE = 1.0
"""Standard deviations from which an attribute stands out."""
RECENT = 200
"""Own works among which those that say so are looked for."""


@dataclass(frozen=True)
class Reasons:
    """Why a work fits.

    Attributes:
        because: Attribute, whether the work has more of it than usual, share of the whole.
        works: Own works that have the same.
        unsure: Attributes that stand out and of which nothing is known.
    """

    because: list[tuple[str, bool, float]]
    works: list[Work]
    unsure: list[str]


def heard(mind: Mind) -> dict[str, int]:
    """Events by kind."""
    counts = mind.heard()
    return {kind: counts[kind] for kind in KINDS}


def attributes(mind: Mind, lens: Lens) -> list[dict[str, Any]]:
    """One line an attribute; a correction is shown as what it is, the guess beside it stays."""
    mean = mind.belief(lens)
    told = []
    for liking in likings(mean, mind.view(lens).cov, lens.atlas.names):
        correction, muted = mind.attribute(liking.name)
        told.append(
            {
                "name": liking.name,
                "mean": round(liking.mean, 3),
                "spread": round(liking.spread, 3),
                "state": liking.state,
                "correction": correction,
                "muted": muted,
            }
        )
    return told


def profiles(mind: Mind, library: Library) -> list[dict[str, Any]]:
    """Mine first, then the saved ones; shares add up to 1 unless others take more than all."""
    saved = library.profiles(mind.person)
    given = sum(one.share for one in saved)
    mine = {"id": MINE, "name": MINE, "mine": True, "share": round(max(0.0, 1 - given), 4)}
    others = [
        {"id": one.id, "name": one.name, "mine": False, "share": round(one.share, 4)}
        for one in saved
    ]
    return [mine, *others]


def reasons(mind: Mind, lens: Lens, features: Floats, library: Library) -> Reasons:
    """Why a work with these features [F] fits the taste.

    What an attribute does for it is liked change times how far the work is from the average.
    """
    found = likings(mind.belief(lens), mind.view(lens).cov, lens.atlas.names)
    z = features[: len(found)]
    does = {one.name: one.mean * float(value) for one, value in zip(found, z, strict=True)}
    known = {one.name: one for one in found}
    for_it = {k: v for k, v in does.items() if v > 0 and known[k].state != "unknown"}
    whole = sum(for_it.values()) or 1.0
    best = sorted(for_it, key=lambda name: -for_it[name])[:REASONS]
    place = {one.name: index for index, one in enumerate(found)}
    because = [
        (name, bool(z[place[name]] > 0), round(for_it[name] / whole, 3))
        for name in best
        if for_it[name] / whole >= WORTH
    ]
    open_to = [one.name for one in found if one.state == "unknown"]
    unsure = sorted(open_to, key=lambda name: -abs(z[place[name]]))
    return Reasons(
        because,
        _own(mind, lens, library, [(place[name], known[name]) for name, _, _ in because]),
        [name for name in unsure[:UNSURE] if abs(z[place[name]]) >= NOTABLE],
    )


def _own(
    mind: Mind, lens: Lens, library: Library, because: list[tuple[int, Liking]]
) -> list[Work]:
    """Kept works that have most of what the reasons name."""
    model = lens.instrument.card.id
    works = library.works(mind.person, model=model, kind="work", limit=RECENT).works
    if not because or not works:
        return []
    names = {work.id: name_of(work.request) for work in works}
    known = mind.vectors(lens, list(names.values()))
    worth = {
        work.id: sum(one.mean * known[names[work.id]][index] for index, one in because)
        for work in works
        if names[work.id] in known
    }
    chosen = sorted((work for work in works if work.id in worth), key=lambda w: -worth[w.id])
    return chosen[:OWN]
