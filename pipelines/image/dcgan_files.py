"""Reads the folder of a deep convolutional GAN: generator, directions, prior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from pipelines.direction_files import read_directions
from pipelines.errors import unfit
from pipelines.image.model_files import OneLayer
from pipelines.networks.dcgan import WEIGHTS, load_generator
from pipelines.networks.mixture import MIXTURE, load_mixture, mixed_space
from pipelines.networks.network_files import weights_of

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.dcgan.DCGAN` but for its card.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        generator = load_generator(folder)
        width = generator.sizes.z_dim
        directions = read_directions(folder, (1, width))
        mixture = load_mixture(folder, width)
        files = [folder / name for name in (WEIGHTS, MIXTURE) if (folder / name).is_file()]
        weights = weights_of(files)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    return {
        "weights": weights,
        "painter": OneLayer(generator).eval(),
        "latent_space": mixed_space(width, mixture, directions),
        "mixture": mixture,
    }
