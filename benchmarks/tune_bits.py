"""Bits of dance tunes, beside n-grams over the same events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.kneser_ney import KneserNey
from benchmarks.quality import Figures, figure
from pipelines.music.tune_grid import DANCES, NUM_EVENTS, PLACES, place, symbol_of

if TYPE_CHECKING:
    from pipelines.networks.tune import TuneLSTM
    from pipelines.training.tune_data import Part

__all__ = ["bits"]

MIN_BELOW = 15.0
SCALES = (0.7, 0.85, 1.0, 1.15, 1.3)
"""What discounts are multiplied by; the best on validation tunes counts."""
HOW = ("events", "bar lines", "places")
LINE = NUM_EVENTS
"""Stands at a bar line."""
Row = list[tuple[int, bool]]
"""Tokens, and whether each is counted."""


def bits(network: TuneLSTM, parts: Mapping[str, Sequence[Part]]) -> Figures:
    """Bits an event of the test tunes, beside the best 5-gram.

    A 5-gram reads events alone, or also bar lines, or events with their place in the bar; which,
    and with which discounts, is chosen on the validation tunes.

    Args:
        network: What is measured.
        parts: Of each split.
    """
    from pipelines.training.tune import bits_per_event
    from pipelines.training.tune_data import read

    ours = bits_per_event(network, [read(one) for one in parts["test"]])
    known = bits_per_event(network, [read(one) for one in parts["train"][: len(parts["test"])]])
    tried: list[tuple[float, str, float, KneserNey]] = []
    for how in HOW:
        rows = [_row(one, how) for one in parts["train"]]
        size = (NUM_EVENTS + 1) * (PLACES if how == "places" else 1) + len(DANCES)
        counted = KneserNey([[token for token, _ in row] for row in rows], size)
        held = [_row(one, how) for one in parts["validation"]]
        for scale in SCALES:
            model = counted.scaled(scale)
            tried.append((_bits(model, held), how, scale, model))
    _, how, scale, model = min(tried, key=lambda one: one[0])
    five = _bits(model, [_row(one, how) for one in parts["test"]])
    below = 100 * (1 - ours / five)
    return {
        "bits": figure(ours, "an event"),
        "bits_of_training_tunes": figure(known, "an event"),
        f"bits_5_gram ({how}, discounts x {scale:g})": figure(five, "an event"),
        "below_5_gram": figure(below, "%", f">= {MIN_BELOW:g}", below >= MIN_BELOW),
    }


def _row(part: Part, how: str) -> Row:
    """A part as an n-gram reads it; the first token says the dance."""
    sizes = PLACES if how == "places" else 1
    head = (NUM_EVENTS + 1) * sizes + list(DANCES).index(part.tune.dance)
    row: Row = [(head, False)]
    for bar in part.bars:
        step = 0
        for one in bar:
            at = place(part.tune.metre, step) if how == "places" else 0
            row.append((one * sizes + at, True))
            step += symbol_of(one)[1]
        if how == "bar lines":
            row.append((LINE, False))
    return row


def _bits(model: KneserNey, rows: Sequence[Row]) -> float:
    total, number = 0.0, 0
    for row in rows:
        found = model.bits([token for token, _ in row])
        counted = [bit for bit, (_, counts) in zip(found, row[1:], strict=True) if counts]
        total, number = total + sum(counted), number + len(counted)
    return total / number
