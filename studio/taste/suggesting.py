"""Which works to show next: the model's own, with some of them in favour of the taste.

The recipes without taste come first and are exactly those of strength 0; then some places, drawn
by the seed, are given to the best of other candidates. Nothing is rendered here: candidates are
judged by their place and the attributes guessed from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines import explore
from pipelines.latents import uniform
from pipelines.pipeline import Instrument
from pipelines.request import Request
from studio.taste.belief import Belief
from studio.taste.choosing import MOST, TILES, pick
from studio.taste.lens import Lens

__all__ = [
    "CANDIDATES",
    "Judge",
    "Suggestion",
    "Wish",
    "around",
    "bare",
    "by_belief",
    "fresh",
    "suggest",
]

Floats = NDArray[np.float64]
CANDIDATES = 240
"""Works that compete for the places of a board in For you."""
AROUND = 2
"""Sets of 64 steps that compete in Nearby."""
By = Literal["taste", "free", "prior"]
Judge = Callable[[Floats, int, np.random.Generator, float], Floats]
"""Features [N, F], number of draws, chance and heat -> utilities of each draw [T, N]."""


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        num: How many works, 1 to 64.
        strength: 0 is the bare model, 1 as much taste as was earned.
        surprise: 0 my taste only, 1 as unsure as the belief is.
        seed: Draws everything.
        request: Steps around this work, or None for anywhere in the model.
        distance: Length of those steps.
        locked: Controls that keep their effect.
        taught: Vectors of taught directions that keep theirs.
    """

    num: int = 12
    strength: float = 1.0
    surprise: float = 0.5
    seed: int = 0
    request: Request | None = None
    distance: float = 0.5
    locked: tuple[str, ...] = ()
    taught: tuple[NDArray[np.float32], ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A work to show.

    Attributes:
        request: Its recipe.
        by: ``taste`` chose it; ``free`` tiles are the model's; ``prior`` while nothing is known.
        score: Expected utility; 0 is the model's average.
        spread: Its standard deviation.
    """

    request: Request
    by: By
    score: float = 0.0
    spread: float = 0.0


def bare(instrument: Instrument, wish: Wish) -> list[Request]:
    """What the model shows without any taste."""
    if wish.request is not None:
        return explore.nearby(
            instrument,
            wish.request,
            num=wish.num,
            distance=wish.distance,
            seed=wish.seed,
            locked=wish.locked,
            taught=wish.taught,
        )
    return fresh(instrument, wish.num, wish.seed, "for you")


def fresh(instrument: Instrument, num: int, seed: int, stream: str) -> list[Request]:
    """Works from anywhere in the model, at its defaults."""
    seeds = (uniform(seed, (num,), stream) * (2**32 - 1)).astype(np.uint64)
    return [instrument.request(seed=int(one)) for one in seeds]


def around(instrument: Instrument, wish: Wish) -> list[Request]:
    """Candidates near a work: further steps of the same length.

    Raises:
        ControlError: For a distance out of range.
    """
    if wish.request is None:
        return []
    seeds = (uniform(wish.seed, (AROUND,), "taste nearby") * (2**32 - 1)).astype(np.uint64)
    return [
        request
        for seed in seeds
        for request in explore.nearby(
            instrument,
            wish.request,
            num=explore.MAX_ITEMS,
            distance=wish.distance,
            seed=int(seed),
            locked=wish.locked,
            taught=wish.taught,
        )
    ]


def places(wish: Wish, steering: float, chance: np.random.Generator) -> list[int]:
    """Which of the tiles follow taste; of twelve at least three never do."""
    most = MOST / TILES
    wanted = wish.num * min(most, steering * wish.strength)
    # Fewer tiles than twelve have their share on average.
    count = int(wanted + (chance.random() if wish.num < TILES else 0.0))
    return sorted(chance.permutation(wish.num)[: min(count, wish.num)].tolist())


def suggest(
    lens: Lens,
    wish: Wish,
    steering: float,
    judged: tuple[Belief, Judge],
    candidates: Callable[[], tuple[list[Request], Floats]],
) -> list[Suggestion]:
    """The tiles of a board.

    Args:
        lens: How works look.
        wish: What is asked for.
        steering: How much of the board taste has earned, 0 to 9/12.
        judged: The belief, and what draws utilities (the belief itself, or what beats it).
        candidates: Gives recipes and their features; asked only where taste has places.

    Raises:
        DuetError: For a work that can't be varied here.
    """
    belief, judge = judged
    plain = bare(lens.instrument, wish)
    chance = np.random.default_rng(wish.seed)
    chosen = places(wish, steering, chance)
    if not chosen:
        by: By = "free" if steering > 0 else "prior"
        return [Suggestion(one, by) for one in plain]
    recipes, features = candidates()
    draws = judge(features, len(chosen), chance, wish.surprise)
    best = pick(draws)
    features = np.concatenate([features[best], lens.of(plain)])
    means, spreads = belief.score(features)
    found = [
        Suggestion(one, "free", float(m), float(s))
        for one, m, s in zip(plain, means[len(best) :], spreads[len(best) :], strict=True)
    ]
    for place, index, mean, spread in zip(chosen, best, means, spreads, strict=False):
        found[place] = Suggestion(recipes[index], "taste", float(mean), float(spread))
    return found


def by_belief(belief: Belief) -> Judge:
    """Thompson's draws from a Gaussian belief."""

    def judge(features: Floats, num: int, chance: np.random.Generator, heat: float) -> Floats:
        drawn: Floats = belief.samples(num, chance, heat) @ features.T
        return drawn

    return judge
