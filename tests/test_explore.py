"""Variations, children and morphs: pure functions over a real latent space."""

import numpy as np
import pytest

from pipelines.errors import ControlError
from pipelines.explore import another, blend, breed, mix_layers, morph, nearby


def test_variations_are_as_far_as_asked(tiny):
    base = tiny.request(seed=7)
    here, spread = tiny.pipeline.locate(base), tiny.latent_space.spread
    lengths = []
    for distance in (0.1, 0.5, 1.5):
        steps = [
            (tiny.pipeline.locate(r) - here) / spread
            for r in nearby(tiny, base, num=32, distance=distance)
        ]
        lengths.append(np.sqrt(np.mean(np.square(steps))) / distance)
    np.testing.assert_allclose(lengths, 1.0, atol=0.1)


def test_variations_are_reproducible_and_all_different(tiny):
    base = tiny.request(seed=7)
    one, again, other = (nearby(tiny, base, seed=s) for s in (1, 1, 2))
    assert one == again
    assert not set(map(repr, one)) & set(map(repr, other))
    assert len({r.sha256 for r in one}) == 12


def test_variations_keep_the_sliders(tiny):
    base = tiny.request(seed=7, warmth=1.5, truncation_psi=0.7)
    for request in nearby(tiny, base, num=3):
        values = tiny.values(request)
        assert values["warmth"] == 1.5
        assert values["truncation_psi"] == 0.7
        assert values["species"] == tiny.pipeline.resolve(base)["species"]


def test_locked_sliders_stay_fixed(tiny):
    base = tiny.request(seed=7)
    space = tiny.latent_space
    vectors = [d.vector / space.spread for d in space.directions if d.name in ("warmth", "size")]
    here = tiny.pipeline.locate(base)

    def drift(locked, taught=()):
        steps = [
            (tiny.pipeline.locate(r) - here) / space.spread
            for r in nearby(tiny, base, distance=1.0, locked=locked, taught=taught)
        ]
        return max(abs(np.vdot(s, v)) / np.linalg.norm(v) for s in steps for v in vectors)

    assert drift(["warmth", "size"]) < 1e-3
    assert drift([]) > 0.1
    assert drift(["warmth"], [vectors[1] * space.spread]) < 1e-3
    assert drift(["warmth"]) > 0.1


def test_children_have_two_parents(tiny):
    a, b = tiny.request(seed=1), tiny.request(seed=2, truncation_psi=0.6)
    places = {"a": tiny.pipeline.place(a), "b": tiny.pipeline.place(b)}
    children = breed(tiny, a, b, mutation=0.0)
    assert {child.form for child in children} == {"a", "b"}
    for child in children:
        assert child.form != child.colour
        latent = tiny.pipeline.place(child.request)
        assert np.array_equal(latent[0], places[child.form][0])
        assert np.array_equal(latent[-1], places[child.colour][-1])
    mutants = breed(tiny, a, b)
    assert len({m.request.sha256 for m in mutants}) == 12


def test_morph_goes_from_a_to_b_in_even_steps(tiny):
    a, b = tiny.request(seed=1), tiny.request(seed=2)
    frames = morph(tiny, a, b)
    assert len(frames) == 16
    assert frames[0] == a
    assert frames[-1] == b
    steps = np.diff([tiny.pipeline.place(f) for f in frames], axis=0)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-5)


def test_another_keeps_what_is_locked(tiny):
    base = tiny.request(seed=1, species="pear", warmth=1.0, size=-1.0, truncation_psi=0.5)
    fresh = tiny.values(another(tiny, base, seed=99, locked=["warmth"]))
    assert fresh["seed"] == 99
    assert fresh["species"] == "pear"
    assert fresh["warmth"] == 1.0
    assert fresh["size"] == 0.0
    assert fresh["truncation_psi"] == 0.5
    assert tiny.values(another(tiny, base, seed=99, locked=["seed"]))["seed"] == 1


def test_counts_and_distances_are_checked(tiny):
    base = tiny.request()
    for call in (
        lambda: nearby(tiny, base, num=0),
        lambda: nearby(tiny, base, num=65),
        lambda: nearby(tiny, base, distance=1.6),
        lambda: nearby(tiny, base, distance=float("nan")),
        lambda: breed(tiny, base, base, num=-1),
        lambda: morph(tiny, base, base, num=1000),
    ):
        with pytest.raises(ControlError):
            call()


def test_mixing_layers():
    a, b = np.zeros((6, 2), np.float32), np.ones((6, 2), np.float32)
    assert mix_layers(a, b, 2)[:, 0].tolist() == [0, 0, 0, 0, 1, 1]
    with pytest.raises(ControlError):
        mix_layers(a, b, 7)


def test_blend_outside_is_the_nearer_end(tiny):
    a, b = tiny.request(seed=1), tiny.request(seed=2)
    assert blend(tiny, a, b, -1.0) == a
    assert blend(tiny, a, b, 2.0) == b
