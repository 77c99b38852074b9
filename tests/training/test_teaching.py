"""Teaching on tiny real networks: versions, interruptions, and everything that can go wrong."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.errors import ControlError, TrainingError, WeightsError
from pipelines.latents import normal
from pipelines.request import Point
from pipelines.training import proving
from pipelines.training.contrast import Contrast
from pipelines.training.draws import Draws, flat
from pipelines.training.job_files import JobFolder
from pipelines.training.plans import Favourite, Plan, distinct, figures
from pipelines.training.preference import Logistic, Shadow, Whitening
from pipelines.training.prior import PriorTeaching, with_map
from pipelines.training.teaching import advance
from pipelines.training.worker import DISK_FULL, ORPHANED
from tests.tiny import tiny_folder

ROOT = Path(__file__).resolve().parents[2]
COUNT, STEPS = 40, 8
GANS = ("prior", "few-shot")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A folder of models, and the measured draws of the tiny one, fewer than in use."""
    root = tmp_path_factory.mktemp("teaching")
    tiny_folder(root / "models")
    instrument = Catalog((root / "models",)).load("tiny")
    draws = Draws.of(instrument, count=COUNT, cached=root / "cache")
    (found,) = (root / "cache").glob("*.npz")
    found.rename(found.with_name(found.name.replace(f"-{COUNT}", "-320")))
    return root, instrument, draws


def plan_for(house, method, **more) -> Plan:
    root, instrument, _ = house
    favourites = []
    for seed in range(16):
        request = instrument.request(seed=seed)
        point = Point.of(instrument.pipeline.place(request))
        favourites.append(Favourite(f"work {seed}", point.latent, point.shape))
    given = {"steps": STEPS} | more.pop("figures", {})
    plan = Plan(
        model="tiny",
        base=instrument.pipeline.weights.base,
        roots=(str(root / "models"),),
        versions=str(root / "versions"),
        cache=str(root / "cache"),
        method=method,
        seed=3,
        favourites=tuple(favourites[:12]),
        held_out=tuple(favourites[12:]),
        **figures(method, 0.5, 0.5, given),
    )
    return replace(plan, **more)


def job_of(tmp_path, plan: Plan) -> JobFolder:
    folder = JobFolder(tmp_path)
    folder.save_plan(plan)
    return folder


def test_samples_of_the_last_steps_stay_for_pages_that_are_slow(tmp_path):
    folder = JobFolder(tmp_path)
    for step in range(9):
        folder.save_samples(step, [b"a picture"] * 8)
    assert [folder.sample(step, 7).is_file() for step in range(9)] == [False] * 3 + [True] * 6


def weights_of(folder: JobFolder) -> str:
    return hashlib.sha256((folder.result / "weights.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("method", GANS)
def test_teaching_makes_a_version_and_leaves_the_original(house, method, tmp_path):
    root, instrument, _ = house
    before = hashlib.sha256((root / "models/tiny/weights.safetensors").read_bytes()).hexdigest()
    folder = job_of(tmp_path, plan_for(house, method))
    assert advance(folder) == "done"
    told = json.loads((folder.result / "version.json").read_text())
    assert (told["model"], told["parent"]) == ("tiny", instrument.pipeline.weights.base)
    new = Catalog((root / "models",)).load(folder.result)
    request = instrument.request(seed=5)
    assert new.render(new.request(seed=5)).fingerprint != instrument.render(request).fingerprint
    with pytest.raises(WeightsError):
        new.render(request.but(pipeline=new.card.id))
    placed = Point.of(instrument.pipeline.place(request))
    exact = new.request(seed=5).but(point=placed)
    assert np.array_equal(new.pipeline.place(exact), placed.array()), "what is given stays"
    measures = json.loads((folder.result / "measures.json").read_text())
    assert 0.3 < measures["variety"] < 2
    assert measures["drift"] > 0
    assert 0 <= measures["held_out"] <= 1
    assert len(measures["nearest"]) == 3
    assert not measures["copies"]
    report = folder.progress()
    assert report["step"] == STEPS
    assert [point[0] for point in report["curve"]] == list(range(1, STEPS + 1))
    assert all(folder.sample(report["sampled"], i).is_file() for i in range(8))
    assert list(folder.board.glob("events.*"))
    again = hashlib.sha256((root / "models/tiny/weights.safetensors").read_bytes()).hexdigest()
    assert again == before


@pytest.mark.parametrize("method", GANS)
def test_one_that_was_cut_short_gives_the_same_weights(house, method, tmp_path):
    plan = plan_for(house, method)
    whole, cut = job_of(tmp_path / "whole", plan), job_of(tmp_path / "cut", plan)
    assert advance(whole) == "done"
    asked = itertools.count()
    with pytest.raises(InterruptedError):
        advance(_Wishing(cut.root, lambda: _die(next(asked))))
    assert not (cut.root / "checkpoint.safetensors").exists()
    assert advance(cut, ending=lambda: True) == "slice"
    for _ in range(3):
        once = itertools.count()
        folder = _Wishing(cut.root, lambda once=once: "pause" if next(once) >= 2 else "go")
        assert advance(folder) == "paused"
    assert cut.progress()["step"] == 6
    assert advance(cut) == "done"
    assert weights_of(cut) == weights_of(whole)
    assert cut.progress()["curve"] == whole.progress()["curve"]


def _die(number: int) -> str:
    if number >= 2:
        raise InterruptedError
    return "go"


class _Wishing(JobFolder):
    """A job folder whose wish is asked of a function."""

    def __init__(self, root, ask):
        super().__init__(root)
        object.__setattr__(self, "ask", ask)

    @property
    def wish(self):
        return self.ask()


def test_stopping_keeps_what_was_learnt(house, tmp_path):
    folder = job_of(tmp_path, plan_for(house, "prior"))
    once = itertools.count()
    assert advance(_Wishing(folder.root, lambda: "stop" if next(once) >= 3 else "go")) == "stopped"
    assert json.loads((folder.result / "measures.json").read_text())["steps"] == 3
    other = job_of(tmp_path / "other", plan_for(house, "prior"))
    other.want("stop")
    assert advance(other) == "stopped"
    assert not other.result.exists(), "nothing was learnt"


@pytest.mark.parametrize("method", GANS)
def test_numbers_that_go_astray_stop_it(house, method, tmp_path):
    folder = job_of(tmp_path, plan_for(house, method, learning_rate=1e30))
    with pytest.raises(TrainingError) as caught:
        advance(folder)
    assert caught.value.code == "went_astray"
    assert not folder.result.exists()


def worker(folder: JobFolder, **options) -> int:
    """The real worker process, until it ends."""
    command = [sys.executable, "-m", "pipelines.training.teaching", str(folder.root)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, **options) as process:
        return process.wait(240)


def test_a_full_disk_leaves_the_checkpoint_before(house, tmp_path):
    folder = job_of(tmp_path, plan_for(house, "prior"))
    assert advance(folder, seconds=0) == "slice"
    kept = (tmp_path / "checkpoint.safetensors").read_bytes()

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, resource.RLIM_INFINITY))

    assert len(kept) > 9_000
    assert worker(folder, preexec_fn=starve) == DISK_FULL
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == kept
    assert advance(folder) == "done"


def test_the_worker_ends_with_whoever_started_it(house, tmp_path):
    folder = job_of(tmp_path, plan_for(house, "few-shot", figures={"steps": 5000}))
    command = [sys.executable, "-m", "pipelines.training.teaching", str(folder.root)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        process.stdin.close()
        assert process.wait(120) == ORPHANED
    assert folder.outcome() == {}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        while not folder.progress().get("step"):
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        assert process.wait(120) == 0
    assert folder.outcome() == {"state": "slice"}
    assert (tmp_path / "checkpoint.safetensors").exists()


def test_teaching_again_goes_on_from_the_version(house, tmp_path):
    root, _, _ = house
    first = job_of(tmp_path / "first", plan_for(house, "prior"))
    assert advance(first) == "done"
    base = Catalog((root / "models",)).load(first.result).pipeline.weights.base
    (root / "versions").mkdir(exist_ok=True)
    first.result.rename(root / "versions" / base)
    catalog = Catalog((root / "models",), root / "versions")
    assert catalog.load_version("tiny", base).card.id == "tiny"
    assert catalog.version("other", base) is None
    assert catalog.version("tiny", "../" + base) is None
    plan = replace(plan_for(house, "prior"), base=base)
    second = job_of(tmp_path / "second", plan)
    assert advance(second) == "done"
    assert json.loads((second.result / "version.json").read_text())["parent"] == base
    assert weights_of(second) != base


def test_a_version_that_was_tampered_with_is_refused(house, tmp_path):
    root, _, _ = house
    folder = job_of(tmp_path, plan_for(house, "prior", seed=9))
    advance(folder)
    name = "ab" * 32
    (tmp_path / "versions").mkdir()
    folder.result.rename(tmp_path / "versions" / name)
    with pytest.raises(WeightsError, match="damaged"):
        Catalog((root / "models",), tmp_path / "versions").load_version("tiny", name)


def test_a_fresh_map_changes_nothing(house):
    _, instrument, _ = house
    generator = instrument.pipeline.generator
    z, label = torch.randn(5, generator.z_dim), torch.arange(5) % 3
    with torch.no_grad():
        assert torch.equal(with_map(generator, 1).mapping(z, label), generator.mapping(z, label))


def test_a_known_utility_is_climbed_and_the_anchor_holds_it(house):
    """u = the first principal coordinate: with beta b the best shift is about 1 / b."""
    _, instrument, draws = house
    white = Whitening.of(draws.latents, 4)
    shadow = Shadow(white, np.eye(4, dtype=np.float32)[0], np.zeros(4, np.float32), 1.0)
    gained = {}
    for beta in (1.0, 4.0):
        plan = plan_for(house, "prior", figures={"steps": 300, "beta": beta})
        teaching = PriorTeaching(plan, instrument, shadow)
        for step in range(plan.steps):
            torch.manual_seed(step)
            gained[beta] = teaching.step(step)
    assert 0.6 < gained[1.0] < 1.4
    assert 0.12 < gained[4.0] < 0.45


def test_a_preference_is_found_and_says_how_sure_it_is():
    x = normal(1, (400, 6))
    liked = x[np.argsort(-x[:, 2])[:20]]
    fitted = Logistic.fit(liked, x[200:])
    mean, spread = fitted.score(x)
    assert np.corrcoef(mean, x[:, 2])[0, 1] > 0.85
    more = Logistic.fit(np.concatenate([liked] * 8), x[200:])
    assert more.score(x)[1].mean() < spread.mean()


def test_a_utility_laid_over_latents_is_told_from_one_that_cannot_be():
    w = normal(2, (320, 10))
    white = Whitening.of(w, 10)
    good = Shadow.of(white, w, (w[:, 0] + 0.3 * w[:, 1] ** 2).astype(np.float32))
    assert good.fits > 0.8
    assert Shadow.of(white, w, normal(3, (320,))).fits < 0.2
    assert np.allclose(
        white.coordinates(w + white.vector(np.eye(10, dtype=np.float32)[0]))[:, 0],
        white.coordinates(w)[:, 0] + 1,
        atol=1e-3,
    )


def test_trays_give_the_direction_that_tells_them_apart(house):
    _, instrument, draws = house
    places = [instrument.pipeline.place(instrument.request(seed=seed)) for seed in range(10)]
    known = (draws.latents[0] - draws.latents[1]).astype(np.float32)
    found = Contrast.of(instrument, draws, [p + known for p in places], places)
    unit = flat(found.vector) / np.linalg.norm(flat(found.vector))
    along = draws.latents @ unit
    assert np.linalg.norm(found.vector.mean(axis=0)) == pytest.approx(along.std(), rel=0.05)
    assert unit @ known / np.linalg.norm(known) > 0.7
    assert set(found.effect) == set(draws.names)
    strongest = max(found.effect, key=lambda name: abs(found.effect[name]))
    held = Contrast.of(instrument, draws, [p + known for p in places], places, remove=[strongest])
    # Removed is what is linear in it; of a random network's effect that may be little.
    assert abs(held.effect[strongest]) < 1.05 * abs(found.effect[strongest])
    assert not np.allclose(held.vector, found.vector)
    assert strongest not in dict(found.also())
    with pytest.raises(ControlError, match="measured"):
        Contrast.of(instrument, draws, places[:3], places[3:6], remove=["charm"])
    with pytest.raises(ValueError, match="alike"):
        _both_alike(instrument, draws, places)


def _both_alike(instrument, draws, places):
    from pipelines.errors import LatentError

    try:
        Contrast.of(instrument, draws, places[:2], places[:2])
    except LatentError as error:
        raise ValueError(str(error)) from error


def test_plans_travel_as_json_and_refuse_what_they_are_not(house):
    plan = plan_for(house, "prior")
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    with pytest.raises(TrainingError):
        Plan.from_dict({"model": "tiny"})
    twice = (*plan.favourites, *plan.favourites)
    assert distinct(twice) == len(plan.favourites)
    for given in ({"steps": 0}, {"beta": math.inf}, {"charm": 1.0}):
        with pytest.raises(ControlError):
            figures("prior", 0.5, 0.5, given)


def test_bolder_means_less_of_an_anchor():
    betas = [figures("prior", s, k, {})["beta"] for s, k in ((0, 1), (0.5, 0.5), (1, 0))]
    assert betas == sorted(betas, reverse=True)


@pytest.mark.parametrize("decided", [1, 5, 12, 20, 96])
def test_the_verdict_follows_the_interval(decided):
    for chosen in range(decided + 1):
        low, high = proving.wilson(chosen, decided)
        assert 0 <= low <= chosen / decided <= high <= 1
        said = proving.verdict(low, high)
        assert (said == "yes") == (low > 0.5)
        assert (said == "no") == (high < 0.5)
