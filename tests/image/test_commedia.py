"""The bundled characters: sliders, dimensions and unseen drawings, on the weights that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines import catalog
from pipelines.catalog import BUNDLED
from pipelines.controls import Slider
from pipelines.inverting import Search, inverter_of
from pipelines.networks.vae_files import load_decoder
from pipelines.run import never
from pipelines.training.dimensions import effects
from pipelines.training.label_directions import probe
from pipelines.training.labels import load_reader
from pipelines.training.repainting import latents

FOLDER = BUNDLED / "commedia"
DRAWINGS = sorted((Path(__file__).parents[1] / "data" / "characters").glob("*.png"))


@pytest.fixture(scope="module")
def commedia():
    return catalog.load("commedia")


def test_a_bundled_slider_moves_its_own_label_on_fresh_seeds(commedia):
    model, reader = commedia.pipeline, load_reader(FOLDER)
    named = {d.name: d.vector for d in model.latent_space.directions if d.kind == "attribute"}
    assert len(named) >= 4
    for one in probe(model, reader, named, latents(model, 7_000_000, 24), offsets=(0, 1)):
        assert one.own > 0.2, one.name
        assert one.own > abs(one.effect[one.strongest_other]), one.name


def test_only_directions_that_hold_are_shown(commedia):
    told = json.loads((FOLDER / "directions.json").read_text())
    shown = {c.name for c in commedia.controls if isinstance(c, Slider) and c.direction}
    assert shown == {one["name"] for one in told["directions"]}
    assert shown.isdisjoint(one["name"] for one in told["not_shipped"])


def test_bundled_dimensions_are_ordered_by_effect():
    told = json.loads((FOLDER / "directions.json").read_text())["directions"]
    changes = [one["change"] for one in told if one["kind"] == "dimension"]
    assert len(changes) == 10
    assert changes == sorted(changes, reverse=True)
    measured = np.sort(effects(load_decoder(FOLDER), draws=4))[::-1][:10]
    assert np.abs(measured - changes).max() < 0.5 * changes[0]


def test_an_unseen_drawing_comes_back_recognisably(commedia):
    """Nearer to the drawing it was made of than to any of the others."""
    given = []
    for path in DRAWINGS[:10]:
        with Image.open(path) as drawing:
            given.append(drawing.convert("RGB"))
    shown = np.stack([np.asarray(one) for one in given]).astype(float)
    right = 0
    for i, drawing in enumerate(given):
        *_, found = inverter_of(commedia).encode(drawing, Search(steps=0), never)
        again = np.asarray(commedia.render(found.request).data).astype(float)
        right += int(np.abs(shown - again).mean(axis=(1, 2, 3)).argmin()) == i
    assert right >= 9


def test_the_bundled_model_is_small():
    sizes = sum(file.stat().st_size for file in FOLDER.iterdir())
    assert sizes < 11 * 2**20
