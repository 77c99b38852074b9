"""Grids of drum patterns as a picture: held-out grooves, what comes back of them, and draws."""

from __future__ import annotations

import torch
from PIL import Image

from pipelines.music.drum_roll import grid_of
from pipelines.networks.groove import Decoder, Encoder
from pipelines.training.groove_proof import Patterns, again, drawn
from pipelines.training.melody_rolls import BACK, DRAWN, REAL

__all__ = ["sheet"]

SIDE, ACROSS = 220, 6


def sheet(encoder: Encoder, decoder: Decoder, held: Patterns) -> Image.Image:
    """A sheet: real grooves, those read again, draws of every few styles, draws of none."""
    index = torch.linspace(0, len(held.levels) - 1, ACROSS).long()
    some = Patterns(held.levels[index], held.styles[index])
    count = decoder.sizes.num_styles
    rows = [
        (some.levels.numpy(), REAL),
        (again(encoder, decoder, some), BACK),
        (drawn(decoder, some.styles), DRAWN),
        (drawn(decoder, torch.full((ACROSS,), count)), DRAWN),
        (drawn(decoder, torch.full((ACROSS,), count), seed=1), DRAWN),
    ]
    whole = Image.new("RGB", (ACROSS * SIDE, len(rows) * SIDE), "white")
    for y, (levels, ink) in enumerate(rows):
        for x, one in enumerate(levels):
            whole.paste(grid_of(one, SIDE, ink), (x * SIDE, y * SIDE))
    return whole
