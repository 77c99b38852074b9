"""Character drawings: plans, labels, and drawings where Node is installed."""

from __future__ import annotations

import csv
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.training.characters import __main__ as characters
from pipelines.training.characters.plan import ATTRIBUTES, HEADWEAR, TINTED, lightness_of, plan
from pipelines.training.data import split_of
from pipelines.training.labels import read_labels

DRAWINGS = Path(__file__).parents[1] / "data" / "characters"
TOOLS = Path(__file__).parents[2] / "build" / "characters"


def test_a_longer_plan_begins_with_a_shorter_one():
    assert [one.file for one in plan(5)] == [one.file for one in plan(9)][:5]
    assert plan(5)[4].options == plan(9)[4].options
    assert plan(3, seed=1)[0].options != plan(3)[0].options
    with pytest.raises(ValueError, match="negative"):
        plan(-1)


def test_labels_say_what_the_options_say():
    for one in plan(400):
        assert list(one.labels) == list(ATTRIBUTES)
        head = one.options["head"][0]
        assert one.labels["headwear"] == (head in HEADWEAR)
        assert one.labels["glasses"] == (one.options["accessoriesProbability"] > 0)
        assert (one.labels["beard"] > 0) == (one.options["facialHairProbability"] > 0)
        assert math.isnan(one.labels["hair_length"]) == (head in HEADWEAR)
        lightness = one.labels["hair_lightness"]
        if head in TINTED:
            assert lightness == lightness_of(one.options["headContrastColor"][0])
        else:
            assert lightness == 0 or math.isnan(lightness)


def test_every_label_varies_and_none_tells_another():
    table = np.array([list(one.labels.values()) for one in plan(1500)])
    assert (np.nanstd(table, axis=0) > 0.1).all()
    known = np.where(np.isnan(table), np.nanmean(table, axis=0), table)
    related = np.corrcoef(known.T) - np.eye(len(ATTRIBUTES))
    assert np.abs(related).max() < 0.75  # an open mouth often smiles or cries


def test_the_fixture_is_of_the_test_split_and_as_planned():
    files = sorted(file.name for file in DRAWINGS.glob("*.png"))
    assert 0 < len(files) <= 32
    assert {split_of(name) for name in files} == {"test"}
    labels, values = read_labels(DRAWINGS, tuple(files))
    planned = {one.file: one.labels for one in plan(1000)}
    wanted = [[planned[name][label] for label in labels] for name in files]
    assert values == pytest.approx(np.array(wanted), abs=1e-3, nan_ok=True)
    assert "CC0 1.0" in (DRAWINGS / "LICENCE.txt").read_text("utf-8")


def test_without_node_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert characters.main(["--out", str(tmp_path / "out"), "--count", "2"]) == 2
    assert "install Node" in capsys.readouterr().err
    with (tmp_path / "out" / "labels.csv").open(newline="") as lines:
        assert len(list(csv.reader(lines))) == 3


def test_drawings_are_drawn_again_to_the_pixel(tmp_path):
    """By the renderer that tests/system.sh installs beside the packages of Python."""
    there = (TOOLS / "node_modules/@resvg/resvg-js").is_dir() and shutil.which("node")
    if not there and not os.environ.get("CI"):
        pytest.skip("the renderer is not installed: Node and npm are needed (make test)")
    file = min(DRAWINGS.glob("*.png"))
    (one,) = (one for one in plan(1000) if one.file == file.name)
    characters.draw([one], tmp_path, TOOLS, 128)
    with Image.open(file) as kept, Image.open(tmp_path / one.file) as drawn:
        apart = np.abs(np.asarray(kept.convert("RGB"), int) - np.asarray(drawn.convert("RGB")))
    assert apart.max() <= 2
