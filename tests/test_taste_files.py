"""What taste needs of the shipped model lies beside its weights, and belongs to them."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from pipelines import catalog
from pipelines.atlas import NUM_WORKS, Atlas
from pipelines.nearest import unpack
from pipelines.training.reference import Reference

FOLDER = Path(__file__).parent.parent / "assets" / "models" / "pomona"
MOST_BYTES = 6 << 20


def test_the_atlas_is_of_these_weights():
    atlas = Atlas.load(FOLDER / "atlas.npz")
    assert atlas.weights == catalog.load(FOLDER).pipeline.weights.base, (
        "draw it again: python -m pipelines.training.indexing assets/models/pomona"
    )
    assert len(atlas.anchors) == NUM_WORKS
    assert atlas.num_features <= 64
    assert atlas.sure.mean() > 0.5


def test_every_training_work_has_its_small_picture():
    images = unpack(FOLDER / "works.npz")
    assert len(images) == len(Reference.load(FOLDER / "reference.npz").library)
    for image in images[:: len(images) // 50]:
        assert Image.open(io.BytesIO(image)).format == "WEBP"
    sizes = [(FOLDER / name).stat().st_size for name in ("atlas.npz", "works.npz")]
    assert sum(sizes) <= MOST_BYTES
