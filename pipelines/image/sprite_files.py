"""Reads the folder of a model of sprites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipelines.direction_files import read_directions
from pipelines.image.model_files import read_kinds
from pipelines.image.sprite_pixels import COLOURS
from pipelines.image.sprite_sampling import CHANNELS, LAYERS
from pipelines.latents import LatentSpace
from pipelines.networks.network_files import digest_of
from pipelines.networks.sprites import ATTRIBUTES
from pipelines.networks.sprites_files import WEIGHTS, stored_field
from pipelines.request import Weights

__all__ = ["read", "shape_of"]


def shape_of(resolution: int) -> tuple[int, int]:
    """Shape of a latent: layers of noise, then one of style."""
    return LAYERS + 1, CHANNELS * resolution**2 // LAYERS


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.sprites.Sprites` but for its card.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    stored, config = stored_field(folder)
    shape = shape_of(stored.sizes.resolution)
    species, frequency = read_kinds(config, stored.sizes.num_kinds)
    factor = np.linalg.cholesky(np.asarray(config["correlation"], np.float64))
    directions = read_directions(folder, shape)
    if factor.shape != (len(ATTRIBUTES),) * 2 or stored.sizes.condition > shape[1]:
        raise ValueError("attributes or kinds are not as many as the model has")
    spread = np.ones(shape, np.float32)
    spread[-1] = 0.0
    spread[-1, stored.sizes.num_kinds : stored.sizes.condition] = 1.0
    spread[-1, -len(COLOURS) :] = 0.25  # the hand may go on from colours that seeds don't draw
    return {
        "weights": Weights(digest_of(folder / WEIGHTS)),
        "velocity": stored,
        "species": species,
        "frequency": frequency,
        "factor": factor.astype(np.float32),
        "latent_space": LatentSpace(
            shape=shape,
            interpolation="slerp",
            center=np.zeros(shape, np.float32),
            spread=spread,
            directions=directions,
        ),
    }
