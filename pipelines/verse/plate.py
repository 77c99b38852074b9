"""A poem as a picture: columns of characters, read from the top, the first at the right.

It is what stands for a poem wherever pictures are shown, and what is saved as PNG. Words of the
person are ink blue, the model's are black. Marks are left out, as in old prints: columns tell
lines apart. English verse stands in rows from the left, with its marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.verse import stanza_forms, stanza_wishes
from pipelines.verse.forms import DEFAULT, FORMS, lines_of
from pipelines.verse.polish_words import places_of
from pipelines.verse.script import is_english
from pipelines.verse.wishes import own_words

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

    from pipelines.request import Request

__all__ = ["plate", "plate_of", "rows_plate"]

PAPER, INK, OWN = (250, 246, 238), (33, 28, 24), (38, 74, 140)
SIDE = 512
FONT = Path(__file__).resolve().parents[2] / "assets" / "fonts" / "noto-serif-tc.woff2"
LATIN = FONT.with_name("eb-garamond-latin.woff2")
LEADING, BROAD, TALL, LARGEST = 1.5, 0.76, 0.76, 0.06
"""Of rows: the step in heights of the letters, and what they may take up of the side; the
letters' height at most."""
SMALL, READABLE, GAIN = 300, 0.07, 1.2
"""Pixels of a plate that is shown as a tile; of its side, letters that can be read there; how much
larger letters have to become for lines to be turned."""
TURNED, INDENT = (0.62, 0.45, 0.34), 1.2
"""To which shares of the longest line's width lines are turned, and how far what is turned is set
in, in heights of the letters."""
ROW, COLUMN = 1.16, 1.72
"""Steps from character to character and from column to column, in characters."""
WIDEST, HIGHEST = 0.84, 0.72
"""Of the side, what columns and rows may take up."""


@lru_cache(maxsize=16)
def _font(size: int, path: Path = FONT) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def plate_of(text: str, request: Request, side: int = SIDE, bare: str = "") -> Image:
    """The plate of a poem that may still grow; its recipe says its form and whose words whose.

    Args:
        text: The poem.
        request: Its recipe.
        side: Width and height, pixels.
        bare: What a finished poem was before.
    """
    name = str(request.controls.get("form", ""))
    if name in stanza_forms.FORMS or (name not in FORMS and is_english(text)):
        rows = stanza_forms.lines_of(text)
        rows += [""] * (stanza_forms.FORMS[name or stanza_forms.DEFAULT].lines - len(rows))
        own = stanza_wishes.own_words(request.controls)
        places = places_of(bare or text, text)
        mine = [
            [at < len(one) and one[at] for at in where]
            for one, where in zip(own, places, strict=False)
        ]
        return rows_plate(rows, mine, side)
    form = FORMS[name or DEFAULT]
    lines = lines_of(text)
    lines += [""] * (form.lines - len(lines))
    return plate(lines, own_words(request.controls), side)


def plate(lines: Sequence[str], own: Sequence[Sequence[bool]] = (), side: int = SIDE) -> Image:
    """Draw a poem on a square of ``side`` pixels.

    Args:
        lines: Without marks; a line yet to come is empty.
        own: Of every line, which characters are the person's own; none where it is missing.
        side: Width and height, pixels.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (side, side), PAPER)
    rows = max((len(line) for line in lines), default=0)
    if not rows:
        return image
    columns = 1 + COLUMN * (len(lines) - 1)
    size = int(min(WIDEST * side / columns, HIGHEST * side / (1 + ROW * (rows - 1))))
    draw, font = ImageDraw.Draw(image), _font(size)
    right = side / 2 + columns * size / 2 - size / 2
    top = side / 2 - ROW * size * (rows - 1) / 2
    for number, line in enumerate(lines):
        mine = own[number] if number < len(own) else ()
        for row, sign in enumerate(line):
            at = (right - COLUMN * size * number, top + ROW * size * row)
            ink = OWN if row < len(mine) and mine[row] else INK
            draw.text(at, sign, ink, font, anchor="mm")
    return image


def rows_plate(
    lines: Sequence[str], own: Sequence[Sequence[bool]] = (), side: int = SIDE
) -> Image:
    """Draw English verse on a square of ``side`` pixels; see `plate`, with words as places.

    On a small plate, where letters would be too small to read, lines are turned: what does not fit
    goes on below, set in, as in narrow books.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (side, side), PAPER)
    whole = max(map(_width, lines), default=0.0)
    if not whole:
        return image
    rows = _rows(lines, whole)
    size = _size(rows, side)
    for share in TURNED:
        tried = _rows(lines, whole * share)
        if size < _readable(side) and (fits := _size(tried, side)) >= GAIN * size:
            rows, size = tried, fits
    draw, font = ImageDraw.Draw(image), _font(size, LATIN)
    left = (side - max(row.width for row in rows) * size) / 2
    top = (side - LEADING * size * (len(rows) - 1)) / 2
    for number, row in enumerate(rows):
        mine = own[row.line] if row.line < len(own) else ()
        at = left + INDENT * size * (row.start > 0)
        for place, word in enumerate(row.words, start=row.start):
            ink = OWN if place < len(mine) and mine[place] else INK
            draw.text((at, top + LEADING * size * number), word, ink, font, anchor="lm")
            at += font.getlength(word + " ")
    return image


@dataclass(frozen=True)
class _Row:
    """A row of a plate.

    Attributes:
        line: Number of the line that it is of, from 0.
        start: Place of its first word in the line; above 0 it is turned.
        words: What stands in it.
    """

    line: int
    start: int
    words: tuple[str, ...]

    @property
    def width(self) -> float:
        """In heights of the letters, with what it is set in."""
        return _width(" ".join(self.words)) + INDENT * (self.start > 0)


def _width(text: str) -> float:
    """Of a row, in heights of its letters."""
    return _font(100, LATIN).getlength(text) / 100


def _rows(lines: Sequence[str], limit: float) -> list[_Row]:
    """Lines as rows that are at most so wide, but for a word that is wider."""
    rows = []
    for number, line in enumerate(lines):
        row = _Row(number, 0, ())
        for place, word in enumerate(line.split(" ")):
            wider = _Row(number, row.start, (*row.words, word))
            if row.words and wider.width > limit:
                rows.append(row)
                wider = _Row(number, place, (word,))
            row = wider
        rows.append(row)
    return rows


def _readable(side: int) -> float:
    """Height of letters that is enough on a plate, pixels."""
    return READABLE * side if side <= SMALL else 0.0


def _size(rows: Sequence[_Row], side: int) -> int:
    """Height of the letters that fit, pixels."""
    high = TALL * side / (1 + LEADING * (len(rows) - 1))
    largest = max(LARGEST * side, _readable(side))
    return max(4, int(min(BROAD * side / max(row.width for row in rows), high, largest)))
