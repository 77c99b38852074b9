"""The measurement of sketch to picture, on a tiny network that knows nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import sketch
from benchmarks.hand_sketches import COLOURS, DRAWINGS, draw
from pipelines.networks.pix2pix import Painter, PainterSizes, PaintingEncoder
from pipelines.networks.pix2pix_files import save_painter


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    sizes = PainterSizes(z_dim=4, style_dim=4, channels=(4, 4), num_groups=2)
    save_painter(Painter(sizes), tmp_path / "model", {}, PaintingEncoder(3, 4, 4))
    source = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for i in range(24):
        pixels = np.full((128, 128, 3), 240, dtype=np.uint8)
        top, left = source.integers(10, 70, 2)
        pixels[top : top + 40, left : left + 40] = source.integers(0, 200, 3)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{i}.png")
    return tmp_path


def test_figures_and_the_sheet(folder, capsys):
    command = ["--model", str(folder / "model"), "--data", str(folder / "pictures")]
    sheet = folder / "sheet.png"
    assert sketch.main([*command, "--count", "8", "--sheet", str(sheet), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["plain_prior_l1"]["value"] > 10  # it knows nothing
    assert figures["hint_kept"]["value"] > 10
    assert figures["plain_variety"]["value"] > 0
    assert set(figures["hinted_read_swd"]) >= {"128", "64", "32", "16", "value"}
    with Image.open(sheet) as made:
        assert made.size == ((5 + 2 * len(COLOURS)) * 128, len(DRAWINGS) * 128)


@pytest.mark.parametrize("name", DRAWINGS)
def test_hand_made_sketches_are_sketches(name):
    plain, red = draw(name), draw(name, COLOURS["red"])
    assert plain.shape == (5, 128, 128)
    assert 0.005 < (plain[0] > 0.5).mean() < 0.2
    assert np.abs(plain[1:]).max() == 0
    assert np.array_equal(plain[0], red[0])
    assert 0 < red[4].mean() < 0.05
    assert np.abs(red[1:4, red[4] == 0]).max() == 0
    assert red[1, red[4] == 1] == pytest.approx(178 / 127.5 - 1)


def test_edges_are_followed_where_the_painting_has_them():
    drawing = draw("ellipse")
    filled = np.full((128, 128, 3), 240, dtype=np.uint8)
    rows, columns = np.indices((128, 128))
    filled[((columns - 64) / 30) ** 2 + ((rows - 66) / 36) ** 2 < 1] = (160, 40, 40)
    sketches = torch.from_numpy(drawing)[None]
    inside = sketch._followed(sketches, filled[None])
    assert 0.85 < inside < 1  # all but the stem
    assert sketch._followed(sketches, np.roll(filled, 14, axis=1)[None]) < 0.5
    assert sketch._followed(sketches, np.full_like(filled, 240)[None]) == 0
