"""What an artist asks of a stanza in words: `pipelines.verse.wishes`, for lines of English.

Of a kept line, words in brackets are the person's own: ``And [what a] wave must be.``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.controls import Value
from pipelines.errors import ControlError
from pipelines.verse.stanza_forms import (
    FORMS,
    WIDEST,
    StanzaForm,
    letters_of,
    plain,
    readable,
    scheme,
)
from pipelines.verse.wishes import acrostic_of, kept_of, parts_of, refusal

__all__ = ["StanzaWishes", "line_of", "own_words", "wishes_of"]


@dataclass(frozen=True)
class StanzaWishes:
    """What is asked of a stanza.

    Attributes:
        form: How many lines it has.
        lines: What is given of each; an empty one is drawn.
        heads: The letter that each line begins with; empty for any.
        rhymes: How far back the line lies that each line rhymes with; see `stanza_forms.scheme`.
    """

    form: StanzaForm
    lines: tuple[str, ...]
    heads: tuple[str, ...]
    rhymes: tuple[int | None, ...]


def wishes_of(values: Mapping[str, Value], begins: Callable[[str], bool]) -> StanzaWishes:
    """Read the controls.

    Args:
        values: Every control by name.
        begins: Whether a letter begins a line in the stanzas that the model has read.

    Raises:
        ControlError: For a line that is too long or of other signs, for too many lines, for an
            acrostic that is too long, that begins no line, or that is at odds with a given line.
    """
    form = FORMS[str(values["form"])]
    kept = kept_of(values["kept_lines"], form.lines)
    lines = [line_of(one, "kept_lines") for one in kept] + [""] * (form.lines - len(kept))
    if first := line_of(str(values["first_line"]), "first_line"):
        if lines[0] not in ("", first):
            raise _at_odds("first_line", first)
        lines[0] = first
    acrostic = "".join(str(values["acrostic"]).split())
    if acrostic and not readable(acrostic):
        raise _no_letters("acrostic", acrostic)
    heads = acrostic_of(acrostic, form.lines, begins).ljust(form.lines)
    for line, head in zip(lines, heads, strict=True):
        if line and head != " " and letters_of(line)[0].casefold() != head.casefold():
            raise _at_odds("acrostic", head)
    told = tuple(head.strip() for head in heads)
    return StanzaWishes(form, tuple(lines), told, scheme(str(values["rhyme"]), form.lines))


def line_of(text: str, name: str) -> str:
    """A line that is given, with the marks that books have."""
    line = plain(text)
    if line and not readable(line):
        raise _no_letters(name, line)
    if len(line) > WIDEST:
        raise refusal(
            "line_too_long",
            name,
            line,
            f"longer than a line, which has at most {WIDEST} characters",
            "shorten it",
            WIDEST,
        )
    return line


def own_words(controls: Mapping[str, Value]) -> list[list[bool]]:
    """Of every line, which words the person wrote; lines and words after the last are missing.

    Args:
        controls: Of a recipe that was rendered.

    >>> own_words({"kept_lines": "/And [what a] wave", "acrostic": "I"})
    [[True], [False, True, True, False]]
    """
    own: list[list[bool]] = []
    for part in parts_of(controls.get("kept_lines", "")):
        inside, places = False, []
        for word in plain(part).split(" ") if part else []:
            inside = inside or "[" in word
            places.append(inside)
            inside = inside and "]" not in word
        own.append(places)
    heads = "".join(str(controls.get("acrostic", "")).split())
    own += [[] for _ in range(len(heads) - len(own))]
    for places in own[: len(heads)]:
        places[:1] = [True]
    if first := plain(str(controls.get("first_line", ""))):
        own[:1] = [[True] * len(first.split(" "))]
    return own


def _no_letters(name: str, value: str) -> ControlError:
    rule = "not written in Latin letters and common marks"
    return refusal("no_letters", name, value, rule, "use letters, and no pictures or signs")


def _at_odds(name: str, value: str) -> ControlError:
    rule = "at odds with a line that is given"
    return refusal("at_odds", name, value, rule, "change one of the two")
