"""What to show next, and what to ask.

Shown works follow Thompson sampling (Thompson 1933; Chapelle and Li 2011, "An empirical evaluation
of Thompson sampling"): each tile is the best candidate for one taste drawn from the belief, so
that a sure belief repeats itself and an unsure one tries. ``heat`` scales the draw: 0 shows the
mean taste only.

A question is the pair of works whose answer tells most about the order of other pairs (expected
predictive information gain, Bickford Smith 2023, https://arxiv.org/abs/2304.08151). With d the
difference of the features of what is asked, t that of a pair drawn from the same works, V the
covariance of theta and w = E[p (1 - p)] the information that an answer has about its utility,

    EPIG = E_t[-log(1 - r^2) / 2],    r^2 = (d V t)^2 / ((d V d + 1 / w_d) (t V t + 1 / w_t)).

What tells most about theta itself (BALD, Houlsby 2011, https://arxiv.org/abs/1112.5745) is a pair
that lies far apart, which says less about works as they mostly are; for u ~ N(m, v) it is

    I = H(p) - E[H(sigma(u))],    p = E[sigma(u)],

and tells when to stop. ``best`` is BoTorch's analytic expected utility of the best option
(Astudillo 2023, https://arxiv.org/abs/2303.15746): the pair whose better work is expected to be
best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    "prediction",
    "trust",
]

Floats = NDArray[np.float64]
Strategy = Literal["prediction", "information", "best", "random"]
FROM_KEEPS, FULL_KEEPS = 5, 15
FEWEST, MOST = 4, 9
"""Tiles of twelve that follow taste, from five keeps on and from fifteen."""
TILES = 12
DOUBT = 3.0
"""Nats worse than chance at which taste is trusted no further."""
HEAT = 0.5
"""Of Thompson's draws in Nearby, where nobody set the surprise."""
PAIRS = 2400
"""Pairs considered for a question."""
FORETOLD = 240
"""Pairs whose order an answer should foretell."""
LEFT_PAIRS = 400
"""Pairs among which the most information is what is left to learn."""
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


def _answers(mean: Floats, spread: Floats) -> Floats:
    """sigma(u) at the nodes of N(mean, spread^2); shape [N, nodes]."""
    told: Floats = 1 / (1 + np.exp(-(mean[:, None] + spread[:, None] * _NODES)))
    return told


def information(mean: Floats, spread: Floats) -> Floats:
    """I of questions whose utility difference is N(mean, spread^2), in nats; shape [N]."""
    told = _answers(mean, spread)
    gained: Floats = _entropy(told @ _WEIGHTS) - _entropy(told) @ _WEIGHTS
    return gained


def _worth(mean: Floats, spread: Floats) -> Floats:
    """w: information of an answer about a utility difference N(mean, spread^2); shape [N]."""
    told = _answers(mean, spread)
    worth: Floats = (told * (1 - told)) @ _WEIGHTS
    return np.maximum(worth, 1e-9)


def prediction(belief: Belief, asked: Floats, foretold: Floats) -> Floats:
    """EPIG of questions ``asked`` [N, F] about pairs ``foretold`` [T, F], in nats; shape [N]."""
    mean, spread = belief.score(asked)
    noisy = spread**2 + 1 / _worth(mean, spread)
    mean, spread = belief.score(foretold)
    other = spread**2 + 1 / _worth(mean, spread)
    shared = asked @ belief.cov @ foretold.T
    square = shared**2 / (noisy[:, None] * other)
    gained: Floats = -0.5 * np.log1p(-np.minimum(square, 1 - 1e-9)).mean(axis=1)
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
        strategy: ``prediction``, ``information``, ``best`` (expected utility of the best option)
            or ``random``.

    Returns:
        Two works, and the most information that the answer to any such question has, in nats.
    """
    left, right = _pairs(len(features), PAIRS, chance)
    apart = features[left] - features[right]
    few = slice(LEFT_PAIRS)
    gained = float(information(*belief.score(apart[few])).max())
    match strategy:
        case "prediction":
            a, b = _pairs(len(features), FORETOLD, chance)
            chosen = int(np.argmax(prediction(belief, apart, features[a] - features[b])))
        case "information":
            chosen = int(np.argmax(information(*belief.score(apart))))
        case "best":
            chosen = int(np.argmax(_best_option(features[left], features[right], belief)))
        case "random":
            chosen = 0
    return int(left[chosen]), int(right[chosen]), gained


def _pairs(
    count: int, num: int, chance: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of different works."""
    left = chance.integers(0, count, num)
    return left, (left + chance.integers(1, count, num)) % count


def left(gained: float) -> int:
    """About how many questions are worth asking still.

    >>> left(0.1), left(0.235), left(0.44)
    (0, 10, 40)
    """
    return 0 if gained <= ENOUGH else min(MAX_LEFT, max(1, round((gained - ENOUGH) / PER_ANSWER)))
