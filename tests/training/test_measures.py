"""Distances between sets of pictures behave like distances."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pipelines.training import measures


def pictures(count: int, seed: int, side: int = 64) -> NDArray[np.uint8]:
    """Random blotches: smooth noise with some grain, shape [count, side, side, 3]."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(count, side, side, 3))
    broad = gaussian_filter(noise, (0, 6, 6, 0)) * 250
    fine = gaussian_filter(noise, (0, 1, 1, 0)) * 30
    found: NDArray[np.uint8] = np.clip(180 + broad + fine, 0, 255).astype(np.uint8)
    return found


def swd(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> dict[str, float]:
    """A small, fast measurement."""
    return measures.sliced_wasserstein(a, b, num_patches=32, num_projections=64)


def test_pyramid_adds_up_again() -> None:
    """Each level is what the smoothed next one lacks, so the sum restores the picture."""
    one = pictures(2, 0)
    pyramid = measures.laplacian_pyramid(one)
    assert [level.shape[1] for level in pyramid] == [64, 32, 16]
    restored = pyramid[-1]
    for level in reversed(pyramid[:-1]):
        spread = np.zeros_like(level)
        spread[:, ::2, ::2] = 4 * restored
        restored = level + measures._smooth(spread)
    assert np.abs(restored - one).max() < 1e-3


def test_pyramid_refuses_other_shapes() -> None:
    """A shape the pyramid cannot halve is named."""
    with pytest.raises(ValueError, match="resize"):
        measures.laplacian_pyramid(np.zeros((2, 60, 60, 3), np.uint8))
    with pytest.raises(ValueError, match="resize"):
        measures.laplacian_pyramid(np.zeros((64, 64, 3), np.uint8))


def test_swd_of_a_set_with_itself_is_zero() -> None:
    """Zero at every level, exactly."""
    one = pictures(12, 0)
    assert set(swd(one, one).values()) == {0.0}


def test_swd_is_symmetric_and_repeats() -> None:
    """The same pair gives the same number, in either order."""
    one, other = pictures(12, 0), pictures(12, 1)
    assert swd(one, other) == swd(one, other) == swd(other, one)


def test_swd_grows_with_blur_and_noise() -> None:
    """Damage to one set raises the distance, at the finest level most of all."""
    one, other = pictures(24, 0), pictures(24, 1)
    clean = swd(one, other)
    last = clean["mean"]
    for width in (0.7, 1.4, 3.0):
        blurred = swd(gaussian_filter(one, (0, width, width, 0)), other)
        assert blurred["mean"] > last
        last = blurred["mean"]
    noise = np.random.default_rng(2).normal(size=one.shape)
    last = clean["64"]
    for spread in (20, 60):
        noisy = swd(np.clip(one + spread * noise, 0, 255).astype(np.uint8), other)
        assert noisy["64"] > last
        last = noisy["64"]


def test_swd_of_unequal_counts_stays_near() -> None:
    """Twice the pictures on one side changes the estimate by little."""
    one, other = pictures(48, 0), pictures(24, 1)
    assert swd(one, other)["mean"] < 2 * swd(one[:24], other)["mean"]


def test_binned_quantiles_are_exact_means() -> None:
    """Bins that do not divide the count still average the step function exactly."""
    order = np.sort(np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32), axis=1)
    bins = measures._bin_means(order, 4)
    fine = np.repeat(order, 4, axis=1).reshape(3, 4, 10).mean(axis=2)
    assert np.allclose(bins, fine, atol=1e-6)
    assert np.allclose(measures._bin_means(order, 10), order, atol=1e-6)


def test_stored_quantiles_serve_as_reference() -> None:
    """A reference kept as half-precision bins gives nearly the distance of the full set."""
    one, other = pictures(24, 0), pictures(24, 1)
    settings = {"num_patches": 32, "num_projections": 64}
    kept = measures.patch_quantiles(other, num_quantiles=64, **settings)
    halves = {side: value.astype(np.float16).astype(np.float32) for side, value in kept.items()}
    short = measures.quantile_distance(measures.patch_quantiles(one, **settings), halves)
    assert short["mean"] == pytest.approx(swd(one, other)["mean"], rel=0.1)
    with pytest.raises(ValueError, match="measure both alike"):
        measures.quantile_distance({64: kept[64]}, kept)


def test_diversity_matches_the_plain_sum() -> None:
    """Mean over pairs of different rows; nothing for a collapsed set."""
    rows = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    plain = [np.linalg.norm(rows[i] - rows[j]) for i in range(7) for j in range(7) if i != j]
    assert measures.diversity(rows) == pytest.approx(float(np.mean(plain)), rel=1e-5)
    assert measures.diversity(np.ones((7, 5), np.float32)) == 0.0


def test_nearest_distances_find_a_copy() -> None:
    """A row that is in the library is at distance 0, the others where they are."""
    generator = np.random.default_rng(0)
    library = generator.normal(size=(600, 8)).astype(np.float32)
    rows = np.concatenate([library[77:78], library[:300] + np.float32(0.25)])
    found = measures.nearest_distances(rows, library)
    plain = [float(np.linalg.norm(library - row, axis=1).min()) for row in rows]
    assert found[0] == 0.0
    assert np.allclose(found, plain, atol=1e-5)


def test_fidelity_falls_with_noise() -> None:
    """Equal pictures have SSIM 1; noise of a known size has a known PSNR."""
    one = np.full((2, 32, 32, 3), 128, np.uint8)
    noise = np.random.default_rng(0).choice([-10, 10], size=one.shape)
    found = measures.fidelity((one + noise).astype(np.uint8), one)
    assert found["psnr"] == pytest.approx(20 * np.log10(255 / 10), abs=1e-6)
    assert found["ssim"] < 0.9
    other = pictures(2, 0)
    assert measures.fidelity((other ^ 1).astype(np.uint8), other)["ssim"] > 0.99
