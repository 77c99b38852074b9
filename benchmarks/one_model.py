"""What benchmarks of one model have in common: its folder, the command line, a frame's time."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from benchmarks.quality import Figures, figure, write_quality

if TYPE_CHECKING:
    from pipelines.engines import Quality
    from pipelines.pipeline import Instrument
    from pipelines.request import Request

__all__ = ["MODELS", "REFERENCE", "bundled", "frame", "parser", "report"]

MODELS = Path(__file__).resolve().parents[1] / "assets" / "models"
REFERENCE = MODELS / "pomona" / "reference.npz"
WARMING = 3
"""Frames that are not counted."""


def bundled(family: str) -> Path:
    """The folder of the first bundled model of a family.

    Raises:
        ValueError: If there is none.
    """
    from pipelines import catalog

    known = [card.id for card in catalog.available() if card.family == family]
    if not known:
        raise ValueError(f"model: none of the family {family} is bundled; give --model a folder")
    return MODELS / known[0]


def frame(
    instrument: Instrument, requests: Sequence[Request], most: float, *, quality: Quality = "fast"
) -> dict[str, Any]:
    """Median milliseconds of a frame while a slider goes from request to request."""
    took = []
    for request in requests:
        begun = time.perf_counter()
        instrument.render(request, quality=quality)
        took.append(1000 * (time.perf_counter() - begun))
    median = float(np.median(took[WARMING:]))
    return figure(median, "ms", f"<= {most:g}", median <= most)


def parser(
    description: str,
    *,
    model: Path | None = None,
    data: Literal["needed", "taken", "unused"] = "needed",
    cache: bool = False,
) -> argparse.ArgumentParser:
    """The command line of a benchmark.

    Args:
        description: What it measures.
        model: The folder that is measured if none is given.
        data: Whether real pictures must be given, may be, or are of no use.
        cache: Whether decoded pictures can be kept.
    """
    made = argparse.ArgumentParser(description=description)
    if data != "unused":
        said = "folder of the real pictures"
        made.add_argument("--data", type=Path, required=data == "needed", help=said)
    made.add_argument("--model", type=Path, default=model, help="folder of the model")
    if cache:
        made.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    made.add_argument("--quick", action="store_true", help="smaller numbers, same code")
    made.add_argument("--card", action="store_true", help="write the table into the card")
    made.add_argument("--json", action="store_true", help="print one object, not a table")
    return made


def report(options: argparse.Namespace, figures: Figures, more: str = "") -> None:
    """Print the figures, and write them into the model's card if that was asked for.

    Args:
        options: Of `parser`.
        figures: See `benchmarks.quality.figure`.
        more: What stands below a table of them, as Markdown.
    """
    from benchmarks.__main__ import table

    if options.card and options.model:
        write_quality(options.model, figures)
    below = f"\n\n{more}" if more else ""
    print(json.dumps(figures, indent=2) if options.json else table(figures) + below)
