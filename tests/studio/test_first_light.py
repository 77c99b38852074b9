"""The first picture is the very work that the page opens with."""

from pathlib import Path

import numpy as np
from PIL import Image

from pipelines import catalog
from pipelines.pipeline import Instrument
from studio.describe import opening
from studio.first_light import FIRST, write


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_it_is_written_without_loss(tiny: Instrument, tmp_path: Path):
    path = write(tiny, tmp_path / "images" / "first.webp")
    assert np.array_equal(pixels(path), np.asarray(tiny.render(opening(tiny)).data))


def test_the_shipped_one_is_the_reference_of_the_opening_recipe():
    pomona = catalog.load("pomona")
    rendered = np.asarray(pomona.render(opening(pomona)).data).astype(int)
    # Another CPU may round the last bits otherwise; "same to the eye" is 2 of 255.
    difference = np.abs(pixels(FIRST).astype(int) - rendered).max()
    assert difference <= 2, "the weights changed: run `python -m studio.first_light`"
