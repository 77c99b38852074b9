"""The proof card as a PNG, 640 x 800: the same words and figures as on the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.views.words import sentences

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

__all__ = ["paint"]

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
SIZE = (640, 800)
EDGE, TILE = 40, 84
MAT, INK, QUIET, LINE = "#F8F6F1", "#24221E", "#5B574F", "#C9C5BB"
ACT = "#2F5378"
VERDICT = {"yes": "#2F6B3C", "early": "#8A4B00", "no": "#A3262A"}
LANGUAGE = "en"
"""The fonts that are shipped have no Chinese characters, so the picture's words are English."""


@cache
def _font(face: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONTS / f"{face}-latin.woff2"), size)


def _say(key: str, values: Mapping[str, object] | None = None) -> str:
    return sentences(LANGUAGE)[key].format(**(values or {}))


def paint(
    card: Mapping[str, Any],
    pairs: Sequence[tuple[Image, Image]],
    nearest: Sequence[Image],
) -> bytes:
    """The card of a proof.

    Args:
        card: See `studio.tuning.proof.card_of`.
        pairs: Before and after of up to six pairs.
        nearest: Up to three favourites.
    """
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", SIZE, MAT)
    draw = ImageDraw.Draw(sheet)
    draw.text((EDGE, 32), _say("proof.title"), QUIET, _font("source-sans-3", 18))
    tone = VERDICT[card["verdict"]]
    draw.text((EDGE, 56), _say(f"proof.{card['verdict']}"), tone, _font("eb-garamond", 36))
    y = _wrapped(draw, _said(card), 108)
    y = _interval(draw, card, y + 12)
    y = _bars(draw, card, y + 22)
    y = _wrapped(draw, _changed(card), y + 8)
    _pairs(sheet, draw, pairs, y + 8)
    _foot(sheet, draw, card, nearest)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _wrapped(draw: ImageDraw, text: str, y: int) -> int:
    """Words in as many lines as they need; returns where the next thing may stand."""
    font, line = _font("source-sans-3", 17), ""
    for word in [*text.split(), ""]:
        longer = f"{line} {word}".strip()
        if word and font.getlength(longer) <= SIZE[0] - 2 * EDGE:
            line = longer
            continue
        draw.text((EDGE, y), line, INK, font)
        y, line = y + 22, word
    return y


def _said(card: Mapping[str, Any]) -> str:
    bounds = {"low": round(card["low"] * 100), "high": round(card["high"] * 100)}
    if not card["decided"]:
        return _say("proof.none_decided")
    main = _say("proof.said", {**bounds, "chosen": card["chosen"], "decided": card["decided"]})
    if card["neither"] == 1:
        return f"{main} {_say('proof.neither_once')}"
    return (
        f"{main} {_say('proof.neither', {'count': card['neither']})}" if card["neither"] else main
    )


def _interval(draw: ImageDraw, card: Mapping[str, Any], y: int) -> int:
    """The likely shares of the taught model on a line from 0 to 1, with a half marked."""
    left, wide = EDGE, SIZE[0] - 2 * EDGE
    draw.line((left, y, left + wide, y), LINE, 2)
    draw.line((left + wide // 2, y - 8, left + wide // 2, y + 8), QUIET, 1)
    draw.line((left + card["low"] * wide, y, left + card["high"] * wide, y), ACT, 6)
    share = card["chosen"] / card["decided"] if card["decided"] else 0.5
    x = left + share * wide
    draw.ellipse((x - 6, y - 6, x + 6, y + 6), ACT)
    return y + 10


def _bars(draw: ImageDraw, card: Mapping[str, Any], y: int) -> int:
    font = _font("source-sans-3", 15)
    for name in ("held_out", "variety", "drift"):
        value = card[name]
        if value is None:
            continue
        draw.text((EDGE, y), _say(f"proof.{name}"), QUIET, font)
        left, wide = 260, 260
        draw.line((left, y + 10, left + wide, y + 10), LINE, 6)
        draw.line((left, y + 10, left + wide * min(1.0, max(0.0, value)), y + 10), ACT, 6)
        words = _say("proof.percent", {"percent": round(value * 100)})
        draw.text((SIZE[0] - EDGE, y), words, INK, font, anchor="ra")
        y += 24
    return y


def _changed(card: Mapping[str, Any]) -> str:
    """See `drawing` in the page's own card: the same words in the same order."""
    known = sentences(LANGUAGE)
    words = []
    for one in card["changed"][:4]:
        way = "more" if one["effect"] > 0 else "less"
        key = f"effects.{one['attribute']}.{way}"
        name = one["attribute"].replace("_", " ")
        words.append(known[key] if key in known else _say(f"effects.other.{way}", {"name": name}))
    if not words:
        return _say("proof.unchanged")
    return _say("proof.changed", {"words": _say("proof.comma").join(words)})


def _pairs(sheet: Image, draw: ImageDraw, pairs: Sequence[tuple[Image, Image]], y: int) -> None:
    small = _font("source-sans-3", 13)
    for row, key in enumerate(("proof.before", "proof.after")):
        top = y + row * (TILE + 22)
        draw.text((EDGE, top), _say(key), QUIET, small)
        for column, pair in enumerate(pairs[:6]):
            place = (EDGE + column * (TILE + 11), top + 18)
            sheet.paste(pair[row].convert("RGB").resize((TILE, TILE)), place)


def _foot(
    sheet: Image, draw: ImageDraw, card: Mapping[str, Any], nearest: Sequence[Image]
) -> None:
    font, y = _font("source-sans-3", 15), SIZE[1] - 112
    words = _say("proof.copies" if card["copies"] else "proof.no_copies")
    draw.text((EDGE, y), words, VERDICT["no"] if card["copies"] else INK, font)
    for column, image in enumerate(nearest[:3]):
        place = (SIZE[0] - EDGE - (3 - column) * 54 + 6, y - 8)
        sheet.paste(image.convert("RGB").resize((48, 48)), place)
    values = {"works": card["works"], "seconds": round(card["seconds"])}
    draw.text((EDGE, SIZE[1] - 44), _say("proof.foot", values), QUIET, font)
