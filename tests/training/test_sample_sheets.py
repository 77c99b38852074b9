"""The sheets of a card show what they say."""

import shutil

import numpy as np
import pytest
from PIL import Image

from pipelines.training.data import Pictures
from pipelines.training.sample_sheets import main, nearest_pairs
from tests.training.test_features import fruit


def test_every_sheet_is_written(tiny_root, tiny, tmp_path):
    shutil.copytree(tiny_root, tmp_path / "models")
    model = tmp_path / "models" / tiny.card.id
    for name in ("red", "blue"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for seed in range(20):
            Image.fromarray(fruit(seed)).save(tmp_path / "data" / name / f"{seed}.png")
    main([str(model), "--data", str(tmp_path / "data")])
    sizes = {"seeds": (16, 4), "species": (8, len(tiny.pipeline.species)), "nearest": (8, 2)}
    for name, (columns, rows) in sizes.items():
        with Image.open(model / f"{name}.webp") as sheet:
            assert sheet.size == (columns * 128, rows * 128)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_copy_is_found_first_beside_its_original(mirrored):
    sheets = np.stack([fruit(seed) for seed in range(12)])
    names = tuple(f"{i}.png" for i in range(12))
    train = Pictures(names, sheets, np.zeros(12, dtype=np.int64), ("fruit",))
    copy = sheets[5][:, ::-1] if mirrored else sheets[5]
    samples = np.stack([fruit(100), copy, fruit(101)])
    ours, theirs = nearest_pairs(samples, train, 2)
    assert (ours[0] == copy).all()
    assert (theirs[0] == copy).all()
