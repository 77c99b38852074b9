"""Steps from one text to another that are about as large as each other.

Along a straight way through a latent space a text stands still for a while, and then many of its
words change at once. Of N texts about the way, in their order, K are chosen, the first and the
last among them, so that the largest change m from one to the next is as small as it can be, and of
such choices the one whose changes d are nearest to `USUAL` m, by the sum of (d - `USUAL` m)^2
(dynamic programming).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["changed", "evenly"]

USUAL = 0.6
"""Of the largest change, what the others are to be: so that it is less than twice the mean."""
Doubles = NDArray[np.float64]


def changed(one: Sequence[str], other: Sequence[str]) -> float:
    """How many letters of words are taken out and put in on the way from one text to another.

    The edit distance of two rows of words, where a word weighs as many letters as it has and one
    put for another as many as the longer (Levenshtein 1966).

    >>> changed(["the", "sea"], ["the", "deep", "sea"]), changed(["sea"], ["shore"])
    (4.0, 5.0)
    """
    before = [0.0]
    for word in other:
        before.append(before[-1] + len(word))
    for word in one:
        now = [before[0] + len(word)]
        for j, new in enumerate(other, start=1):
            swap = 0.0 if word == new else float(max(len(word), len(new)))
            out, put = before[j] + len(word), now[-1] + len(new)
            now.append(min(out, put, before[j - 1] + swap))
        before = now
    return before[-1]


def evenly(texts: Sequence[Sequence[str]], num: int) -> list[int]:
    """Numbers of ``num`` of the texts, rising, from the first to the last; see the module.

    Args:
        texts: N texts as words, N at least ``num``. While there are others, none is chosen that
            says the same as another.
        num: K, at least 2.

    >>> evenly([["a"], ["a"], ["a", "b"], ["a", "b", "c"], ["c"]], 3)
    [0, 2, 4]
    """
    last = len(texts) - 1
    first: dict[tuple[str, ...], int] = {tuple(texts[0]): 0}
    for number, text in enumerate(texts[:last]):
        if tuple(text) != tuple(texts[last]):
            first.setdefault(tuple(text), number)
    kept = [*first.values(), last]
    if len(kept) < num:
        others = [number for number in range(len(texts)) if number not in kept]
        return sorted([*kept, *others[: num - len(kept)]])
    apart = _apart([texts[number] for number in kept])
    most = next(x for x in np.unique(apart) if np.isfinite(_costs(apart, num, x)[-1, -1]))
    return [kept[at] for at in _path(apart, _costs(apart, num, most), most)]


def _apart(texts: Sequence[Sequence[str]]) -> Doubles:
    """The change between every two texts, shape [N, N]."""
    found = np.zeros((len(texts), len(texts)))
    for i, one in enumerate(texts):
        for j in range(i):
            found[i, j] = found[j, i] = changed(one, texts[j])
    return found


def _costs(apart: Doubles, num: int, most: float) -> Doubles:
    """Least sums of the module to each text in each number of steps, shape [K, N]."""
    step = np.where(apart <= most, (apart - USUAL * most) ** 2, np.inf)
    step[np.tril_indices(len(step))] = np.inf
    costs = np.full((num, len(step)), np.inf)
    costs[0, 0] = 0.0
    for k in range(1, num):
        costs[k] = (costs[k - 1][:, None] + step).min(axis=0)
    return costs


def _path(apart: Doubles, costs: Doubles, most: float) -> list[int]:
    at = [len(apart) - 1]
    for k in range(len(costs) - 1, 0, -1):
        here = at[-1]
        step = (apart[:, here] - USUAL * most) ** 2
        before = np.where(apart[:, here] <= most, costs[k - 1] + step, np.inf)
        at.append(int(before[:here].argmin()))
    return at[::-1]
