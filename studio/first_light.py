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
    from studio.describe import opening
    from studio.encoding import lossless
    from studio.errors import StudioError

    picture = instrument.render(opening(instrument), quality="reference").data
    if isinstance(picture, str):
        raise StudioError(
            "no_picture", name=instrument.card.id, rule="a model of words", remedy="name another"
        )
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
