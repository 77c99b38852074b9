"""The feature network knows a picture again, and what is measured against it can be shipped."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipelines.networks.features import FeatureNetwork
from pipelines.training import features
from pipelines.training.cards import replace_section
from pipelines.training.data import Pictures, split_of
from pipelines.training.reference import Reference, build, crops, hashed_order

Pixels = NDArray[np.uint8]


def fruit(seed: int) -> Pixels:
    """A random two-coloured fruit on cream paper, 128 px."""
    chance = np.random.default_rng(seed)
    sheet = Image.new("RGB", (128, 128), (254, 247, 221))
    pen = ImageDraw.Draw(sheet)
    for _ in range(2):
        x, y, width, height = chance.integers((10, 10, 25, 25), (50, 60, 60, 60))
        colour = tuple(int(part) for part in chance.integers(20, 230, 3))
        pen.ellipse((int(x), int(y), int(x + width), int(y + height)), fill=colour)
    return np.asarray(sheet)


def some_names(train: int, test: int) -> tuple[str, ...]:
    """File names of which so many fall into each split, sorted."""
    all_names = [f"image-{i}.jpg" for i in range(1000)]
    return tuple(
        sorted(
            [name for name in all_names if split_of(name) == "train"][:train]
            + [name for name in all_names if split_of(name) == "test"][:test]
        )
    )


@pytest.fixture(scope="module")
def sheets() -> Pixels:
    """Forty fruits."""
    return np.stack([fruit(seed) for seed in range(40)])


@pytest.fixture(scope="module")
def network() -> FeatureNetwork:
    """The shipped network."""
    return features.load()


def test_weights_are_those_of_the_config() -> None:
    """The digest in the config is the file's, and the file is small."""
    weights = (features.FOLDER / "weights.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() in (features.FOLDER / "config.json").read_text()
    assert len(weights) < 2_000_000


def test_features_do_not_depend_on_the_batch(network: FeatureNetwork, sheets: Pixels) -> None:
    """One by one or together: the same vectors, classes that sum to one."""
    together = features.embed(network, sheets[:6])
    alone = np.concatenate([features.embed(network, sheets[i : i + 1]).vectors for i in range(6)])
    assert np.allclose(together.vectors, alone, atol=1e-3)
    assert np.allclose(together.classes.sum(axis=1), 1, atol=1e-5)


def test_a_flip_and_a_crop_are_nearer_than_others(network: FeatureNetwork, sheets: Pixels) -> None:
    """The nearest of forty fruits to a mirrored or cropped one is the fruit itself."""
    known = features.embed(network, sheets).vectors
    for view in (sheets[:, :, ::-1], crops(sheets)[5]):
        seen = features.embed(network, view).vectors
        apart = np.linalg.norm(seen[:, None] - known[None], axis=2)
        assert (apart.argmin(axis=1) == np.arange(len(sheets))).mean() > 0.9


def test_views_stay_pictures() -> None:
    """Random views keep shape and range, and repeat with their generator."""
    pictures = torch.rand(4, 3, 64, 64) * 2 - 1
    first, second = (features.views(pictures, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.shape == pictures.shape
    assert first.abs().max() <= 1
    assert torch.equal(first, second)


def test_training_learns_and_repeats(sheets: Pixels, tmp_path: Path) -> None:
    """Two classes of fruit are told apart after a few passes, twice to the bit."""
    names = some_names(28, 12)
    labels = np.arange(40) % 2
    tinted = sheets.copy()
    tinted[labels == 1] = tinted[labels == 1][..., ::-1]
    pictures = Pictures(names, tinted, labels.astype(np.int64), ("cream", "blue"))
    once, twice = (features.train(pictures, epochs=1, batch=20, seed=1) for _ in range(2))
    for one, other in zip(once.parameters(), twice.parameters(), strict=True):
        assert torch.equal(one, other)
    first = features.train(pictures, epochs=8, batch=20, seed=1)
    assert features.accuracy(first, pictures) > 0.8
    features._save(first, pictures, tmp_path)
    again = features.embed(features.load(tmp_path), tinted).vectors
    assert np.allclose(again, features.embed(first, tinted).vectors, atol=0.1)


def test_reference_survives_the_file(
    network: FeatureNetwork, sheets: Pixels, tmp_path: Path
) -> None:
    """A reference read back finds a copy and its mirror image, and keeps the figures."""
    names = some_names(28, 12)
    pictures = Pictures(names, sheets, np.zeros(40, np.int64), ("any",))
    whole = build(pictures, network, say=lambda _: None)
    whole.save(tmp_path / "reference.npz")
    again = Reference.load(tmp_path / "reference.npz")
    assert again.real == whole.real
    assert again.figures == whole.figures
    trained = [i for i, name in enumerate(names) if split_of(name) == "train"]
    copy = sheets[trained[:3]]
    fresh = np.stack([fruit(seed) for seed in range(100, 103)])
    for way in (copy, np.ascontiguousarray(copy[:, :, ::-1])):
        assert (again.nearest(network, way) < again.nearest(network, fresh).min() / 4).all()
    assert (tmp_path / "reference.npz").stat().st_size < 2_000_000


def test_order_is_fixed_by_the_names() -> None:
    """The order does not depend on where a name stands."""
    names = tuple(f"image-{i}.jpg" for i in range(9))
    first = [names[i] for i in hashed_order(names)]
    turned = names[::-1]
    assert first == [turned[i] for i in hashed_order(turned)]


def test_a_section_is_replaced_alone(tmp_path: Path) -> None:
    """Other sections and the front matter stay as they were; a new section goes last."""
    card = tmp_path / "card.md"
    card.write_text("---\ntitle: x\n---\n\nWords.\n\n## Quality\n\nold\n\n## Licence\n\nApache\n")
    replace_section(card, "Quality", "new \\1")
    replace_section(card, "Directions", "table")
    replace_section(card, "Directions", "table 2")
    assert card.read_text() == (
        "---\ntitle: x\n---\n\nWords.\n\n## Quality\n\nnew \\1\n\n"
        "## Licence\n\nApache\n\n## Directions\n\ntable 2\n"
    )
