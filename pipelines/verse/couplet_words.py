"""The words of a model of couplets, and what is known of each.

A couplet is words and marks: small letters, a mark a token of its own, ``<turn>`` between the
lines and ``<end>`` after them. A word that the model has not learnt is ``<unknown>``, and is
never written. Of each word the lexicon has

    stresses   a letter a syllable: 1 stressed, 0 not, 2 a word of one syllable that bears weight
    rhyme      what it shares with every word that it rhymes with
    soft       how many of its consonants are liquids, nasals or glides
    consonants how many it has
    valence    how glad (above 0) or sad it is, -4 to 4

They were looked up in training (`pipelines.training.couplet_sounds`) and lie in the model's
folder, so that playing it takes no dictionary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from pipelines.verse.endings import tail
from pipelines.verse.stanza_forms import plain

__all__ = [
    "END",
    "MARKS",
    "MOST",
    "PAD",
    "SPECIAL",
    "TURN",
    "UNKNOWN",
    "Lexicon",
    "Word",
    "guessed",
    "tokens_of",
]

SPECIAL = ("<pad>", "<unknown>", "<turn>", "<end>")
PAD, UNKNOWN, TURN, END = range(4)
MARKS = (",", ";", ":", ".", "!", "?", "—", "…", "“", "”", "‘", "’", "(", ")")
OPENING = frozenset("“‘(")
MOST = 16
"""Tokens of the longest line."""
LETTERS = "A-Za-zÀ-ÖØ-öø-ÿŒœ"
_BEFORE = "tis|twas|twere|twill|twould|mid|neath|gainst|gan|twixt|tween|midst|mong|em"
_TOKEN = re.compile(
    rf"’(?:{_BEFORE})(?![{LETTERS}])|(?:th|o|wi)’(?= )|[{LETTERS}0-9]+(?:[’-][{LETTERS}0-9]+)*"
    r"|[^\s-]",
    re.IGNORECASE,
)
_VOWELS = re.compile("[aeiouyà-æè-ïò-öø-ýœ]+")
_SILENT = re.compile("[^aeiouyl]e$|[^aeioutd]ed$|[^aeiouscxgz]es$")


def tokens_of(line: str) -> list[str]:
    """The words and marks of a line, as they stand there.

    >>> tokens_of("I would not call thee fool, old man—’tis o’er!")
    ['I', 'would', 'not', 'call', 'thee', 'fool', ',', 'old', 'man', '—', '’tis', 'o’er', '!']
    """
    return _TOKEN.findall(plain(line))


def guessed(word: str) -> Word:
    """What can be told of a word by its letters.

    >>> guessed("wandered").stresses, guessed("strange").stresses
    ('10', '2')
    """
    small = word.casefold()
    vowels = len(_VOWELS.findall(small)) - bool(_SILENT.search(small))
    count = max(1, vowels)
    consonants = [c for c in small if c.isalpha() and not _VOWELS.fullmatch(c)]
    return Word(
        word=small,
        shown=word,
        stresses="2" if count == 1 else "10" * (count // 2) + "0" * (count % 2),
        rhyme=f"-{tail(small)}",
        soft=sum(c in "lmnrw" for c in consonants),
        consonants=len(consonants),
    )


@dataclass(frozen=True)
class Word:
    """What is known of a word; see the module.

    Attributes:
        word: In small letters.
        shown: As it is written within a line.
        stresses: A letter a syllable; empty for a mark.
        rhyme: Words with the same one rhyme; empty for a mark.
        soft: Soft consonants.
        consonants: All consonants.
        valence: Of its mood.
    """

    word: str
    shown: str = ""
    stresses: str = ""
    rhyme: str = ""
    soft: int = 0
    consonants: int = 0
    valence: float = 0.0

    @property
    def syllables(self) -> int:
        """How many syllables it has."""
        return len(self.stresses)


@dataclass(frozen=True)
class Lexicon:
    """All tokens of a model, in the order of their numbers: special ones, marks, words.

    Attributes:
        words: Of every token.
    """

    words: tuple[Word, ...]

    @classmethod
    def of(cls, words: Iterable[Word]) -> Lexicon:
        """With the special tokens and marks before some words."""
        signs = (Word(name, name) for name in (*SPECIAL, *MARKS))
        return cls((*signs, *words))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of every word in small letters."""
        return {one.word: number for number, one in enumerate(self.words)}

    def __len__(self) -> int:
        """How many tokens there are, V."""
        return len(self.words)

    def line(self, text: str) -> list[tuple[int, int]]:
        """The tokens of a line without what closes it, each with its syllables."""
        found = []
        for one in tokens_of(text):
            number = self.numbers.get(one.casefold(), UNKNOWN)
            known = self.words[number] if number != UNKNOWN else guessed(one)
            found.append((number, known.syllables if one not in MARKS else 0))
        return found

    def read(self, lines: Sequence[str]) -> tuple[list[int], list[int]]:
        """The tokens of a couplet, and the syllables of each."""
        closes = zip(lines, (TURN, END), strict=True)
        told = [pair for line, close in closes for pair in (*self.line(line), (close, 0))]
        return [token for token, _ in told], [count for _, count in told]

    def text(self, tokens: Iterable[int]) -> str:
        r"""Tokens as they are read, a line below the other.

        >>> Lexicon.of([Word("i", "I"), Word("see", "see")]).text([18, 19, 7, 2, 19, 8, 3])
        'I see.\nSee!'
        """
        lines, line = [], ""
        for token in tokens:
            shown = self.words[token].shown
            if token in (TURN, END):
                lines.append(line[:1].upper() + line[1:])
                line = ""
            elif shown in MARKS and shown not in OPENING:
                line += shown
            else:
                glued = not line or line[-1] in "—“‘("
                line += shown if glued else " " + shown
        lines.append(line[:1].upper() + line[1:])
        return "\n".join(one for one in lines if one)

    def save(self, file: Path) -> None:
        """Write it, a word a line."""
        rows = [list(asdict(one).values()) for one in self.words[len(SPECIAL) + len(MARKS) :]]
        text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        file.write_text(f"[\n{text}\n]\n", encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Lexicon:
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, TypeError: If it is missing or broken.
        """
        return cls.of(Word(*row) for row in json.loads(file.read_text(encoding="utf-8")))
