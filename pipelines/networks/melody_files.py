"""Files of a melody autoencoder: ``config.json`` and the weights of both halves."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pipelines.networks.melody import Decoder, Encoder, MelodySizes
from pipelines.networks.network_files import (
    ENCODER,
    WEIGHTS,
    load_network,
    read_config,
    save_halves,
)

__all__ = ["ENCODER", "WEIGHTS", "load_decoder", "load_encoder", "save_melody"]


def save_melody(encoder: Encoder, decoder: Decoder, folder: Path) -> None:
    """Write ``config.json`` and the weights of both halves, in half precision."""
    config = {"id": folder.name, "family": "melody", "network": asdict(decoder.sizes)}
    save_halves(encoder, decoder, folder, config)


def load_decoder(folder: Path) -> Decoder:
    """The decoder in ``folder``, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing, broken or of another network.
    """
    return load_network(Decoder(_sizes(folder)), folder / WEIGHTS)


def load_encoder(folder: Path) -> Encoder:
    """The encoder in ``folder``; see `load_decoder`."""
    return load_network(Encoder(_sizes(folder)), folder / ENCODER)


def _sizes(folder: Path) -> MelodySizes:
    return MelodySizes(**read_config(folder)["network"])
