"""What a hand does in the page, and how long each picture takes to follow: scripts for it."""

from typing import Any

__all__ = ["DRAG", "HEAR", "LIVE", "MOVE", "PLAIN", "REST", "STEP", "SWITCH", "fresh_page"]

LIVE = "() => Number(document.querySelector('#live-canvas')?.dataset.seq) > 0"
READY = "() => document.documentElement.dataset.duet === 'ready'"

HEAR = """
window.bench = {last: 0, sent: new Map()};
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (typeof data === 'string' && data.includes('"preview"')) {
    bench.sent.set(JSON.parse(data).seq, bench.last || performance.now());
  }
  return send.call(this, data);
};
"""
MOVE = """
window.benchMove = (input, share) => {
  const low = Number(input.min), high = Number(input.max), step = Number(input.step) || 0.01;
  const value = low + Math.round(share * (high - low) / step) * step;
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, value);
  bench.last = performance.now();
  input.dispatchEvent(new Event('input', {bubbles: true}));
};
window.benchWave = (i) => 0.5 + 0.45 * Math.sin(i / 9.7);
"""
DRAG = """
async ([id, seconds]) => {
  const input = document.querySelector(`#control-${id} input[type=range]`);
  const canvas = document.querySelector('#live-canvas');
  const spans = [];
  const watch = new MutationObserver(() => {
    const at = bench.sent.get(Number(canvas.dataset.seq));
    if (at !== undefined) spans.push([performance.now(), performance.now() - at]);
  });
  watch.observe(canvas, {attributes: true, attributeFilter: ['data-seq']});
  const end = performance.now() + seconds * 1000;
  for (let i = 0; performance.now() < end; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    benchMove(input, benchWave(i));
  }
  await new Promise((rest) => setTimeout(rest, 400));
  watch.disconnect();
  return spans.filter(([when]) => when < end);
}
"""
STEP = """
async ([id, count]) => {
  const input = document.querySelector(`#control-${id} input[type=range]`);
  const canvas = document.querySelector('#live-canvas');
  const times = [];
  for (let i = 0; i < count; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    const before = canvas.dataset.seq;
    const painted = new Promise((done) => {
      const watch = new MutationObserver(() => { watch.disconnect(); done(); });
      watch.observe(canvas, {attributes: true, attributeFilter: ['data-seq']});
      setTimeout(() => { watch.disconnect(); done(); }, 2000);
    });
    benchMove(input, benchWave(i));
    await painted;
    if (canvas.dataset.seq !== before) times.push(performance.now() - bench.last);
  }
  return times;
}
"""
PLAIN = """
async (count) => {
  const input = document.querySelector('#plain-slider input[type=range]');
  const times = [];
  const arrived = () => new Promise((done) => {
    const seen = () => {
      const image = document.querySelector('#plain-picture img');
      if (!image || image.src === window.benchLast || !image.complete) return;
      window.benchLast = image.src;
      clearInterval(poll); document.removeEventListener('load', seen, true); done();
    };
    document.addEventListener('load', seen, true);
    const poll = setInterval(seen, 50);
    setTimeout(() => { clearInterval(poll); done(); }, 4000);
  });
  for (let i = 0; i < count; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    const before = window.benchLast;
    const picture = arrived();
    benchMove(input, benchWave(i));
    await picture;
    if (window.benchLast !== before) times.push(performance.now() - bench.last);
  }
  return times;
}
"""
REST = """
async ([id, turn]) => {
  const { rested } = await duet.module('live');
  const input = document.querySelector(`#control-${id} input[type=range]`);
  for (let i = 0; i < 30; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    benchMove(input, benchWave(i + 0.37 * turn));
  }
  input.dispatchEvent(new Event('change', {bubbles: true}));
  while (!rested()) await new Promise((next) => setTimeout(next, 4));
  return performance.now() - bench.last;
}
"""
SWITCH = """
async (name) => {
  const { rested } = await duet.module('live');
  const { play } = await duet.module('playing');
  const begun = performance.now();
  await play(name);
  while (duet.get().model?.id !== name || !rested()) {
    await new Promise((next) => setTimeout(next, 4));
  }
  return performance.now() - begun;
}
"""


def fresh_page(browser: Any, address: str) -> Any:  # noqa: ANN401 - playwright
    """The studio in a fresh context, quiet and ready."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(HEAR + MOVE)
    page.goto(address)
    page.wait_for_function(READY, timeout=120_000)
    page.wait_for_function(LIVE, timeout=120_000)
    page.wait_for_timeout(1500)  # tiles of the first screen
    return page
