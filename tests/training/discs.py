"""Pictures to train on: a disc on paper, red ones and yellow ones, each in another place."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image, ImageDraw

from pipelines.image.autoencoder import AutoencoderSizes, build_autoencoder

__all__ = ["write_autoencoder", "write_discs"]


def write_discs(folder: Path, kinds: list[str]) -> None:
    """Write one picture of 64 px a kind: red in even places, yellow in odd ones."""
    for i, kind in enumerate(kinds):
        (folder / kind).mkdir(exist_ok=True)
        sheet = Image.new("RGB", (64, 64), (244, 236, 216))
        colour = ((170, 30, 20), (230, 200, 60))[i % 2]
        ImageDraw.Draw(sheet).ellipse((8, 6 + i, 40 + i, 40 + i), fill=colour)
        sheet.save(folder / kind / f"{i}.png")


def write_autoencoder(folder: Path) -> None:
    """Write an untrained KL autoencoder for them."""
    torch.manual_seed(0)
    sizes = AutoencoderSizes((8, 8, 8, 8), sample_size=64)
    build_autoencoder(sizes).save_pretrained(folder)
