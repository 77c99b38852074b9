"""How good a set of pictures is, measured without any network from outside.

Sliced Wasserstein distance (SWD) as in section 5 of Karras et al. 2018, "Progressive Growing of
GANs" (https://arxiv.org/abs/1710.10196). With X and Y the 7 x 7 x 3 patches of two sets at one
level of their Laplacian pyramids, each set normalised per colour channel,

    SWD(X, Y) = 1000 * mean over directions u on the unit sphere of W1(<X, u>, <Y, u>),
    W1(a, b)  = integral over q in (0, 1) of |A(q) - B(q)|,  A and B the quantile functions,

which for equal counts is the mean absolute difference of the sorted projections. The finest level
speaks of grain and outline, the coarsest of composition and colour.

Diversity and copies work on any feature vectors (see `pipelines.training.features`); fidelity
(PSNR, SSIM) compares one picture with another.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEVELS",
    "diversity",
    "fidelity",
    "laplacian_pyramid",
    "nearest_distances",
    "patch_quantiles",
    "quantile_distance",
    "sliced_wasserstein",
]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

LEVELS = (128, 64, 32, 16)
"""Sides of the pyramid's levels in pixels, fine to coarse (for pictures of 128 px)."""
PATCH = 7
NUM_PATCHES = 128
NUM_PROJECTIONS = 512
"""Four batches of 128, as in the paper."""
_BATCH = 128
COARSEST = 16
_KERNEL = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16


def laplacian_pyramid(pictures: Pixels) -> list[Floats]:
    """Laplacian pyramid (Burt and Adelson 1983), fine to coarse; the last level is the remainder.

    Args:
        pictures: RGB in 0..255, shape [N, R, R, 3], R = 16 * 2**k.

    Returns:
        One array a level, shape [N, R / 2**i, R / 2**i, 3], down to a side of 16.

    Raises:
        ValueError: If the shape is another.
    """
    shape = pictures.shape
    side = shape[1] if len(shape) == 4 else 0  # noqa: PLR2004 - N, H, W, C
    if side < COARSEST or shape[2:] != (side, 3) or side & (side - 1):
        raise ValueError(f"pictures={shape} are not [N, R, R, 3] with R 16, 32, 64, ...; resize")
    level = pictures.astype(np.float32)
    pyramid = []
    while level.shape[1] > COARSEST:
        coarse = _smooth(level)[:, ::2, ::2]
        spread = np.zeros_like(level)
        spread[:, ::2, ::2] = 4 * coarse
        pyramid.append(level - _smooth(spread))
        level = coarse
    return [*pyramid, level]


def _smooth(pictures: Floats) -> Floats:
    from scipy.ndimage import correlate1d

    rows = correlate1d(pictures, _KERNEL, axis=1, mode="mirror")
    both: Floats = correlate1d(rows, _KERNEL, axis=2, mode="mirror")
    return both


def patch_quantiles(
    pictures: Pixels,
    *,
    num_quantiles: int | None = None,
    num_patches: int = NUM_PATCHES,
    num_projections: int = NUM_PROJECTIONS,
    seed: int = 0,
) -> dict[int, Floats]:
    """Sorted random projections of the patches of a set: all that the SWD needs of it.

    Positions and directions depend on ``seed`` and the level alone, so two calls agree to the bit
    and the result for a reference set can be stored.

    Args:
        pictures: RGB in 0..255, shape [N, R, R, 3].
        num_quantiles: Average the sorted values in this many equal bins; None keeps all of them.
        num_patches: Patches drawn from each picture and level.
        num_projections: Random directions.
        seed: Of positions and directions.

    Returns:
        By level (its side in pixels): shape [``num_projections``, Q], increasing along
        the last axis, Q = ``num_quantiles`` or N * ``num_patches``.
    """
    found = {}
    for level in laplacian_pyramid(pictures):
        side = level.shape[1]
        # Two streams: the directions must not depend on how many positions were drawn.
        positions, directions = (
            np.random.Generator(np.random.Philox(key=[seed, 2 * side + i])) for i in (0, 1)
        )
        patches = _patches(level, num_patches, positions)
        parts = []
        for start in range(0, num_projections, _BATCH):
            batch = min(_BATCH, num_projections - start)
            axes = directions.standard_normal((patches.shape[1], batch))
            axes = (axes / np.linalg.norm(axes, axis=0)).astype(np.float32)
            order = np.sort(np.ascontiguousarray((patches @ axes).T), axis=1)
            parts.append(order if num_quantiles is None else _bin_means(order, num_quantiles))
        found[side] = np.concatenate(parts)
    return found


def _patches(level: Floats, num_patches: int, generator: np.random.Generator) -> Floats:
    """Random patches, each channel at mean 0 and deviation 1 over the set: [N * P, 147]."""
    count, side = level.shape[:2]
    corners = generator.integers(0, side - PATCH + 1, size=(2, count, num_patches))
    windows = np.lib.stride_tricks.sliding_window_view(level, (PATCH, PATCH), axis=(1, 2))
    chosen = windows[np.arange(count)[:, None], corners[0], corners[1]]  # [N, P, 3, 7, 7]
    chosen = chosen.reshape(count * num_patches, 3, PATCH * PATCH)
    mean = chosen.mean(axis=(0, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    spread = chosen.std(axis=(0, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    normal: Floats = ((chosen - mean) / np.maximum(spread, 1e-6)).reshape(len(chosen), -1)
    return normal


def _bin_means(order: Floats, num_bins: int) -> Floats:
    """Means of the quantile function over ``num_bins`` equal bins, exact for any count."""
    count = order.shape[1]
    total = np.cumsum(order, axis=1, dtype=np.float64)
    total = np.concatenate([np.zeros((len(order), 1)), total], axis=1)
    edges = np.linspace(0, count, num_bins + 1)
    below = np.minimum(edges.astype(np.int64), count - 1)
    at_edges = total[:, below] + (edges - below) * order[:, below]
    means: Floats = (np.diff(at_edges, axis=1) * (num_bins / count)).astype(np.float32)
    return means


def quantile_distance(a: Mapping[int, Floats], b: Mapping[int, Floats]) -> dict[str, float]:
    """SWD x 1000 by level, and their ``mean``, from two results of `patch_quantiles`.

    Where the lengths differ, the longer one is averaged down to the shorter one's bins.

    Raises:
        ValueError: If the levels or the numbers of projections differ.
    """
    if set(a) != set(b) or any(len(a[side]) != len(b[side]) for side in a):
        raise ValueError("levels or projections of the two sets differ; measure both alike")
    found = {}
    for side in sorted(a, reverse=True):
        left, right = a[side], b[side]
        bins = min(left.shape[1], right.shape[1])
        left = left if left.shape[1] == bins else _bin_means(left, bins)
        right = right if right.shape[1] == bins else _bin_means(right, bins)
        found[str(side)] = 1000 * float(np.mean(np.abs(left - right), dtype=np.float64))
    return {**found, "mean": float(np.mean(list(found.values())))}


def sliced_wasserstein(
    pictures: Pixels,
    reference: Pixels,
    *,
    num_patches: int = NUM_PATCHES,
    num_projections: int = NUM_PROJECTIONS,
    seed: int = 0,
) -> dict[str, float]:
    """Sliced Wasserstein distance of two sets of pictures, x 1000; see the module.

    Args:
        pictures: RGB in 0..255, shape [N, R, R, 3].
        reference: The other set, shape [M, R, R, 3]; the distance is symmetric. It falls with the
            number of pictures even between sets of one kind: compare at equal counts.
        num_patches: Patches a picture and level.
        num_projections: Random directions; fewer are faster and noisier.
        seed: Of positions and directions.

    Returns:
        ``{"128": ..., "64": ..., "32": ..., "16": ..., "mean": ...}`` for pictures of 128 px.
    """
    first, second = (
        patch_quantiles(
            one,
            num_patches=num_patches,
            num_projections=num_projections,
            seed=seed,
        )
        for one in (pictures, reference)
    )
    return quantile_distance(first, second)


def diversity(features: Floats) -> float:
    """Mean Euclidean distance over all pairs of different rows; 0 when all are alike.

    Args:
        features: Shape [N, D], N at least 2.
    """
    count, step = len(features), 512
    blocks = (_distances(features[i : i + step], features) for i in range(0, count, step))
    total = sum(float(block.sum()) for block in blocks)
    return total / (count * (count - 1))


def nearest_distances(features: Floats, library: Floats) -> Floats:
    """Distance from each row to its nearest row of ``library``, shape [N].

    Args:
        features: Shape [N, D].
        library: Shape [M, D]: the training pictures, with their flips and small crops.
    """
    parts = [
        _distances(features[i : i + 256], library).min(axis=1)
        for i in range(0, len(features), 256)
    ]
    return np.concatenate(parts).astype(np.float32)


def _distances(a: Floats, b: Floats) -> NDArray[np.float64]:
    left, right = a.astype(np.float64), b.astype(np.float64)
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
    # Rounding leaves up to about 1e-7 of the squared lengths where two rows are equal.
    squares[squares < 1e-9 * max(1.0, float((left**2).sum(1).max()))] = 0.0
    distances: NDArray[np.float64] = np.sqrt(squares)
    return distances


def fidelity(pictures: Pixels, originals: Pixels) -> dict[str, float]:
    """Mean PSNR (dB) and SSIM (Wang et al. 2004) of pictures to their originals.

    Args:
        pictures: RGB in 0..255, shape [N, R, R, 3].
        originals: The same shape, pair by pair.
    """
    # By name: heavy, and its functions carry no types.
    metrics: Any = importlib.import_module("skimage.metrics")

    pairs = list(zip(originals, pictures, strict=True))
    psnr = [metrics.peak_signal_noise_ratio(one, other, data_range=255) for one, other in pairs]
    ssim = [
        metrics.structural_similarity(one, other, channel_axis=-1, data_range=255)
        for one, other in pairs
    ]
    return {"psnr": float(np.mean(psnr)), "ssim": float(np.mean(ssim))}
