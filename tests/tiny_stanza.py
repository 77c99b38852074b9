"""A tiny real model of English verse, and a few stanzas to train one on."""

from pathlib import Path

import torch

from pipelines.networks.char_rnn import CharLSTM, CharSizes
from pipelines.networks.char_rnn_files import save_char_rnn
from pipelines.networks.stanza_files import save_stanza_poet
from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.training.stanza_data import Stanza, load_stanzas, pieces_of
from pipelines.training.stanza_rhymes import save_tables
from pipelines.verse.endings import Rhymes
from pipelines.verse.stanza_forms import LENGTH

__all__ = ["ENDS", "tiny_char_rnn_folder", "tiny_stanza_folder", "write_stanzas"]

ENDS = (
    ("night", "light", "white", "bright", "sight", "flight"),
    ("sea", "me", "tree", "free", "be", "thee"),
    ("day", "away", "play", "grey", "way", "stay"),
    ("rose", "goes", "snows", "close", "knows", "blows"),
)
BEGINS = ("I saw the", "And then the", "She sang of", "O give the", "When all the", "The old")
MIDDLES = ("river by the", "bird that loved the", "moon, and the", "wind o’er the", "heart of the")
CARD = """---
title: {en: Tiny stanzas, zh: 小小诗节}
medium: verse
version: 1
license: Apache-2.0
credit: Random weights, no data
---
# Tiny stanzas

Random weights of the real classes, for tests.
"""


def write_stanzas(folder: Path, count: int = 400) -> Path:
    """Write ``english_stanzas.txt``: quatrains and couplets that rhyme abab and aa."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = torch.Generator().manual_seed(0)

    def pick(of: tuple) -> object:
        return of[int(torch.randint(0, len(of), (1,), generator=drawn))]

    stanzas = []
    for number in range(count):
        rhymes = [pick(ENDS), pick(ENDS)]
        pattern = (0, 1, 0, 1) if number % 3 else (0, 0)
        lines = [
            f"{pick(BEGINS)} {pick(MIDDLES)} {pick(MIDDLES)} {pick(rhymes[which])}"
            for which in pattern
        ]
        stanzas.append(",\n".join(lines) + ".")
    (folder / "english_stanzas.txt").write_text("\n\n".join(stanzas) + "\n", encoding="utf-8")
    return folder


def tiny_stanza_folder(root: Path, name: str = "tiny-stanza", seed: int = 0) -> Path:
    """Write a poet of a few hundred pieces of words; returns its folder."""
    folder = root / name
    stanzas = load_stanzas(write_stanzas(root / "stanza-data"))
    tokenizer = pieces_of(stanzas, 160)
    torch.manual_seed(seed)
    sizes = PoemSizes(
        tokenizer.get_vocab_size(), width=32, hidden=48, num_layers=2, num_heads=2, length=LENGTH
    )
    poet = PoemTransformer(sizes)
    with torch.no_grad():  # as trained: what was written before is heard
        for weight in poet.parameters():
            if weight.ndim > 1:
                weight.mul_(6)
    save_stanza_poet(poet, tokenizer, folder, {"family": "stanza", "id": name})
    _write_tables(stanzas, folder)
    return folder


def tiny_char_rnn_folder(root: Path, name: str = "tiny-char-rnn", seed: int = 0) -> Path:
    """Write a poet of single letters; returns its folder."""
    folder = root / name
    stanzas = load_stanzas(write_stanzas(root / "stanza-data"))
    tokenizer = pieces_of(stanzas, 1)
    torch.manual_seed(seed)
    poet = CharLSTM(CharSizes(tokenizer.get_vocab_size(), width=12, memory=24, num_layers=2))
    with torch.no_grad():  # as trained: what was written before is heard
        for weight in poet.parameters():
            weight.mul_(4)
    save_char_rnn(poet, tokenizer, folder, {"family": "char-rnn", "id": name})
    _write_tables(stanzas, folder)
    return folder


def _write_tables(stanzas: list[Stanza], folder: Path) -> None:
    save_tables(stanzas, Rhymes.of([("ight", "ite"), ("ay", "ey"), ("ea", "ee")]), folder)
    (folder / "card.md").write_text(CARD, encoding="utf-8")
