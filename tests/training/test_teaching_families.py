"""Teaching of families that learn otherwise than a GAN: an autoencoder, codes, diffusion."""

from __future__ import annotations

import contextlib
import hashlib
import json

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.errors import TrainingError
from pipelines.networks.mixture import load_mixture
from pipelines.request import Point
from pipelines.training import (
    code_preference,
    diffusion_preference,
    groove_elbo,
    melody_elbo,
    muse_prior,
    pairs,
    proving,
    teaching,
    verse_preference,
    weighted_elbo,
)
from pipelines.training.draws import Draws, Seen
from pipelines.training.job_files import JobFolder
from pipelines.training.pairs import pair_up
from pipelines.training.plans import Favourite, Plan, figures
from pipelines.training.teaching import SAMPLE_SEEDS, advance
from tests.tiny import tiny_dcgan_folder, tiny_diffusion_folder, tiny_vae_folder, tiny_vq
from tests.tiny_music import tiny_groove_folder, tiny_melody_folder, tiny_muse_gan_folder
from tests.tiny_stanza import tiny_char_rnn_folder, tiny_stanza_folder
from tests.tiny_verse import tiny_tang_folder

COUNT, STEPS, LIKED = 40, 6, 12
SHOWN = SAMPLE_SEEDS[:2]
RATES = {"code-dpo": {"learning_rate": 0.03}, "verse-dpo": {"learning_rate": 0.03}}
"""A code or a word changes only when its neighbour overtakes it, so few steps have to be large."""
FAMILIES = {
    "weighted-elbo": ("tiny-vae", tiny_vae_folder),
    "gan-prior": ("tiny-dcgan", tiny_dcgan_folder),
    "melody-elbo": ("tiny-melody", tiny_melody_folder),
    "groove-elbo": ("tiny-groove", tiny_groove_folder),
    "muse-prior": ("tiny-muse-gan", tiny_muse_gan_folder),
    "code-dpo": ("tiny-vq", tiny_vq),
    "diffusion-dpo": ("tiny-diffusion", tiny_diffusion_folder),
    "verse-dpo": ("tiny-tang", tiny_tang_folder),
    "verse-dpo english": ("tiny-stanza", tiny_stanza_folder),
    "verse-dpo letters": ("tiny-char-rnn", tiny_char_rnn_folder),
}


@pytest.fixture(scope="module", params=FAMILIES)
def taught(request, tmp_path_factory):
    """A method, its model, and how to plan."""
    name, write = FAMILIES[request.param]
    root = tmp_path_factory.mktemp(request.param)
    write(root / "models")
    instrument = Catalog((root / "models",)).load(name)
    if request.param in (
        "weighted-elbo",
        "gan-prior",
    ):  # as many as a studio has would take a minute
        Draws.of(instrument, count=COUNT, cached=root / "cache")
        (found,) = (root / "cache").glob("*.npz")
        found.rename(found.with_name(found.name.replace(f"-{COUNT}", "-320")))
    return request.param.split()[0], root, instrument


@contextlib.contextmanager
def few_draws():
    """Fewer works are drawn and shown, on one thread: on more, gradients add up in no order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "DRAWN", 24)
        patch.setattr(teaching, "SAMPLE_SEEDS", SHOWN)
        patch.setattr(proving, "SEEDS", proving.SEEDS[:12])
        for module in (melody_elbo, groove_elbo, muse_prior):
            patch.setattr(module, "DRAWN", 160)
        yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _fewer():
    with few_draws():
        yield


def favourites(instrument, count=LIKED + 4) -> tuple[Favourite, ...]:
    found = []
    for seed in range(count):
        words = {"prompt": "a red pear"} if seed % 2 and "prompt" in names(instrument) else {}
        recipe = instrument.request(seed=seed, **words)
        controls = {**recipe.controls, **instrument.pipeline.resolve(recipe)}
        point = Point.of(instrument.pipeline.place(recipe))
        found.append(Favourite(f"work {seed}", point.latent, point.shape, "", controls, seed))
    return tuple(found)


def names(instrument) -> set[str]:
    return {control.name for control in instrument.controls}


def plan_for(taught, **given) -> Plan:
    method, root, instrument = taught
    liked = favourites(instrument)
    return Plan(
        model=instrument.card.id,
        base=instrument.pipeline.weights.base,
        roots=(str(root / "models"),),
        versions=str(root / "versions"),
        cache=str(root / "cache"),
        method=method,
        seed=3,
        favourites=liked[:LIKED],
        held_out=liked[LIKED:],
        **figures(method, 0.5, 0.5, {"steps": STEPS} | given),
    )


def job_of(folder, plan) -> JobFolder:
    job = JobFolder(folder)
    job.save_plan(plan)
    return job


def digest_of(folder) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        found.update(path.read_bytes())
    return found.hexdigest()


def test_a_favourite_is_painted_by_its_own_controls(taught):
    _, _, instrument = taught
    for seed, one in enumerate(favourites(instrument, 2)):
        words = {"prompt": "a red pear"} if seed and "prompt" in names(instrument) else {}
        made = instrument.render(instrument.request(seed=seed, **words))
        assert instrument.render(one.request(instrument)).fingerprint == made.fingerprint


@pytest.fixture(scope="module")
def whole(taught):
    """A teaching that nothing disturbed, and the weights from before it."""
    method, root, instrument = taught
    before = digest_of(root / "models" / instrument.card.id)
    job = job_of(root / "whole", plan_for(taught, **RATES.get(method, {})))
    with few_draws():
        assert advance(job) == "done"
    return job, before


def test_a_version_is_made_and_the_original_left(taught, whole):
    _, root, instrument = taught
    start = root / "models" / instrument.card.id
    job, before = whole
    assert digest_of(start) == before
    told = json.loads((job.result / "version.json").read_text())
    assert (told["model"], told["parent"]) == (start.name, instrument.pipeline.weights.base)
    version = Catalog((root / "models",)).load(job.result)
    assert version.pipeline.weights.base != instrument.pipeline.weights.base
    old, new = (one.render(one.request(seed=5)) for one in (instrument, version))
    assert new.fingerprint != old.fingerprint
    measures = json.loads((job.result / "measures.json").read_text())
    assert measures["drift"] > 0
    assert measures["variety"] > 0.3
    assert len(measures["nearest"]) == 3
    progress = job.progress()
    assert [step for step, _ in progress["curve"]] == list(range(1, STEPS + 1))
    assert all(job.sample(progress["sampled"], index).is_file() for index in range(len(SHOWN)))


def test_one_that_was_cut_short_gives_the_same_weights(taught, whole, tmp_path):
    undisturbed, _ = whole
    cut = job_of(tmp_path / "cut", undisturbed.plan())
    while True:
        asked = iter((False, False, True))
        if advance(cut, ending=lambda asked=asked: next(asked, True)) == "done":
            break
    assert digest_of(cut.result) == digest_of(undisturbed.result)
    assert cut.progress()["curve"] == undisturbed.progress()["curve"]


def test_numbers_that_go_astray_stop_it(taught, tmp_path):
    job = job_of(tmp_path, plan_for(taught, learning_rate=1.0, beta=1e-3))
    family = {
        "weighted-elbo": weighted_elbo,
        "gan-prior": weighted_elbo,
        "melody-elbo": melody_elbo,
        "groove-elbo": groove_elbo,
        "muse-prior": muse_prior,
        "code-dpo": code_preference,
        "diffusion-dpo": diffusion_preference,
        "verse-dpo": verse_preference,
    }[taught[0]]
    made = family.prepare(job.plan(), job)
    weights = made.optimiser.param_groups[0]["params"][0]
    with torch.no_grad():
        weights.fill_(float("nan"))
    job.save_tensors("checkpoint.safetensors", made.state(), {"step": 0})
    with pytest.raises(TrainingError) as caught:
        advance(job)
    assert caught.value.code == "went_astray"
    assert not job.result.exists()


def test_what_is_learnt_is_what_was_told_apart(taught, tmp_path):
    """The curve climbs: a utility gained, or better works likelier than worse ones."""
    job = job_of(tmp_path, plan_for(taught, steps=30))
    torch.manual_seed(0)
    assert advance(job) == "done"
    curve = [value for _, value in job.progress()["curve"]]
    assert curve[-1] > 0.001
    assert curve[-1] > curve[0]


def test_a_mixture_of_one_lands_seeds_where_they_were(tmp_path):
    folder = tiny_vae_folder(tmp_path)
    assert load_mixture(folder, 12) is None
    noise = np.random.default_rng(0).standard_normal(12).astype(np.float32)
    assert np.array_equal(weighted_elbo.standard(12).land(0.4, noise), noise)


def seen(values) -> Seen:
    """Works that differ in one attribute."""
    rows = np.array(values, np.float32)[:, None]
    noise = np.random.default_rng(1).standard_normal((len(rows), 3)).astype(np.float32)
    return Seen(rows, noise, ("warmth",))


def test_pairs_put_what_is_like_favourites_first():
    drawn = np.linspace(-2, 2, 40)
    conditions = ["pear"] * 6 + ["plum"] * 6, ["pear", "plum"] * 20
    made = pair_up(seen([2.0] * 12), seen(drawn), conditions, seed=1)
    warmth, told = np.r_[np.full(12, 2.0), drawn], conditions[0] + conditions[1]
    assert len(made) > 100
    assert (warmth[made[:, 0]] > warmth[made[:, 1]]).all()
    assert all(told[better] == told[worse] for better, worse in made)
    assert np.array_equal(made, pair_up(seen([2.0] * 12), seen(drawn), conditions, seed=1))


def test_words_without_a_worse_draw_are_paired_with_any():
    made = pair_up(seen([2.0] * 3), seen([-1.0] * 9 + [1.0]), (["a"] * 3, ["b"] * 10), seed=0)
    assert set(made[:, 0]) & {0, 1, 2}
