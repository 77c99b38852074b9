"""Control vectors of a poet: sliders that act on what the network makes of what it has read.

    x_l <- x_l + sum_i a_i v_i,l        after every layer l, at every place

with v_i,l from contrasted poems and a_i the slider (activation addition, Turner et al. 2023,
https://arxiv.org/abs/2308.10248; representation engineering, Zou et al. 2023,
https://arxiv.org/abs/2310.01405). `pipelines.training.control_vectors` fits and measures them.
A recipe names a control vector as any direction, by the sha256 of its numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Control, Slider
from pipelines.direction_files import read_directions
from pipelines.latents import Direction
from pipelines.networks.verse import PoemSizes
from pipelines.request import Offset

__all__ = ["FARTHEST", "added", "read", "sliders"]

FARTHEST = 2.0
"""Steps to either side; beyond, words fall apart."""


def read(folder: Path, sizes: PoemSizes) -> tuple[Direction, ...]:
    """The control vectors of a model; one without any has none.

    Raises:
        OSError: If one of the two files is missing.
        ValueError: If they don't fit the network, or cannot be read.
        KeyError: If a field is missing.
    """
    found = read_directions(folder, (sizes.num_layers, sizes.width))
    if any(one.kind != "control" for one in found):
        raise ValueError("a direction is no control vector")
    return found


def sliders(vectors: Iterable[Direction]) -> tuple[Control, ...]:
    """Their controls."""
    return tuple(
        Slider(
            name=one.name,
            label=one.name.capitalize(),
            minimum=-FARTHEST,
            maximum=FARTHEST,
            direction=one.id,
            doc=f"{one.name.capitalize()} of the words (a control vector of hidden states).",
        )
        for one in vectors
    )


def added(vectors: Iterable[Direction], offsets: Iterable[Offset]) -> NDArray[np.float32] | None:
    """What a recipe adds to the hidden states, shape [layers, W]; None for nothing."""
    by_id = {one.id: one.vector for one in vectors}
    moved = [np.float32(one.offset) * by_id[one.id] for one in offsets if one.id in by_id]
    return np.sum(moved, axis=0, dtype=np.float32) if moved else None
