"""Our default sampling beside fifty plain steps of the same weights: how much faster, how alike.

    python -m benchmarks.fewer_steps [--model DIR] [--count 1000] [--json]

The baseline is diffusers' own ``StableDiffusionPipeline`` over our folder, with its DDIM of 50
steps, in inference mode, on the same threads, warmed up. Seconds are of one picture of words with
guidance. Pictures are drawn from the same noises without words by both; their distances to
pictures that no model was trained on are compared, with the standard error of the ratio over
eight parts of them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.diffusion import draw
from benchmarks.one_model import MODELS, REFERENCE
from benchmarks.running import figure, median
from pipelines.training import measures
from pipelines.training.reference import Reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines.pipeline import Instrument

__all__ = ["main", "run"]

Figures = dict[str, dict[str, Any]]
PLAIN_STEPS = 50
PROMPT = "a red apple with a cut half"
LEAST_FASTER, MOST_WORSE = 8.0, 1.05
PARTS = 8


def run(folder: Path, count: int, turns: int = 7) -> Figures:
    """Measure the model in ``folder`` on ``count`` pictures."""
    from pipelines import catalog

    instrument = catalog.load(folder)
    figures = _seconds(instrument, turns)
    if count:
        ours = draw(instrument, count)
        theirs = draw(instrument, count, scheduler="ddim", num_inference_steps=PLAIN_STEPS)
        figures |= _alike(ours, theirs)
    return figures


def _seconds(instrument: Instrument, turns: int) -> Figures:
    """Seconds a picture, taken in turns; medians and their ratio."""
    import torch

    plain = _plain(instrument)
    instrument.engines.warm(instrument.pipeline)
    guidance = float(instrument.values(instrument.request())["guidance_scale"])
    taken: dict[str, list[float]] = {"plain": [], "ours": []}
    for turn in range(turns + 1):
        begun = time.perf_counter()
        with torch.inference_mode():
            plain(PROMPT, num_inference_steps=PLAIN_STEPS, guidance_scale=guidance)
        between = time.perf_counter()
        instrument.render(instrument.request(seed=turn, prompt=PROMPT), quality="fast")
        taken["plain"].append(between - begun)
        taken["ours"].append(time.perf_counter() - between)
    plainly, ours = (median(taken[name][1:]) for name in ("plain", "ours"))
    return {
        "times_faster": figure(
            plainly / ours, f"x {PLAIN_STEPS} plain steps", least=LEAST_FASTER, ours_ms=1000 * ours
        )
    }


def _plain(instrument: Instrument) -> Any:  # noqa: ANN401 - diffusers is untyped
    import torch
    from diffusers import StableDiffusionPipeline

    parts = instrument.pipeline.parts  # type: ignore[attr-defined]
    plain = StableDiffusionPipeline.from_pretrained(
        parts.folder, safety_checker=None, local_files_only=True, torch_dtype=torch.float32
    )
    plain.set_progress_bar_config(disable=True)
    return plain


def _alike(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> Figures:
    """Distance of ours over distance of theirs, whole and in parts."""
    reference = Reference.load(REFERENCE)

    def distance(pixels: NDArray[np.uint8]) -> float:
        found = measures.quantile_distance(measures.patch_quantiles(pixels), reference.patches)
        return float(found["mean"])

    whole = distance(ours) / distance(theirs)
    pairs = zip(np.array_split(ours, PARTS), np.array_split(theirs, PARTS), strict=True)
    parts = [distance(a) / distance(b) for a, b in pairs]
    error = float(np.std(parts, ddof=1) / PARTS**0.5)
    met = {"value": round(whole, 3), "aim": f"<= {MOST_WORSE}", "met": whole <= MOST_WORSE}
    return {"swd_of_plain": {**met, "unit": "x", "se": round(error, 3), "pictures": len(ours)}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    from benchmarks.__main__ import table

    parser = argparse.ArgumentParser(description="Compare default sampling with fifty steps.")
    parser.add_argument("--model", type=Path, default=MODELS / "vertumnus", help="its folder")
    parser.add_argument("--count", type=int, default=1000, help="pictures; 0 for the time alone")
    parser.add_argument("--json", action="store_true", help="print one object, not a table")
    options = parser.parse_args(arguments)
    figures = run(options.model, options.count)
    print(json.dumps(figures, indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
