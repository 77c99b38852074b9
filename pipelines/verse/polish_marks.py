"""Marks and capitals of English verse, put right; see `pipelines.verse.polish`.

In this order: straight quotes become those of books; a closing quote or bracket without its
opening goes, as does an opening bracket without its closing; a mark that stands alone joins its
word; a mark that stands twice stands once; a line, and what follows a full stop, begins with a
capital; the poem ends with an end mark and, if a quote is still open, closes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.verse.polish_words import Line, Word

__all__ = ["capital", "marked"]

_OPENING = "“‘("
_ELIDED = re.compile(
    r"’?(?:t(?:is|was|were|will|would|ween|wixt)|gainst|neath|m(?:id|idst|ong|ongst)|gan|em"
    r"|cause|scape|round|til|till|\d)\b",
    re.IGNORECASE,
)
_RUN = re.compile(r"[,.;:!?]{2,}")
_RANK = "?!.;:,"
_LONE = re.compile(r"[,.;:!?…”)]*")
_DROPPED = re.compile(r"[,.;:!?…]+")
_OPENERS = re.compile(r"[“‘(]+")
_LEADING = re.compile(r"[,.;:!?]+(?=[^,.;:!?…”)])")
_ENDED = re.compile(r"[.!?…—][”’)]*$")
_WEAK = re.compile(r"[,;:]([”’)]*)$")
_STOPPED = re.compile(r"(?<!\.)\.[”’)]*$")
_ABBREVIATED = re.compile(r"(?:mrs?|dr|st|rev|no|etc|\w)", re.IGNORECASE)
SHORTEST_ELLIPSIS = 3


def marked(lines: list[Line], *, whole: bool) -> list[Line]:
    """The poem with its marks and capitals put right.

    Args:
        lines: Of words; the person's own stay.
        whole: Whether the poem is at its end, which may lack a mark.
    """
    lines = _each(_curly, lines)
    lines = _each(_once, _balanced(lines))
    lines = _each(_once, [_joined(line) if line else line for line in lines])
    lines = [_capitals(line) for line in lines]
    return _ended(lines) if whole else lines


def _each(change: Callable[[str], str], lines: list[Line]) -> list[Line]:
    return [[word.but(change(word.text)) for word in line] for line in lines]


def _curly(word: str) -> str:
    """A word with the quotes of books, and with dashes in the place of double hyphens."""
    made = ""
    for at, sign in enumerate(word):
        begins = all(one in _OPENING + "—" for one in made)
        if sign == '"':
            made += "“" if begins or made[-1] in "(—" else "”"
        elif sign == "'":
            elided = not begins or _ELIDED.match(word[at + 1 :])
            made += "’" if elided else "‘"
        else:
            made += sign
    return re.sub("--+", "—", made)


def _balanced(lines: list[Line]) -> list[Line]:
    """Without marks that close nothing, and without brackets that nothing closes."""
    gone: set[tuple[int, int, int]] = set()
    brackets: list[tuple[int, int, int]] = []
    quoted = False
    for row, line in enumerate(lines):
        for place, word in enumerate(line):
            for at, sign in enumerate(word.text):
                here = (row, place, at)
                if sign == "(":
                    brackets.append(here)
                elif sign == ")":
                    if brackets:
                        brackets.pop()
                    else:
                        gone.add(here)
                elif sign == "“":
                    quoted = True
                elif sign == "”":
                    if not quoted:
                        gone.add(here)
                    quoted = False
    gone.update(brackets)
    return [
        [
            _without(line, place, {at for where, n, at in gone if (where, n) == (row, place)})
            for place in range(len(line))
        ]
        for row, line in enumerate(lines)
    ]


def _without(line: Line, place: int, gone: set[int]) -> Word:
    """A word without the signs at some places; one that would be empty needs a word to join."""
    text = "".join(one for at, one in enumerate(line[place].text) if at not in gone)
    beside = (*line[:place][-1:], *line[place + 1 : place + 2])
    joins = any(word.lettered and not word.own for word in beside)
    return line[place].but(text) if text or joins else line[place]


def _joined(line: Line) -> Line:
    """Marks that stand alone joined to their words, and those before a word moved back."""
    first, *others = line
    if _DROPPED.fullmatch(first.text) and others and not others[0].own:
        first = first.but("")  # nothing stands before it
    made = [first]
    for word in others:
        last = made[-1]
        opens = not last.text or _OPENERS.fullmatch(last.text)
        if not (last.own or word.own) and (opens or _LONE.fullmatch(word.text)):
            made[-1] = Word(last.text + word.text)
        else:
            made.append(word)
    for at, word in enumerate(made):
        found = _LEADING.match(word.text)
        if word.own or not found:
            continue
        made[at] = word.but(word.text[found.end() :])
        if at:
            made[at - 1] = made[at - 1].but(made[at - 1].text + found[0])
    return made


def _once(word: str) -> str:
    """A word without marks that stand twice."""
    word = re.sub("—{2,}", "—", re.sub("…[.…]+|[.]+…", "…", re.sub("“{2,}", "“", word)))
    return _RUN.sub(lambda found: _strongest(found[0]), word)


def _strongest(run: str) -> str:
    """One mark for several; an ellipsis stays one, and so do a question and a cry together."""
    signs = "".join(dict.fromkeys(run))
    if signs == ".":
        return "…" if len(run) >= SHORTEST_ELLIPSIS else "."
    if set(signs) <= set("?!"):
        return signs
    return min(signs, key=_RANK.index)


def _capitals(line: Line) -> Line:
    """A line that begins with a capital, and so does what follows a full stop."""
    made: Line = []
    for word in line:
        before = made[-1] if made else None
        begins = before is None or (
            _STOPPED.search(before.text) and not _ABBREVIATED.fullmatch(before.parts[1])
        )
        made.append(word.but(capital(word.text)) if begins else word)
    return made


def capital(text: str) -> str:
    """A text whose first letter is a capital, unless a figure stands before it.

    >>> capital("“’tis")
    '“’Tis'
    """
    for at, sign in enumerate(text):
        if sign.isalnum():
            large = sign.upper()
            return text[:at] + large + text[at + 1 :] if len(large) == 1 else text
    return text


def _ended(lines: list[Line]) -> list[Line]:
    """A poem with a mark at its end, and with its last quote closed."""
    row = max((number for number, line in enumerate(lines) if line), default=None)
    if row is None or not lines[row][-1].lettered:
        return lines
    text = lines[row][-1].text
    if not _ENDED.search(text):
        text, changed = _WEAK.subn(r".\1", text)
        body = text.rstrip("”")
        text = text if changed else body + "." + text[len(body) :]
    signs = [sign for line in lines for word in line for sign in word.text if sign in "“”"]
    if signs and signs[-1] == "“":
        text += "”"
    return [*lines[:row], [*lines[row][:-1], lines[row][-1].but(text)], *lines[row + 1 :]]
