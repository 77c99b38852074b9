"""Reads the folder of a groove autoencoder; see `pipelines.networks.groove_files`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from pipelines.errors import unfit
from pipelines.image.direction_files import read_directions
from pipelines.latents import LatentSpace
from pipelines.networks.groove_files import WEIGHTS, load_decoder, read_styles
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
        weights = weights_of([folder / WEIGHTS])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    space = LatentSpace.of_noise((1, decoder.sizes.z_dim), directions)
    return {"weights": weights, "decoder": decoder, "styles": styles, "latent_space": space}
