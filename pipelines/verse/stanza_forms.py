r"""The forms of an English stanza, how its rhymes lie, and how the network reads one.

A stanza is written one line below the other. For the network it begins with how many lines it
has, and every line with a mark that says which line it rhymes with::

    <4><line>I never saw a moor,<line>I never saw the sea;<line>Yet know I how the heather looks,
    <line2>And what a wave must be.</s>

``<line>`` opens a line that rhymes with none of the three before it, ``<line2>`` one that rhymes
with the line before the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "DEFAULT",
    "END",
    "FORMS",
    "LENGTH",
    "LINES",
    "LONGEST",
    "MOST",
    "REACH",
    "SCHEMES",
    "SOFT",
    "SPECIAL",
    "WIDEST",
    "StanzaForm",
    "letters_of",
    "lines_of",
    "opening",
    "plain",
    "readable",
    "scheme",
]

END = "</s>"
MOST = 14
"""Lines of the longest form."""
WIDEST, LONGEST = 80, 32
"""Characters and tokens of the longest line that is drawn."""
LENGTH = MOST * (WIDEST + 2) + 4
"""Tokens of the longest stanza, if every letter of its lines is one."""
SOFT = 22
"""Tokens of a line after which no new word begins: 1 line in 100 is as long."""
REACH = 3
"""A line rhymes with one of so many before it, or with none."""
LINES = ("<line>", *(f"<line{back}>" for back in range(1, REACH + 1)))
"""What opens a line, by how far back the line lies that it rhymes with; 0 for none."""


@dataclass(frozen=True)
class StanzaForm:
    """How long a stanza is.

    Attributes:
        name: As the control names it.
        lines: How many lines it has.
    """

    name: str
    lines: int

    @property
    def token(self) -> str:
        """With what a stanza of this form begins for the network."""
        return opening(self.lines)


def opening(lines: int) -> str:
    """With what a stanza of so many lines begins for the network."""
    return f"<{lines}>"


_FORMS = (("couplet", 2), ("quatrain", 4), ("sestet", 6), ("octave", 8), ("sonnet", MOST))
FORMS = {name: StanzaForm(name, lines) for name, lines in _FORMS}
DEFAULT = "quatrain"
"""The form of a recipe that names none."""
SPECIAL = ("<pad>", "<unk>", END, *(opening(n) for n in range(1, MOST + 1)), *LINES)
"""Tokens that are no words, in this order."""
SCHEMES = {"couplets": (0, 1), "alternate": (0, 0, 2, 2), "ballad": (0, 0, 0, 2)}
"""How far back the rhyme of each line lies, again and again: aabb, abab, abcb."""


def scheme(name: str, lines: int) -> tuple[int | None, ...]:
    """How far back the line lies that each line rhymes with; 0 for none, None for as it comes.

    What is left of the last round is a couplet, as at the end of a sonnet.

    >>> scheme("alternate", 6)
    (0, 0, 2, 2, 0, 1)
    >>> scheme("free", 2)
    (None, None)
    """
    if name not in SCHEMES:
        return (None,) * lines
    each = SCHEMES[name]
    whole = lines // len(each)
    return (each * whole + SCHEMES["couplets"] * lines)[:lines]


def lines_of(text: str) -> list[str]:
    r"""The lines of a stanza.

    >>> lines_of("I never saw a moor,\nI never saw the sea;\n")
    ['I never saw a moor,', 'I never saw the sea;']
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


_PLAIN = str.maketrans({"\xa0": " ", "⸺": "—", "⸻": "—", "–": "—", "'": "’", "\t": " "})
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿŒœ"
_SIGNS = re.compile(f"[{_LETTERS}0-9 ,.;:!?()’‘“”…&—-]*")
_WORD = re.compile(f"[{_LETTERS}]")


def plain(line: str) -> str:
    """A line with single spaces, and with the marks that books have.

    >>> plain("  I  don't know ")
    'I don’t know'
    """
    return " ".join(line.translate(_PLAIN).split())


def readable(line: str) -> bool:
    """Whether a line is made of Latin letters and common marks, with a letter in it."""
    return bool(_SIGNS.fullmatch(line) and _WORD.search(line))


def letters_of(token: str) -> str:
    """The letters of a word or a piece of one, without marks.

    >>> letters_of("“o’er,")
    'oer'
    """
    return "".join(_WORD.findall(token))
