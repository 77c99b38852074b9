"""How well the loop learns, on artists who are simulated (see docs/how-it-learns.md).

    python -m benchmarks loop [--quick] [--json]
    python -m benchmarks.loop [--quick] [--bank FILE] [--docs FILE]

The second form keeps the rendered works in a file for another run, and writes tables and plot into
the page of the documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.loop.learning import Report

__all__ = ["report", "run"]

WORKS, QUICK_WORKS = 4096, 640
RUNS, QUICK_RUNS = 20, 2
QUESTION_RUNS, QUICK_QUESTION_RUNS = 5, 1


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """Every figure.

    Args:
        quick: Fewer works and 2 runs instead of 20; the same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met`` and more.
    """
    return report(quick).figures


def report(
    quick: bool = False,
    bank: Path | None = None,
    works: int = 0,
    runs: int = 0,
    say: Callable[[str], None] = lambda _line: None,
) -> Report:
    """Play every artist, and time an event; one thread.

    Args:
        quick: Smaller numbers where none are given.
        bank: Keeps the rendered works for another run.
        works: How many of them.
        runs: How often each artist picks.
        say: Receives what is done.
    """
    import torch

    from benchmarks.loop import latency, learning
    from benchmarks.loop.artists import ARTISTS, look
    from benchmarks.loop.bank import build, instrument_of
    from benchmarks.loop.simulated import Studio

    torch.set_num_threads(1)
    found = learning.Report()
    instrument = instrument_of()
    count = works or (QUICK_WORKS if quick else WORKS)
    made = build(count, instrument, file=bank, say=lambda done: say(f"{done} works"))
    atlas = _atlas(instrument)
    studio = Studio.of(atlas, made.latents, made.values)
    seen = look(made.artifacts(0, len(made)))
    likes = {artist.name: artist.likes(seen) for artist in ARTISTS}
    learning.picks(studio, likes, runs or (QUICK_RUNS if quick else RUNS), found, say)
    learning.questions(studio, likes, QUICK_QUESTION_RUNS if quick else QUESTION_RUNS, found, say)
    found.figures |= latency.run(quick)
    return found


def _atlas(instrument: Any) -> Any:  # noqa: ANN401 - both heavy to import
    """The bundled atlas where it is of these weights, else one drawn now."""
    from pipelines.atlas import Atlas, draw

    file = Path(__file__).resolve().parents[2] / "assets/models/pomona/atlas.npz"
    if file.is_file():
        stored = Atlas.load(file)
        if stored.weights == instrument.pipeline.weights.base:
            return stored
    return draw(instrument)
