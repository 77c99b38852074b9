"""The page's first picture: the work it opens with, rendered ahead of time.

``python -m studio.first_light`` writes ``assets/images/first.webp`` (lossless, the model's own
size) from the reference render of the opening recipe. Run it whenever the weights change; a test
compares the two.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["FIRST", "main", "write"]

FIRST = Path(__file__).resolve().parent.parent / "assets" / "images" / "first.webp"
"""Where the page looks for it."""


def write(instrument: Instrument, path: Path = FIRST) -> Path:
    """Render the opening recipe of ``instrument`` and write it, without loss.

    Args:
        instrument: The model that the page is built for.
        path: A ``.webp`` file; its folder is made.
    """
    from pipelines.plates import picture_of
    from studio.describe import opening
    from studio.encoding import lossless

    picture = picture_of(instrument.render(opening(instrument), quality="reference"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lossless(picture))
    return path


def main() -> None:
    """Write it for a bundled model."""
    from pipelines import catalog

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="pomona", help="id or folder of a model")
    print(write(catalog.load(parser.parse_args().model)))


if __name__ == "__main__":
    main()
