"""A slider from works that an artist wants more of and less of.

With x the whitened coordinates of a latent's mean over layers, the direction is that of a
logistic regression between the two sides under a strong prior (with few works it leans to the
difference of means, with many it finds what tells them apart); a change of coordinates becomes a
change of latent through the prior's covariance, so that it stays among latents the model draws.
What layers differ in beyond their mean is added, shrunk by n / (n + 4). As for every direction one
step is one standard deviation of the latent along it.

What else it moves is measured on seeds that nothing was fitted on. The part that moves attribute b
is removed by projection in whitened coordinates on the plane where the regression of b on x is
level; the regressions come from the model's draws.
Legend: N works, L layers, D width, K coordinates, A attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ControlError, LatentError
from pipelines.latents import Direction
from pipelines.pipeline import Instrument
from pipelines.request import Request
from pipelines.training.draws import Draws, flat, seen_of
from pipelines.training.preference import Logistic, Whitening

__all__ = ["Contrast"]

Floats = NDArray[np.float32]
SEEDS = range(40_000_000, 40_000_016)
"""Seeds that effects are measured on."""
COORDINATES = 32
PRIOR = 0.3
SHRINK = 4
TOLD = 0.15
"""Deviations from which another attribute's change is worth telling."""
LEAST = 1e-4


@dataclass(frozen=True)
class Contrast:
    """A measured direction.

    Attributes:
        vector: One step, shape of the latent.
        middle: The typical latent, between both sides, shape of the latent.
        effect: Mean change of each attribute for one step, in deviations of the draws.
    """

    vector: Floats
    middle: Floats
    effect: dict[str, float]

    @classmethod
    def of(
        cls,
        instrument: Instrument,
        draws: Draws,
        more: Sequence[Floats],
        less: Sequence[Floats],
        *,
        remove: Sequence[str] = (),
    ) -> Contrast:
        """Find and measure the direction from ``less`` to ``more``.

        Raises:
            LatentError: ``no_contrast`` if nothing tells them apart.
            ControlError: ``unknown_attribute`` for a name to remove that is none.
        """
        vector = _direction(draws, np.stack(more), np.stack(less), remove)
        middle = (np.stack([*more, *less]).mean(axis=0)).astype(np.float32)
        return cls(vector, middle, effect_of(instrument, draws, vector))

    def direction(self, name: str) -> Direction:
        """As the machine knows directions."""
        return Direction(name, self.vector, dict(self.effect), kind="taught")

    def also(self) -> list[tuple[str, float]]:
        """What it moves beside what it moves most, strongest first."""
        order = sorted(self.effect.items(), key=lambda pair: -abs(pair[1]))
        return [(name, value) for name, value in order[1:] if abs(value) >= TOLD]


def _direction(draws: Draws, more: Floats, less: Floats, remove: Sequence[str]) -> Floats:
    """One step along what tells the sides apart, shape of a latent."""
    white = Whitening.of(draws.latents, COORDINATES)
    sides = [white.coordinates(np.stack([flat(one) for one in side])) for side in (more, less)]
    along = Logistic.fit(sides[0], sides[1], prior=PRIOR).weights.astype(np.float64)
    for slope in _slopes(draws, white, remove):
        along = along - slope * (slope @ along)
    shared = white.vector((along / max(float(np.linalg.norm(along)), 1e-9)).astype(np.float32))
    gap = float(np.abs(more.mean(axis=0) - less.mean(axis=0)).max())
    if gap < LEAST or float(np.linalg.norm(along)) < LEAST:
        raise LatentError(
            "no_contrast",
            name="works",
            rule="alike on both sides, or only in what was to stay",
            remedy="choose works that differ",
        )
    step = shared * float(_reach(draws, shared))
    vector = np.broadcast_to(step, more.shape[1:]).astype(np.float32)
    if more.ndim > 2 and not remove:  # noqa: PLR2004 - with layers
        own = [side - side.mean(axis=1, keepdims=True) for side in (more, less)]
        count = min(len(more), len(less))
        layers = (own[0].mean(axis=0) - own[1].mean(axis=0)) * count / (count + SHRINK)
        vector = vector + _bounded(layers, vector)
    return np.ascontiguousarray(vector, np.float32)


def _reach(draws: Draws, vector: Floats) -> float:
    """What to multiply a vector with for one deviation of the draws along it."""
    unit = vector / max(float(np.linalg.norm(vector)), 1e-12)
    deviation = float(((draws.latents - draws.latents.mean(axis=0)) @ unit).std())
    return deviation / max(float(np.linalg.norm(vector)), 1e-12)


def _bounded(layers: Floats, vector: Floats) -> Floats:
    """Layers' own part, no longer than what they share."""
    long, most = float(np.linalg.norm(layers)), float(np.linalg.norm(vector))
    return layers if long <= most else layers * np.float32(most / long)


def _slopes(draws: Draws, white: Whitening, remove: Sequence[str]) -> list[NDArray[np.float64]]:
    """Orthonormal directions in whitened coordinates along which attributes change."""
    x = white.coordinates(draws.latents).astype(np.float64)
    solve = np.linalg.inv(x.T @ x + 3 * np.eye(x.shape[1])) @ x.T
    basis: list[NDArray[np.float64]] = []
    for name in remove:
        if name not in draws.names:
            raise ControlError(
                "unknown_attribute",
                name=name,
                rule="not something that is measured",
                remedy=f"use one of {', '.join(draws.names)}",
            )
        values = draws.attributes[:, draws.names.index(name)].astype(np.float64)
        slope = solve @ ((values - values.mean()) / max(float(values.std()), 1e-9))
        for earlier in basis:
            slope = slope - earlier * (earlier @ slope)
        length = float(np.linalg.norm(slope))
        if length > LEAST:
            basis.append(slope / length)
    return basis


def effect_of(instrument: Instrument, draws: Draws, vector: Floats) -> dict[str, float]:
    """Mean change of each attribute from 0 to +1 step on unseen seeds, in deviations."""
    at, moved = [], []
    for seed in SEEDS:
        request = instrument.request(seed=seed)
        latent = instrument.pipeline.place(request)
        at.append(request)
        moved.append(_baked(instrument, request, latent + vector))
    before, after = (seen_of(instrument, some, "fast").attributes for some in (at, moved))
    change = (after - before).mean(axis=0) / draws.unit
    return {n: round(float(v), 3) for n, v in zip(draws.names, change, strict=True)}


def _baked(instrument: Instrument, request: Request, latent: Floats) -> Request:
    return instrument.pipeline.bake(request, latent.astype(np.float32))
