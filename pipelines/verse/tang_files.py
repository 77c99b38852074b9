"""Reads the folder of a model of Tang verse; see `pipelines.networks.verse_files`.

``verse.json`` says beside it which characters rhyme (``rhymes``: groups of characters) and which
begin a line (``begins``), both counted in the poems that it was trained on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import Direction
from pipelines.networks.network_files import weights_of
from pipelines.networks.verse import PoemTransformer
from pipelines.networks.verse_files import TOKENIZER, WEIGHTS, load_poet, read_tokens
from pipelines.request import Weights
from pipelines.verse import control_vectors
from pipelines.verse.forms import COMMA, FORMS, STOP
from pipelines.verse.script import traditional

__all__ = ["TABLES", "Parts", "read"]

TABLES = "verse.json"
UNKNOWN = "<unk>"


@dataclass(frozen=True)
class Parts:
    """What a model's folder holds.

    Attributes:
        weights: Digest of the weights, the characters and the tables.
        poet: The network.
        tokens: Its tokens in the order of their numbers.
        rhymes: The rhyme of every token, shape [V]; -1 for none.
        begins: Characters that begin a line.
        vectors: Its control vectors.
    """

    weights: Weights
    poet: PoemTransformer
    tokens: tuple[str, ...]
    rhymes: NDArray[np.int64]
    begins: frozenset[str]
    vectors: tuple[Direction, ...] = ()

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of every token."""
        return {token: number for number, token in enumerate(self.tokens)}

    def number(self, token: str) -> int:
        """The number of a token; a simplified character reads as the traditional one.

        One that the network does not know reads as unknown.
        """
        found = self.numbers.get(token)
        if found is None:
            found = self.numbers.get(traditional(token), self.numbers[UNKNOWN])
        return found

    @cached_property
    def characters(self) -> NDArray[np.bool_]:
        """Which tokens are characters, shape [V]."""
        return np.array([len(t) == 1 and t not in (COMMA, STOP) for t in self.tokens])

    @cached_property
    def rhyming(self) -> NDArray[np.bool_]:
        """Which tokens have enough others that rhyme with them, shape [V]."""
        names, counts = np.unique(self.rhymes[self.rhymes >= 0], return_counts=True)
        needed = max(form.lines for form in FORMS.values()) // 2
        rich = np.isin(self.rhymes, names[counts >= needed])
        return rich if rich.any() else self.characters


def read(folder: Path) -> Parts:
    """Read a model's folder.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    poet, tokens = load_poet(folder), read_tokens(folder)
    if len(tokens) != poet.sizes.num_tokens:
        raise ValueError("the characters are not as many as the network's")
    longest = max(form.lines * (form.length + 1) for form in FORMS.values()) + 1
    if poet.sizes.length < longest or not {UNKNOWN, COMMA, STOP}.issubset(tokens):
        raise ValueError("the network does not write these forms")
    tables = json.loads((folder / TABLES).read_text(encoding="utf-8"))
    group = {sign: i for i, signs in enumerate(tables["rhymes"]) for sign in signs}
    rhymes = np.array([group.get(token, -1) for token in tokens], dtype=np.int64)
    vectors = control_vectors.read(folder, poet.sizes)
    weights = weights_of([folder / name for name in (WEIGHTS, TOKENIZER, TABLES)])
    begins = frozenset(str(tables["begins"]))
    return Parts(weights, poet, tokens, rhymes, begins, vectors)
