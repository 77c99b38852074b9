"""Training of a network that writes English verse; see `pipelines.training.poem_training`."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from pipelines.networks.stanza_files import read_tokenizer
from pipelines.networks.writer import TokenWriter
from pipelines.training.poem_training import (
    PAD,
    PoemRecipe,
    PoemTraining,
    WriterT,
    nats_of_each,
)
from pipelines.training.stanza_data import Stanza, load_stanzas, pieces_of, sequences
from pipelines.training.stanza_rhymes import learnt, save_tables
from pipelines.verse.stanza_forms import END, FORMS, LENGTH, LINES, SPECIAL

if TYPE_CHECKING:
    pass

__all__ = ["EnglishTraining", "bits_per_character", "characters"]

CHUNK = 64
SHOWN = 3
"""Stanzas of every form on a sheet."""


class EnglishTraining(PoemTraining[WriterT]):
    """One run; a family says which network learns.

    Args:
        data: Folder with ``english_stanzas.txt``.
        recipe: Settings.
        num_tokens: How many pieces of words there are; letters and marks are pieces in any case.
        start: Model to go on from, with its pieces.

    Raises:
        ValueError: If the stanzas or the model can't be read.
    """

    num_special: ClassVar[int] = len(SPECIAL)
    merge_dropout = 0.0
    """Share of the merges of pieces that are left out, in training."""

    def __init__(
        self, data: Path, recipe: PoemRecipe, num_tokens: int, start: Path | None = None
    ) -> None:
        stanzas = load_stanzas(data)
        self.train = [one for one in stanzas if one.split == "train"] or stanzas
        self.test = [one for one in stanzas if one.split == "validation"] or self.train
        self.rhymes = learnt(self.train)
        if start is None:
            self.tokenizer = pieces_of(self.train, num_tokens)
            model = self.fresh(self.tokenizer.get_vocab_size())
        else:
            self.tokenizer = read_tokenizer(start)
            model = self.loaded(start).requires_grad_(requires_grad=True).train()
        held = sequences(self.test, self.tokenizer, self.rhymes)
        self.letters = characters(self.test)
        self.left = 0
        super().__init__(recipe, self.ready(model), {}, held)

    @abstractmethod
    def fresh(self, count: int) -> WriterT:
        """A network for so many tokens."""

    @abstractmethod
    def loaded(self, start: Path) -> WriterT:
        """The network of a model folder."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the averaged network and the tokens."""

    def ready(self, model: WriterT) -> WriterT:
        """The network as it trains."""
        return model

    def batch(self) -> Tensor:
        """Draw stanzas of like length; after each round all words are cut anew."""
        if self.left <= 0:
            self.poems = sequences(self.train, self.tokenizer, self.rhymes, self.merge_dropout)
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
        self.save(folder)
        save_tables(self.train, self.rhymes, folder)


def characters(stanzas: Sequence[Stanza]) -> int:
    """Letters, marks, spaces and ends of lines."""
    return sum(len(line) + 1 for stanza in stanzas for line in stanza.lines)


@torch.no_grad()
def bits_per_character(model: TokenWriter, stanzas: Mapping[str, Tensor], letters: int) -> float:
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
