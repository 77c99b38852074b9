"""Draw what taste needs of a trained model, and put it beside its weights.

    python -m pipelines.training.indexing FOLDER [--data DIR]

Writes ``atlas.npz`` (see `pipelines.atlas`) and, where the training pictures are given,
``works.npz`` (see `pipelines.nearest`), in the order of ``reference.npz``.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.nearest import FILE, pack

if TYPE_CHECKING:
    from pipelines.training.data import Pictures

__all__ = ["SIDE", "main", "thumbnails"]

SIDE = 56
QUALITY = 45


def thumbnails(pictures: Pictures) -> list[bytes]:
    """A small WebP of every training picture, in order."""
    from PIL import Image

    found = []
    for pixels in pictures.split("train").pixels:
        out = io.BytesIO()
        small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        small.save(out, "WEBP", quality=QUALITY, method=6)
        found.append(out.getvalue())
    return found


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the model")
    parser.add_argument("--data", type=Path, help="folder of its training pictures")
    options = parser.parse_args(arguments)
    if options.data is not None:
        from pipelines.training.data import load_pictures

        pack(options.folder / FILE, thumbnails(load_pictures(options.data)))
    from pipelines import catalog
    from pipelines.atlas import draw

    draw(catalog.load(options.folder)).save(options.folder / "atlas.npz")


if __name__ == "__main__":
    main()
