"""Drums and voices that are liked come more often; draws are asked for what favourites were."""

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.media import measures_of
from pipelines.training import groove_elbo, muse_prior
from pipelines.training.draws import seen_of
from pipelines.training.groove_elbo import patterns
from pipelines.training.job_files import JobFolder
from pipelines.training.muse_prior import lines
from pipelines.training.teaching import advance
from tests.tiny_music import tiny_groove_folder, tiny_muse_gan_folder
from tests.training.liking import favourites, plan_of

LIKED = 16
METHODS = {"tiny-groove": "groove-elbo", "tiny-muse-gan": "muse-prior"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    made = tmp_path_factory.mktemp("prior teaching")
    tiny_groove_folder(made / "models")
    tiny_muse_gan_folder(made / "models")
    return made


@pytest.fixture(scope="module")
def load(root):
    models = {name: Catalog((root / "models",)).load(name) for name in METHODS}
    return models.__getitem__


@pytest.fixture(autouse=True)
def _fewer(monkeypatch):
    for module in (groove_elbo, muse_prior):
        monkeypatch.setattr(module, "DRAWN", 768)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("name", "measure", "sign"),
    [
        ("tiny-groove", "density", 1),
        ("tiny-groove", "kick", -1),
        ("tiny-muse-gan", "pitch", 1),
        ("tiny-muse-gan", "density", -1),
    ],
)
def test_what_is_liked_comes_more_often(root, load, tmp_path, name, measure, sign):
    model = load(name)
    which = measures_of(model.card.medium).names.index(measure)
    requests = [model.request(seed=seed) for seed in range(160)]
    values = seen_of(model, requests).attributes[:, which]
    liked = favourites(model, [requests[i] for i in np.argsort(-sign * values)[:LIKED]])
    job = JobFolder(tmp_path)
    job.save_plan(plan_of(root, model, METHODS[name], liked, steps=120))
    assert advance(job) == "done"
    version = Catalog((root / "models",)).load(job.result)
    seeds = range(70_000, 70_100)
    before, after = (
        seen_of(one, [one.request(seed=seed) for seed in seeds]).attributes[:, which]
        for one in (model, version)
    )
    assert sign * (after.mean() - before.mean()) / before.std() > 0.4
    assert version.pipeline.weights.base != model.pipeline.weights.base


def test_the_nth_pattern_is_written_as_its_favourite_was(load):
    model = load("tiny-groove")
    asked = [model.values(model.request(style=name)) for name in ("rock", "funk")]
    z = np.concatenate([model.pipeline.place(model.request(seed=seed)) for seed in range(5)])
    for number, levels in enumerate(patterns(model.pipeline, z, asked)):
        alone = model.pipeline.write(z[number : number + 1], asked[number % 2])[0]
        assert (levels == alone).all()


def test_the_nth_voices_are_written_as_their_favourite_was(load):
    model = load("tiny-muse-gan")
    told = ({"key": "D"}, {"key": "A", "mode": "minor"})
    asked = [model.values(model.request(**values)) for values in told]
    z = np.concatenate([model.pipeline.place(model.request(seed=seed)) for seed in range(5)])
    hear = measures_of("music").seen
    for number, line in enumerate(lines(model, z, asked)):
        request = model.pipeline.bake(model.request(**told[number % 2]), z[number : number + 1])
        alone = hear(model.render(request))
        assert (line.tokens == alone.tokens).all()
        assert line.up == alone.up
