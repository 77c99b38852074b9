"""Latent spaces: where a seed lands, and how to travel between two points.

Everything random in Duet is drawn here. The map from a seed to numbers is part of every recipe
(``sampler`` in `pipelines.request.Request`), so it never changes silently: version 1 is the raw
Philox-4x64 stream of NumPy (Salmon 2011, https://doi.org/10.1145/2063384.2063405), turned into
normal numbers by Box and Muller in float64. NumPy keeps its bit streams stable for ever, unlike
its distributions, and unlike ``torch.randn``, whose short draws are no prefix of its long ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import LatentError

__all__ = [
    "SAMPLER",
    "Direction",
    "LatentSpace",
    "lerp",
    "normal",
    "on_shell",
    "slerp",
    "standard_gumbel",
    "truncate",
    "uniform",
]

Array = NDArray[np.float32]
SAMPLER = 1
"""Version of the map from seed to numbers."""
SHELL = 0.1
"""How far from the length of noise a latent may be, as a share of it."""


def _bits(seed: int, stream: str, count: int) -> NDArray[np.float64]:
    """``count`` numbers in (0, 1] from the generator of ``(seed, stream)``."""
    lane = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:8], "little")
    raw = np.random.Philox(key=np.array([seed, lane], dtype=np.uint64)).random_raw(count)
    unit: NDArray[np.float64] = ((raw >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53
    return unit


def uniform(seed: int, shape: tuple[int, ...], stream: str = "latent") -> NDArray[np.float64]:
    """Numbers in (0, 1], reproducible on every machine; the prefix of any longer draw."""
    count = int(np.prod(shape))
    return _bits(seed, stream, count).reshape(shape)


def normal(seed: int, shape: tuple[int, ...], stream: str = "latent") -> Array:
    """Standard normal numbers, float32, reproducible on every machine.

    Args:
        seed: 0 to 2**32 - 1.
        shape: Shape of the result; a shorter draw is the prefix of a longer one.
        stream: Purpose of the numbers; streams of one seed are independent.

    >>> normal(7, (2,)).tolist() == normal(7, (16,))[:2].tolist()
    True
    """
    count = int(np.prod(shape))
    unit = _bits(seed, stream, 2 * ((count + 1) // 2)).reshape(-1, 2)
    radius = np.sqrt(-2.0 * np.log(unit[:, 0]))
    angle = 2.0 * np.pi * unit[:, 1]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return pairs.reshape(-1)[:count].reshape(shape).astype(np.float32)


def standard_gumbel(seed: int, shape: tuple[int, ...], stream: str) -> Array:
    """Standard Gumbel noise, which draws from a softmax where it is added to logits."""
    drawn = uniform(seed, shape, stream)
    noise: Array = (-np.log(-np.log(drawn * (1 - 1e-12)))).astype(np.float32)
    return noise


def lerp(a: Array, b: Array, t: float) -> Array:
    """Straight line from ``a`` (t = 0, exactly) to ``b`` (t = 1, exactly)."""
    if t == 0.0:
        return a
    if t == 1.0:
        return b
    line: Array = (a + np.float32(t) * (b - a)).astype(np.float32)
    return line


def slerp(a: Array, b: Array, t: float) -> Array:
    """Great circle from ``a`` to ``b`` with the length interpolated as well (Shoemake 1985).

    Right for a high-dimensional Gaussian prior, whose mass lies on a shell. Endpoints are exact;
    parallel or zero vectors fall back to `lerp`.
    """
    if t in (0.0, 1.0):
        return lerp(a, b, t)
    left, right = a.astype(np.float64), b.astype(np.float64)
    norms = float(np.linalg.norm(left)) * float(np.linalg.norm(right))
    if norms == 0.0:
        return lerp(a, b, t)
    omega = float(np.arccos(np.clip(float(np.vdot(left, right)) / norms, -1.0, 1.0)))
    if np.sin(omega) < 1e-6:  # noqa: PLR2004 - parallel to float32
        return lerp(a, b, t)
    weights = np.sin((1 - t) * omega) / np.sin(omega), np.sin(t * omega) / np.sin(omega)
    arc: Array = (weights[0] * left + weights[1] * right).astype(np.float32)
    return arc


def on_shell(noise: Array) -> Array:
    """``noise``, brought back to the lengths that Gaussian noise has.

    A length within a tenth of sqrt(d) stays, to the bit.
    """
    length = float(np.linalg.norm(noise.astype(np.float64)))
    usual = float(np.sqrt(noise.size))
    wanted = min(max(length, (1 - SHELL) * usual), (1 + SHELL) * usual)
    if length in (wanted, 0.0):
        return noise
    scaled: Array = (noise * np.float32(wanted / length)).astype(np.float32)
    return scaled


def truncate(w: Array, mean: Array, psi: float) -> Array:
    """Pull ``w`` towards ``mean``: psi 0 gives the mean, psi 1 gives ``w`` itself, exactly."""
    return lerp(mean, w, psi)


@dataclass(frozen=True)
class Direction:
    """A named vector in a latent space; one step along it is one standard deviation.

    Attributes:
        name: Control name, such as ``warmth``.
        vector: Shape of the latent, float32; adding it once is one step.
        effect: Measured change of each attribute for one step, in standard deviations.
        kind: How it was found: on attributes, by PCA (GANSpace, https://arxiv.org/abs/2004.02546),
            one dimension of the latent itself, taught by an artist, or a control vector
            (Zou et al. 2023, https://arxiv.org/abs/2310.01405): one of hidden states, shape
            [layers, W], which moves no latent.
    """

    name: str
    vector: Array
    effect: dict[str, float] = field(default_factory=dict)
    kind: Literal["attribute", "pca", "dimension", "taught", "control"] = "attribute"

    def __post_init__(self) -> None:
        """Refuse a vector that is not finite float32."""
        if self.vector.dtype != np.float32 or not np.isfinite(self.vector).all():
            raise LatentError(
                "bad_direction", name=self.name, rule="not finite float32", remedy="fit it again"
            )

    @property
    def id(self) -> str:
        """sha256 of the vector's little-endian float32 bytes."""
        return hashlib.sha256(self.vector.astype("<f4").tobytes()).hexdigest()


@dataclass(frozen=True)
class LatentSpace:
    """Where a family's works live.

    Attributes:
        shape: Shape of one latent; for a style-based generator (num_ws, w_dim), coarse to fine.
        interpolation: Which path stays inside the prior.
        directions: Named vectors, id by id.
        spread: Standard deviation of the prior in each coordinate, shape ``shape``.
        center: Mean of the prior, shape ``shape``.
    """

    shape: tuple[int, ...]
    interpolation: Literal["lerp", "slerp"]
    center: Array
    spread: Array
    directions: tuple[Direction, ...] = ()
    prior: Literal["normal", "mapped normal"] = "normal"

    @classmethod
    def of_noise(
        cls, shape: tuple[int, ...], directions: tuple[Direction, ...] = ()
    ) -> LatentSpace:
        """The space of N(0, I)."""
        return cls(
            shape=shape,
            interpolation="slerp",
            center=np.zeros(shape, np.float32),
            spread=np.ones(shape, np.float32),
            directions=directions,
        )

    def interpolate(self, a: Array, b: Array, t: float) -> Array:
        """The point at ``t`` in [0, 1] on the path from ``a`` to ``b``; endpoints are exact."""
        return (lerp if self.interpolation == "lerp" else slerp)(a, b, t)

    def direction(self, identifier: str) -> Direction | None:
        """The direction of this id, or None."""
        return next((d for d in self.directions if d.id == identifier), None)

    def steers(self, identifier: str) -> bool:
        """Whether that direction is a control vector, which moves hidden states, no latent."""
        found = self.direction(identifier)
        return found is not None and found.kind == "control"
