"""Training of an upscaler on a few drawings: pairs, the command, what is learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.upscaling import compared, pair, ways_of
from pipelines.finishing.enlarging import read_upscaler
from pipelines.training.__main__ import main, with_settings
from pipelines.training.data import split_of
from pipelines.training.upscaling import (
    MARGIN,
    UpscalingRecipe,
    UpscalingTraining,
    halved,
    load_folders,
)

TINY = ("batch_size=4", "crop=12", "channels=6", "num_blocks=1", "precision=float32")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two folders of slanting stripes with smooth edges; of both splits, by their names."""
    made = tmp_path_factory.mktemp("upscaling")
    rows, columns = np.mgrid[:270, :228]
    for folder, width, count in (("fruit", 9, 12), ("wall", 6, 4)):
        (made / folder).mkdir()
        for i in range(count):
            stripe = np.sin((rows * np.cos(i) + columns * np.sin(i)) / width) > 0.2
            picture = np.where(stripe[..., None], (200, 60 + 10 * i, 40), (20, 30, 90))
            large = Image.fromarray(picture.astype(np.uint8))
            large.resize((76, 90), Image.Resampling.BOX).save(made / folder / f"image-{i}.png")
    return made


def made(data: Path, *more: str) -> UpscalingTraining:
    torch.manual_seed(0)
    return UpscalingTraining(data, with_settings(UpscalingRecipe(), [*TINY, *more]))


def run(data: Path, out: Path, *more: str) -> int:
    chosen = [part for setting in TINY for part in ("--set", setting)]
    command = ["upscaling", "--data", str(data), "--out", str(out)]
    return main([*command, "--minutes", "9", "--max-steps", "2", *more, *chosen])


def test_the_command_trains_resumes_and_its_network_enlarges(data, tmp_path):
    out = tmp_path / "loupe"
    assert run(data, out) == 0
    assert run(data, out, "--resume") == 0
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] == 4
    log = json.loads((out / "training_log.json").read_text())
    assert [entry["step"] for entry in log] == [2, 4]
    assert np.isfinite([value for entry in log for value in entry.values()]).all()
    assert json.loads((out / "config.json").read_text())["family"] == "upscaling"
    assert read_upscaler(out).sizes.channels == 6
    with Image.open(out / "sheet-0000004.png") as sheet:
        assert sheet.size == (8 * 24, 4 * 24)


def test_no_picture_of_another_split_is_trained_on(data):
    names = {split: set() for split in ("train", "test")}
    for split, found in names.items():
        for folder in load_folders(data, split, 32):
            assert all(split_of(name) == split for name in folder.names)
            found |= {(folder.name, name) for name in folder.names}
    assert names["train"]
    assert names["test"]
    assert not names["train"] & names["test"]
    with pytest.raises(ValueError, match="holds no picture"):
        load_folders(data, "train", 200)


def test_a_pair_is_the_same_part_small_and_large(data):
    training = made(data)
    small, large = training.draw(8)
    assert small.shape == (8, 3, 12, 12)
    assert large.shape == (8, 3, 24, 24)
    means = torch.nn.functional.avg_pool2d(large, 2)
    apart = (means - small).abs().mean()  # of two filters
    assert apart < 0.1
    assert (means.flip(3) - small).abs().mean() > 4 * apart


def test_making_small_looks_beyond_the_part():
    chance = np.random.Generator(np.random.Philox(0))
    whole = chance.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    side = 2 * (12 + 2 * MARGIN)
    part = halved(whole[:side, :side], Image.Resampling.LANCZOS)
    inside = halved(whole, Image.Resampling.LANCZOS)[MARGIN : MARGIN + 12, MARGIN : MARGIN + 12]
    assert np.array_equal(part[MARGIN:-MARGIN, MARGIN:-MARGIN], inside)


def test_it_learns_to_be_better_than_bicubic_on_what_it_has_not_seen(data, tmp_path):
    larger = ("channels=16", "num_blocks=2", "batch_size=8", "learning_rate=0.01", "ema=10")
    training = made(data, *larger)
    gains = [training.step(step / 120)["gain"] for step in range(120)]
    assert np.mean(gains[-20:]) > np.mean(gains[:20]) + 1
    training.export(tmp_path)
    (unseen, *_) = load_folders(data, "test", 32)
    found = compared(unseen, ways_of(tmp_path), 2, 4)
    assert found[f"{unseen.name}_2x_gain"]["value"] > 1
    assert found[f"{unseen.name}_2x_network"]["ssim"] > found[f"{unseen.name}_2x_bicubic"]["ssim"]


def test_what_is_measured_is_cut_to_whole_multiples():
    small, large = pair(np.zeros((91, 77, 3), np.uint8), 4)
    assert small.size == (19, 22)
    assert large.shape == (88, 76, 3)
