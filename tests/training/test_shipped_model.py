"""What stands beside pomona's weights was measured on, and painted with, these very weights."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file

from pipelines import catalog
from pipelines.catalog import BUNDLED
from pipelines.pipeline import Instrument
from pipelines.training import direction_gate as gate
from pipelines.training import directions
from pipelines.training.subject import Subject

FOLDER = BUNDLED / "pomona"
TOLD = json.loads((FOLDER / "directions.json").read_text(encoding="utf-8"))
NAMED = {one["name"]: one for one in TOLD["directions"] if one["kind"] == "attribute"}
CARD = (FOLDER / "card.md").read_text(encoding="utf-8")
LEAST = 0.4
"""Of the 0.5 deviations that 200 seeds must show, what 16 seeds show at least."""


@pytest.fixture(scope="module")
def pomona() -> Instrument:
    """The model as anyone loads it."""
    return catalog.load("pomona")


def probe_of(entry: dict[str, Any]) -> gate.Probe:
    """What the file says of a direction, as the gate reads it."""
    return gate.Probe(entry["name"], np.zeros(1, np.float32), entry["effect"], entry["monotone"])


def test_every_named_direction_passed_the_gate() -> None:
    """On 200 seeds that none was fitted or chosen on; what failed is listed apart."""
    count = TOLD["seeds"]["count"]
    held_out = range(TOLD["seeds"]["first"], TOLD["seeds"]["first"] + count)
    assert count >= 200
    for other in (directions.FIT_SEEDS, directions.CHECK_SEEDS, directions.SPREAD_SEEDS):
        assert set(held_out).isdisjoint(other)
    assert len(NAMED) == gate.WANTED
    assert [name for name, one in NAMED.items() if not gate.holds(probe_of(one))] == []
    assert NAMED.keys().isdisjoint(one["name"] for one in TOLD["not_shipped"])


def test_only_those_have_sliders_and_the_card_tells_them(pomona: Instrument) -> None:
    """A direction that failed is neither shown nor called shipped."""
    ids = {control.name: control.direction for control in pomona.controls if control.direction}
    assert ids == {one["name"]: one["id"] for one in TOLD["directions"]}
    row = re.compile(r"\| (\w+) \| ([+-][\d.]+) sd \| .* \| (\d+)% of seeds \| (yes|no) \|")
    rows = {name: rest for name, *rest in row.findall(CARD)}
    assert {name for name, rest in rows.items() if rest[-1] == "yes"} == NAMED.keys()
    for name, one in NAMED.items():
        assert float(rows[name][0]) == pytest.approx(one["effect"][name], abs=0.006)
        assert float(rows[name][1]) == pytest.approx(100 * one["monotone"], abs=0.6)


def test_the_vectors_do_what_was_measured() -> None:
    """A few seeds again, on pixels: each moves its own attribute most, and enough."""
    weights = (FOLDER / "weights.safetensors").read_bytes()
    assert TOLD["generator_sha256"] == hashlib.sha256(weights).hexdigest()
    vectors = load_file(FOLDER / "directions.safetensors")
    for one in TOLD["directions"]:
        data = vectors[one["name"]].astype("<f4").tobytes()
        assert one["id"] == hashlib.sha256(data).hexdigest(), one["name"]
    steps = {name: vectors[name] for name in NAMED}
    for found in gate.probe(Subject.of(FOLDER), steps, gate.SEEDS[:16], offsets=(0, 1)):
        assert found.own >= LEAST, found
        assert found.own > abs(found.effect[found.strongest_other]), found


def tile(sheet: NDArray[np.int16], index: int, columns: int) -> NDArray[np.int16]:
    """One picture of a contact sheet."""
    top, left = 128 * (index // columns), 128 * (index % columns)
    return sheet[top : top + 128, left : left + 128]


def test_the_sheets_are_of_these_weights(pomona: Instrument) -> None:
    """Seeds 0 to 63 uncurated, and a row for every species: the places asked are as painted."""
    species = pomona.pipeline.species  # type: ignore[attr-defined]
    asked: list[tuple[str, int, int, dict[str, Any]]] = [
        ("seeds", seed, 16, {"seed": seed}) for seed in (0, 21, 63)
    ]
    asked += [
        ("species", 8 * i + i % 8, 8, {"seed": i % 8, "species": species[i]}) for i in (0, 9)
    ]
    for name, index, columns, values in asked:
        with Image.open(FOLDER / f"{name}.webp") as file:
            assert file.size == (128 * columns, 128 * (4 if name == "seeds" else len(species)))
            sheet = np.asarray(file.convert("RGB")).astype(np.int16)
        painted = np.asarray(pomona.render(pomona.request(**values)).data).astype(np.int16)
        assert np.abs(tile(sheet, index, columns) - painted).mean() < 6, (name, index)
