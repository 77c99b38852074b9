"""What rhymes in English verse, by how words are spelt and how poets have used them.

The tail of a word is its last run of vowels and all after it; a silent e counts to it (``night``
-> ``ight``, ``white`` -> ``ite``). Words rhyme that have one tail, the old rhymes to the eye
(``love``, ``move``) among them, and words whose tails poets have rhymed: which those are is
counted in the poems (`pipelines.training.stanza_rhymes`), as unsupervised discovery of rhyme
does (Reddy and Knight 2011, https://aclanthology.org/P11-2014/). A word does not rhyme with
itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.verse.stanza_forms import REACH

__all__ = ["Rhymes", "last_word", "tail"]

_WORD = re.compile(r"[a-z’']+")
_TAIL = re.compile(r"[aeiouy]+[^aeiouy]+e$|[aeiouy]+[^aeiouy]*$")
_SILENT = re.compile(r"(?<=[aeiouy])([^aeiouy]*[^aeiouytd])ed$")


def last_word(line: str) -> str:
    """The last word of a line in small letters a to z; empty without one.

    >>> last_word("And, I believe, the wingèd strife—")
    'strife'
    """
    plain = unicodedata.normalize("NFD", line.casefold())
    found = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    return re.sub("[’']", "", found[-1]) if found else ""


@lru_cache(maxsize=65536)
def tail(word: str) -> str:
    """The last run of vowels of a word and all after it.

    >>> tail("night"), tail("white"), tail("loved"), tail("wounded")
    ('ight', 'ite', 'ovd', 'ed')
    """
    heard = _SILENT.sub(r"\1d", word)
    found = _TAIL.search(heard)
    return found[0] if found else heard


@dataclass(frozen=True)
class Rhymes:
    """Which words rhyme.

    Attributes:
        pairs: Different tails that rhyme, each pair in the order of the alphabet.
    """

    pairs: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, pairs: Iterable[Sequence[str]]) -> Rhymes:
        """From pairs in any order."""
        return cls(frozenset((min(a, b), max(a, b)) for a, b in pairs))

    def hold(self, one: str, other: str) -> bool:
        """Whether two words, as `last_word` gives them, rhyme."""
        if not one or not other or one == other:
            return False
        return self.pair(tail(one), tail(other))

    def pair(self, one: str, other: str) -> bool:
        """Whether two tails rhyme."""
        return one == other or (min(one, other), max(one, other)) in self.pairs

    def back(self, words: Sequence[str]) -> list[int]:
        """Of every last word, how far back the nearest lies that it rhymes with; 0 for none.

        >>> Rhymes().back(["shame", "inherit", "fame", "shone"])
        [0, 0, 2, 0]
        """
        return [
            next((d for d in range(1, REACH + 1) if i >= d and self.hold(words[i - d], word)), 0)
            for i, word in enumerate(words)
        ]
