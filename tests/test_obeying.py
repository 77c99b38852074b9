"""The gate of conditioning tells a model that paints what was asked for from one that does not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import obeying
from benchmarks.obeying import COMMONEST, judged, painted, wish
from pipelines.training import features
from pipelines.training.data import Pictures

NAMES = features.classes()
KINDS = len(COMMONEST)


@pytest.fixture
def judge(monkeypatch):
    """Reads a species from the brightness of a picture: class 3 is painted as 30."""

    def embed(_network, pixels):
        scores = np.eye(len(NAMES), dtype=np.float32)[pixels[:, 0, 0, 0] // 10]
        return features.Features(np.zeros((len(pixels), 2), np.float32), scores)

    monkeypatch.setattr(obeying.features, "embed", embed)


def pictures(kinds: np.ndarray) -> np.ndarray:
    return np.repeat(10 * kinds.astype(np.uint8), 4 * 4 * 3).reshape(-1, 4, 4, 3)


def real() -> Pictures:
    """Ten of each; one in ten is read as something else."""
    labels = np.repeat(np.arange(len(NAMES)), 10)
    shown = labels.copy()
    shown[::10] = (shown[::10] + 1) % len(NAMES)
    files = tuple(f"{i}.jpg" for i in range(len(labels)))
    return Pictures(files, pictures(shown), labels, tuple(NAMES))


def test_what_is_painted_as_asked_is_as_good_as_real_or_better(judge):
    asked = np.repeat(np.arange(KINDS), 20)
    figures, read = judged(None, COMMONEST, pictures(asked), asked, real())
    assert figures["obeys"]["value"] == pytest.approx(1 / 0.9, abs=1e-3)
    assert figures["obeys"]["met"]
    assert figures["obeys_least"]["met"]
    assert figures["read_pear"]["unit"] == "read as such (real pictures: 0.90)"
    assert "| pear | 0 | 0 | 20 | 0 |" in read
    assert read.count("\n") == KINDS + 1


def test_one_species_that_is_never_painted_fails_the_least_alone(judge):
    asked = np.repeat(np.arange(KINDS), 20)
    shown = np.where(asked == 2, NAMES.index("apple"), asked)
    figures, read = judged(None, COMMONEST, pictures(shown), asked, real())
    assert figures["obeys"]["met"]
    assert figures["obeys_least"]["value"] == 0
    assert not figures["obeys_least"]["met"]
    assert "| pear | 20 | 0 | 0 | 0 |" in read


def test_a_model_that_does_not_listen_fails(judge):
    asked = np.repeat(np.arange(KINDS), 20)
    heard = np.tile(np.arange(KINDS), 20)
    figures, _ = judged(None, COMMONEST, pictures(heard), asked, real())
    assert figures["obeys"]["value"] < 0.2
    assert not figures["obeys"]["met"]


def test_a_species_is_asked_for_by_choice_or_in_words(tiny_codes, tiny_diffusion, tiny_tunes):
    name = next(one for one in tiny_codes.pipeline.species if one != "other")
    assert wish(tiny_codes, name) == {"species": name}
    assert wish(tiny_diffusion, "apple") == {"prompt": "an apple"}
    assert wish(tiny_diffusion, "pear") == {"prompt": "a pear"}
    for model, wanted in ((tiny_codes, name), (tiny_diffusion, "pear")):
        one, other = (painted(model, wanted, seed) for seed in (1, 2))
        assert one.shape[2] == 3
        assert (one != other).any()
    with pytest.raises(ValueError, match="can't be asked for a species"):
        wish(tiny_tunes, "pear")
