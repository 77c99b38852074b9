"""A tiny real autoencoder of couplets: random weights, the words of a few lines."""

from pathlib import Path

import numpy as np
import torch

from pipelines.latents import Direction, normal
from pipelines.networks.couplet import CoupletSizes, Decoder, Encoder
from pipelines.networks.couplet_files import save_couplets
from pipelines.training.couplet_data import couplets_of
from pipelines.training.couplet_sounds import lexicon
from pipelines.training.dimensions import save_directions
from pipelines.training.stanza_data import load_stanzas
from pipelines.verse.couplet_attributes import ATTRIBUTES
from tests.tiny_stanza import CARD, write_stanzas

__all__ = ["tiny_couplet_folder", "tiny_sizes"]


def tiny_sizes(count: int) -> CoupletSizes:
    """Sizes for a lexicon of so many tokens."""
    return CoupletSizes(count, z_dim=24, reach=3, embedding=16, width=32, num_blocks=1, reading=16)


def tiny_couplet_folder(root: Path, name: str = "tiny-couplet", seed: int = 0) -> Path:
    """Write an autoencoder of random weights; returns its folder."""
    folder = root / name
    words = lexicon(couplets_of(load_stanzas(write_stanzas(root / "couplet-data"))), 200)
    torch.manual_seed(seed)
    sizes = tiny_sizes(len(words))
    encoder, decoder = Encoder(sizes), Decoder(sizes)
    with torch.no_grad():  # as trained: what z wants and what was written is heard
        for weight in decoder.parameters():
            if weight.ndim > 1:
                weight.mul_(3)
        for block in decoder.blocks:
            torch.nn.init.normal_(block.closed.weight, std=0.3)
        decoder.bias.zero_()
    save_couplets(encoder, decoder, words, folder)
    flat = normal(3, (len(ATTRIBUTES), sizes.z_dim), "tiny directions")
    basis = np.linalg.qr(flat.T)[0].T.astype(np.float32)[:, None]
    shown = [
        Direction(one, vector.copy(), {one: 0.8})
        for one, vector in zip(ATTRIBUTES, basis, strict=True)
    ]
    save_directions(shown, folder)
    card = CARD.replace("Tiny stanzas", "Tiny couplets").replace("小小诗节", "小小对句")
    (folder / "card.md").write_text(card, encoding="utf-8")
    return folder
