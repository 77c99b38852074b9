"""A poem's words while it is polished: each with its marks, whose it is, and where it stood.

Places are kept through every change: words may be joined, but none is parted, added or left out,
so that a word that is pointed at can be found again as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

from pipelines.verse.script import is_english

__all__ = ["Line", "Word", "places", "places_of", "read", "text_of"]

_PARTS = re.compile(r"([“‘(—\"']*)(.*?)([,.;:!?…”)—\"][,.;:!?…”)—’\"]*)?", re.DOTALL)
_LETTER = re.compile(r"[^\W_]")
FEWER, MOST = 6, 48
"""Words that may have been joined to one; words of a line beyond which none is looked for."""


@dataclass(frozen=True)
class Word:
    """A word as it stands between spaces.

    Attributes:
        text: With its marks.
        own: Whether the person wrote it; then it stays as it is.
    """

    text: str
    own: bool = False
    parts: tuple[str, str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Tell marks before, letters and marks after apart."""
        found = _PARTS.fullmatch(self.text)
        head, core, tail = found.groups() if found else ("", self.text, "")
        object.__setattr__(self, "parts", (head, core, tail or ""))

    @cached_property
    def lettered(self) -> bool:
        """Whether it has a letter or a figure."""
        return bool(_LETTER.search(self.text))

    def but(self, text: str) -> Word:
        """The same place with another text, without space around it; the person's stays."""
        return self if self.own or text == self.text else Word(text.strip())


Line = list[Word]


def read(poem: str, own: Sequence[Sequence[bool]], bare: str) -> list[Line]:
    """The words of every line of a poem.

    Args:
        poem: May be polished already.
        own: Of every line that is not empty, which words of ``bare`` the person wrote.
        bare: The poem as it was written.
    """
    mine = iter(own)
    before = iter(_lines(bare))
    found: list[Line] = []
    for text in poem.split("\n"):
        line = text.strip()
        if not line:
            found.append([])
            continue
        row, at = next(mine, ()), places(next(before, line), line)
        words = zip(line.split(" "), at, strict=True)
        found.append([Word(one, place < len(row) and row[place]) for one, place in words])
    return found


def text_of(lines: Sequence[Line]) -> str:
    """The poem of such words."""
    return "\n".join(" ".join(word.text for word in line) for line in lines)


def places(before: str, after: str) -> list[int]:
    """Of every word of a polished line, the place of its first word in the line before.

    Words are told by how alike they look, where some were joined; of equals the earlier ones.

    >>> places("But it is late , my love", "But ’tis late, my love")
    [0, 1, 3, 5, 6]
    """
    was, now = before.split(" "), after.split(" ")
    spare = len(was) - len(now)
    if spare <= 0 or len(was) > MOST:
        return list(range(len(now)))
    ways: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for number, word in enumerate(now):
        ways = _further(ways, was, number, word.casefold(), spare)
    return ways[spare][1] if spare in ways else list(range(len(now)))


def _further(
    ways: dict[int, tuple[int, list[int]]], was: list[str], number: int, word: str, spare: int
) -> dict[int, tuple[int, list[int]]]:
    """By how many words were joined so far: the likeliest places, one word further."""
    found: dict[int, tuple[int, list[int]]] = {}
    for gone, (cost, way) in ways.items():
        start = number + gone
        for more in range(min(FEWER, spare - gone + 1)):
            total = cost + _apart("".join(was[start : start + 1 + more]).casefold(), word)
            if gone + more not in found or total <= found[gone + more][0]:
                found[gone + more] = (total, [*way, start])
    return found


def _apart(a: str, b: str) -> int:
    """How many signs of two texts have no partner in the other."""
    same = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return len(a) + len(b) - 2 * sum(block.size for block in same)


def places_of(before: str, after: str) -> list[list[int]]:
    """See `places`, of every line that is not empty; none of Chinese, where characters stay."""
    if not is_english(after):
        return []
    was, now = _lines(before), _lines(after)
    return [places(one, other) for one, other in zip(was, now, strict=False)]


def _lines(poem: str) -> list[str]:
    return [line.strip() for line in poem.split("\n") if line.strip()]
