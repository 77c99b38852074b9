"""Pictures that someone brings: generated discs, and zips of them."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image, ImageDraw

QUICK = {"z_dim": 6, "width": 4, "batch_size": 8}
"""Settings of a network that learns in a second."""


def disc(seed: int, side: int = 64) -> bytes:
    """A disc on paper, as a PNG."""
    chance = np.random.default_rng(seed)
    sheet = Image.new("RGB", (side, side), (244, 236, 216))
    left, top, wide = chance.integers(2, side // 2 - 2, 3).tolist()
    colour = ((170, 30, 20), (230, 200, 60), (40, 90, 120))[seed % 3]
    ImageDraw.Draw(sheet).ellipse((left, top, left + wide + 4, top + wide + 4), fill=colour)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of files by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def discs(count: int) -> dict[str, bytes]:
    """That many discs, each of its own."""
    return {f"discs/{seed}.png": disc(seed) for seed in range(count)}
