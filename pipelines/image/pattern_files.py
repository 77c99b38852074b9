"""Reads the folder of a pattern model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipelines.direction_files import read_directions
from pipelines.image.pattern_loom import BLOCK, Loom
from pipelines.latents import LatentSpace
from pipelines.networks.network_files import digest_of
from pipelines.networks.pattern import COLOURS, PatternPainter
from pipelines.networks.pattern_files import WEIGHTS, load_pattern
from pipelines.request import Weights

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.pattern.Pattern` but for its card.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    sizes, lapped, designs = load_pattern(folder)
    rows, left = divmod(BLOCK * BLOCK * sizes.field_channels, sizes.style_dim)
    shape = (rows + 1, sizes.style_dim)
    directions = read_directions(folder)
    if left or any(one.vector.shape != shape for one in directions):
        raise ValueError("a direction, or the style, has another shape")
    spread = np.ones(shape, np.float32)
    spread[-1, len(designs) : -len(COLOURS)] = 0.0  # numbers of designs that there are not
    return {
        "weights": Weights(digest_of(folder / WEIGHTS)),
        "loom": Loom(sizes, PatternPainter(lapped).eval(), tuple(designs.values())),
        "latent_space": LatentSpace(
            shape=shape,
            interpolation="lerp",
            center=np.zeros(shape, np.float32),
            spread=spread,
            directions=directions,
        ),
    }
