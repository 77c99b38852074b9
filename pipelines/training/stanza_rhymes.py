"""Which spellings rhyme, counted in the stanzas; see `pipelines.verse.endings`.

A line rhymes with one of its neighbours, up to three lines apart, if with any. First all
neighbours are counted; then of every line only the one it goes with best by that count, which
leaves few pairs that are chance (hard expectation maximisation; Reddy and Knight 2011,
https://aclanthology.org/P11-2014/). Tails rhyme that stand together `RATIO` times as often as by
chance, `LEAST` times and in `VARIED` different pairs of words: a refrain is no proof.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.training.stanza_data import Stanza
from pipelines.verse.endings import Rhymes, last_word, tail
from pipelines.verse.spelling import words_in
from pipelines.verse.stanza_forms import REACH

__all__ = ["RHYMES", "learnt", "rhyming_share", "save_tables"]

Pair = tuple[str, str]
RHYMES = "verse.json"
LEAST, VARIED, RATIO = 8, 3, 3.0
MOST_COUNTED = 8
"""Of one pair of words; more often it is a refrain."""
ROUNDS = 2
TWICE = 2
"""How often a word stands there, to be written; at an end, for a line that has to rhyme."""
_END = re.compile(r"([a-zà-ÿœ’]*[a-zà-ÿœ])[^a-zà-ÿœ]*$")
COMMON = 12
"""How many lines a letter has to begin in the poems, for an acrostic to ask for it."""


def learnt(stanzas: Iterable[Stanza]) -> Rhymes:
    """The pairs of tails that rhyme."""
    ends = [[last_word(line) for line in stanza.lines] for stanza in stanzas]
    strength: dict[Pair, float] | None = None
    for _ in range(ROUNDS):
        together, varied, strength = _counted(ends, strength)
    assert strength is not None  # noqa: S101 - there is a round
    return Rhymes.of(
        pair
        for pair, count in sorted(together.items())
        if pair[0] != pair[1]
        and count >= LEAST
        and varied[pair] >= VARIED
        and strength[pair] >= RATIO
    )


def _counted(
    ends: Iterable[Sequence[str]], strength: Mapping[Pair, float] | None
) -> tuple[Counter[Pair], Counter[Pair], dict[Pair, float]]:
    """Of pairs of tails: how often together, in how many pairs of words, beside chance."""
    words: Counter[Pair] = Counter()
    for stanza in ends:
        for at, word in enumerate(stanza):
            beside = [*stanza[max(0, at - REACH) : at], *stanza[at + 1 : at + 1 + REACH]]
            pairs = [_pair(word, other) for other in beside if word and other and other != word]
            if strength is not None and pairs:
                fits = [_fit(pair, strength) for pair in pairs]
                pairs = [pairs[fits.index(max(fits))]] if max(fits) > 0 else []
            words.update(pairs)
    together, varied, alone = Counter[Pair](), Counter[Pair](), Counter[str]()
    for pair, count in words.items():
        tails = _pair(tail(pair[0]), tail(pair[1]))
        together[tails] += min(count, MOST_COUNTED)
        varied[tails] += 1
        for one in tails:
            alone[one] += min(count, MOST_COUNTED)
    whole = 2 * sum(together.values())
    beside_chance = {
        pair: count * whole / (alone[pair[0]] * alone[pair[1]]) for pair, count in together.items()
    }
    return together, varied, beside_chance


def _fit(pair: Pair, strength: Mapping[Pair, float]) -> float:
    """How well two words go together."""
    one, other = tail(pair[0]), tail(pair[1])
    return math.inf if one == other else strength.get(_pair(one, other), 0.0)


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)


def rhyming_share(stanzas: Iterable[Sequence[str]], rhymes: Rhymes) -> float:
    """The share of lines that rhyme with another of their stanza, up to three lines away."""
    held = whole = 0
    for lines in stanzas:
        back = rhymes.back([last_word(line) for line in lines])
        answered = {i for i, d in enumerate(back) if d} | {i - d for i, d in enumerate(back) if d}
        held, whole = held + len(answered), whole + len(lines)
    return held / whole


def save_tables(stanzas: Sequence[Stanza], rhymes: Rhymes, folder: Path) -> None:
    """Write what `pipelines.verse.stanza_files.read` reads beside the network."""
    heads = Counter(line.lstrip("“‘’'(—…")[:1] for one in stanzas for line in one.lines)
    begins = "".join(sorted(c for c, n in heads.items() if c.isalpha() and n >= COMMON))
    pairs = [" ".join(pair) for pair in sorted(rhymes.pairs)]
    found = (_END.search(line.casefold()) for one in stanzas for line in one.lines)
    last = Counter(match[1] for match in found if match)
    ends = " ".join(sorted(word for word, count in last.items() if count >= TWICE))
    told = Counter(word for one in stanzas for line in one.lines for word in words_in(line))
    words = " ".join(sorted(word for word, count in told.items() if count >= TWICE))
    tables = {"rhymes": pairs, "begins": begins, "ends": ends, "words": words}
    text = json.dumps(tables, ensure_ascii=False, indent=1) + "\n"
    (folder / RHYMES).write_text(text, encoding="utf-8")
