"""Tiny models as bundled ones come: what they make is measured already.

Otherwise each server would render hundreds of their works behind the page that is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.atlas import draw
from pipelines.catalog import Catalog

__all__ = ["FEW", "PAINTED", "Write", "with_atlas"]

Write = Callable[[Path], Path]
FEW = 32
PAINTED = 128
"""Works of the tiny painter where a test learns from them."""


def with_atlas(write: Write, works: int = FEW) -> Write:
    """What writes the same model and its atlas.

    Args:
        write: Writes the model into a folder of models; gives the model's folder.
        works: How many are measured.
    """

    def written(root: Path) -> Path:
        folder = write(root)
        (folder / "atlas.npz").write_bytes(_atlas(write, works))
        return folder

    return written


@cache
def _atlas(write: Write, works: int) -> bytes:
    """The atlas of a tiny model, which is the same each time it is written."""
    with TemporaryDirectory() as name:
        model = Catalog((Path(name),)).load(write(Path(name)).name)
        file = Path(name) / "atlas.npz"
        draw(model, works, render=model.render).save(file)
        return file.read_bytes()
