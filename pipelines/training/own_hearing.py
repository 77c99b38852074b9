"""What is heard of a training on one's own pictures, and measured at every checkpoint of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from pipelines.errors import TrainingError
from pipelines.training import own_card, sample_sheets
from pipelines.training.loop import Clock, Listener

if TYPE_CHECKING:
    from pipelines.training.data import Pictures
    from pipelines.training.own_making import Ending, Watcher

__all__ = ["FIGURES", "Ear", "figures", "finite", "measured"]

FIGURES = "figures.json"
"""What was measured on pictures that were kept out, at every checkpoint."""
VALIDATED = 64
"""Pictures in each set that is compared at a checkpoint, at most."""


class Ear(Listener):
    """Passes on what happens, and measures the model on what it was not trained on.

    Args:
        watcher: Who is told.
        work: Where checkpoints are written.
        pictures: As the training saw them; None of a pattern, of which nothing is kept out.
    """

    def __init__(self, watcher: Watcher, work: Path, pictures: Pictures | None) -> None:
        self.asked: Ending = ""
        self._watcher, self._work, self._pictures = watcher, work, pictures

    def began(self, clock: Clock) -> None:
        """See `Listener`."""
        kept = [one for one in measured(self._work) if one["step"] <= clock.step]
        _write(self._work, kept)
        self._watcher.began(clock)

    def heard(self, figures: Mapping[str, float], clock: Clock) -> None:
        """See `Listener`."""
        finite(figures)
        self._watcher.heard(figures, clock)

    def saved(self, clock: Clock) -> None:
        """Measure what was exported; see `Listener`."""
        if self._pictures is not None:
            found = figures(self._work, self._pictures)
            if found:
                _write(self._work, [*measured(self._work), {"step": clock.step, **found}])
        self._watcher.saved(self._work, clock)

    def ending(self) -> bool:
        """See `Listener`."""
        self.asked = self._watcher.ending()
        return bool(self.asked)


def measured(work: Path) -> list[dict[str, float]]:
    """What was measured so far: steps, each with its figures by name."""
    try:
        found = json.loads((work / FIGURES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def _write(work: Path, found: list[dict[str, float]]) -> None:
    (work / FIGURES).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def figures(work: Path, pictures: Pictures) -> dict[str, float]:
    """What can be said of the model in ``work`` on what it was not trained on.

    See `own_card.figures_of`; plain values. What is drawn for it changes no later draw.
    """
    from pipelines import catalog

    if len(pictures.split("test").names) < own_card.LEAST:
        return {}
    with torch.random.fork_rng(devices=[]):
        instrument = catalog.load(work)
        samples = sample_sheets.draw(instrument, VALIDATED)
        found = own_card.figures_of(instrument, samples, pictures, VALIDATED)
    return {n: round(value, 4) for n, (value, _) in found.items() if math.isfinite(value)}


def finite(figures: Mapping[str, float]) -> None:
    """End a run whose numbers are numbers no more.

    Raises:
        TrainingError: ``own_astray``.
    """
    for name, value in figures.items():
        if not math.isfinite(value):
            raise TrainingError(
                "own_astray",
                name=name,
                value=value,
                rule="not finite any more",
                remedy="go on from the last checkpoint with a smaller learning_rate",
            )
