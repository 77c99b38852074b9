"""Training of the Transformer that writes Tang verse; see `pipelines.training.poem_training`.

Embeddings begin as what a count of neighbours knows: the leading singular vectors
of the positive pointwise mutual information of a character with the one before it, the one after
it, and the one at its place in the other line of the couplet (Levy and Goldberg 2014,
https://papers.nips.cc/paper/5477).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.networks.verse_files import load_poet, read_tokens, save_poet
from pipelines.training.neighbours import embeddings
from pipelines.training.poem_training import (
    PoemTraining,
    TransformerRecipe,
    made_ready,
    nats_of_each,
)
from pipelines.training.verse_data import SPECIAL, load_poems, sequences, vocabulary
from pipelines.training.verse_rhymes import save_tables
from pipelines.verse.forms import FORMS

__all__ = ["VerseRecipe", "VerseTraining", "bits_per_character", "neighbours"]

CHUNK = 64
SHOWN = 3
"""Poems of every form on a sheet."""


@dataclass(frozen=True)
class VerseRecipe(TransformerRecipe):
    """Settings of one training run.

    Attributes:
        least: How often a character stands in the training poems, to be a token.
        start_scale: Standard deviation of the embeddings at the start; 0 for random ones.
    """

    least: int = 5
    start_scale: float = 0.02


class VerseTraining(PoemTraining[PoemTransformer]):
    """One run."""

    num_special: ClassVar[int] = len(SPECIAL)

    def __init__(self, data: Path, recipe: VerseRecipe, start: Path | None = None) -> None:
        """Read the poems; go on from the model in ``start``, if given, with its characters.

        Raises:
            ValueError: If the poems or the model can't be read.
        """
        poems = load_poems(data)
        self.train = train = [poem for poem in poems if poem.split == "train"] or poems
        held = [poem for poem in poems if poem.split == "validation"] or train
        if start is None:
            self.tokens = tuple(vocabulary(train, recipe.least))
            model = PoemTransformer(recipe.sizes(len(self.tokens), PoemSizes.length))
        else:
            self.tokens = read_tokens(start)
            model = load_poet(start).requires_grad_(requires_grad=True).train()
        rows = sequences(train, self.tokens)
        embeddings = model.model.embed_tokens.weight
        if start is None and recipe.start_scale:
            found = neighbours(rows, *embeddings.shape)
            embeddings.data.copy_(recipe.start_scale * found)
        model = made_ready(model, recipe.residual_dropout)
        super().__init__(recipe, model, rows, sequences(held, self.tokens))

    def held_bits(self) -> float:
        """Bits a character of some validation poems of every form."""
        some = {name: rows[:CHUNK] for name, rows in self.held.items()}
        return bits_per_character(self.average, some)

    def sheet(self) -> str:
        """Return a few poems of every form, as the averaged model writes them freely."""
        drawn = torch.Generator().manual_seed(0)
        poems = [self._written(name, drawn) for name in FORMS for _ in range(SHOWN)]
        return "\n\n".join(poems) + "\n"

    @torch.no_grad()
    def _written(self, name: str, drawn: torch.Generator) -> str:
        form, cache = FORMS[name], self.average.begin()
        signs: list[str] = []
        tokens = torch.tensor([[self.tokens.index(form.token)]])
        for _ in range(form.lines * (form.length + 1)):
            chances = self.average.extend(cache, tokens).softmax(-1)
            tokens = torch.multinomial(chances, 1, generator=drawn)
            signs.append(self.tokens[int(tokens)])
        step = form.length + 1
        return "\n".join("".join(signs[i : i + step]) for i in range(0, len(signs), step))

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_poet(self.average, self.tokens, folder, {"family": "tang", "id": folder.name})
        save_tables(self.train, folder)


def neighbours(poems: Mapping[str, Tensor], count: int, width: int) -> Float[Tensor, "V W"]:
    """Embeddings from what stands beside each token, with a standard deviation of 1.

    Args:
        poems: Sequences by the name of their form; see `verse_data.sequences`.
        count: V.
        width: W.
    """
    kinds: list[tuple[list[Tensor], list[Tensor]]] = [([], []) for _ in range(3)]
    for name, rows in poems.items():
        form = FORMS[name]
        lines = rows[:, 1:-1].reshape(len(rows), form.lines // 2, 2, form.length + 1)
        for one, other, kind in (
            (rows[:, 1:], rows[:, :-1], 0),
            (rows[:, :-1], rows[:, 1:], 1),
            (lines[:, :, 0], lines[:, :, 1], 2),
            (lines[:, :, 1], lines[:, :, 0], 2),
        ):
            kinds[kind][0].append(one.flatten())
            kinds[kind][1].append(other.flatten())
    pairs = [(torch.cat(one), torch.cat(other)) for one, other in kinds]
    return embeddings(pairs, count, width)


@torch.no_grad()
def bits_per_character(model: PoemTransformer, poems: Mapping[str, Tensor]) -> float:
    """How many bits a character costs; forms, marks and ends are not counted.

    Args:
        model: The network.
        poems: Sequences by the name of their form.
    """
    nats, count = 0.0, 0
    for rows in poems.values():
        for part in torch.split(rows, CHUNK):
            wanted = part[:, 1:]
            counted = (wanted >= len(SPECIAL)) | (wanted == SPECIAL.index("<unk>"))
            nats += float(nats_of_each(model(part[:, :-1]), wanted)[counted].sum())
            count += int(counted.sum())
    return nats / count / math.log(2)
