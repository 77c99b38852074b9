"""Reads the folder of an autoencoder of couplets; see `pipelines.networks.couplet_files`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.direction_files import read_directions
from pipelines.latents import LatentSpace
from pipelines.networks.couplet_files import WEIGHTS, WORDS, load_decoder, load_encoder
from pipelines.networks.network_files import weights_of
from pipelines.verse.couplet_words import Lexicon
from pipelines.verse.couplet_writing import Writer

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.verse.couplet.CoupletVAE` but for its card.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    decoder, encoder = load_decoder(folder), load_encoder(folder)
    lexicon = Lexicon.load(folder / WORDS)
    if len(lexicon) != decoder.sizes.num_tokens:
        raise ValueError("the words are not as many as the network's")
    directions = read_directions(folder, (1, decoder.sizes.z_dim))
    weights = weights_of([folder / WEIGHTS, folder / WORDS])
    return {
        "weights": weights,
        "encoder": encoder,
        "decoder": decoder,
        "writer": Writer(decoder, lexicon),
        "latent_space": LatentSpace.of_noise((1, decoder.sizes.z_dim), directions),
    }
