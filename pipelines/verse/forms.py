"""The forms of regulated Tang verse, and how a poem is written down.

A form is how many characters a line has, 5 or 7, and how many lines a poem has, 4 or 8. A poem
is written one line below the other, the first of a couplet with a comma, the second with a stop::

    涼州城外少行人，
    百尺峰頭望虜塵。
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["COMMA", "DEFAULT", "FORMS", "MARKS", "STOP", "Form", "lines_of", "text_of"]

COMMA, STOP = "，", "。"
MARKS = COMMA + STOP + "？！；、：?!;,.:"
"""Marks that may end a line, whoever wrote it."""


@dataclass(frozen=True)
class Form:
    """How long a poem is.

    Attributes:
        length: Characters of a line.
        lines: Lines of a poem; an even number.
    """

    length: int
    lines: int

    @property
    def name(self) -> str:
        """As the control names it.

        >>> Form(7, 4).name
        '7x4'
        """
        return f"{self.length}x{self.lines}"

    @property
    def token(self) -> str:
        """With what a poem of this form begins for the network."""
        return f"<{self.name}>"

    def rhymes(self, line: int) -> bool:
        """Whether the line with this number, from 0, has to rhyme: the second of a couplet."""
        return line % 2 == 1


FORMS = {form.name: form for form in (Form(5, 4), Form(7, 4), Form(5, 8), Form(7, 8))}
DEFAULT = "7x4"
"""The form of a recipe that names none."""


def mark(line: int) -> str:
    """What ends the line with this number, from 0."""
    return STOP if line % 2 else COMMA


def text_of(lines: Sequence[str]) -> str:
    r"""The poem as it is read; lines carry no marks.

    >>> text_of(["白日依山盡", "黃河入海流"])
    '白日依山盡，\n黃河入海流。'
    """
    return "\n".join(line + mark(number) for number, line in enumerate(lines))


def lines_of(text: str) -> list[str]:
    r"""The lines of a poem without their marks.

    >>> lines_of("白日依山盡，\n黃河入海流。")
    ['白日依山盡', '黃河入海流']
    """
    return [line.strip().rstrip(MARKS) for line in text.splitlines() if line.strip()]
