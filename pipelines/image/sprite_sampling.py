"""From a latent of sprites to what the network paints: noise, condition, steps through time.

    x_1 = D^T u D                    noise u of a latent, by frequency; D the cosine transform
    x_s = x_t + (s - t) (v_t + (s - t) / (2 (t - t')) (v_t - v_t'))

the second being the step of Adams and Bashforth for steps of any length, t' the time before t
(Hairer, Norsett and Wanner 1993, III.5); the first step is Euler's. The transform is orthonormal,
so that its frequencies are as good as the noise itself: the first layers of a latent are the
coarse ones.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.run import Run

__all__ = ["CHANNELS", "LAYERS", "condition", "noise_of", "sample"]

Array = NDArray[np.float32]
CHANNELS = 4
LAYERS = 8
"""Layers that the noise of a latent is cut into, coarse to fine."""


@cache
def cosines(side: int) -> Array:
    """The orthonormal cosine transform (DCT-II), shape [side, side]; rows are frequencies."""
    rows, columns = np.arange(side)[:, None], np.arange(side)[None]
    matrix = np.cos(np.pi * rows * (2 * columns + 1) / (2 * side)) * np.sqrt(2 / side)
    matrix[0] /= np.sqrt(2)
    found: Array = matrix.astype(np.float32)
    return found


@cache
def frequencies(side: int) -> NDArray[np.int64]:
    """Index into [CHANNELS, side, side], flattened, from the coarsest wave to the finest."""
    height, width = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    radius = np.broadcast_to(height**2 + width**2, (CHANNELS, side, side))
    return np.argsort(radius.reshape(-1), kind="stable")


def noise_of(layers: Array) -> Array:
    """The noise [4, R, R] that the layers [8, R * R / 2] of a latent say."""
    side = round((layers.size / CHANNELS) ** 0.5)
    waves = np.empty(layers.size, np.float32)
    waves[frequencies(side)] = layers.reshape(-1)
    matrix = cosines(side).astype(np.float64)
    found = matrix.T @ waves.reshape(CHANNELS, side, side).astype(np.float64) @ matrix
    return found.astype(np.float32)


def condition(style: Array, num_kinds: int, width: int) -> Array:
    """What the network is told, shape [width]: shares of the kinds, then attributes."""
    told = style[:width].copy()
    share = told[:num_kinds].clip(min=0)
    told[:num_kinds] = share / max(float(share.sum()), 1e-3)
    return told


def times(num_steps: int) -> list[float]:
    """From 1 to 0, ``num_steps`` steps."""
    return [1 - i / num_steps for i in range(num_steps + 1)]


def sample(run: Run, noise: Array, told: Array, num_steps: int) -> Array:
    """The picture [4, R, R] that grows out of noise [4, R, R]; deterministic."""
    x, before, last = noise[None], None, 0.0
    for t, s in zip(times(num_steps), times(num_steps)[1:], strict=False):
        inputs = {"x": x, "t": np.full(1, t, np.float32), "condition": told[None]}
        v = run("field", inputs)["v"]
        way = v
        if before is not None:
            way = v + np.float32((s - t) / (2 * (t - last))) * (v - before)
        x = (x + np.float32(s - t) * way).astype(np.float32)
        before, last = v, t
    found: Array = x[0]
    return found
