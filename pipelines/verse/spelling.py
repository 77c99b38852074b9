"""Which pieces of words spell words that poets wrote.

A network that draws words piece by piece also draws some that nobody ever wrote. Beside its
chances, a piece may only stand where letters so far and its own begin a known word, and a word
only ends where it is one: a walk down a trie, as in constrained decoding (De Cao et al. 2021,
https://arxiv.org/abs/2010.00904).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spelling", "words_in"]

Mask = NDArray[np.bool_]
_WORD = re.compile(r"[^\W_]+(?:’[^\W_]+)*’?|’[^\W_]+(?:’[^\W_]+)*")


def words_in(line: str) -> list[str]:
    """The words of a line in small letters, apostrophes within and beside them too.

    >>> words_in("“Ah, ’tis o’er th’ wine-dark sea!”")
    ['ah', '’tis', 'o’er', 'th’', 'wine', 'dark', 'sea']
    """
    return [one.casefold() for one in _WORD.findall(line)]


class Spelling:
    """Known words, and the pieces that spell them.

    Args:
        words: In small letters; none leaves every spelling be.
        pieces: The text of every token, V of them, with `space` before a word's first.
        space: The sign for a space.
    """

    def __init__(self, words: Iterable[str], pieces: Sequence[str], space: str) -> None:
        self.whole = frozenset(words)
        self._begun = frozenset(word[:i] for word in self.whole for i in range(len(word) + 1))
        self._space = space
        self._pieces = [one.removeprefix(space).casefold() for one in pieces]
        self._heads = np.array([one.startswith(space) for one in pieces])
        self._spells = np.array([bool(re.fullmatch(r"[^\W_’]*[\w’]+", p)) for p in self._pieces])
        self._found: dict[str, Mask] = {}

    def known(self, text: str) -> bool:
        """Whether every word of a text is known; any is where there are no words."""
        return not self.whole or all(one in self.whole for one in words_in(text))

    def begun(self, tokens: Sequence[int]) -> str:
        """The letters of the word that tokens end within; empty after a mark or a space."""
        letters: list[str] = []
        for token in reversed(tokens):
            if not self._spells[token]:
                break
            letters.append(self._pieces[token])
            if self._heads[token]:
                break
        return "".join(reversed(letters))

    def spelt(self, allowed: Mask, tokens: Sequence[int]) -> Mask:
        """What of ``allowed`` [V] goes on with a known word, or ends one; all, if nothing does."""
        if not self.whole:
            return allowed
        begun = self.begun(tokens)
        found = allowed & self._after(begun)
        return found if found.any() else allowed

    def _after(self, begun: str) -> Mask:
        """What may follow the beginning of a word, shape [V]."""
        found = self._found.get(begun)
        if found is None:
            within = np.array([begun + piece in self._begun for piece in self._pieces])
            fresh = np.array([piece in self._begun for piece in self._pieces])
            ends = not begun or begun in self.whole
            found = np.where(
                self._spells,
                np.where(self._heads, fresh & ends, within),
                ends,
            )
            self._found[begun] = found
        return found
