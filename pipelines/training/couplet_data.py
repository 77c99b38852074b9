"""Couplets out of English stanzas: lines that follow each other, by the splits of their stanzas.

Beside them stand, in the training split alone, lines that rhyme two lines apart, as in abab: both
are verse of one poem that rhymes, and adjacent lines that rhyme are few (1 in 5).
See `pipelines.training.stanza_data` for stanzas and splits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from pipelines.networks.couplet import Traits
from pipelines.training.stanza_data import Stanza
from pipelines.verse.couplet_words import MOST, PAD, TURN, Lexicon, tokens_of
from pipelines.verse.endings import Rhymes, last_word

__all__ = ["Couplets", "couplets_of", "told"]

Pair = tuple[str, str]
LENGTH = 2 * MOST + 2


@dataclass(frozen=True)
class Couplets:
    """Couplets as a network reads them; see `pipelines.networks.couplet`.

    Attributes:
        tokens: Shape [N, T]; `PAD` after the end.
        lines: 0 or 1, shape [N, T].
        places: How many tokens of the line stand before, shape [N, T].
        syllables: How many of its syllables, shape [N, T].
        first: Syllables of the first line where the second is told, else 0, shape [N, T].
        answers: The last word of the first line there, else `PAD`, shape [N, T].
    """

    tokens: Int[Tensor, "N T"]
    lines: Int[Tensor, "N T"]
    places: Int[Tensor, "N T"]
    syllables: Int[Tensor, "N T"]
    first: Int[Tensor, "N T"]
    answers: Int[Tensor, "N T"]

    @property
    def traits(self) -> Traits:
        """Where each token stands."""
        return Traits(self.lines, self.places, self.syllables, self.first, self.answers)

    def some(self, index: Int[Tensor, " K"]) -> Couplets:
        """Those with these numbers, no longer than the longest of them."""
        rows = {one.name: getattr(self, one.name)[index] for one in fields(self)}
        until = int((rows["tokens"] != PAD).sum(dim=1).max())
        return Couplets(**{name: row[:, :until] for name, row in rows.items()})

    def __len__(self) -> int:
        """How many there are."""
        return len(self.tokens)


def couplets_of(stanzas: Iterable[Stanza], rhymes: Rhymes | None = None) -> list[Pair]:
    """Every couplet once, in the order of the stanzas.

    Args:
        stanzas: Of one split.
        rhymes: Adds lines two apart that rhyme by these; None for neighbours alone.
    """
    found: dict[Pair, None] = {}
    for one in stanzas:
        lines = one.lines
        pairs = list(pairwise(lines))
        if rhymes is not None:
            far = zip(lines, lines[2:], strict=False)
            pairs += [(a, b) for a, b in far if rhymes.hold(last_word(a), last_word(b))]
        fitting = (pair for pair in pairs if all(0 < len(tokens_of(x)) < MOST for x in pair))
        found |= dict.fromkeys(fitting)
    return list(found)


def told(pairs: Sequence[Pair], lexicon: Lexicon) -> Couplets:
    """Couplets in numbers."""
    rows = {one.name: np.zeros((len(pairs), LENGTH), np.int64) for one in fields(Couplets)}
    is_word = [bool(one.stresses) for one in lexicon.words]
    for n, pair in enumerate(pairs):
        tokens, syllables = lexicon.read(pair)
        line = place = count = first = answer = last = 0
        for t, (token, more) in enumerate(zip(tokens, syllables, strict=True)):
            seen = (token, line, place, count, first, answer)
            for name, value in zip(rows, seen, strict=True):
                rows[name][n, t] = value
            place, count = place + 1, count + more
            last = token if is_word[token] or more else last
            if token == TURN:
                first, answer, line, place, count = count, last, 1, 0, 0
    return Couplets(**{name: torch.from_numpy(row) for name, row in rows.items()})
