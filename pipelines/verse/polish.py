"""English verse polished: spelling, punctuation, the length of its lines.

A finish of three parts (`pipelines.finishing`), each of which may be off:

- **spelling**: *i* is a capital, and a word that the model has not read becomes the one word that
  it has read a single edit away (Damerau 1964), if there is exactly one;
- **punctuation**: marks and capitals, see `pipelines.verse.polish_marks`;
- **line length**: in a line that has more syllables than its like, words that verse has always
  shortened are shortened (*over*, *o’er*), until it has as many. Its like are the lines of the
  same parity, or all others of a short poem; what they have is their median, syllables being
  counted by letters (`couplet_words.guessed`). A line's last word stays, for it may rhyme, and
  no form is used that the model has not read.

Words of the person stay as they are. Polishing twice is polishing once. Nothing is drawn.
"""

from __future__ import annotations

import math
import statistics
import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipelines.verse.couplet_words import guessed
from pipelines.verse.polish_marks import capital, marked
from pipelines.verse.polish_words import Line, Word, read, text_of
from pipelines.verse.script import is_english

__all__ = ["SHORTER", "Polish", "polished"]

SHORTER: Mapping[str, str] = {
    "over": "o’er",
    "ever": "e’er",
    "never": "ne’er",
    "even": "e’en",
    "heaven": "heav’n",
    "taken": "ta’en",
    "every": "ev’ry",
    "it is": "’tis",
    "it was": "’twas",
    "it were": "’twere",
    "it will": "’twill",
    "it would": "’twould",
}
"""What is shortened by one syllable, and to what."""
_SYLLABLES = {word: 2 for word in SHORTER} | {"ev’ry": 2, "every": 3}
_SYLLABLES |= {word: _SYLLABLES.get(word, 1) for word in SHORTER.values()}
_SELF = frozenset({"i", "i’m", "i’ll", "i’ve", "i’d"})
SHORT_WORD, LONG_WORD, PAIRED = 4, 24, 4
"""Letters of words that are corrected; lines from which parity tells them apart."""
ROUNDS = 8
"""After so many the longest chain of changes has come to rest."""


@dataclass(frozen=True)
class Polish:
    """What is asked for; each part alone."""

    spelling: bool = False
    punctuation: bool = False
    line_length: bool = False


def polished(
    poem: str,
    asked: Polish,
    *,
    own: Sequence[Sequence[bool]] = (),
    bare: str = "",
    known: Collection[str] = (),
    whole: bool = True,
) -> str:
    """A poem, polished; see the module. What is not English stays as it is.

    Args:
        poem: Its lines, one below the other.
        asked: Which parts.
        own: Of every line that is not empty, which of its words in ``bare`` the person wrote.
        bare: The poem as it was written, where other steps have changed it.
        known: Words in small letters that the model has read; none knows none.
        whole: Whether the poem is at its end.

    >>> polished("in some strange thing that love,", Polish(punctuation=True))
    'In some strange thing that love.'
    """
    if not is_english(poem):
        return poem
    lines = read(poem, own, bare or poem)
    for _ in range(ROUNDS):
        before = lines
        if asked.spelling:
            lines = [[_spelt(word, known) for word in line] for line in lines]
        if asked.punctuation:
            lines = marked(lines, whole=whole)
        if asked.line_length:
            lines = _levelled(lines, known)
        if lines == before:
            break
    return text_of(lines)


def _spelt(word: Word, known: Collection[str]) -> Word:
    head, core, tail = word.parts
    if core in _SELF:
        return word.but(head + capital(core) + tail)
    small = (
        SHORT_WORD <= len(core) <= LONG_WORD
        and core.isascii()
        and core.isalpha()
        and core.islower()
    )
    if word.own or not small or not known or core in known:
        return word
    near = {one for one in _edits(core) if one in known}
    return word.but(head + near.pop() + tail) if len(near) == 1 else word


def _edits(word: str) -> set[str]:
    """Every text one edit away: a letter left out, doubled up, changed, or two that swapped."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = string.ascii_lowercase
    return (
        {a + b[1:] for a, b in cuts if b}
        | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
        | {a + one + b[1:] for a, b in cuts if b for one in letters}
        | {a + one + b for a, b in cuts for one in letters}
    )


def _levelled(lines: list[Line], known: Collection[str]) -> list[Line]:
    """The lines, those that are longer than their like made shorter where that can be done."""
    made = [*lines]
    rows = [at for at, line in enumerate(lines) if any(word.lettered for word in line)]
    for number, at in enumerate(rows):
        paired = len(rows) >= PAIRED
        like = [
            made[other]
            for place, other in enumerate(rows)
            if place != number and (not paired or (place - number) % 2 == 0)
        ]
        if like:
            most = math.ceil(statistics.median(map(_syllables, like)))
            made[at] = _shortened(made[at], _syllables(made[at]) - most, known)
    return made


def _syllables(line: Line) -> int:
    return sum(_length(word.parts[1].casefold()) for word in line if word.lettered)


def _length(core: str) -> int:
    found = _SYLLABLES.get(core)
    return guessed(core).syllables if found is None else found


def _shortened(line: Line, spare: int, known: Collection[str]) -> Line:
    """A line with at most ``spare`` words shortened, the first ones; never its last word."""
    made: Line = []
    at = 0
    while at < len(line):
        taken = _shorter(line[at : at + 2], known) if spare > 0 and at + 1 < len(line) else None
        pair = taken is not None and taken[1] > 1
        if taken is None or (pair and at + len(line[at : at + 2]) == len(line)):
            made.append(line[at])
            at += 1
        else:
            made.append(Word(taken[0]))
            at += taken[1]
            spare -= 1
    return made


def _shorter(words: Line, known: Collection[str]) -> tuple[str, int] | None:
    """What may stand for the first word, or for both, and for how many; None for nothing."""
    head, core, tail = words[0].parts
    small = core.casefold()
    pair = f"{small} {words[1].text.casefold()}"
    if not tail and pair in SHORTER and not words[0].own and not words[1].own:
        found, count = SHORTER[pair], 2
    elif small in SHORTER and not words[0].own:
        found, count = SHORTER[small], 1
    else:
        return None
    if known and found not in known:
        return None
    return head + (capital(found) if core[0].isupper() else found) + tail, count
