"""Models are loaded when asked for, and let go of when not played for long."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.errors import WeightsError
from studio.shelf import MODELS, Shelf

NAMES = [f"tiny-{letter}" for letter in "abcdefg"[: MODELS + 2]]


@pytest.fixture
def shelf(tiny_root: Path, tmp_path: Path) -> Shelf:
    for folder in tiny_root.iterdir():
        if folder.name != "tiny":
            shutil.copytree(folder, tmp_path / folder.name)
    for name in NAMES:
        shutil.copytree(tiny_root / "tiny", tmp_path / name)
        card = tmp_path / name / "card.md"
        card.write_text(card.read_text().replace("id: tiny", f"id: {name}"))
        config = tmp_path / name / "config.json"
        config.write_text(config.read_text().replace('"tiny"', f'"{name}"'))
    return Shelf(Catalog((tmp_path,)), Engines(device="cpu"))


def test_what_was_not_played_for_long_is_let_go_of(shelf: Shelf):
    first = weakref.ref(shelf.instrument(NAMES[0]))
    assert shelf.instrument(NAMES[0]) is first()
    for name in NAMES[1:]:
        shelf.instrument(name)
    assert [shelf.loaded(name) for name in NAMES] == [False] * 2 + [True] * MODELS
    gc.collect()
    assert first() is None
    assert shelf.instrument(NAMES[0]).card.id == NAMES[0]


def test_what_is_played_stays(shelf: Shelf):
    held = shelf.instrument(NAMES[0])
    for name in NAMES[1:]:
        shelf.instrument(name)
        assert shelf.instrument(NAMES[0]) is held


def test_what_is_only_looked_at_pushes_nothing_out(shelf: Shelf, monkeypatch):
    held = shelf.instrument(NAMES[0])
    told = [shelf.look(name).pipeline.weights.base for name in NAMES]
    assert [shelf.loaded(name) for name in NAMES] == [True] + [False] * (len(NAMES) - 1)
    assert shelf.look(NAMES[0]) is shelf.instrument(NAMES[0]) is held
    monkeypatch.setattr(shelf, "catalog", None)  # nothing is loaded to say it again
    assert [shelf.weights(name) for name in NAMES] == told


def test_its_compiled_networks_go_with_it(shelf: Shelf):
    played = shelf.instrument(NAMES[0])
    weights = played.pipeline.weights.base
    before = played.render(played.request(seed=3)).fingerprint
    assert any(key[0] == weights for key in shelf.engines._compiled)
    for name in NAMES[1:]:
        shelf.instrument(name)
    assert not any(key[0] == weights for key in shelf.engines._compiled)
    assert played.render(played.request(seed=3)).fingerprint == before


def test_a_model_that_is_not_here_is_refused(shelf: Shelf, tiny_root: Path):
    elsewhere = str(
        tiny_root / "tiny"
    )  # a recipe may name anything: no folder is read by its path
    for name in ("pomona of the moon", elsewhere, f"../{tiny_root.name}/tiny"):
        with pytest.raises(WeightsError, match="not a model that is here"):
            shelf.instrument(name)
