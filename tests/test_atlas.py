"""The atlas of a model: deterministic, at home in its own works, and honest about its guesses."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.atlas import Atlas, draw, fit, measured
from pipelines.attributes import ATTRIBUTES
from pipelines.nearest import Neighbours, pack, unpack

NAMES = ("a", "b")


@pytest.fixture(scope="module")
def atlas(tiny) -> Atlas:
    return draw(tiny, 48)


def made(seed: int, num: int = 200) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    latents = chance.standard_normal((num, 3, 4)).astype(np.float32) * [1, 0.5, 0.2, 0.1]
    flat = latents.reshape(num, -1)
    return latents.astype(np.float32), np.stack([flat[:, 0] * 3 + 7, np.sin(flat[:, 4])], 1)


def test_its_own_works_are_standard(atlas, tiny):
    requests = [tiny.request(seed=3_100_000 + index) for index in range(48)]
    latents = np.stack([tiny.pipeline.place(one) for one in requests])
    features = atlas.features(latents)
    assert features.shape == (48, atlas.num_features)
    assert atlas.num_features <= 64
    assert np.allclose(atlas.places(latents).mean(axis=0), 0, atol=1e-6)
    assert (atlas.places(latents) ** 2).sum(axis=1).mean() == pytest.approx(1, abs=1e-6)


def test_what_was_measured_counts_and_what_was_not_is_guessed(atlas, tiny):
    request = tiny.request(seed=5)
    values = measured(tiny.render(request, quality="fast"))
    assert set(values) == set(ATTRIBUTES["picture"]) == set(atlas.names)
    z = atlas.standard(values)
    latent = tiny.pipeline.place(request)[None]
    told = atlas.features(latent, z[None])[0]
    assert np.allclose(told[: len(z)], z)
    del values["warmth"]
    partly = atlas.features(latent, atlas.standard(values)[None])[0]
    assert partly[0] == pytest.approx(atlas.features(latent)[0, 0])


def test_a_guess_is_as_good_as_it_says():
    latents, values = made(1)
    found = fit(latents, values, NAMES, medium="picture", weights="ab" * 32)
    more, truth = made(2)
    guess = found.guess(found.places(more))
    told = (truth - found.mean) / found.spread
    explained = 1 - ((guess - told) ** 2).mean(0) / told.var(0)
    assert (found.sure > 0.3).all()
    assert np.abs(explained - found.sure).max() < 0.2


def test_it_is_kept_and_read_again(atlas, tmp_path):
    atlas.save(tmp_path / "atlas.npz")
    again = Atlas.load(tmp_path / "atlas.npz")
    assert (again.names, again.weights, again.medium) == (
        atlas.names,
        atlas.weights,
        atlas.medium,
    )
    assert np.allclose(again.basis, atlas.basis, atol=1e-6)
    np.savez(tmp_path / "other.npz", a=np.zeros(1))
    with pytest.raises(KeyError):
        Atlas.load(tmp_path / "other.npz")


def test_pictures_of_training_works_are_packed_whole(tmp_path):
    images = [b"one", b"", b"three" * 9]
    pack(tmp_path / "works.npz", images)
    assert unpack(tmp_path / "works.npz") == images
    assert Neighbours.load(tmp_path) is None, "no features beside it"
