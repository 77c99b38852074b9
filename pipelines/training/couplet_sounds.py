"""What words sound like and how glad they are, looked up for `pipelines.verse.couplet_words`.

Stress and rhyme are those of the CMU Pronouncing Dictionary, read through `pronouncing`; moods
those of VADER (Hutto and Gilbert 2014, https://ojs.aaai.org/index.php/ICWSM/article/view/14550).
Both libraries are of the extra ``train``: a trained model carries what was looked up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipelines.verse.couplet_words import MARKS, SPECIAL, Lexicon, Word, guessed, tokens_of
from pipelines.verse.english_imagery import COMMON

if TYPE_CHECKING:
    Pair = tuple[str, str]

__all__ = ["lexicon", "mood", "sounded"]

SOFT = frozenset(("L", "M", "N", "NG", "R", "W", "Y"))
_WEAK = (
    "am an are at been can could did do does has hath had may might must no these those "
    "though through till too up upon us was were while with would ye yet o oh its into"
)
WEAK = COMMON | frozenset(_WEAK.split())
"""Words of one syllable that bear no weight."""
RENAMED = {"o’er": "over", "e’er": "air", "ne’er": "nair", "’tis": "tis", "’twas": "was"}
LEAST = 3
"""How often a word stands in the couplets for the model to learn it."""
_MEANS = "\N{RIGHT SINGLE QUOTATION MARK}"


@lru_cache(maxsize=65536)
def sounded(text: str) -> Word:
    """A word with all that is known of it.

    >>> sounded("beyond").stresses, sounded("shore").rhyme == sounded("more").rhyme
    ('01', True)
    """
    import pronouncing

    small = text.casefold()
    found = pronouncing.phones_for_word(small.replace(_MEANS, "'"))
    found = found or pronouncing.phones_for_word(small.replace(_MEANS, ""))
    valence = float(_moods().lexicon.get(small.replace(_MEANS, "'"), 0.0))
    if not found:
        return replace(guessed(text), valence=valence)
    phones = found[0].split()
    stresses = pronouncing.stresses(found[0]).replace("2", "0")
    if len(stresses) <= 1:
        stresses = "0" if small in WEAK else "2"
    consonants = [one for one in phones if not one[-1].isdigit()]
    return Word(
        word=small,
        shown=text,
        stresses=stresses,
        rhyme=_rhyme(phones),
        soft=sum(one in SOFT for one in consonants),
        consonants=len(consonants),
        valence=valence,
    )


def _rhyme(phones: Sequence[str]) -> str:
    """From the last vowel that bears a stress, or else from the last one, to the end."""
    stressed = [i for i, one in enumerate(phones) if one[-1] in "12"]
    vowels = [i for i, one in enumerate(phones) if one[-1].isdigit()]
    at = (stressed or vowels or [0])[-1]
    return " ".join(one.rstrip("012") for one in phones[at:])


@lru_cache(maxsize=1)
def _moods() -> Any:  # noqa: ANN401 - the library has no types
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def mood(text: str) -> float:
    """VADER's compound score of a text, -1 to 1."""
    return float(_moods().polarity_scores(text.replace(_MEANS, "'"))["compound"])


def lexicon(couplets: Iterable[Pair], count: int) -> Lexicon:
    """The ``count`` most common words that stand in couplets at least `LEAST` times."""
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    often: Counter[str] = Counter()
    for line in (line for pair in couplets for line in pair):
        told = tokens_of(line)
        for at, text in enumerate(told):
            small = text.casefold()
            often[small] += 1
            begins = at == 0 or told[at - 1] in {".", "!", "?", "—", "“", "‘", "("}
            shown[small][text] += 1 if begins else 100
    signs = {*SPECIAL, *MARKS}
    words = [
        word
        for word, times in sorted(often.items(), key=lambda one: (-one[1], one[0]))
        if times >= LEAST and word not in signs and (word[-1].isalpha() or word == "th’")
    ]
    return Lexicon.of(
        replace(sounded(word), shown=shown[word].most_common(1)[0][0]) for word in words[:count]
    )
