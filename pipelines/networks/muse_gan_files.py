"""Files of a GAN of four voices: ``config.json`` and the weights of generator and encoder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pipelines.networks.muse_gan import Generator, MuseSizes, Reader
from pipelines.networks.network_files import (
    ENCODER,
    WEIGHTS,
    load_network,
    read_config,
    save_halves,
)

__all__ = ["ENCODER", "WEIGHTS", "load_encoder", "load_generator", "save_muse"]


def save_muse(encoder: Reader, generator: Generator, folder: Path) -> None:
    """Write ``config.json`` and the weights of both, in half precision."""
    config = {"id": folder.name, "family": "muse-gan", "network": asdict(generator.sizes)}
    save_halves(encoder, generator, folder, config)


def load_generator(folder: Path) -> Generator:
    """The generator in ``folder``, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing, broken or of another network.
    """
    return load_network(Generator(_sizes(folder)), folder / WEIGHTS)


def load_encoder(folder: Path) -> Reader:
    """The encoder in ``folder``; see `load_generator`."""
    sizes = _sizes(folder)
    return load_network(Reader(sizes, 2 * sizes.z_dim), folder / ENCODER)


def _sizes(folder: Path) -> MuseSizes:
    sizes = MuseSizes(**read_config(folder)["network"])
    if sizes.heads < 1 or sizes.width % sizes.heads:
        raise ValueError("heads do not divide the width")
    return sizes
