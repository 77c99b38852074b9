"""Reads the folder of a variational autoencoder: decoder and directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from pipelines.direction_files import read_directions
from pipelines.errors import unfit
from pipelines.image.model_files import OneLayer
from pipelines.networks.mixture import MIXTURE, load_mixture, mixed_space
from pipelines.networks.network_files import weights_of
from pipelines.networks.vae_files import WEIGHTS, load_decoder

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.vae.VAE` but for its card and folder.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        decoder = load_decoder(folder)
        directions = read_directions(folder, (1, decoder.sizes.z_dim))
        mixture = load_mixture(folder, decoder.sizes.z_dim)
        files = [folder / name for name in (WEIGHTS, MIXTURE) if (folder / name).is_file()]
        weights = weights_of(files)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    return {
        "weights": weights,
        "painter": OneLayer(decoder).eval(),
        "latent_space": mixed_space(decoder.sizes.z_dim, mixture, directions),
        "mixture": mixture,
    }
