"""Training of the LSTM that writes English verse character by character.

See `pipelines.training.english_training`; pieces of words are single characters. It is regularised
as AWD-LSTM (Merity et al. 2018, https://arxiv.org/abs/1708.02182): see
`pipelines.networks.char_rnn`. In place of averaged SGD the weights have a moving average.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor

from pipelines.networks.char_rnn import CharLSTM, CharSizes
from pipelines.networks.char_rnn_files import load_char_rnn, save_char_rnn
from pipelines.training.english_training import EnglishTraining
from pipelines.training.poem_training import PoemRecipe
from pipelines.training.precision import computing_in

__all__ = ["CharRecipe", "CharTraining"]

NO_MERGES = 1
"""Tokens that are asked for: fewer than there are characters, so that none is merged."""


@dataclass(frozen=True)
class CharRecipe(PoemRecipe):
    """Settings of one training run.

    Attributes:
        leave_out: Share of what layers hear that is left out, in training.
        leave_out_weights: Share of recurrent weights that is left out, in training.
        width: See `CharSizes`, as all that follow.
        memory: Of every layer.
        num_layers: Of the LSTM.
    """

    batch_tokens: int = 5000
    learning_rate: float = 8e-3
    embedding_rate: float = 4e-3
    ema: float = 0.995
    dropout: float = 0.02
    leave_out: float = 0.1
    leave_out_weights: float = 0.1
    width: int = 128
    memory: int = 448
    num_layers: int = 2


class CharTraining(EnglishTraining[CharLSTM]):
    """One run.

    Args:
        data: Folder with ``english_stanzas.txt``.
        recipe: Settings.
        start: Model to go on from, with its characters.

    Raises:
        ValueError: If the stanzas or the model can't be read.
    """

    recipe: CharRecipe
    checked: ClassVar[int] = 200

    def __init__(self, data: Path, recipe: CharRecipe, start: Path | None = None) -> None:
        self.recipe = recipe
        super().__init__(data, recipe, NO_MERGES, start)

    def fresh(self, count: int) -> CharLSTM:
        """See `EnglishTraining`."""
        recipe = self.recipe
        return CharLSTM(CharSizes(count, recipe.width, recipe.memory, recipe.num_layers))

    def loaded(self, start: Path) -> CharLSTM:
        """See `EnglishTraining`."""
        return load_char_rnn(start)

    def logits(self, seen: Int[Tensor, "N L"]) -> Float[Tensor, "N L V"]:
        """See `PoemTraining`."""
        recipe = self.recipe
        found: Tensor = self.model(seen, recipe.leave_out, recipe.leave_out_weights)
        return found

    def held_bits(self) -> float:
        """See `PoemTraining`."""
        with computing_in(self.recipe.precision):
            return super().held_bits()

    def save(self, folder: Path) -> None:
        """See `EnglishTraining`."""
        told = {"family": "char-rnn", "id": folder.name}
        save_char_rnn(self.average, self.tokenizer, folder, told)
