"""The figures of picture quality tell a bad model from real pictures."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import quality
from pipelines.training import features
from pipelines.training.data import Pictures, split_of
from pipelines.training.reference import QUICK_COUNT, Reference, crops
from tests.tiny import tiny_folder
from tests.training.test_features import fruit, some_names

MAX_QUICK_RATIO = 1.6


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights beside the shipped reference."""
    folder = tiny_folder(tmp_path_factory.mktemp("models"))
    shutil.copy(quality.MODEL / "reference.npz", folder / "reference.npz")
    return folder


def test_random_weights_miss_the_aims(untrained: Path) -> None:
    """Noise is far from watercolours, and every figure has its parts."""
    figures = quality.run(quick=True, folder=untrained)
    assert {"swd_ratio", "diversity", "copies", "species_read_by_judge"} <= set(figures)
    for one in figures.values():
        assert set(one) == {"value", "unit", "aim", "met"}
        assert np.isfinite(one["value"])
    assert figures["swd_ratio"]["met"] is False
    assert figures["diversity"]["met"] is False
    assert "| swd_ratio |" in quality._table(figures)


def test_the_shipped_model_reaches_its_aims() -> None:
    """The short run of the bundled model; how far it is from the full aims is in its card."""
    figures = quality.run(quick=True)
    # Chance among 128 pictures is most of either distance, so a ratio of 1.25 is near 2 of 700.
    assert figures["swd_ratio"]["value"] <= MAX_QUICK_RATIO
    assert figures["diversity"]["met"] is True
    assert figures["copies"]["met"] is True
    assert figures["species_read_by_judge"]["value"] >= 0.6


def test_the_card_tells_the_full_figures() -> None:
    """All of them; beyond three times the distance of real pictures a model is not yet done."""
    card = (quality.MODEL / "card.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (\w+) \| (-?\d+\.\d+) \|", card, flags=re.MULTILINE))
    assert float(told["swd_ratio"]) <= 3
    assert float(told["diversity"]) >= quality.MIN_DIVERSITY
    for name in ("copies", "copies_features", "copies_pixels"):
        assert float(told[name]) >= quality.MIN_COPIES


def test_copies_are_told(untrained: Path) -> None:
    """Samples that are training pictures, cropped and mirrored or not, miss the aim for copies."""
    network = features.load()
    sheets = np.stack([fruit(seed) for seed in range(60)])
    reference = Reference.load(quality.MODEL / "reference.npz")
    own = replace(reference, library=features.embed(network, sheets[:, :, ::-1]).vectors)
    drawn = quality.Samples(sheets, np.zeros(len(sheets), dtype=np.int64))
    found = quality.variety(drawn, network, own, len(sheets))["copies"]
    assert found["value"] < 0.01
    assert found["met"] is False

    names = some_names(train=40, test=20)
    order = [*(i for i, n in enumerate(names) if split_of(n) == "train")]
    pictures = Pictures(names, sheets, np.zeros(len(names), dtype=np.int64), ("fruit",))
    cropped = crops(sheets[order])[-1]
    fresh = np.stack([fruit(seed) for seed in range(100, 140)])
    for pixels, copied in ((cropped, True), (fresh, False)):
        figures = quality._against(pictures, pixels, network, untrained)
        for name in ("copies_features", "copies_pixels"):
            assert (figures[name]["value"] < 0.01) is copied
            assert figures[name]["met"] is not copied


def test_shipped_reference_is_of_the_shipped_network() -> None:
    """The reference was measured with the feature network that is here."""
    reference = Reference.load(quality.MODEL / "reference.npz")
    config = (features.FOLDER / "config.json").read_text(encoding="utf-8")
    assert reference.features_sha256 in config
    assert reference.real[QUICK_COUNT]["mean"] > 0
    assert reference.figures["copies"] > 0
    assert (quality.MODEL / "reference.npz").stat().st_size < 2_000_000


def test_tiny_colours_measure_a_mean_distance() -> None:
    """Two plain sheets lie as far apart as their colours."""
    one = np.full((1, 128, 128, 3), 255, np.uint8)
    other = np.zeros_like(one)
    apart = np.linalg.norm(quality._tiny_lab(one) - quality._tiny_lab(other))
    assert apart == pytest.approx(100, abs=0.5)
