"""The proof card as a PNG, 640 x 800: the same words and figures as on the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.tuning.lettering import wrapped, write
from studio.views.words import sentences

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

__all__ = ["paint"]

SIZE = (640, 800)
EDGE, TILE = 40, 84
MAT, INK, QUIET, LINE = "#F8F6F1", "#24221E", "#5B574F", "#C9C5BB"
ACT = "#2F5378"
VERDICT = {"yes": "#2F6B3C", "early": "#8A4B00", "no": "#A3262A"}
SANS, SERIF = "source-sans-3", "eb-garamond"


@dataclass(frozen=True)
class Sheet:
    """What is written on, and in which language."""

    image: Image
    draw: ImageDraw
    known: Mapping[str, str]

    def say(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """A sentence of the page."""
        return self.known[key].format(**(values or {}))


def paint(
    card: Mapping[str, Any],
    pairs: Sequence[tuple[Image, Image]],
    nearest: Sequence[Image],
    language: str = "en",
) -> bytes:
    """The card of a proof.

    Args:
        card: See `studio.tuning.proof.card_of`.
        pairs: Before and after of up to six pairs.
        nearest: Up to three favourites.
        language: Of its words, ``en`` or ``zh``.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, MAT)
    sheet = Sheet(image, ImageDraw.Draw(image), sentences(language))
    write(sheet.draw, (EDGE, 32), sheet.say("proof.title"), QUIET, SANS, 18)
    tone = VERDICT[card["verdict"]]
    write(sheet.draw, (EDGE, 56), sheet.say(f"proof.{card['verdict']}"), tone, SERIF, 36)
    y = _paragraph(sheet, _said(sheet, card), 108)
    y = _interval(sheet.draw, card, y + 12)
    y = _bars(sheet, card, y + 22)
    y = _paragraph(sheet, _changed(sheet, card), y + 8)
    _pairs(sheet, pairs, y + 8)
    _foot(sheet, card, nearest)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _paragraph(sheet: Sheet, text: str, y: int) -> int:
    """Words in as many lines as they need; returns where the next thing may stand."""
    for line in wrapped(text, SANS, 17, SIZE[0] - 2 * EDGE):
        write(sheet.draw, (EDGE, y), line, INK, SANS, 17)
        y += 22
    return y


def _said(sheet: Sheet, card: Mapping[str, Any]) -> str:
    bounds = {"low": round(card["low"] * 100), "high": round(card["high"] * 100)}
    if not card["decided"]:
        return sheet.say("proof.none_decided")
    main = sheet.say(
        "proof.said", {**bounds, "chosen": card["chosen"], "decided": card["decided"]}
    )
    if card["neither"] == 1:
        return f"{main} {sheet.say('proof.neither_once')}"
    return (
        f"{main} {sheet.say('proof.neither', {'count': card['neither']})}"
        if card["neither"]
        else main
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


def _bars(sheet: Sheet, card: Mapping[str, Any], y: int) -> int:
    for name in ("held_out", "variety", "drift"):
        value = card[name]
        if value is None:
            continue
        write(sheet.draw, (EDGE, y), sheet.say(f"proof.{name}"), QUIET, SANS, 15)
        left, wide = 260, 260
        sheet.draw.line((left, y + 10, left + wide, y + 10), LINE, 6)
        sheet.draw.line((left, y + 10, left + wide * min(1.0, max(0.0, value)), y + 10), ACT, 6)
        words = sheet.say("proof.percent", {"percent": round(value * 100)})
        write(sheet.draw, (SIZE[0] - EDGE, y), words, INK, SANS, 15, right=True)
        y += 24
    return y


def _changed(sheet: Sheet, card: Mapping[str, Any]) -> str:
    """See `drawing` in the page's own card: the same words in the same order."""
    known, words = sheet.known, []
    for one in card["changed"][:4]:
        way = "more" if one["effect"] > 0 else "less"
        key = f"effects.{one['attribute']}.{way}"
        name = one["attribute"].replace("_", " ")
        words.append(
            known[key] if key in known else sheet.say(f"effects.other.{way}", {"name": name})
        )
    if not words:
        return sheet.say("proof.unchanged")
    return sheet.say("proof.changed", {"words": sheet.say("proof.comma").join(words)})


def _pairs(sheet: Sheet, pairs: Sequence[tuple[Image, Image]], y: int) -> None:
    for row, key in enumerate(("proof.before", "proof.after")):
        top = y + row * (TILE + 22)
        write(sheet.draw, (EDGE, top), sheet.say(key), QUIET, SANS, 13)
        for column, pair in enumerate(pairs[:6]):
            place = (EDGE + column * (TILE + 11), top + 18)
            sheet.image.paste(pair[row].convert("RGB").resize((TILE, TILE)), place)


def _foot(sheet: Sheet, card: Mapping[str, Any], nearest: Sequence[Image]) -> None:
    y = SIZE[1] - 112
    words = sheet.say("proof.copies" if card["copies"] else "proof.no_copies")
    write(sheet.draw, (EDGE, y), words, VERDICT["no"] if card["copies"] else INK, SANS, 15)
    for column, image in enumerate(nearest[:3]):
        place = (SIZE[0] - EDGE - (3 - column) * 54 + 6, y - 8)
        sheet.image.paste(image.convert("RGB").resize((48, 48)), place)
    values = {"works": card["works"], "seconds": round(card["seconds"])}
    write(sheet.draw, (EDGE, SIZE[1] - 44), sheet.say("proof.foot", values), QUIET, SANS, 15)
