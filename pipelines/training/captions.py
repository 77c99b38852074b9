"""Captions: what a picture shows, in a few plain words, drawn anew at every step.

Two sources. The table of the watercolours names species and cultivar; everything else is measured
on the pixels, so that a word means the same on every sheet:

    colour   hue, chroma and lightness (CIE LCh) of the core of the upper large fruit
    form     its height over its width: long above 1.15, flat below 0.85, else round
    parts    large painted regions and how pale they are: whole, whole and half, half, several
    leaves   share of dark green beside a fruit of another colour
    size, tone, vividness, paper    attributes of :mod:`pipelines.attributes` in the outer fifths

A caption is a random paraphrase in which every word may be missing, so that short prompts are as
familiar as long ones; one in ten is empty, which is what classifier-free guidance (Ho and
Salimans 2022, https://arxiv.org/abs/2207.12598) compares with.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines import attributes
from pipelines.training.data import WATERCOLOUR_TABLE, Pictures

__all__ = ["COLOURS", "Facts", "bare", "caption", "colour_word", "describe", "look"]

Floats = NDArray[np.float32]
COLOURS = ("red", "dark red", "pink", "orange", "yellow", "green", "purple", "brown")
"""What `colour_word` may answer, besides nothing for what is too pale to name."""
_OUTER = {
    "size": (0.19, 0.39, "small", "large"),
    "lightness": (50.0, 71.0, "dark", "light"),
    "saturation": (35.0, 53.0, "faint", "vivid"),
    "paper": (11.2, 16.2, "white paper", "cream paper"),
}
"""Thresholds that a fifth of the watercolours lies below and above, and their words."""
_LARGE = 130
"""Pixels of 64 x 64 from which a painted region counts as a fruit."""
_KEEP = 0.75
_PLURAL = {"peach": "peaches", "cherry": "cherries", "strawberry": "strawberries"} | {
    "mango": "mangoes", "other": "fruits",
}  # fmt: skip

_BARE = (
    *(("", False), ("a", False), ("a", False), ("a watercolour of a", False)),
    *(("a painting of a", False), ("", True), ("", True), ("a watercolour of", True)),
)
"""Openings of a caption that only names a kind, and whether it names several."""


@dataclass(frozen=True)
class Facts:
    """What is known of one picture; an empty word is a thing not known or not remarkable."""

    kind: str
    cultivar: str = ""
    colour: str = ""
    form: str = ""
    parts: str = ""
    size: str = ""
    tone: str = ""
    vividness: str = ""
    paper: str = ""
    leaves: bool = False


def describe(pictures: Pictures, folder: Path) -> list[Facts]:
    """Return the facts of every picture, in order.

    Args:
        pictures: The pictures; their class is the kind.
        folder: Where they are; the table of the watercolours in it names cultivars.
    """
    cultivars = _cultivars(folder)
    found: list[Facts] = []
    for start in range(0, len(pictures.names), 64):
        part = slice(start, start + 64)
        for facts, name, label in zip(
            look(pictures.pixels[part]),
            pictures.names[part],
            pictures.labels[part],
            strict=True,
        ):
            kind = pictures.classes[int(label)]
            found.append(replace(facts, kind=kind, cultivar=cultivars.get(name, "")))
    return found


def look(pixels: NDArray[np.uint8]) -> list[Facts]:
    """Return what can be measured of pictures [N, R, R, 3]; the kind is left empty."""
    seen = attributes.survey(pixels.astype(np.float32) / 255)
    measured = attributes.measure("picture", pixels)
    found = []
    for i in range(len(pixels)):
        outer = {name: _outer(name, float(measured[name][i])) for name in _OUTER}
        lab = np.stack([seen.light[i], seen.a[i], seen.b[i]])
        regions = _regions(seen.paint[i])
        colour, form, parts = _upper(lab, regions)
        found.append(
            Facts(
                kind="",
                colour=colour,
                form=form,
                parts=parts,
                size=outer["size"],
                tone=outer["lightness"],
                vividness=outer["saturation"],
                paper=outer["paper"],
                leaves=_leaves(lab, seen.paint[i], colour),
            )
        )
    return found


def colour_word(light: float, a: float, b: float) -> str:
    """Return the word for a colour, empty for what is too pale to name.

    Args:
        light: L*, 0 to 100.
        a: a*, green to red.
        b: b*, blue to yellow.

    >>> colour_word(36, 60, 40), colour_word(84, -4, 60), colour_word(60, -20, 45)
    ('red', 'yellow', 'green')
    """
    chroma = float(np.hypot(a, b))
    hue = float(np.degrees(np.arctan2(b, a))) % 360
    if hue >= 270 or hue < 18:  # noqa: PLR2004 - blue to crimson
        named = "purple" if light < 45 else "pink"  # noqa: PLR2004
    elif hue < 48:  # noqa: PLR2004
        named = "dark red" if light < 32 else "red" if light < 60 else "pink"  # noqa: PLR2004
    elif hue < 68:  # noqa: PLR2004
        named = "orange" if chroma > 42 else "brown"  # noqa: PLR2004
    elif hue < 94:  # noqa: PLR2004
        named = "yellow" if chroma > 38 and light > 55 else "brown"  # noqa: PLR2004
    else:
        named = "green"
    pale = chroma < 14 or (light > 75 and chroma < 36)  # noqa: PLR2004
    return "" if pale else named


def caption(facts: Facts, source: np.random.Generator, empty: float = 0.1) -> str:
    """Return a random paraphrase of the facts; the share ``empty`` of them has no word."""
    if source.random() < empty:
        return ""

    def maybe(word: str) -> str:
        return word if word and source.random() < _KEEP else ""

    several = facts.parts == "several"
    kind = _names(facts.kind)[several]
    kind = kind if source.random() < _KEEP else "fruits" if several else "fruit"
    before = [maybe(w) for w in (facts.size, facts.tone, facts.vividness)]
    source.shuffle(before)
    before += [maybe(facts.colour), maybe(facts.form)]
    called = [maybe(facts.cultivar), kind]
    called = called if source.random() < 0.5 else called[::-1]  # noqa: PLR2004 - a fair coin
    after = [maybe(_parts(facts.parts, source)), maybe("with leaves" if facts.leaves else "")]
    after.append(maybe(f"on {facts.paper}" if facts.paper else ""))
    opening = source.choice(["", "", "a", "a watercolour of a", "a painting of a"])
    opening = str(opening).replace("of a", "of") if several else str(opening)
    return _spelled(opening, *before, *called, *after)


def bare(kind: str) -> list[str]:
    """Return the captions that name the kind and tell nothing else, common ones repeated."""
    return [_spelled(opening, _names(kind)[several]) for opening, several in _BARE]


def _parts(parts: str, source: np.random.Generator) -> str:
    words: dict[str, Sequence[str]] = {
        "whole": ("whole", "one whole fruit", "alone"),
        "both": ("whole and half", "and a cut half", "with a cut half", "cut open below"),
        "half": ("cut in half", "half", "cut open"),
    }
    return str(source.choice(list(words[parts]))) if parts in words else ""


def _names(kind: str) -> tuple[str, str]:
    """Return what one and what several of a kind are called."""
    return "fruit" if kind == "other" else kind, _PLURAL.get(kind, kind + "s")


def _spelled(*parts: str) -> str:
    """Return the words with single spaces between them and the right article."""
    return re.sub(r"\ba (?=[aeiou])", "an ", " ".join(" ".join(parts).split()))


def _outer(name: str, value: float) -> str:
    low, high, below, above = _OUTER[name]
    return below if value < low else above if value > high else ""


def _regions(paint: Floats) -> list[NDArray[np.bool_]]:
    """Return the large painted regions as masks, outlines filled, from the top down."""
    from scipy import ndimage

    mask = ndimage.binary_fill_holes(ndimage.binary_closing(paint > 0.25, iterations=1))  # noqa: PLR2004
    mask = ndimage.binary_opening(mask, iterations=2)
    numbered, count = ndimage.label(mask)
    masks = [part for n in range(1, count + 1) for part in _cut_at_neck(numbered == n)]
    large = [m for m in masks if m.sum() >= _LARGE]
    return sorted(large, key=lambda m: float(np.nonzero(m)[0].mean()))


def _cut_at_neck(region: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return a fruit and the half that touches it as two regions: cut where it is narrow."""
    rows = np.nonzero(region.any(axis=1))[0]
    widths = region.sum(axis=1)[rows[0] : rows[-1] + 1]
    quarter = len(widths) // 4
    if len(widths) < 1.3 * widths.max() or quarter < 4:  # noqa: PLR2004 - not twice as high
        return [region]
    neck = quarter + int(np.argmin(widths[quarter:-quarter]))
    if widths[neck] > 0.8 * min(widths[:neck].max(), widths[neck:].max()):
        return [region]
    upper, lower = region.copy(), region.copy()
    upper[rows[0] + neck :] = False
    lower[: rows[0] + neck] = False
    return [upper, lower]


def _upper(lab: Floats, regions: list[NDArray[np.bool_]]) -> tuple[str, str, str]:
    """Return colour and form of the upper region, and what the regions are parts of."""
    if not regions:
        return "", "", "several"
    means = [_core(lab, region) for region in regions]
    pale = [light > 72 and np.hypot(a, b) < 42 for light, a, b in means]  # noqa: PLR2004
    parts = "several" if len(regions) > 2 else "both" if len(regions) == 2 else "whole"  # noqa: PLR2004
    if all(pale) and len(regions) <= 2:  # noqa: PLR2004
        parts = "half"
    rows, columns = np.nonzero(regions[0])
    ratio = (np.ptp(rows) + 1) / (np.ptp(columns) + 1)
    form = "long" if ratio > 1.15 else "flat" if ratio < 0.85 else "round"  # noqa: PLR2004
    return colour_word(*means[0]), form if parts != "several" else "", parts


def _core(lab: Floats, region: NDArray[np.bool_]) -> tuple[float, float, float]:
    from scipy import ndimage

    inner = ndimage.binary_erosion(region, iterations=3)
    light, a, b = lab[:, inner if inner.any() else region].mean(axis=1)
    return float(light), float(a), float(b)


def _leaves(lab: Floats, paint: Floats, colour: str) -> bool:
    light, a, b = lab
    hue = np.degrees(np.arctan2(b, a)) % 360
    green = (hue > 100) & (hue < 190) & (light < 70) & (np.hypot(a, b) > 10)  # noqa: PLR2004
    share = float((paint * green).sum() / (paint.sum() + 1))
    return share > 0.12 and colour != "green"  # noqa: PLR2004


def _cultivars(folder: Path) -> dict[str, str]:
    """Return the cultivar's words by file name, from the watercolours' table if it is there."""
    table = next(iter(sorted(folder.rglob(WATERCOLOUR_TABLE))), None)
    if table is None:
        return {}
    with table.open(encoding="utf-8", newline="") as lines:
        rows = [row["fruit"] or "" for row in csv.DictReader(lines)]
    return {f"image-{i}.jpg": _words(row.partition(":")[2]) for i, row in enumerate(rows)}


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))
