"""What is believed of a taste: a Gaussian over the weights of a linear utility.

A work with features x (shape [F]) has utility u = theta . x. Who chooses work 0 out of works
0..M attends with probability 1 - L and then prefers it with the conditional logit (McFadden 1974)

    p = 1 / (1 + sum_j exp(-theta . d_j)),    d_j = x_0 - x_j,

which for one other work is logistic regression; otherwise any of them is taken, 1 / (M + 1) each.
That lapse L keeps a slip of the hand from pulling theta far. With theta ~ N(m_0, diag(s^2)) the
posterior is approximated by Laplace (MacKay 1992, https://doi.org/10.1162/neco.1992.4.5.720):
Newton steps to its mode, whose curvature, with the lapse held as in one step of expectation
maximisation, is the precision. Each event starts from the mode before it, so a few steps do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["LAPSE", "Belief", "Choice", "foretold", "scales", "settled", "update"]

Floats = NDArray[np.float64]
LAPSE = 0.1
ATTRIBUTE_SCALE, PLACE_SCALE = 0.5, 1.5
"""Prior standard deviations: how much a taste is expected to hang on what has a name, and on where
in the model a work lies. Chosen on simulated artists; half or twice as much changes little."""
MAX_STEPS = 12
MAX_OTHERS = 24
"""Of a larger board the first so many others are learnt from."""
TOLERANCE = 1e-3


def scales(num_attributes: int, num_features: int) -> Floats:
    """Prior standard deviation by feature: the attributes first, then the place."""
    found = np.full(num_features, PLACE_SCALE)
    found[:num_attributes] = ATTRIBUTE_SCALE
    return found


@dataclass(frozen=True)
class Choice:
    """One work was preferred to others.

    Attributes:
        apart: d, shape [M, F].
        weight: How much it tells; 1 is a choice made on purpose.
        chosen: x_0, for those who need more than differences; shape [F].
        carried: Its works are of another model; see `studio.taste.carried`.
    """

    apart: Floats
    weight: float = 1.0
    chosen: Floats | None = None
    carried: bool = False


@dataclass(frozen=True)
class Belief:
    """N(mean, cov) over theta.

    Attributes:
        mean: Shape [F].
        cov: Shape [F, F].
        evidence: Log probability of the choices under the prior, by Laplace; 0 without any.
    """

    mean: Floats
    cov: Floats
    evidence: float = field(default=0.0, compare=False)

    @classmethod
    def prior(cls, scale: Floats, mean: Floats | None = None) -> Belief:
        """Nothing heard yet: standard deviation ``scale`` by feature, shape [F]."""
        start = np.zeros(len(scale)) if mean is None else mean.astype(np.float64)
        return cls(start, np.diag(scale.astype(np.float64) ** 2))

    def score(self, features: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the utility of works, features [N, F] -> [N] each."""
        spread = np.sqrt(np.maximum((features @ self.cov * features).sum(axis=1), 0))
        return features @ self.mean, spread

    def samples(self, num: int, chance: np.random.Generator, heat: float = 1.0) -> Floats:
        """``num`` tastes it could be, shape [num, F]; ``heat`` 0 gives the mean."""
        root = np.linalg.cholesky(self.cov + 1e-10 * np.eye(len(self.cov)))
        drawn: Floats = self.mean + heat * chance.standard_normal((num, len(self.mean))) @ root.T
        return drawn

    def prefers(self, apart: Floats) -> Floats:
        """Probability that the first of each pair is preferred, d [N, F] -> [N].

        The logistic averaged over the Gaussian (MacKay 1992): 1 / (1 + exp(-m / sqrt(1 + pi v/8)))
        """
        mean, spread = self.score(apart)
        probability: Floats = 1 / (1 + np.exp(-mean / np.sqrt(1 + np.pi / 8 * spread**2)))
        return probability


@dataclass(frozen=True)
class _Table:
    """Choices side by side: apart [E, M, F], real [E, M], weight [E]."""

    apart: Floats
    real: NDArray[np.bool_]
    weight: Floats

    @classmethod
    def of(cls, choices: Sequence[Choice]) -> _Table:
        """Padded to the longest."""
        cut = [choice.apart[:MAX_OTHERS] for choice in choices]
        longest, features = max(len(one) for one in cut), cut[0].shape[1]
        apart = np.zeros((len(cut), longest, features))
        real = np.zeros((len(cut), longest), dtype=np.bool_)
        for index, one in enumerate(cut):
            apart[index, : len(one)] = one
            real[index, : len(one)] = True
        return cls(apart, real, np.array([choice.weight for choice in choices]))

    def likelihood(self, theta: Floats, lapse: float) -> tuple[float, Floats, Floats]:
        """Log likelihood, attention by choice [E], and softmax of the others [E, M]."""
        exponent = np.where(self.real, -(self.apart @ theta), -np.inf)
        top = np.maximum(exponent.max(axis=1), 0)
        others = np.exp(exponent - top[:, None])
        total = np.exp(-top) + others.sum(axis=1)
        attends = (1 - lapse) * np.exp(-top) / total
        probability = attends + lapse / (self.real.sum(axis=1) + 1)
        value = float((self.weight * np.log(probability)).sum())
        return value, attends / probability, others / total[:, None]

    def slopes(self, attention: Floats, others: Floats) -> tuple[Floats, Floats]:
        """Gradient [F] and negative curvature [F, F] of the log likelihood."""
        pull = (self.weight * attention)[:, None] * others
        flat = self.apart.reshape(-1, self.apart.shape[2])
        centre = (others[:, None, :] @ self.apart)[:, 0]
        curve = flat.T @ (pull.reshape(-1, 1) * flat)
        curve -= centre.T @ ((self.weight * attention)[:, None] * centre)
        return pull.reshape(-1) @ flat, curve


def update(
    prior: Belief,
    choices: Sequence[Choice],
    *,
    start: Floats | None = None,
    lapse: float = LAPSE,
) -> Belief:
    """The posterior after ``choices``.

    Args:
        prior: Its covariance is diagonal, as `Belief.prior` makes it.
        choices: Everything heard.
        start: Where Newton's method starts, such as the last mode.
        lapse: L.
    """
    if not choices:
        return prior
    table = _Table.of(choices)
    precision = 1 / np.diag(prior.cov)
    theta = prior.mean if start is None else start

    def objective(at: Floats) -> tuple[float, Floats, Floats]:
        value, attention, others = table.likelihood(at, lapse)
        return value - 0.5 * float(precision @ (at - prior.mean) ** 2), attention, others

    value, attention, others = objective(theta)
    for _ in range(MAX_STEPS):
        gradient, curve = table.slopes(attention, others)
        gradient = gradient - precision * (theta - prior.mean)
        step = np.linalg.solve(curve + np.diag(precision), gradient)
        length, before = 1.0, value
        while True:
            value, attention, others = objective(theta + length * step)
            if value >= before or length < 1e-3:  # noqa: PLR2004 - no way up along it
                break
            length /= 2
        theta = theta + length * step
        if abs(value - before) < TOLERANCE:
            break
    curve = table.slopes(attention, others)[1] + np.diag(precision)
    evidence = value + 0.5 * float(np.log(precision).sum() - np.linalg.slogdet(curve)[1])
    cov = np.linalg.inv(curve)
    return Belief(theta, (cov + cov.T) / 2, evidence)


def settled(
    prior: Belief,
    choices: Sequence[Choice],
    *,
    start: Floats | None = None,
    lapse: float = LAPSE,
) -> Belief:
    """The posterior after ``choices``, or after those of this model alone.

    What was chosen in other models counts as long as it helps: where choices of this one are
    foretold better without it (`foretold`), this person's tastes differ, and it is left aside.

    Args:
        prior: See `update`.
        choices: Everything heard.
        start: See `update`.
        lapse: L.
    """
    whole = update(prior, choices, start=start, lapse=lapse)
    own = [choice for choice in choices if not choice.carried]
    if not own or len(own) == len(choices):
        return whole
    alone = update(prior, own, lapse=lapse)
    helped = foretold(whole, own, lapse=lapse) >= foretold(alone, own, lapse=lapse)
    return whole if helped else alone


def foretold(belief: Belief, choices: Sequence[Choice], *, lapse: float = LAPSE) -> float:
    """Nats by which choices are foretold better than by chance, each from the others alone.

    Leaving choice i out moves the mode by one Newton step, - (H - C_i)^-1 g_i, with its gradient
    g_i and curvature C_i (approximate leave-one-out: Rad and Maleki 2020,
    https://arxiv.org/abs/1801.10243).
    Above 0 there is a system in the choices; without one it falls below.

    Args:
        belief: After all of ``choices``.
        choices: What it was learnt from, or the last of them.
        lapse: L.
    """
    if not choices:
        return 0.0
    table = _Table.of(choices)
    _, attention, others = table.likelihood(belief.mean, lapse)
    precision = np.linalg.inv(belief.cov)
    gained = 0.0
    for index, count in enumerate(table.real.sum(axis=1)):
        one = slice(index, index + 1)
        alone = _Table(table.apart[one], table.real[one], table.weight[one])
        gradient, curve = alone.slopes(attention[one], others[one])
        without = belief.mean - np.linalg.solve(precision - curve, gradient)
        gained += alone.likelihood(without, lapse)[0] + alone.weight[0] * np.log(count + 1)
    return float(gained)
