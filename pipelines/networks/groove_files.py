"""Files of a groove autoencoder: ``config.json``, with its styles, and weights of both halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pipelines.networks.groove import Decoder, Encoder, GrooveSizes
from pipelines.networks.network_files import (
    ENCODER,
    WEIGHTS,
    load_network,
    read_config,
    save_halves,
)

__all__ = ["WEIGHTS", "load_decoder", "load_encoder", "read_styles", "save_groove"]


def save_groove(encoder: Encoder, decoder: Decoder, styles: Sequence[str], folder: Path) -> None:
    """Write ``config.json`` and the weights of both halves, in half precision."""
    config = {
        "id": folder.name,
        "family": "groove",
        "styles": list(styles),
        "network": asdict(decoder.sizes),
    }
    save_halves(encoder, decoder, folder, config)


def read_styles(folder: Path) -> tuple[str, ...]:
    """The names of the styles that can be told, in the order of their numbers.

    Raises:
        ValueError: If they are not as many as the network knows.
    """
    config = read_config(folder)
    styles = tuple(map(str, config["styles"]))
    if len(styles) != config["network"]["num_styles"] or len(set(styles)) != len(styles):
        raise ValueError(f"model={folder} has not one name a style; fetch it again")
    return styles


def load_decoder(folder: Path) -> Decoder:
    """The decoder in ``folder``, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing, broken or of another network.
    """
    return load_network(Decoder(_sizes(folder)), folder / WEIGHTS)


def load_encoder(folder: Path) -> Encoder:
    """The encoder in ``folder``; see `load_decoder`."""
    return load_network(Encoder(_sizes(folder)), folder / ENCODER)


def _sizes(folder: Path) -> GrooveSizes:
    return GrooveSizes(**read_config(folder)["network"])
