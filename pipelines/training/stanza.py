"""Training of the Transformer that writes English verse; see `pipelines.training.poem_training`.

A word has many ways to be cut into pieces; in training it is cut in another one each round
(BPE-dropout, Provilkov et al. 2020, https://arxiv.org/abs/1910.13267), which is what helps most
where there is so little text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from pipelines.networks.stanza_files import read_tokenizer, save_stanza_poet
from pipelines.networks.verse import PoemTransformer
from pipelines.networks.verse_files import load_poet
from pipelines.training.poem_training import PAD, PoemRecipe, PoemTraining, nats_of_each
from pipelines.training.stanza_data import Stanza, load_stanzas, pieces_of, sequences
from pipelines.training.stanza_rhymes import learnt, save_tables
from pipelines.verse.stanza_forms import END, FORMS, LENGTH, LINES, SPECIAL

__all__ = ["StanzaRecipe", "StanzaTraining", "bits_per_character"]

CHUNK = 64
SHOWN = 3
"""Stanzas of every form on a sheet."""


@dataclass(frozen=True)
class StanzaRecipe(PoemRecipe):
    """Settings of one training run.

    Attributes:
        num_tokens: How many pieces of words there are.
        merge_dropout: Share of the merges of pieces that are left out, in training.
    """

    batch_tokens: int = 4000
    ema: float = 0.995
    dropout: float = 0.05
    residual_dropout: float = 0.2
    width: int = 256
    hidden: int = 688
    num_layers: int = 6
    num_heads: int = 8
    num_tokens: int = 2048
    merge_dropout: float = 0.1


class StanzaTraining(PoemTraining):
    """One run."""

    num_special: ClassVar[int] = len(SPECIAL)

    def __init__(self, data: Path, recipe: StanzaRecipe, start: Path | None = None) -> None:
        """Read the stanzas; go on from the model in ``start``, if given, with its pieces.

        Raises:
            ValueError: If the stanzas or the model can't be read.
        """
        stanzas = load_stanzas(data)
        self.train = [one for one in stanzas if one.split == "train"] or stanzas
        self.test = [one for one in stanzas if one.split == "validation"] or self.train
        self.rhymes = learnt(self.train)
        self.recipe: StanzaRecipe = recipe
        if start is None:
            self.tokenizer = pieces_of(self.train, recipe.num_tokens)
            count = self.tokenizer.get_vocab_size()
            model = PoemTransformer(recipe.sizes(count, LENGTH))
        else:
            self.tokenizer = read_tokenizer(start)
            model = load_poet(start).requires_grad_(requires_grad=True).train()
        held = sequences(self.test, self.tokenizer, self.rhymes)
        self.letters = characters(self.test)
        self.left = 0
        super().__init__(recipe, model, {}, held)

    def batch(self) -> Tensor:
        """Draw stanzas of like length; after each round all words are cut anew."""
        if self.left <= 0:
            dropout = self.recipe.merge_dropout
            self.poems = sequences(self.train, self.tokenizer, self.rhymes, dropout)
            self.left = sum(int((rows != PAD).sum()) for rows in self.poems.values())
        drawn = super().batch()
        self.left -= int((drawn != PAD).sum())
        return drawn

    def held_bits(self) -> float:
        """Bits a character of the validation stanzas."""
        return bits_per_character(self.average, self.held, self.letters)

    def sheet(self) -> str:
        """Return a few stanzas of some forms, as the averaged model writes them freely."""
        drawn = torch.Generator().manual_seed(0)
        shown = [name for name in FORMS for _ in range(SHOWN)]
        return "\n\n".join(self._written(FORMS[name].lines, drawn) for name in shown) + "\n"

    @torch.no_grad()
    def _written(self, count: int, drawn: torch.Generator) -> str:
        ids = {name: self.tokenizer.token_to_id(name) for name in (END, *LINES, f"<{count}>")}
        marks = {ids[name] for name in LINES}
        cache, lines = self.average.begin(), [list[int]()]
        tokens = torch.tensor([[ids[f"<{count}>"]]])
        for _ in range(LENGTH - 2):
            chances = self.average.extend(cache, tokens).div(0.8).softmax(-1)
            tokens = torch.multinomial(chances, 1, generator=drawn)
            token = int(tokens)
            if token == ids[END]:
                break
            if token in marks:
                lines.append([])
            else:
                lines[-1].append(token)
        return "\n".join(self.tokenizer.decode(line) for line in lines[1:])

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        told = {"family": "stanza", "id": folder.name}
        save_stanza_poet(self.average, self.tokenizer, folder, told)
        save_tables(self.train, self.rhymes, folder)


def characters(stanzas: Sequence[Stanza]) -> int:
    """Letters, marks, spaces and ends of lines."""
    return sum(len(line) + 1 for stanza in stanzas for line in stanza.lines)


@torch.no_grad()
def bits_per_character(
    model: PoemTransformer, stanzas: Mapping[str, Tensor], letters: int
) -> float:
    """All that the network has to be told of stanzas, form apart, by their characters.

    Marks of rhymes and the end count among the bits, not among the characters.

    Args:
        model: The network.
        stanzas: See `stanza_data.sequences`.
        letters: How many characters they have; see `characters`.
    """
    nats = 0.0
    for rows in stanzas.values():
        for part in torch.split(rows, CHUNK):
            wanted = part[:, 1:]
            each = nats_of_each(model(part[:, :-1]), wanted)
            nats += float(each[wanted != PAD].double().sum())
    return nats / letters / math.log(2)
