"""The text of a model card as HTML that holds nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

__all__ = ["html"]

_LANGUAGE = re.compile(r"^<!-- ([a-z]{2}) -->\n", re.MULTILINE)
_OWN = re.compile(r"[\w-]+\.(png|webp|jpg)")
_OUTSIDE = re.compile(r"https?://")


def html(text: str) -> dict[str, str]:
    r"""A card by language; under the empty name where it is not divided.

    A part follows a line ``<!-- en -->``. Tags in the text are shown as text; a picture must lie
    beside the card, and keeps its bare file name as address; other pictures are left out.

    >>> html("Paints *pears*.")
    {'': '<p>Paints <em>pears</em>.</p>\n'}
    >>> sorted(html("<!-- en -->\nPears.\n<!-- zh -->\n梨。"))
    ['en', 'zh']
    """
    parts = _LANGUAGE.split(text)
    words = dict(zip(parts[1::2], parts[2::2], strict=True)) if len(parts) > 1 else {"": text}
    return {language: _markdown().render(part) for language, part in words.items()}


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.core.ruler.push("duet", _tidy)
    rules: dict[str, Any] = made.renderer.rules  # type: ignore[attr-defined]
    rules["table_open"] = lambda *_: '<div class="table-box" tabindex="0"><table>\n'
    rules["table_close"] = lambda *_: "</table></div>\n"
    return made


def _tidy(state: StateCore) -> None:
    """Without the title, which the page shows already; the rest as `_settle` says."""
    tokens = iter(state.tokens)
    kept = []
    for token in tokens:
        if token.type == "heading_open" and token.tag == "h1":
            next(tokens), next(tokens)
        else:
            kept.append(token)
    state.tokens = kept
    _settle(kept)


def _settle(tokens: Sequence[Token]) -> None:
    """Headings one level down, under the model's name; links open beside; pictures are our own."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "link_open" and _OUTSIDE.match(str(token.attrGet("href"))):
            token.attrSet("target", "_blank")
            token.attrSet("rel", "noopener noreferrer")
        elif token.type == "image" and not _OWN.fullmatch(str(token.attrGet("src"))):
            token.type, token.children = "text", None
        elif token.type == "image":
            token.attrSet("loading", "lazy")
        _settle(token.children or ())
