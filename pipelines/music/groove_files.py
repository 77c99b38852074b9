"""Reads the folder of a groove autoencoder: decoder, directions, and what seeds are drawn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from pipelines.direction_files import read_directions
from pipelines.errors import unfit
from pipelines.networks.groove_files import WEIGHTS, load_decoder, read_styles
from pipelines.networks.mixture import MIXTURE, load_mixture, mixed_space
from pipelines.networks.network_files import weights_of

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.music.groove.Groove` but for its card.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        decoder = load_decoder(folder)
        styles = read_styles(folder)
        directions = read_directions(folder, (1, decoder.sizes.z_dim))
        mixture = load_mixture(folder, decoder.sizes.z_dim)
        files = [folder / name for name in (WEIGHTS, MIXTURE) if (folder / name).is_file()]
        weights = weights_of(files)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    return {
        "weights": weights,
        "decoder": decoder,
        "styles": styles,
        "latent_space": mixed_space(decoder.sizes.z_dim, mixture, directions),
        "mixture": mixture,
    }
