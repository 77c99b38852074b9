"""Splits by content: what has much in common stays on one side.

The same poem or tune often stands in a collection twice, with small changes. Works that share two
parts are one group, and a hash of the group says which split it is in.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Literal

__all__ = ["HELD", "Split", "groups_of", "splits_of"]

Split = Literal["train", "validation", "test"]
HELD = 5
"""Percent of the groups in the validation split, and as many in the test split."""


def splits_of(works: Sequence[Collection[str]], names: Sequence[str]) -> list[Split]:
    """A split for every work, the same for all of a group; see the module.

    Args:
        works: The parts of each.
        names: What is hashed of each; a group takes that of its first work.
    """
    return [_split_of(names[first]) for first in groups_of(works)]


def groups_of(works: Sequence[Collection[str]]) -> list[int]:
    """Of every work, the number of the first work of its group.

    >>> groups_of(["ab", "cd", "abx", "dca"])
    [0, 1, 0, 1]
    """
    chief = list(range(len(works)))

    def find(one: int) -> int:
        while chief[one] != one:
            chief[one] = chief[chief[one]]
            one = chief[one]
        return one

    holders = defaultdict(list)
    for number, parts in enumerate(works):
        for part in dict.fromkeys(parts):
            holders[part].append(number)
    shared = Counter(
        (one, other)
        for found in holders.values()
        for i, one in enumerate(found)
        for other in found[i + 1 :]
    )
    for (one, other), count in shared.items():
        if count > 1:
            low, high = sorted((find(one), find(other)))
            chief[high] = low
    return [find(number) for number in range(len(works))]


def _split_of(name: str) -> Split:
    draw = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100
    return "validation" if draw < HELD else "test" if draw < 2 * HELD else "train"
