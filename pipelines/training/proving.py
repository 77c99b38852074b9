"""Whether teaching helped: what can be measured without asking, and what answers to pairs say.

Measured on seeds that teaching never drew, the same before and after:

    variety    mean distance of two works after / before                       (1: as varied)
    drift      mean distance of a seed's two works / of two works before       (0: unchanged)
    changed    mean change of each attribute in deviations of the draws before
    held_out   share of seeds on which a judge that was fitted on favourites kept out of teaching
               prefers the work after

Distances are of features (`pipelines.training.draws`). The blind test gives k of n pairs for the
taught model; the true share p lies in Wilson's interval (1927,
https://doi.org/10.1080/01621459.1927.10502953)

    (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),    z = 1.96,

and the verdict follows from where that interval lies, not from k / n.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.training import measures
from pipelines.training.draws import Seen, seen_of
from pipelines.training.plans import Favourite, Plan
from pipelines.training.preference import Logistic, Whitening

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["features_of", "instruments", "measure", "verdict", "wilson"]

Floats = NDArray[np.float32]
SEEDS = range(30_000_000, 30_000_048)
"""Seeds that are seen before and after."""
CHANGED = 0.1
"""Deviations from which a change of an attribute is worth telling."""
COPY = 0.35
"""A work nearer to a favourite than this share of the usual distance to the nearest is a copy."""
FEWEST = 3
"""Favourites kept out, without which their judge would be chance."""
Z = 1.959964


def wilson(chosen: int, decided: int) -> tuple[float, float]:
    """Interval of the true share, with 95 % confidence.

    >>> [round(x, 2) for x in wilson(9, 12)]
    [0.47, 0.91]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if decided == 0:
        return 0.0, 1.0
    share, n = chosen / decided, decided
    middle = share + Z**2 / (2 * n)
    reach = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    whole = 1 + Z**2 / n
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def verdict(low: float, high: float) -> Literal["yes", "early", "no"]:
    """What the interval says.

    >>> verdict(0.52, 0.9), verdict(0.47, 0.91), verdict(0.1, 0.49)
    ('yes', 'early', 'no')
    """
    half = 0.5
    return "yes" if low > half else "no" if high < half else "early"


def instruments(plan: Plan, after: Path) -> tuple[Instrument, Instrument]:
    """The model that teaching started from, and the one it made."""
    from pipelines.catalog import Catalog

    catalog = Catalog(tuple(map(Path, plan.roots)), Path(plan.versions))
    return plan.instrument(), catalog.load(after)


def measure(plan: Plan, after: Path) -> dict[str, Any]:
    """Everything that can be said without asking the artist; see the module.

    Args:
        plan: What was taught.
        after: The model folder that came of it.
    """
    old, new = instruments(plan, after)
    before, now = (seen_of(one, [one.request(seed=seed) for seed in SEEDS]) for one in (old, new))
    usual = measures.diversity(before.features)
    moved = float(np.linalg.norm(now.features - before.features, axis=1).mean())
    unit = before.attributes.std(axis=0) + 1e-6
    effect = (now.attributes - before.attributes).mean(axis=0) / unit
    changed = {
        name: round(float(value), 3)
        for name, value in sorted(
            zip(before.names, effect, strict=True), key=lambda pair: -abs(pair[1])
        )
        if abs(value) >= CHANGED
    }
    return {
        "variety": round(measures.diversity(now.features) / max(usual, 1e-9), 3),
        "drift": round(moved / max(usual, 1e-9), 3),
        "changed": changed,
        "held_out": _held_out(plan, old, before, now),
        **_nearest(plan, old, before, now),
    }


def features_of(model: Instrument, favourites: tuple[Favourite, ...]) -> Seen:
    """Favourites as a model paints them."""
    return seen_of(model, [one.request(model) for one in favourites])


def _held_out(plan: Plan, old: Instrument, before: Seen, now: Seen) -> float | None:
    """See the module; None with too few favourites kept out."""
    if len(plan.held_out) < FEWEST:
        return None
    liked = features_of(old, plan.held_out).features
    white = Whitening.of(before.features, 12)
    fresh, after = white.coordinates(before.features), white.coordinates(now.features)
    judge = Logistic.fit(white.coordinates(liked), fresh, prior=0.5)
    return round(float((judge.score(after)[0] > judge.score(fresh)[0]).mean()), 3)


def _nearest(plan: Plan, old: Instrument, before: Seen, now: Seen) -> dict[str, Any]:
    """The three favourites that works after come nearest to, and whether any is a copy."""
    if not plan.favourites:
        return {"nearest": [], "copies": False}
    liked = features_of(old, plan.favourites).features
    apart = np.linalg.norm(now.features[:, None] - liked[None], axis=2)
    among = np.linalg.norm(before.features[:, None] - before.features[None], axis=2)
    np.fill_diagonal(among, np.inf)
    usual = float(np.median(among.min(axis=1)))
    order = np.argsort(apart.min(axis=0))[:3]
    nearest = [
        {"work": plan.favourites[i].id, "distance": round(float(apart[:, i].min()) / usual, 3)}
        for i in order
    ]
    return {"nearest": nearest, "copies": bool(apart.min() < COPY * usual)}
