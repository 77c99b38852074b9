"""An interpolated n-gram model with modified Kneser-Ney smoothing, to compare networks with.

With c the counts of the highest order, and below it the number of different tokens before an
n-gram (Chen and Goodman 1999, https://doi.org/10.1006/csla.1999.0128)::

    p(w | h) = (c(h w) - D(c(h w))) / c(h) + gamma(h) p(w | h')     h' is h without its first token
    D_k = k - (k + 1) Y n_(k+1) / n_k     k = 1, 2, 3 and more;  Y = n_1 / (n_1 + 2 n_2)

where n_k is how many n-grams of the order have count k, and gamma gives back what was taken off.
The lowest order falls back to all V tokens alike.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from copy import copy

__all__ = ["KneserNey"]

Tokens = tuple[int, ...]
KINDS = 3
"""Discounts of an order: of counts of 1, of 2, and of 3 and more."""


class KneserNey:
    """A model of sequences of tokens 0 ... V - 1.

    Args:
        sequences: What to count.
        num_tokens: V.
        order: n; the tokens of a context and the one after it.
        scale: What discounts are multiplied by, to choose on held-out sequences; D is 0.99 k
            at most.
    """

    def __init__(
        self,
        sequences: Iterable[Sequence[int]],
        num_tokens: int,
        order: int = 5,
        scale: float = 1.0,
    ) -> None:
        self.num_tokens, self.order = num_tokens, order
        self.counts = _counted(sequences, order)
        self._discount(scale)

    def scaled(self, scale: float) -> KneserNey:
        """The same counts with discounts of another scale."""
        found = copy(self)
        found._discount(scale)
        return found

    def _discount(self, scale: float) -> None:
        self.discounts = [
            tuple(min(scale * d, 0.99 * k) for k, d in enumerate(_discounts(level)))
            for level in self.counts
        ]
        self.heads = [
            _heads(level, found) for level, found in zip(self.counts, self.discounts, strict=True)
        ]

    def probability(self, context: Tokens, token: int) -> float:
        """Of ``token`` after ``context``, of which the last n - 1 tokens are looked at."""
        p = 1.0 / self.num_tokens
        context = context[max(0, len(context) - self.order + 1) :]
        for size in range(len(context) + 1):
            head = context[len(context) - size :]
            total, given = self.heads[size].get(head, (0, 1.0))
            if not total:
                break
            count = self.counts[size].get((*head, token), 0)
            taken = self.discounts[size][min(count, KINDS)]
            p = (count - taken) / total + given * p
        return p

    def bits(self, sequence: Sequence[int]) -> list[float]:
        """Bits of every token of a sequence but for the first."""
        whole = tuple(sequence)
        return [
            -math.log2(self.probability(whole[max(0, i - self.order + 1) : i], whole[i]))
            for i in range(1, len(whole))
        ]


def _counted(sequences: Iterable[Sequence[int]], order: int) -> list[dict[Tokens, int]]:
    """Counts of n-grams by order; those that begin a sequence keep theirs in every order."""
    raw: list[Counter[Tokens]] = [Counter() for _ in range(order)]
    first: list[Counter[Tokens]] = [Counter() for _ in range(order)]
    for sequence in sequences:
        whole = tuple(sequence)
        for end in range(1, len(whole) + 1):
            for size in range(1, min(order, end) + 1):
                gram = whole[end - size : end]
                raw[size - 1][gram] += 1
                if end == size:
                    first[size - 1][gram] += 1
    levels: list[dict[Tokens, int]] = [dict(raw[-1])]
    for size in range(order - 1, 0, -1):
        level = Counter(first[size - 1])
        for gram in raw[size]:
            level[gram[1:]] += 1
        levels.append(dict(level))
    return levels[::-1]


def _discounts(level: dict[Tokens, int]) -> tuple[float, ...]:
    """What is taken off counts of 0, 1, 2, and 3 and more."""
    n = Counter(level.values())
    if not (n[1] and n[2] and n[3] and n[4]):
        return (0.0, 0.5, 0.5, 0.5)
    y = n[1] / (n[1] + 2 * n[2])
    return (0.0, *(k - (k + 1) * y * n[k + 1] / n[k] for k in range(1, KINDS + 1)))


def _heads(
    level: dict[Tokens, int], discounts: tuple[float, ...]
) -> dict[Tokens, tuple[int, float]]:
    """Of every context its total, and the share that was taken off."""
    total: defaultdict[Tokens, int] = defaultdict(int)
    taken: defaultdict[Tokens, float] = defaultdict(float)
    for gram, count in level.items():
        total[gram[:-1]] += count
        taken[gram[:-1]] += discounts[min(count, KINDS)]
    return {head: (count, taken[head] / count) for head, count in total.items()}
