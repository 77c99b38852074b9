"""Training of a deep convolutional GAN on a few discs: steps, norms, exports, resumes."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from pipelines import catalog
from pipelines.networks.dcgan import DCGANSizes, Generator, load_generator
from pipelines.training.__main__ import main, with_settings
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.dcgan import DCGANRecipe, DCGANTraining, measure_norms
from pipelines.training.geometry import strongest
from pipelines.training.subject import Subject
from tests.training.discs import write_discs

TINY = ("batch_size=8", "width=4", "z_dim=6")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("discs")
    write_discs(made, ["red", "yellow"] * 6)
    return made


@pytest.fixture(scope="module")
def pictures(folder) -> Pictures:
    return load_pictures(folder, 32)


def made(pictures: Pictures, *settings: str) -> DCGANTraining:
    torch.manual_seed(0)
    return DCGANTraining(pictures, with_settings(DCGANRecipe(), [*TINY, *settings]))


def weights(network: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for value in network.parameters()]


def moved(network: nn.Module, before: list[torch.Tensor]) -> bool:
    return any(not torch.equal(a, b) for a, b in zip(network.parameters(), before, strict=True))


@pytest.mark.parametrize("settings", [(), ("precision=bfloat16", "augment=0.8")])
def test_the_command_trains_resumes_and_its_model_plays(folder, tmp_path, settings):
    chosen = [part for setting in (*TINY, *settings) for part in ("--set", setting)]
    command = ["dcgan", "--data", str(folder), "--out", str(tmp_path), "--max-steps", "3"]
    assert main([*command, *chosen]) == 0
    assert main([*command, "--resume", *chosen]) == 0
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 6
    log = json.loads((tmp_path / "training_log.json").read_text())
    assert {"judge", "duel", "on_real", "on_fake"} <= set(log[0])
    with Image.open(tmp_path / "sheet-0000006.png") as sheet:
        assert sheet.size == (16 * 64, 5 * 64)
    instrument = catalog.load(tmp_path)
    picture = instrument.render(instrument.request(seed=1)).data
    assert picture.size == (64, 64), "the paper's side, unless another is asked for"


def test_the_defaults_are_the_papers():
    recipe = DCGANRecipe()
    assert (recipe.batch_size, recipe.learning_rate, recipe.beta1) == (128, 2e-4, 0.5)
    assert (recipe.z_dim, recipe.augment) == (100, 0.0)
    assert DCGANSizes().resolution == 64


def test_each_side_takes_its_own_step(pictures, monkeypatch):
    training = made(pictures)
    before = {name: weights(getattr(training, name)) for name in ("generator", "judge")}
    monkeypatch.setattr(training.painter, "step", lambda: None)
    training.step(0.0)
    assert not moved(training.generator, before["generator"])
    assert moved(training.judge, before["judge"])
    monkeypatch.undo()
    between = weights(training.judge)
    monkeypatch.setattr(training.opponent, "step", lambda: None)
    training.step(0.0)
    assert moved(training.generator, before["generator"])
    assert not moved(training.judge, between)


def test_the_discriminator_learns_to_tell(pictures, monkeypatch):
    training = made(pictures, "learning_rate=0.002")
    monkeypatch.setattr(training.painter, "step", lambda: None)
    first, *_, last = [training.step(0.0) for _ in range(25)]
    assert last["judge"] < 0.5 * first["judge"]
    assert last["on_real"] - last["on_fake"] > 0.5


def test_the_generator_learns_to_deceive(pictures, monkeypatch):
    training = made(pictures, "learning_rate=0.002")
    for _ in range(10):
        training.step(0.0)
    monkeypatch.setattr(training.opponent, "step", lambda: None)
    first, *_, last = [training.step(0.0) for _ in range(25)]
    assert last["duel"] < 0.7 * first["duel"]


def test_norms_are_measured_on_what_the_average_paints():
    torch.manual_seed(0)
    generator = Generator(DCGANSizes(z_dim=6, resolution=32, width=4))
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    z = torch.randn(512, 6)
    with torch.inference_mode():
        wanted = copy.deepcopy(generator).train()(z)
        as_it_was, measured = copy.deepcopy(generator).eval()(z), measure_norms(generator)(z)
    apart, before = ((x - wanted).abs().mean().item() for x in (measured, as_it_was))
    assert apart < 0.1 * before
    again = measure_norms(generator).state_dict()
    assert all(torch.equal(v, again[k]) for k, v in measure_norms(generator).state_dict().items())


def test_an_export_paints_what_the_sheet_shows(pictures, tmp_path):
    training = made(pictures)
    training.step(0.0)
    training.export(tmp_path)
    z = torch.randn(4, 6)
    with torch.inference_mode():
        assert torch.allclose(
            load_generator(tmp_path)(z), measure_norms(training.average)(z), atol=2e-2
        )


def test_the_directions_that_are_seen_most_come_first(pictures, tmp_path):
    """Two planted ones, turned into the others; the rest of z hardly changes the picture."""
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(0)))[0]
    strength = torch.tensor([0.1, 0.05, 0.01, 0.01, 0.01, 0.01])

    def paint(z: torch.Tensor) -> torch.Tensor:
        return (0.5 + (z[:, 0] @ turn) * strength)[:, None, :, None].expand(-1, 4, -1, 3)

    found = strongest(Subject(lambda _: turn.numpy(), paint, noise=6), 6, 3)
    assert list(found) == ["pca_1", "pca_2", "pca_3"]
    for i, step in enumerate(list(found.values())[:2]):
        assert step.shape == (1, 6)
        assert abs(float(step[0] @ turn[:, i].numpy())) == pytest.approx(1, abs=1e-3)
        assert step.max() == abs(step).max()
    training = made(pictures)
    training.export(tmp_path)
    assert Subject.of(tmp_path).noise == 6, "what is exported is known to be plain noise"


def test_a_resumed_run_equals_an_unbroken_one(pictures, tmp_path):
    whole = made(pictures)
    whole.step(0.5)
    torch.save(whole.state(), tmp_path / "state.pt")
    rng = torch.get_rng_state()
    whole.step(0.6)
    resumed = made(pictures)
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    torch.set_rng_state(rng)
    resumed.step(0.6)
    for name in ("generator", "judge", "average"):
        assert not moved(getattr(resumed, name), weights(getattr(whole, name)))
