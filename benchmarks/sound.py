"""How soon a hand is heard: a tune of four bars, shaped in headless Chromium while it plays.

`roll` is the time from a slider's input event to the notes having moved on the piano roll. `ready`
is the time from there to the new sound standing in the player, rendering, sending and decoding
included; `heard` adds what is left of the beat, because a change enters on the next one. `first`
is the time from Play to the first note. The recording is tested in tests/page/test_music.py.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.hands import fresh_page
from benchmarks.live import Figures
from benchmarks.running import figure, launching, median, percentile, running

__all__ = ["run"]

MODEL, SLIDERS = "ceilidh", ("density", "pitch", "leaps")
OPEN = """
async (model) => {
  const { play } = await duet.module('playing');
  await play(model);
  while (duet.get().model?.id !== model || !duet.rested()) {
    await new Promise((next) => setTimeout(next, 20));
  }
}
"""
STARTS = """
() => {
window.benchStarts = [];
const begin = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...more) {
  const late = Math.max(0, when - this.context.currentTime) * 1000;
  benchStarts.push({ at: performance.now(), heard: performance.now() + late });
  return begin.call(this, when, ...more);
};
}
"""
FIRST = """
async () => {
  const pressed = performance.now();
  document.querySelector('#tool-play').click();
  while (!benchStarts.length) await new Promise((next) => setTimeout(next, 2));
  return benchStarts[0].heard - pressed;
}
"""
SHAPE = """
async ([id, from, count]) => {
  const input = document.querySelector(`#control-${id} input[type=range]`);
  const roll = document.querySelector('#roll');
  const told = { roll: [], ready: [], heard: [] };
  for (let i = from; i < from + count; i += 1) {
    while (!duet.rested()) await new Promise((next) => setTimeout(next, 4));
    await new Promise((next) => setTimeout(next, 250 + 37 * (i % 11)));  // anywhere in the beat
    const moved = new Promise((done) => {
      const watch = new MutationObserver(() => { watch.disconnect(); done(performance.now()); });
      watch.observe(roll, { subtree: true, childList: true, attributes: true });
      setTimeout(() => { watch.disconnect(); done(0); }, 1500);
    });
    benchStarts.length = 0;
    benchMove(input, benchWave(3 * i));
    const begun = bench.last;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    const until = performance.now() + 4000;
    while (!benchStarts.length && performance.now() < until) {
      await new Promise((next) => setTimeout(next, 1));
    }
    const painted = await moved;
    if (painted) told.roll.push(painted - begun);
    if (!benchStarts.length) continue;
    told.ready.push(benchStarts[0].at - begun);
    told.heard.push(benchStarts[0].heard - begun);
  }
  return told;
}
"""


def run(quick: bool = False, models: Path | None = None) -> Figures:
    """Start the studio, let a tune play, and shape it.

    Args:
        quick: A quarter of the gestures.
        models: Folder of models; None for those that are shipped.
    """
    from playwright.sync_api import sync_playwright

    from pipelines.catalog import BUNDLED

    moves = 10 if quick else 40
    spans: dict[str, list[float]] = {"roll": [], "ready": [], "heard": []}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        unasked = "--autoplay-policy=no-user-gesture-required"  # a script presses Play
        browser = playwright.chromium.launch(**launching(unasked))
        common = ("app.py", "--port", "0", "--device", "cpu")
        folder = ("--models", str(models or BUNDLED), "--library", f"{place}/library")
        with running(*common, *folder) as studio:
            page = fresh_page(browser, studio.address)
            page.evaluate(STARTS)
            page.evaluate(OPEN, MODEL)
            page.wait_for_timeout(2500)  # as long as it takes to find Play
            first = page.evaluate(FIRST)
            page.evaluate(SHAPE, [SLIDERS[0], 0, 5])  # warmed up
            for number, slider in enumerate(SLIDERS):
                told = page.evaluate(SHAPE, [slider, 7 * number, moves])
                for name, times in told.items():
                    spans[name] += times
            beat = page.evaluate("60000 / duet.values().tempo")
        browser.close()
    late = {name: (median(times), percentile(times, 0.95)) for name, times in spans.items()}
    return {
        "roll_p50": figure(late["roll"][0], "ms", most=40, gestures=len(spans["roll"])),
        "roll_p95": figure(late["roll"][1], "ms"),
        "ready_p50": figure(late["ready"][0], "ms", most=300, gestures=len(spans["ready"])),
        "ready_p95": figure(late["ready"][1], "ms"),
        "heard_p50": figure(late["heard"][0], "ms, from the next beat on", beat_ms=round(beat)),
        "heard_p95": figure(late["heard"][1], "ms, from the next beat on"),
        "first": figure(first, "ms from Play to the first note"),
    }
