"""Training of the vector-quantised autoencoder and of the prior over its codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines import atlas
from pipelines.atlas import Atlas
from pipelines.catalog import Catalog
from pipelines.networks.code_transformer import NO_CLASS
from pipelines.networks.vq_files import load_prior, load_vq
from pipelines.training import vq_sheets
from pipelines.training.__main__ import main, with_settings
from pipelines.training.data import load_pictures
from pipelines.training.kept_cells import draw_kept
from pipelines.training.vq import VQRecipe, VQTraining, starting_from
from pipelines.training.vq_prior import VQPriorRecipe, VQPriorTraining, encode
from pipelines.training.vq_sheets import draw
from tests.tiny import SPECIES
from tests.training.discs import write_autoencoder, write_discs

SMALL = ("batch_size=2", "num_codes=24", "crop=32", "judge_width=4", "gathered=8")
PRIOR = ("batch_size=4", "width=16", "num_layers=1", "num_heads=2", "context_width=8",
         "context_layers=1")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("discs")
    write_discs(made, ["apple", "lemon"] * 6)
    return made


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("kl")
    write_autoencoder(made)
    return made


def training(folder: Path, autoencoder: Path, *settings: str) -> VQTraining:
    torch.manual_seed(0)
    recipe = with_settings(VQRecipe(), [*SMALL, *settings])
    return VQTraining(load_pictures(folder, 64), recipe, autoencoder=autoencoder)


@pytest.fixture(scope="module")
def coded(folder, autoencoder, tmp_path_factory) -> Path:
    """A folder with an autoencoder that was trained for two steps."""
    made = tmp_path_factory.mktemp("coded")
    run = training(folder, autoencoder)
    run.step(0.0)
    run.step(0.1)
    run.export(made)
    return made


def learning(folder: Path, coded: Path, *settings: str) -> VQPriorTraining:
    torch.manual_seed(0)
    recipe = with_settings(VQPriorRecipe(), [*PRIOR, *settings])
    return VQPriorTraining(load_pictures(folder, 64), recipe, coded)


def test_the_commands_train_resume_and_export(folder, autoencoder, tmp_path):
    where = ["--data", str(folder), "--size", "64", "--minutes", "9", "--max-steps", "2"]
    given = [part for one in SMALL for part in ("--set", one)]
    codes = ["vq", *where, "--autoencoder", str(autoencoder), "--out", str(tmp_path / "made")]
    assert main([*codes, *given]) == 0
    assert main([*codes, *given, "--resume"]) == 0
    assert torch.load(tmp_path / "made" / "checkpoint.pt", weights_only=True)["step"] == 4
    assert {"l1", "apart"} <= set(json.loads((tmp_path / "made/training_log.json").read_text())[1])
    given = [part for one in (*PRIOR, "precision=bfloat16") for part in ("--set", one)]
    prior = ["vq-prior", *where, "--start", str(tmp_path / "made")]
    prior += ["--out", str(tmp_path / "written"), *given]
    assert main(prior) == 0
    assert main([*prior, "--resume"]) == 0
    model = Catalog((tmp_path,)).load("written")
    assert model.render(model.request(species="lemon")).data.size == (64, 64)
    assert set(model.pipeline.species) == {"apple", "lemon"}


def test_a_prior_without_codes_is_refused(folder, tmp_path, capsys):
    where = ["--data", str(folder), "--size", "64", "--out", str(tmp_path / "made")]
    assert main(["vq-prior", *where]) == 2
    assert "--start" in capsys.readouterr().err
    assert main(["vq-prior", *where, "--start", str(tmp_path)]) == 2
    with pytest.raises(ValueError, match="can't start this one"):
        starting_from(tmp_path, 16)


def test_steps_lower_the_loss_and_every_weight_learns(folder, autoencoder):
    run = training(folder, autoencoder, "learning_rate=0.01", "settled_from=2")
    before = {name: value.clone() for name, value in run.model.named_parameters()}
    found = [run.step(0.0)["l1"] for _ in range(25)]
    assert np.mean(found[-5:]) < 0.9 * np.mean(found[:5])
    still = [n for n, value in run.model.named_parameters() if torch.equal(value, before[n])]
    assert still == []
    assert {"duel", "judge", "texture"} <= set(run.step(0.9) | run.step(0.9))


def test_once_settled_the_codes_stay_and_the_decoder_goes_on(folder, autoencoder):
    run = training(folder, autoencoder, "settled_from=0.5")
    for _ in range(3):
        run.step(0.0)
    run.step(0.5)
    pictures = load_pictures(folder, 64)
    codes = encode(run.average, pictures, 1)
    weights = {name: value.clone() for name, value in run.model.decoder.named_parameters()}
    for _ in range(3):
        run.step(0.6)
    assert torch.equal(encode(run.average, pictures, 1), codes)
    assert torch.equal(encode(run.model, pictures, 1), codes)
    moved = [not torch.equal(v, weights[n]) for n, v in run.model.decoder.named_parameters()]
    assert all(moved)


@pytest.mark.parametrize("keep", [0.0, 0.25, 1.0])
def test_the_exported_decoder_keeps_a_share_of_what_it_started_from(folder, autoencoder, keep):
    run = training(folder, autoencoder, f"keep={keep}", "learning_rate=0.01")
    run.step(0.0)
    run.step(0.0)
    states = [x.state_dict() for x in (run.exported().decoder, run.origin, run.average.decoder)]
    for made, first, last in zip(*(state.values() for state in states), strict=True):
        torch.testing.assert_close(made, keep * first + (1 - keep) * last)


def test_a_resumed_run_equals_an_unbroken_one(folder, autoencoder, coded, tmp_path):
    made = ((training, autoencoder, 0.6), (learning, coded, 0.6))
    for make, source, progress in made:
        whole, resumed = make(folder, source), make(folder, source)
        whole.step(0.2)
        torch.save(whole.state(), tmp_path / "state.pt")
        resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
        for run in (whole, resumed):
            torch.manual_seed(1)
            run.step(progress)
        for name in ("model", "average"):
            one, other = (getattr(run, name).state_dict() for run in (whole, resumed))
            for key, value in one.items():
                torch.testing.assert_close(value, other[key], msg=f"{name}.{key}")


def test_the_prior_learns_and_only_what_is_not_kept(folder, coded):
    run = learning(folder, coded, "learning_rate=0.1")
    found = [run.step(0.0)["loss"] for _ in range(60)]
    assert np.mean(found[-5:]) < 0.85 * np.mean(found[:3])
    assert run.held_loss() > 0
    codes, labels, _ = run.batch()
    kept = torch.zeros_like(codes, dtype=torch.bool)
    kept[:, 10:] = True
    torch.manual_seed(0)
    loss, _ = run._loss(codes, labels, kept)
    torch.manual_seed(0)
    logits = run.model(codes, labels, kept, dropout=run.recipe.dropout)
    expected = torch.nn.functional.cross_entropy(
        logits[:, :10].flatten(0, 1), codes[:, :10].flatten()
    )
    torch.testing.assert_close(loss, expected)


def test_exported_weights_are_those_that_were_trained(folder, coded, tmp_path):
    run = learning(folder, coded)
    run.step(0.0)
    run.export(tmp_path)
    kept, config = load_prior(tmp_path), json.loads((tmp_path / "config.json").read_text())
    for key, value in run.average.state_dict().items():
        torch.testing.assert_close(kept.state_dict()[key], value, atol=2e-3, rtol=2e-3)
    counts = torch.bincount(run.codes.flatten(), minlength=24)
    assert config["blank"] == int(counts.argmax())
    assert config["codebook_use"] == pytest.approx(float((counts > 0).float().mean()))
    assert 1 < config["codebook_perplexity"] <= 24
    assert torch.equal(load_vq(tmp_path).codebook.vectors, run.vq.codebook.vectors)


def test_codes_are_kept_for_the_next_run(folder, coded, tmp_path):
    pictures, vq = load_pictures(folder, 64), load_vq(coded)
    first = encode(vq, pictures, 2, cache=tmp_path)
    (file,) = tmp_path.glob("codes-*.npy")
    np.save(file, np.zeros_like(np.load(file)))
    assert encode(vq, pictures, 2, cache=tmp_path).sum() == 0
    vq.codebook.vectors.neg_()
    assert encode(vq, pictures, 2, cache=tmp_path).sum() > 0
    mirrored = pictures.pixels[:, :, ::-1].copy()
    other = type(pictures)(pictures.names, mirrored, pictures.labels, pictures.classes)
    vq = load_vq(coded)
    assert torch.equal(encode(vq, other, 1), first[len(first) // 2 :])


def test_kept_cells_are_of_every_kind_and_never_all():
    torch.manual_seed(0)
    kept = draw_kept(600, 16)
    assert 0.4 < (~kept).all(dim=2).all(dim=1).float().mean() < 0.65
    assert not kept.flatten(1).all(dim=1).any()
    upper = (kept[:, :4].all(dim=2).all(dim=1) & ~kept[:, 12:].any(dim=2).any(dim=1)).sum()
    lower = (kept[:, 12:].all(dim=2).all(dim=1) & ~kept[:, :4].any(dim=2).any(dim=1)).sum()
    assert min(upper, lower) > 20
    assert kept.float().mean(dim=0).std() < 0.1


def test_pictures_drawn_in_batches_are_those_of_the_model(tiny_codes):
    seeds = (3, 70_000, 5)
    drawn, labels = draw(tiny_codes, seeds)
    for picture, label, seed in zip(drawn, labels, seeds, strict=True):
        request = tiny_codes.request(seed=seed)
        assert tiny_codes.pipeline.resolve(request) == {"species": SPECIES[label]}
        made = np.asarray(tiny_codes.render(request).data).astype(int)
        assert np.abs(made - picture).max() <= 1


def test_the_sheets_of_a_card(folder, coded, tmp_path, monkeypatch):
    run = learning(folder, coded)
    run.export(tmp_path)
    for name, value in (("SAMPLES", 16), ("SEEDS", 16), ("COMPLETED", 2), ("COLUMNS", 4)):
        monkeypatch.setattr(vq_sheets, name, value)
    monkeypatch.setattr(atlas, "NUM_WORKS", 12)
    many = load_pictures(folder, 64)
    again = type(many)(
        many.names * 2, many.pixels.repeat(2, 0), many.labels.repeat(2), many.classes
    )
    monkeypatch.setattr(type(many), "split", lambda self, name: again)
    vq_sheets.main([str(tmp_path), "--data", str(folder)])
    sizes = {}
    for name in ("seeds", "unseen", "completions", "nearest"):
        with Image.open(tmp_path / f"{name}.webp") as sheet:
            sizes[name] = sheet.size
    assert sizes["completions"] == (2 * 64, 6 * 64)
    assert sizes["seeds"] == (8 * 64, 2 * 64)
    assert Atlas.load(tmp_path / "atlas.npz").names


@pytest.fixture
def lemons(folder, tmp_path) -> Path:
    """Three lemons for every apple."""
    shutil.copytree(folder, tmp_path / "more")
    for one in sorted((folder / "lemon").iterdir()):
        for i in range(2):
            shutil.copy(one, tmp_path / "more" / "lemon" / f"{i} {one.name}")
    return tmp_path / "more"


@pytest.mark.parametrize(("balance", "share"), [(0, 0.25), (1, 0.5)])
def test_rare_classes_are_drawn_as_often_as_asked(lemons, coded, balance, share):
    run = learning(lemons, coded, f"balance={balance}", "batch_size=800")
    apples = float((run.batch()[1] == 0).float().mean())
    assert apples == pytest.approx(share, abs=0.06)


def test_a_class_that_is_not_told_is_the_mean_of_all(folder, coded):
    run = learning(folder, coded, "unlabelled=1", "learning_rate=0.1")
    codes, labels, kept = run.batch()
    assert set(labels.tolist()) == {NO_CLASS}
    with torch.no_grad():
        silent = run.model(codes, labels, kept)
        run.model.classes.weight.copy_(run.model.classes.weight.mean(0).expand(2, -1))
        torch.testing.assert_close(silent, run.model(codes, torch.zeros_like(labels), kept))


def test_folding_learns_the_probabilities_that_guidance_gives(folder, coded, tmp_path):
    with pytest.raises(ValueError, match=r"fold=2\.0 needs"):
        learning(folder, coded, "fold=2")
    first = learning(folder, coded, "learning_rate=0.1", "unlabelled=0.3", "ema=0.5")
    for _ in range(20):
        first.step(0.0)
    first.export(tmp_path)
    run = learning(folder, tmp_path, "fold=2", "learning_rate=0.03")
    codes, labels, kept = run.batch()
    with torch.no_grad():
        told = run.guide(codes, labels, kept)
        silent = run.guide(codes, torch.full_like(labels, NO_CLASS), kept)
    aim = run._guided(run.guide, codes, labels, kept)
    torch.testing.assert_close(aim, (2 * told - silent).softmax(dim=2))
    assert (aim - told.softmax(dim=2)).abs().max() > 0.01

    def astray() -> float:
        with torch.no_grad():
            found = run.model(codes, labels, kept).log_softmax(dim=2)
        return float(torch.nn.functional.kl_div(found, aim, reduction="batchmean"))

    before = astray()
    for _ in range(40):
        run.step(0.0)
    assert astray() < 0.7 * before
