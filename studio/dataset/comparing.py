"""Which pairs go into a dataset: the comparisons that taste learns from, one work over one other.

Of all signals only choices made on purpose are taken: answers to Ask me, and a kept work over each
work it was shown beside. Hints stay in the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.library import Event
from studio.taste.signals import comparisons, standing

__all__ = ["KINDS", "Pair", "pairs_of"]

KINDS = ("keep", "pair")


@dataclass(frozen=True)
class Pair:
    """One work preferred to another, by sha256 of their recipes."""

    better: str
    worse: str


def pairs_of(events: Sequence[Event], used: Mapping[str, bool]) -> tuple[list[Pair], Counter[str]]:
    """Pairs, oldest first, and what was left out: ``tie``, ``alone``, ``off`` -> how many.

    Args:
        events: Oldest first.
        used: Which signals the person lets be learnt from.
    """
    left: Counter[str] = Counter()
    found: list[Pair] = []
    told = standing(events)
    before = ""
    for one in comparisons(told, dict.fromkeys(KINDS, True)):
        again = not one.worse and one.better == before  # a canvas over the tiles around it
        before = one.better if one.worse else ""
        if again:
            continue
        if not used.get(one.kind, False):
            left["off"] += max(len(one.worse), 1)
        elif not one.worse:
            left["alone"] += 1
        else:
            found += [Pair(one.better, worse) for worse in one.worse]
    asked = (event for event in told if event.kind == "pair")
    left["tie"] = sum(event.payload.get("answer") not in ("left", "right") for event in asked)
    return found, +left
