"""Every picture model that is shipped, played by hand: a slider dragged in headless Chromium.

    python -m benchmarks.families [--quick] [--model ID ...] [--json]

Times are taken in the page, from the slider's input event to the canvas being painted; `rest` is
from the last move to the exact picture, the pause that the page waits for included; `switch` is
from asking for a model that was played before to its first picture.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from typing import Any

from benchmarks.hands import DRAG, REST, SWITCH, fresh_page
from benchmarks.running import CHROMIUM, Running, figure, median, percentile, running

__all__ = ["main", "run"]

Figures = dict[str, dict[str, Any]]
AIMS: dict[str, dict[str, float]] = {
    "diffusion": {"p50": 90, "fps": 12, "rest": 400},
    "vq": {"p50": 1500, "fps": 0.5, "rest": 1500},  # tile by tile, and the picture grows meanwhile
}
"""What a family aims at, where it is not `USUAL`."""
USUAL = {"p50": 40.0, "fps": 20.0, "rest": 400.0}
MAX_MEMORY, MAX_SWITCH = 2000, 1000


def run(quick: bool = False, models: Sequence[str] = ()) -> Figures:
    """Play each model.

    Args:
        quick: A fifth of the frames.
        models: Their ids; all that are shipped if left out.
    """
    from playwright.sync_api import sync_playwright

    figures: Figures = {}
    seconds = 3.0 if quick else 12.0
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        command = ("app.py", "--port", "0", "--device", "cpu", "--library", f"{place}/library")
        with running(*command) as studio:
            cards = studio.get("/studio/models")
            chosen = [card for card in cards if not models or card["id"] in models]
            page = fresh_page(browser, studio.address)
            for card in chosen:
                figures |= _played(page, studio, card, seconds)
            figures |= _switched(page, [card["id"] for card in chosen])
        browser.close()
    return figures


def _played(page: Any, studio: Running, card: dict[str, Any], seconds: float) -> Figures:  # noqa: ANN401
    """One hand on the first slider of one model."""
    name, aims = card["id"], AIMS.get(card["family"], USUAL)
    model = studio.get(f"/studio/models/{name}")
    studio.fast(model["opening"])
    page.evaluate(SWITCH, name)
    sliders = [c for c in model["controls"] if c["kind"] == "slider" and c["group"] == "main"]
    control = next((c["name"] for c in sliders if c["direction"]), sliders[0]["name"])
    page.evaluate(DRAG, [control, 1.5])
    spans = page.evaluate(DRAG, [control, seconds])
    rests = [page.evaluate(REST, [control, number]) for number in range(9)]
    late = [span[1] for span in spans] or [9999.0]
    about = {"slider": control}
    return {
        f"{name}_p50": figure(median(late), "ms, input to paint", most=aims["p50"], **about),
        f"{name}_p95": figure(percentile(late, 0.95), "ms, input to paint"),
        f"{name}_fps": figure(len(late) / seconds, "frames a second", least=aims["fps"]),
        f"{name}_rest": figure(median(rests), "ms, last move to exact", most=aims["rest"]),
        f"{name}_memory": figure(studio.memory(), "MB, all played so far", most=MAX_MEMORY),
    }


def _switched(page: Any, names: Sequence[str]) -> Figures:  # noqa: ANN401
    """Back to models that are warm."""
    times = {name: page.evaluate(SWITCH, name) for name in names}
    worst = max(times, key=lambda name: times[name])
    return {"switch": figure(times[worst], "ms, the slowest", most=MAX_SWITCH, model=worst)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    from benchmarks.__main__ import table

    parser = argparse.ArgumentParser(description="Play every model that is shipped.")
    parser.add_argument(
        "--model", action="append", default=[], help="only this one; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="a fifth of the frames")
    parser.add_argument("--json", action="store_true", help="print one object, not a table")
    options = parser.parse_args(arguments)
    figures = run(options.quick, options.model)
    print(json.dumps(figures, indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
