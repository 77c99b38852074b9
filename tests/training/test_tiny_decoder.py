"""The small decoder learns to paint what the large one paints."""

import shutil
from pathlib import Path

import pytest
import torch

from pipelines.networks.tiny_decoder import load_tiny
from pipelines.training.__main__ import main
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.tiny_decoder import TinyRecipe, TinyTraining, nearness
from tests.tiny import autoencoder, tiny_folder
from tests.training.discs import write_discs

RECIPE = TinyRecipe(
    pairs=96, batch_size=8, channels=(16, 12, 8), blocks=(1, 1, 1), precision="float32", ema=0.9
)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("models")
    autoencoder(made / "tiny-kl")
    tiny_folder(made)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("discs")
    write_discs(made, ["apple", "lemon"] * 6)
    return made


@pytest.fixture(scope="module")
def pictures(folder) -> Pictures:
    return load_pictures(folder, 128)


def training(root: Path, pictures: Pictures, recipe: TinyRecipe = RECIPE) -> TinyTraining:
    torch.manual_seed(0)
    return TinyTraining(pictures, recipe, root / "tiny-kl", root / "tiny")


def held(run: TinyTraining) -> float:
    return nearness(run.average, run._raw(run.held[0]), run.held[1])


def test_it_comes_nearer_on_pairs_it_never_saw(root, pictures, monkeypatch):
    monkeypatch.setattr("pipelines.training.tiny_decoder.HELD", 16)
    run = training(root, pictures)
    before = held(run)
    figures = [run.step(i / 120) for i in range(120)]
    assert held(run) > before + 0.8
    assert figures[-1]["l1"] < figures[0]["l1"]


def test_a_run_goes_on_where_it_stopped(root, pictures, monkeypatch):
    monkeypatch.setattr("pipelines.training.tiny_decoder.HELD", 4)
    first, second = training(root, pictures), training(root, pictures)
    assert torch.equal(first.pairs[0], second.pairs[0])
    for _ in range(3):
        first.step(0.1)
    second.restore(first.state())
    rng = torch.get_rng_state()
    after = first.step(0.2)
    torch.set_rng_state(rng)
    assert second.step(0.2) == after


def test_the_command_writes_what_the_models_read(root, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.training.tiny_decoder.HELD", 4)
    kl = shutil.copytree(root / "tiny-kl", tmp_path / "tiny-kl")
    told = ("--autoencoder", str(kl), "--painter", str(root / "tiny"), "--max-steps", "2")
    settings = ("pairs=8", "batch_size=2", "channels=8,6,4", "blocks=1,0,1")
    chosen = [part for setting in settings for part in ("--set", setting)]
    command = ["tiny-decoder", "--data", str(folder), "--out", str(kl), *told, *chosen]
    assert main(command) == 0
    made = load_tiny(kl)
    assert made is not None
    assert made.sizes.channels == (8, 6, 4)
    assert made(torch.zeros(1, 4, 4, 4)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("channels", [(8, 6), (8, 6, 4, 4)])
def test_sizes_of_other_pictures_are_refused(root, pictures, monkeypatch, channels):
    monkeypatch.setattr("pipelines.training.tiny_decoder.HELD", 4)
    recipe = TinyRecipe(pairs=4, channels=channels, blocks=(0,) * len(channels))
    with pytest.raises(ValueError, match="enlarge"):
        training(root, pictures, recipe)
