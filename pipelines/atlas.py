"""An atlas of a model: what it makes, measured once on a few hundred seeds.

Taste and teaching speak of works in numbers that no pixel enters. For a work with latent w (what
`Pipeline.place` gives, flattened to D numbers) the atlas knows

    c(w) = B (w - m),    B = V / s,    s^2 = sum of the variances of w,

its place along the K strongest principal directions V of the model's own works (GANSpace,
https://arxiv.org/abs/2004.02546), at their natural lengths: a direction that the model hardly uses
stays short. What can be measured of a work is standardised over the same works,

    z = (attribute - mean) / spread,

and for a work that was not rendered it is guessed from its place by kernel ridge regression,

    z(c) = k(c, C) (k(C, C) + R I)^-1 Z,    k(c, c') = exp(-G |c - c'|^2),

so that hundreds of fresh seeds can be judged in the time of one render. ``sure`` tells by
attribute how much of its variance that guess explains on works kept out of the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.media import measures_of

if TYPE_CHECKING:
    from pipelines.artifact import Artifact
    from pipelines.pipeline import Instrument
    from pipelines.request import Request

__all__ = ["FIRST_SEED", "NUM_WORKS", "Atlas", "draw", "fit", "measured"]

Floats = NDArray[np.float64]
NUM_WORKS = 768
"""Seeds an atlas is drawn from."""
FIRST_SEED = 3_100_000
MAX_DIRECTIONS = 52
"""With a dozen attributes the features of a work stay within 64."""
GAMMA, RIDGE = 0.6, 0.05
HELD_OUT = 4
"""Every fourth work is kept out when the guess is judged."""
TINY = 1e-9


@dataclass(frozen=True)
class Atlas:
    """See the module's docstring.

    Attributes:
        medium: Of the model.
        weights: sha256 of the base weights that it was drawn from.
        names: Of the attributes, A of them, maybe none.
        mean: Of each attribute, shape [A].
        spread: Standard deviation of each attribute, shape [A].
        center: m, shape [D].
        basis: B, shape [K, D].
        anchors: C, places of the works, shape [M, K].
        coefficients: What turns k(c, C) into z, shape [M, A].
        sure: Explained share of variance by attribute, shape [A].
    """

    medium: str
    weights: str
    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    center: Floats
    basis: Floats
    anchors: Floats
    coefficients: Floats
    sure: Floats

    @property
    def num_features(self) -> int:
        """A + K."""
        return len(self.names) + len(self.basis)

    def places(self, latents: NDArray[np.float32]) -> Floats:
        """Place of each latent: shape [N, ...] of the latent space -> [N, K]."""
        flat = latents.reshape(len(latents), -1).astype(np.float64)
        found: Floats = (flat - self.center) @ self.basis.T
        return found

    def guess(self, places: Floats) -> Floats:
        """Standardised attributes of works not rendered, from places [N, K] -> [N, A]."""
        found: Floats = _kernel(places, self.anchors) @ self.coefficients
        return found

    def standard(self, values: Mapping[str, float]) -> Floats:
        """Standardised attributes of one work, shape [A]; NaN where one is missing."""
        told = np.array([values.get(name, np.nan) for name in self.names], dtype=np.float64)
        z: Floats = (told - self.mean) / self.spread
        return z

    def features(self, latents: NDArray[np.float32], z: Floats | None = None) -> Floats:
        """Attributes and place side by side, [N, A + K]; what was not measured is guessed."""
        places = self.places(latents)
        guess = self.guess(places)
        told = guess if z is None else np.where(np.isfinite(z), z, guess)
        return np.concatenate([told, places], axis=1)

    def save(self, file: Path) -> None:
        """Write one compressed file without any pickled object."""
        words = "\n".join((self.medium, self.weights, *self.names)).encode()
        arrays = {name: getattr(self, name).astype(np.float32) for name in _ARRAYS}
        np.savez_compressed(file, words=np.frombuffer(words, np.uint8), **arrays)

    @classmethod
    def load(cls, file: Path) -> Atlas:
        """Read what `save` wrote.

        Raises:
            ValueError: If it is something else.
            OSError: If it cannot be read.
        """
        with np.load(file, allow_pickle=False) as stored:
            medium, weights, *names = stored["words"].tobytes().decode().split("\n")
            arrays = {name: stored[name].astype(np.float64) for name in _ARRAYS}
        return cls(medium, weights, tuple(names), **arrays)


_ARRAYS = ("mean", "spread", "center", "basis", "anchors", "coefficients", "sure")


def _kernel(a: Floats, b: Floats) -> Floats:
    """k(a, b), shape [N, M]."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    near: Floats = np.exp(-GAMMA * np.maximum(squares, 0))
    return near


def measured(artifact: Artifact) -> dict[str, float]:
    """Every attribute of one work."""
    of = measures_of(artifact.medium)
    values = of.attributes([of.seen(artifact)])[0]
    return {name: float(value) for name, value in zip(of.names, values, strict=True)}


def draw(
    instrument: Instrument,
    num: int = NUM_WORKS,
    *,
    first: int = FIRST_SEED,
    render: Callable[[Request], Artifact] | None = None,
) -> Atlas:
    """Render ``num`` seeds, measure them and fit.

    Args:
        instrument: The model.
        num: How many seeds, at least 8.
        first: The first of them.
        render: What renders them; the fast engine, here and now, unless told.
    """
    latents, values = [], []
    for index in range(num):
        request = instrument.request(seed=first + index)
        latents.append(instrument.pipeline.place(request))
        made = render(request) if render else instrument.render(request, quality="fast")
        values.append(measured(made))
    names = measures_of(instrument.card.medium).names
    table = np.array([[one[name] for name in names] for one in values], dtype=np.float64)
    return fit(
        np.stack(latents),
        table.reshape(num, len(names)),
        names,
        medium=instrument.card.medium,
        weights=instrument.pipeline.weights.base,
    )


def fit(
    latents: NDArray[np.float32],
    values: Floats,
    names: tuple[str, ...],
    *,
    medium: str,
    weights: str,
) -> Atlas:
    """An atlas of works whose latents [M, ...] and attributes [M, A] are known."""
    flat = latents.reshape(len(latents), -1).astype(np.float64)
    center = flat.mean(axis=0)
    _, lengths, rows = np.linalg.svd(flat - center, full_matrices=False)
    total = float(np.sqrt((lengths**2).sum() / len(flat))) + TINY
    basis = rows[:MAX_DIRECTIONS] / total
    anchors = (flat - center) @ basis.T
    mean, spread = values.mean(axis=0), values.std(axis=0) + TINY
    z = (values - mean) / spread
    out = np.arange(len(z)) % HELD_OUT == 0
    told = _kernel(anchors[out], anchors[~out]) @ _solve(anchors[~out], z[~out])
    unexplained = ((z[out] - told) ** 2).mean(axis=0) / (z[out].var(axis=0) + TINY)
    return Atlas(
        medium,
        weights,
        names,
        mean,
        spread,
        center,
        basis,
        anchors,
        _solve(anchors, z),
        np.clip(1 - unexplained, 0, 1),
    )


def _solve(anchors: Floats, z: Floats) -> Floats:
    """(k(C, C) + R I)^-1 Z."""
    kernel = _kernel(anchors, anchors)
    found: Floats = np.linalg.solve(kernel + RIDGE * np.eye(len(kernel)), z).astype(np.float64)
    return found
