"""Files of an autoencoder of couplets: ``config.json``, the weights of both halves, the words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pipelines.networks.couplet import CoupletSizes, Decoder, Encoder
from pipelines.networks.network_files import load_network, read_config, save_network
from pipelines.verse.couplet_words import Lexicon

__all__ = ["ENCODER", "WEIGHTS", "WORDS", "load_decoder", "load_encoder", "save_couplets"]

WEIGHTS, ENCODER, WORDS = "weights.safetensors", "encoder.safetensors", "words.json"


def save_couplets(encoder: Encoder, decoder: Decoder, lexicon: Lexicon, folder: Path) -> None:
    """Write ``config.json``, the weights of both halves in half precision, and the words."""
    config = {"id": folder.name, "family": "couplet", "network": asdict(decoder.sizes)}
    save_network(encoder, folder, ENCODER, config)
    save_network(decoder, folder, WEIGHTS, config)
    lexicon.save(folder / WORDS)


def load_decoder(folder: Path) -> Decoder:
    """The decoder in ``folder``, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing, broken or of another network.
    """
    return load_network(Decoder(_sizes(folder)), folder / WEIGHTS)


def load_encoder(folder: Path) -> Encoder:
    """The encoder in ``folder``; see `load_decoder`."""
    return load_network(Encoder(_sizes(folder)), folder / ENCODER)


def _sizes(folder: Path) -> CoupletSizes:
    return CoupletSizes(**read_config(folder)["network"])
