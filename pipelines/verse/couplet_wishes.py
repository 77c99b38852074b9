"""What a person gives of a couplet: lines that are kept, and lines that it begins from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipelines.controls import Value
from pipelines.verse.stanza_forms import FORMS, plain
from pipelines.verse.stanza_wishes import line_of
from pipelines.verse.wishes import kept_of, refusal

__all__ = ["FORM", "LINES", "given_of", "own_of"]

FORM = "couplet"
LINES = FORMS[FORM].lines


def given_of(values: Mapping[str, Value]) -> tuple[str, ...]:
    """The line that is kept at each place; empty where the model writes.

    Raises:
        ControlError: For a line that is too long or of other signs, or for too many lines.
    """
    kept = [line_of(one, "kept_lines") for one in kept_of(values["kept_lines"], LINES)]
    return (*kept, *[""] * (LINES - len(kept)))


def own_of(text: str, *, strict: bool = True) -> tuple[str, ...]:
    """The couplet that a work begins from; none where nothing is given.

    Args:
        text: Two lines, told apart by a slash or a line break.
        strict: Whether to raise; otherwise a line is read as far as it goes, and one alone twice.

    Raises:
        ControlError: For a line that is too long or of other signs, or for one line or three.

    >>> own_of("I never saw a moor,/I never saw the sea;")
    ('I never saw a moor,', 'I never saw the sea;')
    """
    parts = [one.strip() for one in re.split(r"[/\n]", text)]
    parts = [one for one in parts if one]
    if not parts:
        return ()
    if not strict:
        lines = [plain(one) for one in parts]
        return (lines[0], lines[1 % len(lines)])
    if len(parts) != LINES:
        rule = "not two lines told apart by a slash"
        raise refusal("not_a_couplet", "own_lines", text, rule, "write two lines", len(parts))
    return tuple(line_of(one, "own_lines") for one in parts)
