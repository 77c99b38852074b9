"""Tables of a model card, and one section written without touching the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["replace_section", "table"]


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown.

    >>> print(table(("figure", "value"), [("bits", 2.0)]))
    | figure | value |
    |---|---|
    | bits | 2.0 |
    """
    whole = [f"| {' | '.join(map(str, cells))} |" for cells in (head, *rows)]
    return "\n".join((whole[0], "|---" * len(head) + "|", *whole[1:]))


def replace_section(file: Path, heading: str, body: str) -> None:
    """Put ``body`` under ``## heading``, in its old place or at the end of the card.

    Args:
        file: The card; it may not exist yet.
        heading: Heading without its number signs.
        body: Markdown without headings of the second level.
    """
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    section = f"## {heading}\n\n{body.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: section + "\n", text)
    else:
        text = f"{text.rstrip()}\n\n{section}" if text.strip() else section
    file.write_text(text.rstrip() + "\n", encoding="utf-8")
