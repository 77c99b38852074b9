"""What an artist asks of a poem in words: its first line, an acrostic, lines that are kept.

All three are text controls, so that a recipe says them in itself. Lines are told apart by ``/``,
an empty one is left to the model: ``白日依山盡//欲窮千里目/`` keeps the first and the third.
Of a kept line, words in brackets are the person's own (``白日[依山]盡``), the others the model's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.controls import Value
from pipelines.errors import ControlError
from pipelines.verse.forms import FORMS, MARKS, Form

__all__ = [
    "SEPARATOR",
    "Wishes",
    "acrostic_of",
    "kept_of",
    "kept_text",
    "own_words",
    "parts_of",
    "refusal",
    "wishes_of",
]

SEPARATOR = "/"
OWN = re.compile(r"\[([^\[\]]*)\]")
_CHARACTERS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]*")
Line = tuple[str, ...]
"""A line's characters; an empty one is drawn."""


@dataclass(frozen=True)
class Wishes:
    """What is asked of a poem.

    Attributes:
        form: How long it is.
        lines: What stands at every place; an empty text is drawn.
        rhyme: Whether the second line of every couplet has to rhyme.
    """

    form: Form
    lines: tuple[Line, ...]
    rhyme: bool = True


def wishes_of(values: Mapping[str, Value], begins: Callable[[str], bool]) -> Wishes:
    """Read the controls.

    Args:
        values: Every control by name.
        begins: Whether a character begins a line anywhere in the poems that the model has read.

    Raises:
        ControlError: For a line of another length or of other signs, for too many lines, for an
            acrostic that is too long, that begins no line, or that is at odds with a given line.
    """
    form = FORMS[str(values["form"])]
    lines = [("",) * form.length] * form.lines
    first = str(values["first_line"]).strip().rstrip(MARKS)
    kept = [part.rstrip(MARKS) for part in kept_of(values["kept_lines"], form.lines)]
    for number, line in enumerate(kept):
        if line:
            lines[number] = _line(line, "kept_lines", form)
    if first:
        opening = _line(first, "first_line", form)
        _agree("first_line", opening, lines[0], first)
        lines[0] = opening
    for number, sign in enumerate(_acrostic(str(values["acrostic"]).strip(), form, begins)):
        head = (sign, *lines[number][1:])
        _agree("acrostic", head, lines[number], sign)
        lines[number] = head
    return Wishes(form, tuple(lines), values["rhyme"] == "kept")


def kept_text(lines: Sequence[str], kept: Sequence[bool]) -> str:
    """The value of the control that keeps some lines of a poem.

    >>> kept_text(["白日依山盡", "黃河入海流"], [False, True])
    '/黃河入海流'
    """
    return SEPARATOR.join(line if stays else "" for line, stays in zip(lines, kept, strict=True))


def own_words(controls: Mapping[str, Value]) -> list[list[bool]]:
    """Of every line, which places the person wrote; lines and places after the last are missing.

    Args:
        controls: Of a recipe that was rendered.

    >>> own_words({"kept_lines": "/白[日]依", "acrostic": "春"})
    [[True], [False, True, False]]
    """
    own: list[list[bool]] = []
    for part in (one.rstrip(MARKS) for one in parts_of(controls.get("kept_lines", ""))):
        places = [False] * len(OWN.sub(r"\1", part))
        shift = 0
        for found in OWN.finditer(part):
            start = found.start() - shift
            places[start : start + len(found[1])] = [True] * len(found[1])
            shift += 2
        own.append(places)
    heads = str(controls.get("acrostic", "")).strip()
    own += [[] for _ in range(len(heads) - len(own))]
    for places in own[: len(heads)]:
        places[:1] = [True]
    if first := str(controls.get("first_line", "")).strip().rstrip(MARKS):
        own[:1] = [[True] * len(first)]
    return own


def parts_of(value: Value) -> list[str]:
    """The lines of a text control, as they are."""
    return [part.strip() for part in str(value).split(SEPARATOR)]


def _line(text: str, name: str, form: Form) -> Line:
    _characters(text, name)
    if len(text) != form.length:
        raise refusal(
            "line_length",
            name,
            text,
            f"{len(text)} characters long, where a line of this form has {form.length}",
            f"give {form.length} characters, or choose another form",
            form.length,
        )
    return tuple(text)


def _acrostic(text: str, form: Form, begins: Callable[[str], bool]) -> str:
    _characters(text, "acrostic")
    return acrostic_of(text, form.lines, begins)


def acrostic_of(text: str, lines: int, begins: Callable[[str], bool]) -> str:
    """What the lines of a poem of so many are to begin with.

    Raises:
        ControlError: If it is too long, or has a sign that begins no line.
    """
    if len(text) > lines:
        raise refusal(
            "acrostic_length",
            "acrostic",
            text,
            f"longer than the {lines} lines of this form",
            "shorten it, or choose a longer form",
            lines,
        )
    for sign in text:
        if not begins(sign):
            raise refusal(
                "begins_no_line",
                "acrostic",
                sign,
                "a character that begins no line this model has read",
                "use another one",
            )
    return text


def kept_of(value: Value, lines: int) -> list[str]:
    """The lines that are kept of a poem of so many, without brackets; empty ones are drawn.

    Raises:
        ControlError: If there are more.
    """
    kept = [OWN.sub(r"\1", part) for part in parts_of(value)]
    if len(kept) > lines:
        raise refusal(
            "too_many_lines",
            "kept_lines",
            len(kept),
            f"more than the {lines} lines of this form",
            "take some away, or choose a longer form",
            lines,
        )
    return kept


def _characters(text: str, name: str) -> None:
    if not _CHARACTERS.fullmatch(text):
        raise refusal(
            "no_characters",
            name,
            text,
            "not written in Chinese characters",
            "use Chinese characters alone",
        )


def _agree(name: str, line: Line, given: Line, value: str) -> None:
    """Refuse a wish that asks for something else where something is asked for already."""
    if any(there and here and there != here for here, there in zip(line, given, strict=True)):
        raise refusal(
            "at_odds",
            name,
            value,
            "at odds with a line that is given",
            "change one of the two",
        )


def refusal(
    code: str, name: str, value: object, rule: str, remedy: str, needed: int = 0
) -> ControlError:
    """An error of a wish; ``needed`` is a number that its sentence says."""
    details = {"needed": str(needed)} if needed else {}
    return ControlError(code, name=name, value=value, rule=rule, remedy=remedy, details=details)
