"""Four voices that are liked come more often; draws are asked for what favourites were."""

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.media import measures_of
from pipelines.request import Point
from pipelines.training import muse_prior
from pipelines.training.draws import seen_of
from pipelines.training.job_files import JobFolder
from pipelines.training.muse_prior import lines
from pipelines.training.plans import Favourite, Plan, figures
from pipelines.training.teaching import advance
from tests.tiny_music import tiny_muse_gan_folder

LIKED = 16
NAMES = measures_of("music").names


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    made = tmp_path_factory.mktemp("voice teaching")
    tiny_muse_gan_folder(made / "models")
    return made


@pytest.fixture(scope="module")
def model(root):
    return Catalog((root / "models",)).load("tiny-muse-gan")


@pytest.fixture(autouse=True)
def _fewer(monkeypatch):
    monkeypatch.setattr(muse_prior, "DRAWN", 768)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def favourites(model, requests):
    found = []
    for request in requests:
        point = Point.of(model.pipeline.place(request))
        told = dict(request.controls)
        found.append(Favourite("work", point.latent, point.shape, "", told, request.seed))
    return tuple(found)


def plan_of(root, model, requests):
    return Plan(
        model="tiny-muse-gan",
        base=model.pipeline.weights.base,
        roots=(str(root / "models"),),
        versions=str(root / "versions"),
        cache=str(root / "cache"),
        method="muse-prior",
        seed=5,
        favourites=favourites(model, requests),
        **figures("muse-prior", 0.5, 0.5, {"steps": 120}),
    )


@pytest.mark.parametrize(("name", "sign"), [("pitch", 1), ("density", -1)])
def test_what_is_liked_comes_more_often(root, model, tmp_path, name, sign):
    requests = [model.request(seed=seed) for seed in range(160)]
    which = NAMES.index(name)
    values = seen_of(model, requests).attributes[:, which]
    liked = [requests[i] for i in np.argsort(-sign * values)[:LIKED]]
    job = JobFolder(tmp_path)
    job.save_plan(plan_of(root, model, liked))
    assert advance(job) == "done"
    version = Catalog((root / "models",)).load(job.result)
    seeds = range(70_000, 70_100)
    before, after = (
        seen_of(one, [one.request(seed=seed) for seed in seeds]).attributes[:, which]
        for one in (model, version)
    )
    assert sign * (after.mean() - before.mean()) / before.std() > 0.4
    assert version.pipeline.weights.base != model.pipeline.weights.base


def test_the_nth_work_is_written_as_its_favourite_was(model):
    told = ({"key": "D"}, {"key": "A", "mode": "minor"})
    asked = [model.values(model.request(**values)) for values in told]
    z = np.concatenate([model.pipeline.place(model.request(seed=seed)) for seed in range(5)])
    hear = measures_of("music").seen
    for number, line in enumerate(lines(model, z, asked)):
        request = model.pipeline.bake(model.request(**told[number % 2]), z[number : number + 1])
        alone = hear(model.render(request))
        assert (line.tokens == alone.tokens).all()
        assert line.up == alone.up
