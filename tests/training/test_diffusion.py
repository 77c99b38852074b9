"""Training that listens to captions, on painted discs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.catalog import Catalog
from pipelines.image.autoencoder import AutoencoderSizes, build_autoencoder
from pipelines.image.diffusion_files import NUM_TRAIN_TIMESTEPS, build_tokenizer
from pipelines.networks.tiny_decoder import TinyDecoder, TinySizes, load_tiny, save_tiny
from pipelines.training.__main__ import main, with_settings
from pipelines.training.captions import bare
from pipelines.training.data import load_pictures
from pipelines.training.diffusion import DiffusionRecipe, DiffusionTraining, _velocity
from pipelines.training.diffusion_recipe import draw_timesteps
from tests.training.sheets_of_discs import RED, YELLOW, sheet

TINY = ("batch_size=4", "channels=16,16", "num_heads=2", "text_width=16", "least=1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("discs")
    for i in range(12):
        kind, colour = (("apple", RED), ("lemon", YELLOW))[i % 2]
        (made / kind).mkdir(exist_ok=True)
        Image.fromarray(sheet(((30, 20 + 4 * i, 80, 60 + 4 * i), colour))).save(
            made / kind / f"{i}.png"
        )
    return made


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    made = tmp_path_factory.mktemp("kl")
    build_autoencoder(AutoencoderSizes((8, 8, 8, 8))).save_pretrained(made)
    return made


def training(
    folder: Path, autoencoder: Path, *settings: str, start: Path | None = None
) -> DiffusionTraining:
    torch.manual_seed(0)
    return DiffusionTraining(
        load_pictures(folder, 128),
        with_settings(DiffusionRecipe(), [*TINY, *settings]),
        data=folder,
        autoencoder=autoencoder,
        start=start,
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_command_trains_resumes_and_exports(folder, autoencoder, tmp_path, precision):
    settings = [part for one in (*TINY, f"precision={precision}") for part in ("--set", one)]
    command = ["diffusion", "--data", str(folder), "--autoencoder", str(autoencoder)]
    command += ["--out", str(tmp_path / "made"), "--minutes", "9", "--max-steps", "2", *settings]
    assert main(command) == 0
    assert main([*command, "--resume"]) == 0
    assert torch.load(tmp_path / "made" / "checkpoint.pt", weights_only=True)["step"] == 4
    log = json.loads((tmp_path / "made" / "training_log.json").read_text())
    assert {"loss", "v", "v_noisy"} <= set(log[1])
    model = Catalog((tmp_path,)).load("made")
    assert model.render(model.request(prompt="a red apple")).data.size == (128, 128)
    assert model.pipeline.parts.reader.unknown("a red apple") == []


def test_a_run_goes_on_from_a_trained_model_and_its_words(folder, autoencoder, tmp_path):
    first = training(folder, autoencoder, "least=1")
    first.export(tmp_path / "made")
    other = training(folder, autoencoder, "least=99", start=tmp_path / "made")
    assert other.tokenizer.get_vocab() == first.tokenizer.get_vocab()
    theirs = first.average.state_dict()
    for name, value in other.model.state_dict().items():
        torch.testing.assert_close(value, theirs[name].half().float(), msg=name)
    assert np.isfinite(other.step(0.0)["loss"])


def test_timesteps_are_spread_and_none_lies_behind_the_last(monkeypatch):
    drawn = draw_timesteps(8)
    assert drawn.tolist() == sorted(drawn.tolist())
    assert (drawn // (NUM_TRAIN_TIMESTEPS // 8)).tolist() == list(range(8))
    monkeypatch.setattr(torch, "rand", lambda count: torch.full((count,), 1 - 2**-24))
    assert draw_timesteps(32).max() == NUM_TRAIN_TIMESTEPS - 1


def test_folding_aims_at_what_two_passes_would_give(folder, autoencoder, tmp_path):
    training(folder, autoencoder).export(tmp_path / "made")
    settings = ("fold=3", "empty=0", "batch_size=8")
    run = training(folder, autoencoder, *settings, start=tmp_path / "made")
    z, words, t = run.batch()
    words[0] = run.words([""])[0]
    v = torch.randn_like(z)
    aim = run._guided(run.guide, v, z, t, words)
    with torch.no_grad():
        given, without = (
            _velocity(run.guide, z, t, said) for said in (words, run.words([""] * 8))
        )
    assert torch.equal(aim[0], v[0])  # nothing is said, so nothing is guided
    torch.testing.assert_close(aim[1:], (without + 3 * (given - without))[1:])
    assert (given - without)[1:].abs().mean() > 0


def test_one_pass_learns_what_two_would_give(folder, autoencoder, tmp_path):
    first = training(folder, autoencoder, "batch_size=16", "learning_rate=0.01")
    with torch.no_grad():  # words change much
        for name, value in first.average.named_parameters():
            if "attn2.to_v" in name or "attn2.to_out.0.weight" in name:
                value.mul_(8)
    first.export(tmp_path / "made")
    settings = ("fold=3", "empty=0", "batch_size=16", "learning_rate=0.01")
    run = training(folder, autoencoder, *settings, start=tmp_path / "made")
    z, words, t = run.batch()
    aim = run._guided(run.guide, z, z, t, words)

    def astray() -> float:
        with torch.no_grad():
            return float((_velocity(run.model, z, t, words) - aim).square().mean())

    before, guide = astray(), {n: p.clone() for n, p in run.guide.named_parameters()}
    for _ in range(40):
        run.step(0.0)
    assert astray() < 0.5 * before
    assert all(torch.equal(value, guide[name]) for name, value in run.guide.named_parameters())
    run.export(tmp_path / "folded")
    assert json.loads((tmp_path / "folded" / "config.json").read_text())["guidance_scale"] == 1.0


def test_folding_needs_a_model_that_has_learned(folder, autoencoder):
    with pytest.raises(ValueError, match="--start"):
        training(folder, autoencoder, "fold=2.5")


def test_bare_names_are_read_and_words_that_are_new_are_taken_up(folder, autoencoder, tmp_path):
    first = training(folder, autoencoder)
    named = {*bare("apple"), *bare("lemon")}
    kept = [word for word in first.tokenizer.get_vocab() if word not in ("an", "lemons")]
    first.tokenizer = build_tokenizer(kept, first.tokenizer.model_max_length)
    first.average["text_encoder"].resize_token_embeddings(len(first.tokenizer))
    first.export(tmp_path / "made")
    run = training(folder, autoencoder, "bare=1", "batch_size=99", start=tmp_path / "made")
    words = run.batch()[1]
    read = run.tokenizer.batch_decode(words, skip_special_tokens=True)
    assert set(read) == named
    assert run.tokenizer.unk_token_id not in words
    assert {"an", "lemons"} == {*run.tokenizer.get_vocab()} - {*first.tokenizer.get_vocab()}
    for word, place in first.tokenizer.get_vocab().items():
        assert run.tokenizer.get_vocab()[word] == place, word
    assert np.isfinite(run.step(0.0)["loss"])


def test_rare_kinds_are_named_as_often_as_others(folder, autoencoder, tmp_path):
    for extra in range(6):  # three lemons in four
        shutil.copytree(folder, tmp_path / "more", dirs_exist_ok=True)
        for name in range(6):
            shutil.copy(
                folder / "lemon" / f"{2 * name + 1}.png",
                tmp_path / "more" / "lemon" / f"{extra} {name}.png",
            )
    run = training(tmp_path / "more", autoencoder, "bare=1", "batch_size=400")
    words = run.tokenizer.batch_decode(run.batch()[1], skip_special_tokens=True)
    assert 0.4 < sum("apple" in one for one in words) / 400 < 0.6


def test_the_share_of_empty_captions_is_as_asked(folder, autoencoder):
    run = training(folder, autoencoder, "empty=1.0", "batch_size=8")
    assert torch.equal(run.batch()[1], run.words([""] * 8))


def test_steps_lower_the_loss_and_every_weight_learns(folder, autoencoder):
    run = training(folder, autoencoder, "batch_size=16", "learning_rate=0.01")
    before = {name: value.clone() for name, value in run.model.named_parameters()}
    losses = [run.step(0.0)["loss"] for _ in range(30)]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])
    still = [n for n, value in run.model.named_parameters() if torch.equal(value, before[n])]
    assert still == []


def test_the_first_step_of_sampling_is_learned(folder, autoencoder):
    run = training(folder, autoencoder)
    z, words, _ = run.batch()
    last = torch.full((4,), 999)
    assert run.alphas[999] == 0
    loss, figures = run._loss(z, words, last)
    assert loss.item() == pytest.approx(figures["v"], rel=1e-5)


def test_a_resumed_run_equals_an_unbroken_one(folder, autoencoder, tmp_path):
    whole = training(folder, autoencoder)
    whole.step(0.5)
    torch.save(whole.state(), tmp_path / "state.pt")
    resumed = training(folder, autoencoder)
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    batch = whole.batch()
    for run in (whole, resumed):
        run.batch = lambda: batch
        torch.manual_seed(1)
        run.step(0.6)
    for name in ("model", "average"):
        one, other = (getattr(run, name).state_dict() for run in (whole, resumed))
        for key, value in one.items():
            torch.testing.assert_close(value, other[key], msg=f"{name}.{key}")


def test_a_new_model_takes_the_tiny_decoder_along(folder, autoencoder, tmp_path):
    """Its own convolutions normalise the latents, so mean and deviation are 0 and 1 there."""
    kl = shutil.copytree(autoencoder, tmp_path / "kl")
    sizes = TinySizes(4, (8, 6, 4), (0, 0, 0))
    save_tiny(TinyDecoder(sizes, [1.0] * 4, [2.0] * 4), kl)
    training(folder, kl).export(tmp_path / "made")
    raw, folded = load_tiny(kl), load_tiny(tmp_path / "made" / "vae")
    assert raw is not None
    assert folded is not None
    latents = torch.randn(1, 4, 4, 4)
    assert torch.equal(folded(latents), raw.paint(latents))
    training(folder, autoencoder).export(tmp_path / "without")
    assert load_tiny(tmp_path / "without" / "vae") is None
