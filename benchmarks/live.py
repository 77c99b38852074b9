"""How direct it feels: a slider dragged in headless Chromium, and what that costs.

Times are taken in the page, from the slider's input event to the canvas being painted. `drag`
moves the slider on every animation frame, as a hand does; `step` waits for each picture before it
moves on, which is also how the plain way (`benchmarks.plain`) is timed, right after and with the
same weights.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hands import DRAG, HEAR, LIVE, MOVE, PLAIN, STEP, fresh_page
from benchmarks.running import CHROMIUM, Running, figure, frame, median, percentile, running

__all__ = ["run"]

Figures = dict[str, dict[str, Any]]
Spans = list[list[float]]
"""Of each painted frame: when, and how long after its input event, both in ms."""

FAVOURITES = 20
TEACH = """
async (count) => {
  const { model, request } = duet.get();
  const works = [];
  for (let seed = 1; seed <= count; seed += 1) {
    works.push((await duet.keep({ request: { ...request, seed, point: null } })).id);
  }
  const body = { model: model.id, works, method: 'few-shot', settings: { steps: 20000 } };
  return (await duet.api('POST', '/studio/jobs', body)).id;
}
"""
STATE_OF = "async (id) => (await duet.api('GET', `/studio/jobs/${id}`)).state"
STEP_OF = "async (id) => (await duet.api('GET', `/studio/jobs/${id}`)).step"
PATIENCE = 120
"""Seconds in which a job must begin, and end once it is stopped."""


def run(quick: bool = False, models: Path | None = None) -> Figures:
    """Start the studio, drag, crowd it, and drag the plain way.

    Args:
        quick: A fifth of the frames and one start instead of three.
        models: Folder of models; None for those that are shipped.
    """
    from playwright.sync_api import sync_playwright

    from pipelines.catalog import BUNDLED

    folder = models or BUNDLED
    seconds, steps, soak = (4.0, 60, 500) if quick else (15.0, 300, 2000)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        common = ("app.py", "--port", "0", "--device", "cpu", "--models", str(folder))
        starts = [
            _start(browser, (*common, "--library", f"{place}/{number}"))
            for number in range(1 if quick else 3)
        ]
        figures["start"] = figure(median(starts), "s to a live picture", most=8, worst=max(starts))
        host = ("--host", "0.0.0.0")  # noqa: S104 - so that each context is its own person
        with running(*common, *host, "--library", f"{place}/library") as studio:
            model, control = _model(studio)
            figures |= _memory(studio, model["opening"], soak)
            figures |= _dragged(browser, studio, control, (seconds, steps))
            figures |= _while_teaching(browser, studio, control, seconds)
            figures |= _crowd(browser, studio, control, seconds)
        figures |= _plain(browser, folder, model["id"], (control, steps))
        ratio = figures["plain_step_p50"]["value"] / figures["step_p50"]["value"]
        figures["times_faster"] = figure(ratio, "x the plain way", least=2)
        browser.close()
    return figures


def _start(browser: Any, command: tuple[str, ...]) -> float:  # noqa: ANN401 - playwright
    """Seconds from the command to the first painted live frame, in a browser that waits."""
    with running(*command) as studio:
        page = browser.new_context().new_page()
        page.goto(studio.address)
        page.wait_for_function(LIVE, timeout=120_000, polling=20)
        taken = time.perf_counter() - studio.begun
        page.context.close()
    return taken


def _model(studio: Running) -> tuple[dict[str, Any], str]:
    """The model that the page opens with, once its fast engine is ready, and a slider of it."""
    model = studio.get(f"/studio/models/{studio.get('/studio/models')[0]['id']}")
    studio.fast(model["opening"])
    sliders = [c for c in model["controls"] if c["kind"] == "slider" and c["group"] == "main"]
    return model, next((c["name"] for c in sliders if c["direction"]), sliders[0]["name"])


def _dragged(
    browser: Any,  # noqa: ANN401 - playwright
    studio: Running,
    control: str,
    amount: tuple[float, int],
) -> Figures:
    """One hand on one slider."""
    seconds, steps = amount
    page = fresh_page(browser, studio.address)
    page.evaluate(DRAG, [control, 1.5])
    spans: Spans = page.evaluate(DRAG, [control, seconds])
    page.wait_for_timeout(500)
    times: list[float] = page.evaluate(STEP, [control, steps])
    page.context.close()
    late = [span[1] for span in spans]
    return {
        "drag_p50": figure(median(late), "ms, input to paint", most=25, frames=len(late)),
        "drag_p95": figure(percentile(late, 0.95), "ms, input to paint"),
        "drag_fps": figure(len(late) / seconds, "frames a second", least=45),
        "step_p50": figure(
            median(times),
            "ms, one move at a time",
            p5=percentile(times, 0.05),
            p95=percentile(times, 0.95),
        ),
    }


def _while_teaching(
    browser: Any,  # noqa: ANN401 - playwright
    studio: Running,
    control: str,
    seconds: float,
) -> Figures:
    """One hand while the same machine teaches the model; right after, without, to compare with."""
    page = fresh_page(browser, studio.address)
    job = page.evaluate(TEACH, FAVOURITES)
    _until(lambda: page.evaluate(STEP_OF, job) > 0)
    busy: Spans = page.evaluate(DRAG, [control, seconds])
    still = page.evaluate(STATE_OF, job)
    page.evaluate("(id) => duet.api('POST', `/studio/jobs/${id}/stop`, {})", job)
    _until(lambda: page.evaluate(STATE_OF, job) not in ("waiting", "running"))
    page.wait_for_timeout(3000)
    alone: Spans = page.evaluate(DRAG, [control, seconds])
    page.context.close()
    if still != "running":
        raise RuntimeError(f"the teaching ended while the slider was dragged: {still}")
    late, usual = (median([span[1] for span in spans]) for spans in (busy, alone))
    return {
        "teaching_drag": figure(
            late / usual,
            "x the time without teaching, input to paint, medians",
            most=2,
            while_teaching=late,
            alone=usual,
            fps=len(busy) / seconds,
        )
    }


def _until(over: Callable[[], bool]) -> None:
    """Wait; a page's own waiting takes the promise of an answer for yes."""
    late = time.perf_counter() + PATIENCE
    while not over():
        if time.perf_counter() > late:
            raise TimeoutError("the job neither began nor ended")
        time.sleep(0.2)


def _crowd(browser: Any, studio: Running, control: str, seconds: float) -> Figures:  # noqa: ANN401
    """Five persons dragging at once."""
    pages = [fresh_page(browser, studio.address) for _ in range(5)]
    for page in pages:
        page.evaluate(
            f"([id, s]) => {{ window.dragged = ({DRAG})([id, s]); }}", [control, seconds]
        )
    found: list[Spans] = [page.evaluate("() => window.dragged") for page in pages]
    for page in pages:
        page.context.close()
    rates = [len(spans) / seconds for spans in found]
    late = [percentile([span[1] for span in spans] or [9999.0], 0.95) for spans in found]
    return {
        "five_fps": figure(min(rates), "frames a second, the slowest", least=5, best=max(rates)),
        "five_p95": figure(max(late), "ms, the slowest", most=300, best=min(late)),
    }


def _memory(studio: Running, request: dict[str, Any], soak: int) -> Figures:
    """Resident memory after 500 frames, and what the next ones add."""
    import json

    from websockets.sync.client import connect

    address = studio.address.replace("http", "ws") + "/live"
    with connect(address, max_size=None, compression=None, proxy=None) as line:

        def frames(first: int, count: int) -> None:
            for seq in range(first, first + count):
                line.send(json.dumps({"seq": seq, "request": {**request, "seed": seq}}))
                while True:
                    data = line.recv()
                    if isinstance(data, bytes) and frame(data)["kind"] == "frame":
                        break

        frames(1, 500)
        before = studio.memory()
        frames(501, soak)
        after = studio.memory()
    return {
        "memory": figure(before, "MB after 500 frames", most=1200),
        "memory_growth": figure(after - before, f"MB over the next {soak}", most=30),
    }


def _plain(
    browser: Any,  # noqa: ANN401 - playwright
    folder: Path,
    model: str,
    drive: tuple[str, int],
) -> Figures:
    """The plain way, one move at a time."""
    control, steps = drive
    arguments = ("--models", str(folder), "--model", model, "--control", control)
    with running("-m", "benchmarks.plain", *arguments) as plain:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(HEAR + MOVE)
        page.goto(plain.address)
        page.wait_for_selector("#plain-slider input[type=range]", timeout=120_000)
        page.evaluate(PLAIN, 20)
        times: list[float] = page.evaluate(PLAIN, steps)
        page.context.close()
    return {
        "plain_step_p50": figure(
            median(times),
            "ms, the plain way",
            p5=percentile(times, 0.05),
            p95=percentile(times, 0.95),
        ),
    }
