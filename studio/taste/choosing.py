"""What to show next, and what to ask.

Shown works follow Thompson sampling (Thompson 1933; Chapelle and Li 2011, "An empirical evaluation
of Thompson sampling"): each tile is the best candidate for one taste drawn from the belief, so
that a sure belief repeats itself and an unsure one tries. ``heat`` scales the draw: 0 shows the
mean taste only.

A question is the pair of works whose answer tells most about theta (BALD, Houlsby 2011,
https://arxiv.org/abs/1112.5745): with u ~ N(m, v) the difference of their utilities,

    I = H(p) - E[H(sigma(u))],    p = E[sigma(u)],

or, as BoTorch's analytic expected utility of the best option (Astudillo 2023,
https://arxiv.org/abs/2303.15746), the pair whose better work is expected to be best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.taste.belief import Belief

__all__ = [
    "FROM_KEEPS",
    "Strategy",
    "ask",
    "information",
    "left",
    "marked",
    "pick",
    "trust",
]

Floats = NDArray[np.float64]
Strategy = Literal["information", "best", "random"]
FROM_KEEPS, FULL_KEEPS = 5, 15
FEWEST, MOST = 4, 9
"""Tiles of twelve that follow taste, from five keeps on and from fifteen."""
TILES = 12
DOUBT = 3.0
"""Nats worse than chance at which taste is trusted no further."""
HEAT = 0.5
"""Of Thompson's draws in Nearby, where nobody set the surprise."""
PAIRS = 400
"""Pairs considered for a question."""
ENOUGH, PER_ANSWER = 0.2, 0.0035
"""Nats below which one more answer is not worth asking for, and by how much each answer lowers
what the next can tell: measured on simulated artists, who order held-out pairs hardly better
afterwards (docs/how-it-learns.md)."""
MAX_LEFT = 40
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def trust(foretold: float) -> float:
    """How far taste may go beyond its first four tiles, 0..1, from `belief.foretold`.

    Picks without any system (in simulations of a shuffled artist) are foretold 3 nats worse than
    by chance after fifteen keeps; of artists with a taste hardly any is below 0.

    >>> trust(5.0), trust(-1.5), trust(-9.0)
    (1.0, 0.5, 0.0)
    """
    return min(1.0, max(0.0, 1 + foretold / DOUBT))


def marked(heard: float, trusted: float = 1.0) -> int:
    """How many of twelve tiles follow taste after so many keeps (or answers worth as much).

    >>> [marked(keeps) for keeps in (0, 4, 5, 10, 15, 400)]
    [0, 0, 4, 6, 9, 9]
    >>> marked(15, trusted=0.0)
    4
    """
    if heard < FROM_KEEPS:
        return 0
    share = min(1.0, (heard - FROM_KEEPS) / (FULL_KEEPS - FROM_KEEPS))
    return math.floor(FEWEST + trusted * share * (MOST - FEWEST))


def pick(draws: Floats, taken: Sequence[int] = ()) -> list[int]:
    """The best candidate for each drawn taste, none of them twice.

    Args:
        draws: Utility of each candidate under each drawn taste, shape [T, N].
        taken: Candidates that are not to be picked.

    Returns:
        At most T of 0..N-1, in the order of the draws.
    """
    open_to = np.ones(draws.shape[1], dtype=np.bool_)
    open_to[list(taken)] = False
    found: list[int] = []
    for utility in draws:
        if not open_to.any():
            break
        best = int(np.argmax(np.where(open_to, utility, -np.inf)))
        open_to[best] = False
        found.append(best)
    return found


def _entropy(probability: Floats) -> Floats:
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    entropy: Floats = -p * np.log(p) - (1 - p) * np.log(1 - p)
    return entropy


def information(mean: Floats, spread: Floats) -> Floats:
    """I of questions whose utility difference is N(mean, spread^2), in nats; shape [N]."""
    inner = mean[:, None] + spread[:, None] * _NODES
    told = 1 / (1 + np.exp(-inner))
    gained: Floats = _entropy(told @ _WEIGHTS) - _entropy(told) @ _WEIGHTS
    return gained


def _best_option(a: Floats, b: Floats, belief: Belief) -> Floats:
    """E[max(u_a, u_b)] = m_b + s phi(d/s) + d Phi(d/s), d the mean difference and s its spread."""
    mean, spread = belief.score(a - b)
    spread = np.maximum(spread, 1e-9)
    ratio = mean / spread
    density = np.exp(-0.5 * ratio**2) / math.sqrt(2 * math.pi)
    below = 0.5 * (1 + np.array([math.erf(one / math.sqrt(2)) for one in ratio]))
    value: Floats = b @ belief.mean + spread * density + mean * below
    return value


def ask(
    belief: Belief, features: Floats, chance: np.random.Generator, strategy: Strategy
) -> tuple[int, int, float]:
    """The next question.

    Args:
        belief: What is believed so far.
        features: Of the works that may be shown, shape [N, F], N >= 2.
        chance: Draws the pairs that are considered.
        strategy: ``information``, ``best`` (expected utility of the best option) or ``random``.

    Returns:
        Two works and the information of their answer in nats.
    """
    count = len(features)
    pairs = 1 if strategy == "random" else PAIRS
    left = chance.integers(0, count, pairs)
    right = (left + chance.integers(1, count, pairs)) % count
    gained = information(*belief.score(features[left] - features[right]))
    worth: dict[Strategy, Callable[[], Floats]] = {
        "information": lambda: gained,
        "best": lambda: _best_option(features[left], features[right], belief),
        "random": lambda: gained,
    }
    chosen = int(np.argmax(worth[strategy]()))
    return int(left[chosen]), int(right[chosen]), float(gained[chosen])


def left(gained: float) -> int:
    """About how many questions are worth asking still.

    >>> left(0.1), left(0.235), left(0.44)
    (0, 10, 40)
    """
    return 0 if gained <= ENOUGH else min(MAX_LEFT, max(1, round((gained - ENOUGH) / PER_ANSWER)))
