"""A taste in words: how far each attribute is liked, how sure that is, and what the artist says.

Over the works a model makes, features have covariance S. Of a taste theta the works with the
highest tenth of utilities lie, in attribute a,

    liked_a = T cor(theta . x, x_a) = T (S theta)_a / sqrt(theta' S theta  S_aa)

standard deviations from the average, T = 1.75 being the mean of the upper tenth of a normal. This
speaks of everything the taste does to a, through the latent features too, and lies in -T..T. A
correction moves theta_a until liked_a is what the artist says, a mute until it is 0, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.atlas import Atlas
from studio.taste.belief import Belief

__all__ = ["Liking", "adjusted", "covariance", "liked", "likings"]

Floats = NDArray[np.float64]
TOP = 1.75
SAMPLES = 64
SURE, GUESS = 2.0, 1.0
"""Times its spread that a liking must be to be called so."""
MOST = 0.98
"""Largest correlation that a correction asks for."""
LEAST = 0.25
"""Variance of utility that a correction assumes where nothing is known."""


@dataclass(frozen=True)
class Liking:
    """What is believed of one attribute.

    Attributes:
        name: Of the attribute.
        mean: Liked change in standard deviations.
        spread: Standard deviation of that belief.
        state: In one word.
    """

    name: str
    mean: float
    spread: float
    state: Literal["sure", "guess", "unknown"]


def covariance(atlas: Atlas) -> Floats:
    """S over the works of the atlas, shape [F, F]; each attribute has variance 1."""
    features = np.concatenate([atlas.guess(atlas.anchors), atlas.anchors], axis=1)
    found: Floats = np.atleast_2d(np.cov(features.T)) + 1e-9 * np.eye(features.shape[1])
    for index in range(len(atlas.names)):
        found[index, index] = max(1.0, found[index, index])
    return found


def liked(theta: Floats, cov: Floats, num: int) -> Floats:
    """liked_a of tastes [T, F] in the first ``num`` features: shape [T, num]."""
    moved = theta @ cov
    power = np.einsum("tf,tf->t", moved, theta)
    scale = np.sqrt(np.maximum(power, 1e-12)[:, None] * np.diag(cov)[:num])
    found: Floats = TOP * moved[:, :num] / scale
    return found


def likings(belief: Belief, cov: Floats, names: tuple[str, ...]) -> list[Liking]:
    """Every attribute, over tastes drawn from the belief."""
    drawn = belief.samples(SAMPLES, np.random.default_rng(0))
    table = liked(drawn, cov, len(names))
    heard = bool(np.any(belief.mean))
    told = []
    for index, name in enumerate(names):
        mean = float(table[:, index].mean()) if heard else 0.0
        spread = float(table[:, index].std())
        told.append(Liking(name, mean, spread, _state(mean, spread)))
    return told


def _state(mean: float, spread: float) -> Literal["sure", "guess", "unknown"]:
    ratio = abs(mean) / max(spread, 1e-6)
    return "sure" if ratio >= SURE else "guess" if ratio >= GUESS else "unknown"


def adjusted(belief: Belief, cov: Floats, index: int, target: float) -> Belief:
    """The belief with liked_a of its mean at ``target``, and no doubt about theta_a left.

    With x = (S theta)_a and B = theta' S theta, moving theta_a by t makes x' = x + t S_aa while
    B - x^2 / S_aa stays, so that cor = rho means x'^2 (1 - rho^2) = rho^2 (S_aa B - x^2).
    """
    rho = float(np.clip(target / TOP, -MOST, MOST))
    own = float(cov[index, index])
    along = float(cov[index] @ belief.mean)
    rest = own * float(belief.mean @ cov @ belief.mean) - along**2
    wanted = rho / np.sqrt(1 - rho**2) * np.sqrt(max(rest, LEAST if rho else 0.0))
    mean = belief.mean.copy()
    mean[index] += (wanted - along) / own
    kept = belief.cov.copy()
    kept[index, :] = kept[:, index] = 0.0
    return Belief(mean, kept, belief.evidence)
