"""Four bars of Bach's chorales at a time, in C major or A minor, for a GAN.

The chorales and their splits are those of `pipelines.training.chorale_data`; of those in 4/4 every
four whole bars in a row are a window. A note that sounds into a window begins with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.music.chorale_grid import MODE_NAMES
from pipelines.music.muse_roll import BARS, METRE, Rolls, moved, rolls_of
from pipelines.training.chorale_data import load_pieces, whole
from pipelines.training.splits import Split

__all__ = ["Windows", "load_windows"]


@dataclass(frozen=True)
class Windows:
    """Windows of one split.

    Attributes:
        rolls: What they sound like.
        modes: 0 for major, 1 for minor, shape [N].
    """

    rolls: Rolls
    modes: NDArray[np.int64]

    def some(self, index: NDArray[np.integer] | slice) -> Windows:
        """Those with these numbers."""
        return Windows(self.rolls.some(index), self.modes[index])


def load_windows(folder: Path) -> dict[Split, Windows]:
    """The windows of every split that has any.

    Raises:
        ValueError: If the chorales cannot be read, or none of them has four bars of 4/4.
    """
    rows: dict[Split, list[NDArray[np.int64]]] = {}
    modes: dict[Split, list[int]] = {}
    for piece in map(whole, load_pieces(folder)):
        if piece.metre != METRE:
            continue
        shift = moved(piece.tonic, piece.mode)
        for start in range(piece.bars - BARS + 1):
            part = piece.part(start, start + BARS).rows
            rows.setdefault(piece.split, []).append(np.where(part >= 0, part - shift, part))
            modes.setdefault(piece.split, []).append(MODE_NAMES.index(piece.mode))
    if "train" not in rows:
        raise ValueError(f"data={folder} has no chorale of {BARS} bars in {METRE} to learn from")
    return {
        split: Windows(rolls_of(np.stack(rows[split])), np.array(modes[split])) for split in rows
    }
