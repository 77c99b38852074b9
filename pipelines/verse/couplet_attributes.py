"""What is measured of a couplet, and has a slider where the slider does what it says.

    length     syllables
    metre      how well its syllables alternate, weak and strong (an iambic line: 1)
    rhyming    1 where the ends rhyme, 0.5 where their vowels are alike, else 0
    mood       glad above sad: VADER's compound score, which asks for a library (see below)
    softness   the share of liquids, nasals and glides among consonants
    landscape  the share of words for land, sky, plants and beasts
    archaism   the share of words that English has left behind (thou, hath)

Each is measured of tokens by what the lexicon knows of them; mood alone is measured in training by
a reader of whole sentences (`pipelines.training.couplet_sounds.mood`), and here by the mean
valence of the words.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.verse.couplet_words import TURN, Lexicon, Word
from pipelines.verse.english_imagery import LANDSCAPE

__all__ = ["ATTRIBUTES", "OLD", "alike", "is_landscape", "measured", "metre_of", "told_apart"]

ATTRIBUTES = ("length", "metre", "rhyming", "mood", "softness", "landscape", "archaism")
"""In the order of the first numbers of z, which training ties to them."""
_OLD = (
    "thou thee thy thine thyself ye hath hast doth dost art wert wilt shalt canst didst hadst "
    "ere oft nay yea yon yonder hence thence whence hither thither whither lo alas o’er e’er "
    "ne’er ’tis ’twas ’twere ’twill ’neath ’mid unto nought naught behold methinks wherefore "
    "couldst wouldst shouldst mayst quoth spake amid amidst betwixt"
)
OLD = frozenset(_OLD.split())
PROMOTED, DEMOTED = 0.5, 0.5
"""What a weak syllable is worth in a strong place, and a word of weight in a weak one."""


def metre_of(stresses: str, begin: int = 0) -> float:
    """How well syllables fit an iambic line, the sum over them; the first place is weak.

    Args:
        stresses: A letter a syllable; see `pipelines.verse.couplet_words`.
        begin: Syllables of the line before them.

    >>> metre_of("0101"), metre_of("1010")
    (4.0, 1.0)
    """
    worth = {"0": (1.0, PROMOTED), "1": (0.0, 1.0), "2": (DEMOTED, 1.0)}
    return sum(worth[one][(begin + i) % 2] for i, one in enumerate(stresses))


def alike(one: Word, other: Word) -> float:
    """1 if two words rhyme, 0.5 if they share the vowel that rhymes begin with, else 0."""
    if not one.rhyme or not other.rhyme or one.word == other.word:
        return 0.0
    if one.rhyme == other.rhyme:
        return 1.0
    heard = not one.rhyme.startswith("-") and not other.rhyme.startswith("-")
    return 0.5 if heard and one.rhyme[:2] == other.rhyme[:2] else 0.0


def is_landscape(word: str) -> bool:
    """Whether a word is of land, sky, plants or beasts, a plural s aside."""
    return word in LANDSCAPE or word.removesuffix("s") in LANDSCAPE


def told_apart(lexicon: Lexicon, tokens: Sequence[int]) -> list[list[Word]]:
    """The words of both lines, marks left out."""
    lines: list[list[Word]] = [[], []]
    line = 0
    for token in tokens:
        if token == TURN:
            line = 1
        elif lexicon.words[token].stresses:
            lines[line].append(lexicon.words[token])
    return lines


def measured(lines: Sequence[Sequence[Word]]) -> dict[str, float]:
    """Every attribute of the words of two lines; 0 of nothing."""
    words = [word for line in lines for word in line]
    syllables = sum(one.syllables for one in words)
    stresses = ["".join(one.stresses for one in line) for line in lines]
    count = max(1, len(words))
    ends = [line[-1] for line in lines if line]
    return {
        "length": float(syllables),
        "metre": sum(map(metre_of, stresses)) / max(1, syllables),
        "rhyming": alike(*ends) if len(ends) == 2 else 0.0,  # noqa: PLR2004 - two lines
        "mood": sum(one.valence for one in words) / count,
        "softness": sum(w.soft for w in words) / max(1, sum(w.consonants for w in words)),
        "landscape": sum(is_landscape(one.word) for one in words) / count,
        "archaism": sum(one.word in OLD for one in words) / count,
    }
