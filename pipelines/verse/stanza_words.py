"""How likely other words are at a place of a stanza.

A word is one or more pieces; it is as likely as all of them together and an end after the last.
The likeliest words are found best first: of all beginnings of words the likeliest is gone on
with (uniform-cost search).
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.verse.endings import last_word
from pipelines.verse.stanza_files import SPACE
from pipelines.verse.stanza_forms import LINES

if TYPE_CHECKING:
    from pipelines.verse.stanza_files import Parts

__all__ = ["likely"]

READ, FIRST, NEXT = 48, 48, 6
"""How many beginnings are gone on with, and how many pieces are looked at first and later."""
LETTERS = 128
"""How many beginnings are gone on with letter by letter."""
_WORD = re.compile(r"^([^\w’]*)(.*?)([^\w’]*)$")


def likely(
    parts: Parts,
    lines: Sequence[str],
    at: tuple[int, int],
    num: int,
    added: NDArray[np.float32] | None = None,
) -> list[tuple[str, float]]:
    """The likeliest words at a place, and how likely each is; marks beside the word stay.

    Args:
        parts: The model.
        lines: The stanza.
        at: Line and word, from 0.
        num: How many words.
        added: To the hidden states.
    """
    row, place = at
    words = lines[row].split(" ")
    match = _WORD.match(words[place])
    before, after = (match[1], match[3]) if match else ("", "")
    back = parts.rhymes.back([last_word(line) for line in lines[: row + 1]])[-1]
    told = [*parts.prefix(lines[:row], len(lines)), parts.number(LINES[back])]
    beginning = " ".join([*words[:place], before] if before else words[:place])
    told += parts.pieces(beginning) if beginning else []
    memory = parts.decoder.begin(added)
    goes_on = parts.going_on
    starts = goes_on if before else parts.heads & parts.lettered
    if parts.single and not before:
        told.append(parts.number(SPACE))
        starts = goes_on & parts.lettered
    first = _shares(parts.decoder.extend(memory, told), starts)
    known = memory.length
    waiting = _more((), 0.0, first, FIRST)
    heapq.heapify(waiting)
    found: list[tuple[str, float]] = []
    read = 0
    while waiting and len(found) < num:
        cost, whole, tokens = heapq.heappop(waiting)
        if whole:
            word = parts.text(tokens)
            if parts.spelling.known(word) and all(word != other for other, _ in found):
                found.append((word, math.exp(-cost)))
            continue
        if read == (LETTERS if parts.single else READ):
            break
        read += 1
        memory.length = known
        logits = parts.decoder.extend(memory, tokens)
        p = _shares(logits, np.ones_like(goes_on))
        stop = 1 - float(p[goes_on].sum())
        if stop > 0:
            heapq.heappush(waiting, (cost - math.log(stop), True, tokens))
        spelt = parts.spelling.spelt(goes_on, tokens) if parts.single else goes_on
        for one in _more(tokens, cost, np.where(spelt, p, 0), NEXT):
            heapq.heappush(waiting, one)
    return [(before + word + after, p) for word, p in found]


def _shares(logits: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probabilities among what is allowed."""
    scores = np.where(allowed, logits.astype(np.float64), -np.inf)
    p = np.exp(scores - scores.max())
    found: NDArray[np.float64] = p / p.sum()
    return found


def _more(
    tokens: tuple[int, ...], cost: float, p: NDArray[np.float64], count: int
) -> list[tuple[float, bool, tuple[int, ...]]]:
    """The likeliest ways to go on from some tokens."""
    best = np.argsort(-p, kind="stable")[:count]
    return [(cost - math.log(p[i]), False, (*tokens, int(i))) for i in best if p[i] > 0]
