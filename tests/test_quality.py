"""The figures of picture quality tell a bad model from real pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import quality
from pipelines.training import features
from pipelines.training.reference import QUICK_COUNT, Reference
from tests.tiny import tiny_folder


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
