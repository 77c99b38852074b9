"""A folder of patterns: whole pictures without their frames, at several scales.

Patterns are trained on parts of pictures, so pictures stay whole and keep their own sizes. The
foot of each is kept out of training, and so are all pictures whose names the split keeps out
(:func:`pipelines.training.data.split_of`): with twenty designs one would like to learn from each
and still have something unseen to measure on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.training.data import SUFFIXES, split_of

__all__ = ["FOOT", "Swatch", "load_swatches"]

FOOT = 0.2
"""Share of each picture's height that is kept out, at its foot."""
_PLAIN = (0.015, 0.015, 0.015, 0.015)
_FRAMES = {
    "1862-Trellis": (0.02, 0.01, 0.02, 0.02),
    "1873-Vine": (0.06, 0.04, 0.06, 0.05),
    "1875-Marigold": (0.02, 0.07, 0.06, 0.03),
    "1875-Tulip": (0.09, 0.1, 0.09, 0.1),
    "1877-Snakeshead": (0.03, 0.02, 0.05, 0.02),
    "1883-Strawberry": (0.06, 0.02, 0.05, 0.04),
    "1888-Trent": (0.1, 0.08, 0.1, 0.16),
    "1890-Acanthus": (0.1, 0.07, 0.1, 0.07),
    "1892-Dearl": (0.05, 0.06, 0.08, 0.04),
}
"""Left, top, right and bottom shares that are frame, selvedge or mount, by part of the name."""


@dataclass(frozen=True)
class Swatch:
    """One picture without its frame.

    Attributes:
        name: Name of its file.
        image: RGB, without the frame.
    """

    name: str
    image: Image.Image

    def part(self, *, foot: bool) -> Image.Image:
        """Return the foot that is kept out, or all above it."""
        width, height = self.image.size
        cut = round(height * (1 - FOOT))
        box = (0, cut, width, height) if foot else (0, 0, width, cut)
        return self.image.crop(box)

    def scaled(self, scale: float, *, foot: bool = False) -> NDArray[np.uint8]:
        """Return a part at ``scale`` times its size, shape [H, W, 3]."""
        part = self.part(foot=foot)
        size = (round(part.width * scale), round(part.height * scale))
        return np.asarray(part.resize(size, Image.Resampling.LANCZOS))


def load_swatches(folder: Path) -> list[Swatch]:
    """Read every picture of the training split under a folder, whole.

    Raises:
        ValueError: If there is none.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    found = [_read(file) for file in files if split_of(file.name) == "train"]
    if not found:
        raise ValueError(f"data={folder} holds no picture; give a folder of JPEG, PNG or WebP")
    return found


def _read(file: Path) -> Swatch:
    frame = next((cut for part, cut in _FRAMES.items() if part in file.name), _PLAIN)
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    width, height = image.size
    left, top, right, bottom = frame
    box = (width * left, height * top, width * (1 - right), height * (1 - bottom))
    return Swatch(file.name, image.crop(tuple(round(edge) for edge in box)))  # type: ignore[arg-type]
