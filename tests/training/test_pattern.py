"""Training of patterns on a few drawings: the transform, exports, what is measured."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines import catalog
from pipelines.networks.pattern import Lapped, PatternSizes
from pipelines.networks.pattern_files import load_pattern, save_pattern
from pipelines.training import pattern_directions
from pipelines.training.__main__ import main, with_settings
from pipelines.training.pattern import PatternRecipe, PatternTraining, turn
from pipelines.training.swatches import FOOT, load_swatches

TINY = ("batch_size=4", "crop=32", "latent_channels=8", "compared=8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three woven patterns; a fourth, by its name, is of the test split."""
    made = tmp_path_factory.mktemp("swatches")
    rows, columns = np.mgrid[:160, :130]
    for i, name in enumerate(("stripes.png", "silk.png", "checks.png", "image-1.png")):
        wave = np.sin(rows / (3 + i)) * np.cos(columns / (2 + i)) > 0.1 * i
        picture = np.where(wave[..., None], (200, 60 + 40 * i, 40), (20, 30, 60 + 30 * i))
        Image.fromarray(picture.astype(np.uint8)).save(made / name)
    return made


def made(folder: Path) -> PatternTraining:
    torch.manual_seed(0)
    return PatternTraining(folder, with_settings(PatternRecipe(), list(TINY)))


def run(folder: Path, out: Path, *more: str) -> int:
    chosen = [part for setting in TINY for part in ("--set", setting)]
    command = ["pattern", "--data", str(folder), "--out", str(out)]
    return main([*command, "--minutes", "9", "--max-steps", "2", *more, *chosen])


def test_the_command_trains_resumes_and_its_model_plays(folder, tmp_path):
    assert run(folder, tmp_path) == 0
    assert run(folder, tmp_path, "--resume") == 0
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 4
    log = json.loads((tmp_path / "training_log.json").read_text())
    assert [entry["step"] for entry in log] == [2, 4]
    assert np.isfinite([value for entry in log for value in entry.values()]).all()
    told = json.loads((tmp_path / "config.json").read_text())
    assert told["designs"] == ["checks", "silk", "stripes"]
    instrument = catalog.load(tmp_path)
    one, other = (instrument.render(instrument.request(seed=s)).fingerprint for s in (1, 2))
    assert one != other


def test_gradients_reach_every_parameter_and_the_error_falls(folder):
    model = made(folder)
    first = model.step(0.0)["psnr"]
    for parameter in model.lapped.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0
    for _ in range(60):
        last = model.step(0.0)["psnr"]
    assert last > first + 3


def test_a_resumed_run_goes_on_where_it_was(folder):
    one, other = made(folder), made(folder)
    one.step(0.9)
    other.restore(copy.deepcopy(one.state()))
    for model in (one, other):
        torch.manual_seed(3)
        model.step(0.5)
    assert torch.equal(one.lapped.analysis, other.lapped.analysis)


def test_turning_to_principal_axes_changes_no_picture(folder):
    model = made(folder)
    for _ in range(30):
        model.step(0.0)
    pictures, lapped = model.draw(16), model.lapped
    with torch.no_grad():
        before = lapped(lapped.read(pictures), wrap=False)
        turn(lapped, pictures)
        after = lapped(lapped.read(pictures), wrap=False)
        flat = lapped.read(pictures).transpose(0, 1).flatten(1)
    assert torch.allclose(before, after, atol=1e-3)
    assert flat.mean(dim=1).abs().max() < 1e-3
    cover = torch.cov(flat)
    assert (cover - torch.diag(cover.diag())).abs().max() < 1e-2 * cover.max()
    assert (cover.diag().diff() <= 1e-6).all(), "the greatest first"


def test_designs_come_back_as_they_were_written(tmp_path):
    sizes = PatternSizes(latent_channels=4, field_channels=4)
    torch.manual_seed(0)
    design = torch.randn(4, 8, 12)
    save_pattern(tmp_path / "one", sizes, Lapped(sizes), [("Ödland", design)])
    found, _, designs = load_pattern(tmp_path / "one")
    assert found == sizes
    assert list(designs) == ["Ödland"]
    assert (designs["Ödland"] - design).abs().max() <= 1 / 64
    with pytest.raises(ValueError, match="designs=28 are not 1 to 27"):
        save_pattern(tmp_path / "many", sizes, Lapped(sizes), [("x", design)] * 28)


def test_frames_and_feet_are_left_out(tmp_path):
    picture = np.full((200, 100, 3), 90, np.uint8)
    picture[:, :9] = picture[:, -9:] = picture[:14] = picture[-14:] = 255
    for name in ("morris_1875-Tulip.png", "image-1.png"):
        Image.fromarray(picture).save(tmp_path / name)
    (swatch,) = load_swatches(tmp_path)
    assert swatch.name == "morris_1875-Tulip.png"
    assert np.asarray(swatch.image).max() == 90
    top, foot = swatch.part(foot=False), swatch.part(foot=True)
    assert top.height + foot.height == swatch.image.height
    assert foot.height == pytest.approx(FOOT * swatch.image.height, abs=1)
    assert swatch.scaled(0.5).shape[:2] == (round(top.height / 2), round(top.width / 2))


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no picture"):
        load_swatches(tmp_path)


def test_what_sliders_do_is_measured_and_written(folder, tmp_path):
    assert run(folder, tmp_path, "--max-steps", "90") == 0
    pattern_directions.main([str(tmp_path), "--seeds", "4"])
    told = json.loads((tmp_path / "directions.json").read_text())
    names = [one["name"] for one in told["directions"]]
    assert names[-1] == "hue"
    assert "lightness" in names
    assert {*names, *(one["name"] for one in told["not_shipped"])} == {
        "lightness", "contrast", "saturation", "warmth", "hue",
    }  # fmt: skip
    for one in catalog.load(tmp_path).latent_space.directions:
        assert np.count_nonzero(one.vector) == 1
