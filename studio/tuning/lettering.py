"""Words on a picture, Latin letters and Chinese characters side by side, each in its own font."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

__all__ = ["length", "wrapped", "write"]

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_RUNS = re.compile(f"[{_WIDE}]+|[^{_WIDE}]+")
_PIECES = re.compile(f"[{_WIDE}]|[^{_WIDE}\\s]+|\\s+")
"""What a line may be broken between: any Chinese character, and words."""
REGULAR = 400
_NEVER_FIRST = "，。；：？！、）"


@cache
def _font(face: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.truetype(str(FONTS / f"{face}.woff2"), size)
    if face.startswith("source-sans"):
        font.set_variation_by_axes([REGULAR])  # unset it is as thin as it gets
    return font


def _runs(words: str, face: str, size: int) -> list[tuple[str, FreeTypeFont]]:
    """The words in pieces of one font each."""
    return [
        (run, _font("noto-serif-tc" if re.match(f"[{_WIDE}]", run) else f"{face}-latin", size))
        for run in _RUNS.findall(words)
    ]


def length(words: str, face: str, size: int) -> float:
    """How wide they are, pixels."""
    return sum(font.getlength(run) for run, font in _runs(words, face, size))


def write(
    draw: ImageDraw,
    at: tuple[float, float],
    words: str,
    ink: str,
    face: str,
    size: int,
    *,
    right: bool = False,
) -> None:
    """Write one line.

    Args:
        draw: On what.
        at: Left (or right) upper corner.
        words: What.
        ink: Colour.
        face: Of the Latin letters, such as ``source-sans-3``.
        size: Pixels.
        right: Whether it ends at ``at``.
    """
    x, y = at
    if right:
        x -= length(words, face, size)
    baseline = y + _font(f"{face}-latin", size).getmetrics()[0]
    for run, font in _runs(words, face, size):
        draw.text((x, baseline), run, ink, font, anchor="ls")
        x += font.getlength(run)


def wrapped(words: str, face: str, size: int, width: float) -> list[str]:
    """The words in lines of at most ``width`` pixels.

    Behind a Chinese character there is room for a mark, so that no line begins with one.

    >>> wrapped("one two three", "source-sans-3", 17, 60)
    ['one two', 'three']
    """
    lines = [""]
    for piece in _PIECES.findall(words):
        longer = lines[-1] + piece
        room = width if piece in _NEVER_FIRST or piece.isascii() else width - size
        if length(longer.rstrip(), face, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(piece.lstrip())
    return [line.strip() for line in lines if line.strip()]
