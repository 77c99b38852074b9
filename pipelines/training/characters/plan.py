"""What a character drawing is made of, and what can be said of it.

Open Peeps (Pablo Stanley, CC0 1.0, https://www.openpeeps.com) has heads, faces, beards and
glasses that all fit one another. A plan picks one of each and a colour for skin, hair, clothes and
paper, where colours run continuously between those of the style, so that lightness and warmth have
an order. The labels follow from the choice and are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["ATTRIBUTES", "Plan", "lightness_of", "plan"]

ATTRIBUTES = {
    "skin_tone": "skin from light (0) to dark (1)",
    "hair_length": "none (0), short (1), to the neck (2), over the shoulders (3)",
    "hair_lightness": "black (0) to white (1); unknown without hair",
    "headwear": "bare (0), or a hat, a cap or a scarf (1)",
    "glasses": "without (0) or with (1)",
    "beard": "shaven (0), moustache or small beard (1), full beard (2)",
    "smile": "cross or sad (0), at rest (1), smiling (2)",
    "open_mouth": "closed (0) or open (1)",
    "clothing_warmth": "cold (-1) to warm (1) colour of the clothes",
    "paper": "white (0) to cream (1) paper",
}
"""Every label with its range; the names of columns and of sliders."""

HAIR_LENGTH = {
    0: ("noHair1", "noHair2", "noHair3"),
    1: (
        "flatTop", "flatTopLong", "grayShort", "mohawk", "mohawk2", "pomp", "shaved1", "shaved2",
        "shaved3", "short1", "short2", "short3", "short4", "short5", "twists", "twists2",
        "bantuKnots",
    ),
    2: (
        "afro", "bangs", "bangs2", "bun2", "buns", "dreads1", "dreads2", "grayBun",
        "grayMedium", "medium1", "medium2", "mediumBangs", "mediumBangs2", "mediumBangs3",
    ),
    3: ("cornrows", "long", "longBangs", "longCurly", "medium3", "mediumStraight"),
}  # fmt: skip
HEADWEAR = ("hatBeanie", "hatHip", "hijab", "turban")
TINTED = frozenset(
    ("bangs", "cornrows", "grayBun", "grayMedium", "grayShort", "mediumBangs2", "mohawk",
     "mohawk2", "short4")
)  # fmt: skip
"""Heads whose hair takes a colour; the style draws all others in black ink."""
TINTED_WEIGHT = 3
FACES = {
    2: ("calm", "cute", "driven", "eatingHappy", "lovingGrin1", "smile", "smileBig", "smileLOL",
        "smileTeethGap"),
    1: ("blank", "explaining", "eyesClosed", "old"),
    0: ("angryWithFang", "concerned", "fear", "rage", "serious", "solemn", "suspicious", "tired",
        "veryAngry"),
}  # fmt: skip
OPEN = frozenset(
    ("concerned", "explaining", "fear", "lovingGrin1", "rage", "smileBig", "smileLOL",
     "smileTeethGap")
)  # fmt: skip
GLASSES = ("glasses", "glasses2", "glasses3", "glasses4", "glasses5", "sunglasses", "sunglasses2")
BEARDS = {
    1: ("goatee1", "goatee2", "moustache1", "moustache2", "moustache3", "moustache5",
        "moustache6", "moustache7", "moustache9"),
    2: ("chin", "full", "full2", "full3", "full4"),
}  # fmt: skip
SKIN = ("ffdbb4", "edb98a", "d08b5b", "ae5d29", "694d3d")
HAIR = ("2c1b18", "4a312c", "724133", "a55728", "b58143", "d6b370", "ecdcbf", "f4f0f0")
RED, PINK = "c93305", "f59797"
CLOTHES = ("e78276", "ffcf77", "fdea6b", "78e185", "9ddadb", "8fa7df", "e279c7")
PAPERS = ("f6f6f6", "f7ead0")


@dataclass(frozen=True)
class Plan:
    """One drawing to be made.

    Attributes:
        file: Its file name; the split of the data is a function of it.
        options: Options of the style, colours as six hexadecimal digits.
        labels: A value for each of ``ATTRIBUTES``; NaN where it can't be said.
    """

    file: str
    options: dict[str, object]
    labels: dict[str, float]


def plan(count: int, seed: int = 0) -> list[Plan]:
    """Return ``count`` drawings, no two of the same choice; a longer list begins with a shorter.

    Raises:
        ValueError: If the count is negative.
    """
    if count < 0:
        raise ValueError(f"count={count} is negative; give how many drawings to make")
    return [_one(index, seed) for index in range(count)]


def _one(index: int, seed: int) -> Plan:
    draw = np.random.Generator(np.random.Philox(key=[seed, index]))
    head, length = _head(draw)
    smile = int(draw.choice([0, 1, 2], p=[0.36, 0.16, 0.48]))
    face = str(draw.choice(FACES[smile]))
    beard = int(draw.choice([0, 1, 2], p=[0.66, 0.17, 0.17]))
    beard = 0 if head == "hijab" else beard
    glasses = bool(draw.random() < 0.35)  # noqa: PLR2004 - often enough to be learnt
    tone, cream = float(draw.random()), float(draw.random())
    hair = _hair(draw)
    clothes = _along((*CLOTHES, CLOTHES[0]), float(draw.random()))
    options: dict[str, object] = {
        "head": [head],
        "face": [face],
        "accessories": [str(draw.choice(GLASSES))],
        "accessoriesProbability": 100 * glasses,
        "facialHair": [str(draw.choice(BEARDS[max(1, beard)]))],
        "facialHairProbability": 100 * (beard > 0),
        "maskProbability": 0,
        "skinColor": [_along(SKIN, tone)],
        "headContrastColor": [hair],
        "clothingColor": [clothes],
        "backgroundColor": [_along(PAPERS, cream)],
    }
    shown = lightness_of(hair) if head in TINTED else 0.0
    labels = {
        "skin_tone": tone,
        "hair_length": math.nan if head in HEADWEAR else float(length),
        "hair_lightness": math.nan if length == 0 or head in HEADWEAR else shown,
        "headwear": float(head in HEADWEAR),
        "glasses": float(glasses),
        "beard": float(beard),
        "smile": float(smile),
        "open_mouth": float(face in OPEN),
        "clothing_warmth": _warmth_of(clothes),
        "paper": cream,
    }
    return Plan(f"character-{seed}-{index:06d}.png", options, labels)


def _head(draw: np.random.Generator) -> tuple[str, int]:
    """Return a head and the length of its hair; heads that take a colour come more often."""
    heads = [(name, length) for length, names in HAIR_LENGTH.items() for name in names]
    heads += [(name, 0) for name in HEADWEAR]
    weights = np.array([TINTED_WEIGHT if name in TINTED else 1 for name, _ in heads], float)
    weights[[name in HEADWEAR or length == 0 for name, length in heads]] = 2
    return heads[int(draw.choice(len(heads), p=weights / weights.sum()))]


def _hair(draw: np.random.Generator) -> str:
    kind, share = float(draw.random()), float(draw.random())
    if kind < 0.12:  # noqa: PLR2004 - red now and then
        return RED
    return PINK if kind < 0.18 else _along(HAIR, share)  # noqa: PLR2004 - and pink


def _rgb(colour: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([int(colour[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float64)


def _along(colours: Sequence[str], share: float) -> str:
    """Return the colour at ``share`` in 0..1 of the way through a row of colours."""
    place = share * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    start, end = _rgb(colours[first]), _rgb(colours[first + 1])
    mixed = np.rint(start + (place - first) * (end - start)).astype(int)
    return "".join(f"{value:02x}" for value in mixed)


def lightness_of(colour: str) -> float:
    """Return L* of a colour over 100, in 0..1.

    >>> lightness_of("000000"), round(lightness_of("ffffff"), 3)
    (0.0, 1.0)
    """
    from pipelines.attributes import lab

    light, _, _ = lab(_rgb(colour)[None, None, None] / 255)
    return max(0.0, float(light[0, 0, 0]) / 100)


def _warmth_of(colour: str) -> float:
    from pipelines.attributes import lab

    _, a, b = lab(_rgb(colour)[None, None, None] / 255)
    a, b = float(a[0, 0, 0]), float(b[0, 0, 0])
    return (a + b) / (math.sqrt(2) * math.hypot(a, b) + 1e-6)
