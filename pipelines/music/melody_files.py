"""Reads the folder of a melody autoencoder: decoder and directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from pipelines.errors import unfit
from pipelines.image.direction_files import read_directions
from pipelines.latents import LatentSpace
from pipelines.networks.melody_files import WEIGHTS, load_decoder
from pipelines.networks.network_files import weights_of

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.music.melody_vae.MelodyVAE` but for its card and folder.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        decoder = load_decoder(folder)
        shape = (1, decoder.sizes.z_dim)
        directions = read_directions(folder, shape)
        weights = weights_of([folder / WEIGHTS])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    space = LatentSpace.of_noise(shape, directions)
    return {"weights": weights, "decoder": decoder, "latent_space": space}
