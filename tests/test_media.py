"""Every medium is one entry: its works are looked at, measured, and stand as a picture."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from pipelines.artifact import Medium
from pipelines.atlas import draw, measured
from pipelines.media import MEDIA, measures_of
from pipelines.plates import picture_of
from pipelines.training.draws import Draws
from studio.views.words import LANGUAGES, sentences

MODELS = {"picture": "tiny", "verse": "tiny_poet", "music": "tiny_tunes", "drums": "tiny_drummer"}


def test_no_medium_is_forgotten():
    assert set(MEDIA) == set(get_args(Medium)) == set(MODELS)
    with pytest.raises(ValueError, match="scent"):
        measures_of("scent")


@pytest.fixture(params=MODELS)
def model(request):
    return request.getfixturevalue(MODELS[request.param])


def test_a_work_is_measured_alone_as_among_others(model):
    of = measures_of(model.card.medium)
    works = [model.render(model.request(seed=seed)) for seed in range(6)]
    seen = [of.seen(work) for work in works]
    columns, features = of.attributes(seen), of.features(seen)
    assert columns.shape == (6, len(of.names))
    assert features.shape[0] == 6
    for values in (columns, features):
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert values.std(axis=0).max() > 0
    alone = measured(works[4])
    assert list(alone) == list(of.names)
    assert np.allclose(list(alone.values()), columns[4], atol=1e-5)
    assert np.allclose(of.features(seen[4:5])[0], features[4], atol=1e-4)
    assert picture_of(works[0]).size[0] > 0


def test_an_atlas_and_draws_know_every_medium(model, tmp_path):
    names = measures_of(model.card.medium).names
    atlas = draw(model, 16)
    assert (atlas.medium, atlas.names) == (model.card.medium, names)
    draws = Draws.of(model, count=8, cached=tmp_path)
    assert draws.names == names == Draws.of(model, count=8, cached=tmp_path).names
    assert (draws.unit > 0).any()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_attribute_has_its_words(language):
    told = set(sentences(language))
    names = {name for medium in MEDIA for name in measures_of(medium).names}
    wanted = {f"controls.{name}" for name in names}
    wanted |= {
        f"{part}.{name}.{way}"
        for part in ("effects", "liked")
        for name in names
        for way in ("more", "less")
    }
    assert wanted - told == set()
