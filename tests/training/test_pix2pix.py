"""Training of sketch to watercolour on a dozen painted discs: steps, exports, resumes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from pipelines.networks.pix2pix_files import load_painter
from pipelines.training import losses
from pipelines.training.__main__ import main, with_settings
from pipelines.training.data import Pictures, load_pictures
from pipelines.training.pix2pix import Pix2PixRecipe, Pix2PixTraining

TINY = ("batch_size=4", "channels=8,8,16", "judge_width=4", "encoder_width=4", "z_dim=4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("discs")
    source = np.random.default_rng(0)
    for i in range(12):
        sheet = Image.new("RGB", (64, 64), (244, 236, 216))
        left, top, size = (int(v) for v in source.integers((4, 4, 18), (24, 24, 34)))
        colour = tuple(int(v) for v in source.integers(0, 160, 3))
        ImageDraw.Draw(sheet).ellipse((left, top, left + size, top + size), fill=colour)
        sheet.save(made / f"{i}.png")
    return made


@pytest.fixture(scope="module")
def pictures(folder) -> Pictures:
    return load_pictures(folder, 64)


def made(pictures: Pictures, *settings: str) -> Pix2PixTraining:
    torch.manual_seed(0)
    return Pix2PixTraining(pictures, with_settings(Pix2PixRecipe(), [*TINY, *settings]))


def run(folder: Path, out: Path, *more: str, settings: tuple[str, ...] = ()) -> int:
    chosen = [part for setting in (*TINY, *settings) for part in ("--set", setting)]
    command = ["pix2pix", "--data", str(folder), "--out", str(out), "--size", "64"]
    return main([*command, "--minutes", "9", "--max-steps", "3", *more, *chosen])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("phase", ["adversary_from=1", "adversary_from=0"])
def test_the_command_trains_and_resumes(folder, tmp_path, precision, phase):
    settings = (phase, f"precision={precision}", "judge_every=1", "penalty_every=2")
    assert run(folder, tmp_path, settings=settings) == 0
    first = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert run(folder, tmp_path, "--resume", settings=settings) == 0
    second = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (first["step"], second["step"]) == (3, 6)
    log = json.loads((tmp_path / "training_log.json").read_text())
    assert len(log) == 2
    assert ({"duel", "judge", "r1", "recovery"} <= set(log[0])) == phase.endswith("0")
    painted = load_painter(tmp_path)(torch.zeros(1, 5, 64, 64), torch.zeros(1, 4))
    assert painted.shape == (1, 3, 64, 64)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["family"] == "pix2pix"
    assert config["sketch"] == ["line", "red", "green", "blue", "hint"]
    with Image.open(tmp_path / "sheet-0000006.png") as sheet:
        assert sheet.width == 12 * 64


def test_steps_lower_the_distance_on_one_batch(pictures):
    training = made(pictures, "adversary_from=1", "learning_rate=0.02")
    batch = training.batch(judged=False)
    training.batch = lambda **_: batch

    def distance() -> float:
        painted, _, _ = training._paint(*batch)
        bands = [losses.laplacian_pyramid(x, 5) for x in (painted, batch[1])]
        return losses.pyramid_l1(*bands).item()

    before = distance()
    for _ in range(20):
        training.step(0.1)
    assert distance() < 0.7 * before


def test_a_share_of_the_batch_is_painted_freely_once_judged(pictures):
    training = made(pictures, "free_every=2")
    assert training.batch(judged=False)[2].sum() == 0
    sketch, real, free = training.batch(judged=True)
    assert free[:, 0].tolist() == [0, 1, 0, 1]
    first, second = (training._paint(sketch, real, free)[1] for _ in range(2))
    assert (first[1] - second[1]).abs().max() > 0.1
    _, figures = training._loss(sketch, real, free)
    for changed, same in ((1, True), (0, False)):  # L1 asks nothing of what is painted freely
        other = real.clone()
        other[changed] = -other[changed]
        torch.manual_seed(3)
        one = training._likeness(sketch, real, free)[2]["l1"]
        torch.manual_seed(3)
        assert (training._likeness(sketch, other, free)[2]["l1"] == pytest.approx(one)) == same
    assert figures["l1"] > 0


def test_recovery_moves_the_painter_and_not_the_encoder(pictures):
    training = made(pictures, "adversary_weight=0", "recovery_weight=1", "free_every=1")
    batch = training.batch(judged=True)
    slopes = []
    for weight in ("recovery_weight=0", "recovery_weight=1"):
        training.recipe = with_settings(training.recipe, [weight])
        torch.manual_seed(1)
        loss, _ = training._judged_loss(*batch)
        parts = [list(training.encoder.parameters()), list(training.painter.parameters())]
        slopes.append([torch.autograd.grad(loss, p, retain_graph=True) for p in parts])
    for part, same in ((0, True), (1, False)):
        pairs = zip(slopes[0][part], slopes[1][part], strict=True)
        assert all(torch.allclose(a, b) for a, b in pairs) == same


def test_plain_pix2pix_has_no_z(pictures, tmp_path):
    training = made(pictures, "z_dim=0", "judge_every=1")
    figures = training.step(0.9)
    assert figures["kl"] == 0
    assert "recovery" not in figures
    training.export(tmp_path)
    assert load_painter(tmp_path).mapping is None


def test_a_resumed_run_equals_an_unbroken_one(pictures, tmp_path):
    whole = made(pictures, "judge_every=1")
    whole.step(0.5)
    torch.save(whole.state(), tmp_path / "state.pt")
    rng = torch.get_rng_state()
    whole.step(0.6)
    resumed = made(pictures, "judge_every=1")
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    torch.set_rng_state(rng)
    resumed.step(0.6)
    for name in ("painter", "average", "encoder", "judge"):
        one, other = (getattr(run, name).state_dict() for run in (whole, resumed))
        for key, value in one.items():
            torch.testing.assert_close(value, other[key], msg=f"{name}.{key}")


def test_the_export_paints_as_the_average_does(pictures, tmp_path):
    training = made(pictures)
    training.step(0.5)
    training.export(tmp_path)
    sketches, _, _ = training.batch(judged=False)
    z = torch.randn(len(sketches), 4, generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        found = load_painter(tmp_path)(sketches, z)
    torch.testing.assert_close(found, training.paint(sketches, 7), atol=5e-3, rtol=0)
    assert not torch.equal(training.paint(sketches, 7), training.paint(sketches, 8))
