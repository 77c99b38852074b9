"""The seed -> latent map is fixed for ever, and paths meet their ends exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import LatentError
from pipelines.latents import Direction, lerp, normal, slerp, truncate, uniform

SEEDS = st.integers(0, 2**32 - 1)


def test_sampler_1_is_what_it_always_was():
    # Recipes of sampler 1 depend on these numbers: never change them, add a sampler 2.
    expected = [0.32075739, -0.62631005, -0.05120974, -1.8017702]
    np.testing.assert_allclose(normal(7, (4,), "z"), expected, rtol=1e-6)
    np.testing.assert_allclose(uniform(7, (2,), "species"), [0.978426634, 0.43449046], rtol=1e-6)


@given(SEEDS, st.integers(1, 40), st.integers(1, 40))
def test_a_short_draw_is_the_prefix_of_a_long_one(seed, short, more):
    assert np.array_equal(normal(seed, (short,)), normal(seed, (short + more,))[:short])


@given(SEEDS)
def test_seeds_and_streams_are_independent(seed):
    one = normal(seed, (64,))
    assert not np.array_equal(one, normal(seed ^ 1, (64,)))
    assert not np.array_equal(one, normal(seed, (64,), "other"))
    assert np.array_equal(one, normal(seed, (64,)))


def test_normal_numbers_are_normal():
    draw = normal(3, (200_000,)).astype(np.float64)
    assert abs(draw.mean()) < 0.01
    assert abs(draw.std() - 1) < 0.01
    assert abs((draw**4).mean() - 3) < 0.1


@pytest.mark.parametrize("path", [lerp, slerp])
@given(seed=SEEDS)
def test_endpoints_are_exact(path, seed):
    a, b = normal(seed, (2, 64))
    assert np.array_equal(path(a, b, 0.0), a)
    assert np.array_equal(path(a, b, 1.0), b)
    assert path(a, b, 0.3).dtype == np.float32


def test_slerp_keeps_the_length_and_lerp_does_not():
    a, b = normal(1, (2, 512))
    middle = np.linalg.norm(slerp(a, b, 0.5))
    assert abs(middle / np.linalg.norm(a) - 1) < 0.1
    assert np.linalg.norm(lerp(a, b, 0.5)) < 0.8 * middle


def test_slerp_of_parallel_and_zero_vectors_is_finite():
    a = normal(1, (16,))
    assert np.allclose(slerp(a, a, 0.5), a)
    assert np.isfinite(slerp(a, np.zeros_like(a), 0.5)).all()


def test_truncation_at_one_is_exact():
    w, mean = normal(1, (2, 6, 8))
    assert np.array_equal(truncate(w, mean, 1.0), w)
    assert np.array_equal(truncate(w, mean, 0.0), mean)


def test_direction_id_is_its_vector():
    vector = normal(5, (6, 8))
    assert Direction("warmth", vector).id == Direction("other name", vector.copy()).id
    assert Direction("warmth", vector).id != Direction("warmth", -vector).id
    with pytest.raises(LatentError):
        Direction("warmth", vector.astype(np.float64))
    with pytest.raises(LatentError):
        Direction("warmth", vector * np.nan)
