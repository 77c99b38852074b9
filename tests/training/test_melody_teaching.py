"""A model of melodies is taught: what is liked comes more often, and nothing else is learnt."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.errors import WeightsError
from pipelines.media import measures_of
from pipelines.networks.mixture import MIXTURE, load_mixture
from pipelines.training import melody_elbo
from pipelines.training.draws import seen_of
from pipelines.training.job_files import JobFolder
from pipelines.training.plans import Plan
from pipelines.training.teaching import advance
from tests.tiny_music import SIZES, tiny_melody_folder
from tests.training.liking import favourites, plan_of

NAMES = measures_of("music").names
POOL, LIKED = 120, 20


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    made = tmp_path_factory.mktemp("melodies")
    tiny_melody_folder(made / "models")
    return made


@pytest.fixture(scope="module")
def model(root):
    return Catalog((root / "models",)).load("tiny-melody")


@pytest.fixture(autouse=True)
def _fewer(monkeypatch):
    monkeypatch.setattr(melody_elbo, "DRAWN", 768)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pool(model):
    """Requests of fresh works, and what is measured of them."""
    requests = [model.request(seed=9000 + index) for index in range(POOL)]
    return requests, seen_of(model, requests).attributes


def plan_for(root, model, liked, **given):
    return plan_of(root, model, "melody-elbo", liked, **{"steps": 150, **given})


def taught(root, model, folder, liked, **given):
    job = JobFolder(folder)
    job.save_plan(plan_for(root, model, liked, **given))
    assert advance(job) == "done"
    return job


def fresh(model, seeds=range(70_000, 70_080)):
    return seen_of(model, [model.request(seed=seed) for seed in seeds]).attributes


@pytest.mark.parametrize(("name", "sign"), [("density", 1), ("density", -1), ("pitch", 1)])
def test_what_is_liked_comes_more_often(root, model, pool, tmp_path, name, sign):
    requests, values = pool
    which = NAMES.index(name)
    order = np.argsort(-sign * values[:, which])[:LIKED]
    job = taught(root, model, tmp_path, favourites(model, [requests[i] for i in order]))
    version = Catalog((root / "models",)).load(job.result)
    before, after = fresh(model), fresh(version)
    moved = sign * (after - before).mean(axis=0)[which] / before.std(axis=0)[which]
    assert moved > 0.4
    measures = json.loads((job.result / "measures.json").read_text())
    assert sign * measures["changed"][name] > 0.2
    assert measures["variety"] > 0.8
    assert not measures["copies"]


def test_keeping_more_of_the_old_moves_less(root, model, pool, tmp_path):
    requests, values = pool
    liked = favourites(model, [requests[i] for i in np.argsort(-values[:, 0])[:LIKED]])
    before = fresh(model)[:, 0]
    moved = []
    for beta in (0.5, 8.0):
        job = taught(root, model, tmp_path / str(beta), liked, beta=beta)
        version = Catalog((root / "models",)).load(job.result)
        moved.append(fresh(version)[:, 0].mean() - before.mean())
    assert 0 < 2 * moved[1] < moved[0]


def test_what_was_asked_for_is_not_learnt(root, model, pool):
    """Jigs of two bars two octaves up, liked for nothing else: draws are asked for the same."""
    asked = {"time_signature": "6/8", "num_bars": "2", "octave": 2, "key": "B"}
    liked = favourites(model, [model.request(seed=i, **asked) for i in range(LIKED)])
    settings = [model.values(one.request(model)) for one in liked]
    latents = np.stack([model.pipeline.place(one)[0] for one in pool[0]])
    lines = melody_elbo._lines(model.pipeline, latents, settings)
    assert {(one.metre, len(one.tokens), one.up) for one in lines} == {("6/8", 24, 23)}
    usual = model.values(model.request())
    mixed = melody_elbo._lines(model.pipeline, latents, [*settings[:1], usual])
    whole = model.pipeline.write(latents, usual)
    jig, reel = ("6/8", 24), ("4/4", 64)
    assert [(one.metre, len(one.tokens)) for one in mixed[:4]] == [jig, reel, jig, reel]
    assert np.array_equal(mixed[7].tokens, whole[7])
    own = melody_elbo._lines(model.pipeline, np.stack([x.latent()[0] for x in liked]), settings)
    made = measures_of("music").seen(model.render(model.request(seed=3, **asked)))
    assert np.array_equal(
        measures_of("music").attributes([own[3], made])[0],
        measures_of("music").attributes([own[3], made])[1],
    )


def test_the_utility_is_that_of_the_favourites(root, model, pool):
    requests, values = pool
    liked = favourites(model, [requests[i] for i in np.argsort(-values[:, 0])[:LIKED]])
    utility = melody_elbo.favour(plan_for(root, model, liked), model)
    z = np.stack([model.pipeline.place(one)[0] for one in requests])
    told = utility(torch.from_numpy(z)).numpy()
    assert utility.fits > 0.1
    assert np.corrcoef(told, values[:, 0])[0, 1] > 0.4


def test_a_version_can_be_taught_again_and_keeps_recipes(root, model, pool, tmp_path):
    requests, values = pool
    liked = favourites(model, [requests[i] for i in np.argsort(-values[:, 0])[:LIKED]])
    job = taught(root, model, tmp_path / "once", liked)
    version = Catalog((root / "models",)).load(job.result)
    base = version.pipeline.weights.base
    (root / "versions").mkdir(exist_ok=True)
    job.result.rename(root / "versions" / base)
    again = JobFolder(tmp_path / "twice")
    values_of = plan_for(root, model, liked).to_dict() | {"base": base}
    again.save_plan(Plan.from_dict(values_of))
    assert advance(again) == "done"
    second = Catalog((root / "models",)).load(again.result)
    first, both = (fresh(one)[:, 0].mean() for one in (version, second))
    assert both > first > fresh(model)[:, 0].mean()
    baked = model.pipeline.bake(model.request(seed=4), model.pipeline.place(requests[0]))
    moved = version.change(version.request(seed=4)).but(point=baked.point)
    assert version.render(moved).fingerprint == model.render(baked).fingerprint
    calm = version.request(seed=8, truncation_psi=0.0)
    assert np.array_equal(version.pipeline.place(calm)[0], version.pipeline.mixture.center)


def test_a_damaged_mixture_is_refused(root, model, tmp_path):
    folder = tiny_melody_folder(tmp_path)
    assert load_mixture(folder, SIZES.z_dim) is None
    (folder / MIXTURE).write_bytes(b"\0" * 20)
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-melody")


def test_a_daring_favourite_keeps_the_notes_that_were_liked(model):
    request = model.request(seed=77, temperature=1.2)
    (one,) = favourites(model, [request])
    again = Plan.from_dict(plan_of_one(one)).favourites[0]
    assert model.render(again.request(model)).fingerprint == model.render(request).fingerprint


def plan_of_one(one):
    figure = {"steps": 1, "learning_rate": 0.1, "beta": 1.0}
    plan = Plan("m", "b", (), "", "", "melody-elbo", **figure, favourites=(one,))
    return json.loads(json.dumps(plan.to_dict()))
