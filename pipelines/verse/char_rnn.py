"""English verse from a recurrent network that writes letter by letter, the classic way.

Equations (Graves 2013, https://arxiv.org/abs/1308.0850; Karpathy 2015,
https://karpathy.github.io/2015/05/21/rnn-effectiveness/)::

    x_i ~ N(0, I)              seed -> latent map of `pipelines.latents`, for every place, [D]
    c_i = argmax_c log p(c | form, c_1 ... c_(i-1)) + G(f_c . x_i)   see `pipelines.verse.drawing`

with p that of `pipelines.networks.char_rnn`. It is played as the Transformer of
`pipelines.verse.stanza` is, by the same code: a piece of a word is a letter. Forms, rhymes, lines
that are given, known spellings and measures are the same. The latent is the noise of 14 lines of
80 places. It has no control vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelines.pipeline import Card
from pipelines.verse.stanza import EnglishVerse

__all__ = ["load"]


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> EnglishVerse:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    from pipelines.verse.char_rnn_files import LSTM
    from pipelines.verse.stanza_files import read

    return EnglishVerse(card, read(folder, LSTM))
