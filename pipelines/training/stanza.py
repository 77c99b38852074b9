"""Training of the Transformer that writes English verse.

See `pipelines.training.english_training`. A word has many ways to be cut into pieces; in training
it is cut in another one each round (BPE-dropout, Provilkov et al. 2020,
https://arxiv.org/abs/1910.13267), which is what helps most where there is so little text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.networks.stanza_files import save_stanza_poet
from pipelines.networks.verse import PoemTransformer
from pipelines.networks.verse_files import load_poet
from pipelines.training.english_training import EnglishTraining
from pipelines.training.poem_training import TransformerRecipe, made_ready
from pipelines.verse.stanza_forms import LENGTH

__all__ = ["StanzaRecipe", "StanzaTraining"]


@dataclass(frozen=True)
class StanzaRecipe(TransformerRecipe):
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


class StanzaTraining(EnglishTraining[PoemTransformer]):
    """One run.

    Args:
        data: Folder with ``english_stanzas.txt``.
        recipe: Settings.
        start: Model to go on from, with its pieces.

    Raises:
        ValueError: If the stanzas or the model can't be read.
    """

    recipe: StanzaRecipe

    def __init__(self, data: Path, recipe: StanzaRecipe, start: Path | None = None) -> None:
        self.recipe, self.merge_dropout = recipe, recipe.merge_dropout
        super().__init__(data, recipe, recipe.num_tokens, start)

    def fresh(self, count: int) -> PoemTransformer:
        """See `EnglishTraining`."""
        return PoemTransformer(self.recipe.sizes(count, LENGTH))

    def loaded(self, start: Path) -> PoemTransformer:
        """See `EnglishTraining`."""
        return load_poet(start)

    def ready(self, model: PoemTransformer) -> PoemTransformer:
        """See `EnglishTraining`."""
        return made_ready(model, self.recipe.residual_dropout)

    def save(self, folder: Path) -> None:
        """See `EnglishTraining`."""
        told = {"family": "stanza", "id": folder.name}
        save_stanza_poet(self.average, self.tokenizer, folder, told)
