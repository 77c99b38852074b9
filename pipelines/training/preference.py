"""What favourites say: a Bayesian logistic on few numbers, and its shadow over the latents.

Favourites (y = 1) against fresh draws (y = 0) on features x of at most some sixty numbers:

    p(y = 1 | x) = 1 / (1 + exp(-(a . x + b))),    a ~ N(0, prior^2 I)

fitted to its mode, with Laplace's covariance S = (X^T diag(p (1 - p)) X + I / prior^2)^-1 (MacKay
1992, https://doi.org/10.1162/neco.1992.4.5.720), so that a score has a spread. Classes are
weighed alike, however many draws there are.

Training moves latents, where features of pictures would need a gradient through the painter; so
the score of many draws is laid over their latents once (`Shadow`, a ridge regression with
squares), and that is what is climbed.
Legend: N works, K coordinates, F features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Logistic", "Shadow", "Whitening"]

Floats = NDArray[np.float32]
NEWTON = 30
"""Steps of Newton's method at most; a convex problem of this size takes about eight."""


@dataclass(frozen=True)
class Whitening:
    """Principal coordinates of a set, each with deviation 1 over it.

    Attributes:
        center: Mean, shape [D].
        axes: Unit vectors, widest first, shape [D, K].
        scale: Deviation along each, shape [K].
    """

    center: Floats
    axes: Floats
    scale: Floats

    @classmethod
    def of(cls, rows: Floats, count: int) -> Whitening:
        """The ``count`` widest coordinates of ``rows`` [N, D]; fewer if they have no more."""
        flat = rows.astype(np.float64)
        center = flat.mean(axis=0)
        values, vectors = np.linalg.eigh(
            np.cov(flat - center, rowvar=False).reshape(flat.shape[1], -1)
        )
        kept = [
            i for i in np.argsort(-values)[:count] if values[i] > 1e-8 * max(values[-1], 1e-12)
        ]
        scale = np.sqrt(values[kept])
        return cls(*(x.astype(np.float32) for x in (center, vectors[:, kept], scale)))

    def coordinates(self, rows: Floats) -> Floats:
        """Coordinates [N, K] of rows [N, D]."""
        found: Floats = ((rows - self.center) @ self.axes / self.scale).astype(np.float32)
        return found

    def vector(self, along: Floats) -> Floats:
        """The change of a row, shape [D], that changes its coordinates by ``along`` [K]."""
        change: Floats = ((along * self.scale) @ self.axes.T).astype(np.float32)
        return change


@dataclass(frozen=True)
class Logistic:
    """A fitted preference.

    Attributes:
        weights: Mode of a, shape [F].
        offset: Mode of b.
        covariance: Of a, shape [F, F].
    """

    weights: Floats
    offset: float
    covariance: Floats

    @classmethod
    def fit(cls, liked: Floats, others: Floats, *, prior: float = 1.0) -> Logistic:
        """Fit favourites [N, F] against others [M, F], both standardised."""
        x = np.concatenate([liked, others]).astype(np.float64)
        x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
        y = np.r_[np.ones(len(liked)), np.zeros(len(others))]
        # Each side counts as much as there are favourites: draws are free, evidence is not.
        weigh = np.r_[np.ones(len(liked)), np.full(len(others), len(liked) / len(others))]
        precision = np.full(x.shape[1], prior**-2.0)
        precision[-1] = 1e-4
        theta = np.zeros(x.shape[1])
        for _ in range(NEWTON):
            p = 1 / (1 + np.exp(-np.clip(x @ theta, -30, 30)))
            slope = x.T @ (weigh * (y - p)) - precision * theta
            bend = (x.T * (weigh * p * (1 - p))) @ x + np.diag(precision)
            step = np.linalg.solve(bend, slope)
            theta = theta + step
            if np.abs(step).max() < 1e-8:  # noqa: PLR2004 - to float32
                break
        covariance = np.linalg.inv(bend)[:-1, :-1].astype(np.float32)
        return cls(theta[:-1].astype(np.float32), float(theta[-1]), covariance)

    def score(self, features: Floats) -> tuple[Floats, Floats]:
        """Mean and spread of the utility a . x of features [N, F], each [N]."""
        mean: Floats = (features @ self.weights).astype(np.float32)
        spread = np.sqrt(np.einsum("nf,fg,ng->n", features, self.covariance, features))
        return mean, spread.astype(np.float32)


@dataclass(frozen=True)
class Shadow:
    """A utility over latents, differentiable: u = a . x + q . (x^2 - 1), deviation 1 over draws.

    Attributes:
        whitening: From latents to x.
        linear: a, shape [K].
        square: q, shape [K].
        fits: Share of the utility's variance that it explains on draws it was not fitted on.
    """

    whitening: Whitening
    linear: Floats
    square: Floats
    fits: float

    @classmethod
    def of(cls, whitening: Whitening, latents: Floats, utility: Floats) -> Shadow:
        """Lay utilities [N] of draws over their latents [N, D]; a fifth of them is kept out."""
        x = whitening.coordinates(latents).astype(np.float64)
        design = np.concatenate([x, x**2 - 1], axis=1)
        y = utility.astype(np.float64) - utility.mean()
        cut = max(len(y) // 5, 1)
        count = x.shape[1]
        trusted = np.diag(np.r_[np.full(count, 3.0), np.full(count, 30.0)])
        solved = np.linalg.solve(design[cut:].T @ design[cut:] + trusted, design[cut:].T @ y[cut:])
        miss = y[:cut] - design[:cut] @ solved
        fits = 1 - float(np.mean(miss**2) / max(float(np.mean(y[:cut] ** 2)), 1e-12))
        unit = max(float((design @ solved).std()), 1e-9)
        parts = (solved / unit).astype(np.float32)
        return cls(whitening, parts[:count], parts[count:], fits)

    def arrays(self) -> dict[str, Floats]:
        """Everything but ``fits``, by name."""
        w = self.whitening
        plain = {"center": w.center, "axes": w.axes, "scale": w.scale}
        return plain | {"linear": self.linear, "square": self.square}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats], fits: float) -> Shadow:
        """What `arrays` gave."""
        whitening = Whitening(*(arrays[name] for name in ("center", "axes", "scale")))
        return cls(whitening, arrays["linear"], arrays["square"], fits)

    def __call__(self, latents: Tensor) -> Tensor:
        """Utilities [N] of latents [N, D], differentiable."""
        import torch

        center, axes, scale = (
            torch.from_numpy(x).to(latents)
            for x in (self.whitening.center, self.whitening.axes, self.whitening.scale)
        )
        x = (latents - center) @ axes / scale
        linear, square = (torch.from_numpy(p).to(latents) for p in (self.linear, self.square))
        value: Tensor = x @ linear + (x.square() - 1) @ square
        return value
