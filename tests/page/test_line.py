"""How a page asks for pictures: over a long line, of a busy machine, and at rest."""

import pytest

LINE = """
(() => {
  // Answers come in later by `delay(number)` ms, in their order, and say that they took
  // `window.inside` ms in the server; how many previews are under way. With `window.quick` the
  // last picture answers every preview at once: a server that is quick whatever else runs here.
  const open = new Set();
  window.most = 0;
  let last = 0;
  let number = 0;
  const told = (head, data, length) => {
    if (head.kind !== "frame") return data;
    const text = JSON.stringify({ ...head, render_ms: head.render_ms + (window.inside ?? 0) });
    const [said, rest] = [new TextEncoder().encode(text), new Uint8Array(data, 4 + length)];
    const made = new Uint8Array(4 + said.length + rest.length);
    new DataView(made.buffer).setUint32(0, said.length);
    made.set(said, 4);
    made.set(rest, 4 + said.length);
    return made.buffer;
  };
  let line = null;
  let picture = null; // the last one that came: [head, data, length]
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    send(data) {
      const { want, seq } = typeof data === "string" ? JSON.parse(data) : {};
      if (want === "preview" && window.quick && picture) {
        const [head, whole, length] = picture;
        const answer = told({ ...head, seq, want, wait_ms: 0, render_ms: 1 }, whole, length);
        return setTimeout(() => line({ data: answer }), 2);
      }
      if (want === "preview") open.add(seq);
      window.most = Math.max(window.most, open.size);
      super.send(data);
    }
    set onmessage(hear) {
      line = hear;
      super.onmessage = (event) => {
        const length = new DataView(event.data).getUint32(0);
        const head = JSON.parse(new TextDecoder().decode(new Uint8Array(event.data, 4, length)));
        if (head.kind === "frame") picture = [head, event.data, length];
        number += 1;
        last = Math.max(last, performance.now() + window.delay(number));
        setTimeout(() => {
          if (head.kind === "frame") for (const seq of open) if (seq <= head.seq) open.delete(seq);
          hear({ data: told(head, event.data, length) });
        }, last - performance.now());
      };
    }
  };
})();
"""
HAND = """
async () => {
  const draw = async (frames) => {
    for (let i = 0; i < frames; i += 1) {
      await new Promise((next) => requestAnimationFrame(next));
      const { request } = duet.get();
      duet.change(duet.withValue(request, "warmth", Math.round(100 * Math.sin(i / 9)) / 100));
    }
  };
  await draw(60);
  window.most = 0;
  await draw(60);
  return window.most;
}
"""


@pytest.mark.parametrize(
    ("delay", "fits"),
    [("() => 400", range(3, 60)), ("(number) => (number % 4 ? 0 : 250)", range(1, 3))],
    ids=["long line", "busy page"],
)
def test_a_long_line_is_filled_and_a_busy_page_is_not(open_page, browser, delay, fits):
    page = slow_page(open_page, browser, f"window.delay = {delay};")
    assert page.evaluate(HAND) in fits
    page.context.close()


def slow_page(open_page, browser, script):
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-US"
    )
    context.add_init_script(script + LINE)
    return open_page(context=context)


NATIVE = """
async (frames) => {
  const input = document.querySelector("#control-warmth input[type=range]");
  const found = { changes: 0, stale: 0, sent: 0 };
  const warmth = () => duet.values().warmth;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === "string" && data.includes('"preview"')) {
      found.sent += 1;
      const { directions } = JSON.parse(data).request;
      const offset = directions.find((one) => one.name === "warmth")?.offset ?? 0;
      if (Math.abs(offset - Number(input.value)) > 1e-6) found.stale += 1;
    }
    return send.call(this, data);
  };
  let last = warmth();
  for (let i = 0; i < frames; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    input.value = 0.5 + Math.round(100 * Math.sin(i / 9)) / 100;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    if (warmth() !== last) found.changes += 1;
    last = warmth();
  }
  input.dispatchEvent(new Event("change", { bubbles: true }));
  WebSocket.prototype.send = send;
  return { ...found, left: Number(input.value) - warmth() };
}
"""


RESET = """
async () => {
  const { reset } = await duet.module("shape");
  const input = document.querySelector("#control-warmth input[type=range]");
  for (let i = 0; i < 20; i += 1) {
    await new Promise((next) => requestAnimationFrame(next));
    input.value = 1 + i / 50;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  reset("warmth");
  const at = duet.values().warmth;
  await new Promise((next) => setTimeout(next, 300));
  return [at, duet.values().warmth];
}
"""


def test_a_busy_machine_is_not_asked_for_every_step_of_a_slider(open_page, browser):
    page = slow_page(open_page, browser, "window.delay = () => 120; window.inside = 120;")
    page.evaluate(NATIVE, 60)  # it has to learn that answers are slow
    found = page.evaluate(NATIVE, 60)
    assert 3 <= found["sent"] <= found["changes"] <= 30
    assert found["stale"] == 0  # what is sent is the newest
    assert found["left"] == 0  # and a hand that lets go is never held back
    assert page.evaluate(RESET) == [0, 0]
    page.context.close()


def test_a_quick_machine_shows_every_step_of_a_slider(open_page, browser):
    page = slow_page(open_page, browser, "window.delay = () => 0; window.quick = true;")
    page.evaluate(NATIVE, 60)
    assert page.evaluate(NATIVE, 60)["changes"] >= 45
    page.context.close()


ASKED = """
window.asked = 0;
const frames = window.requestAnimationFrame;
window.requestAnimationFrame = (call) => ((window.asked += 1), frames.call(window, call));
"""


def test_a_page_at_rest_asks_for_no_frames(open_page, browser):
    """Gradio's sign of loading would count on for ever: 60 frames a second of nothing."""
    page = slow_page(open_page, browser, f"window.delay = () => 0;{ASKED}")
    for _ in range(8):  # a slider glides once by itself
        before = page.evaluate("asked")
        page.wait_for_timeout(1000)
        if before == page.evaluate("asked"):
            break
    assert before == page.evaluate("asked") > 0
    page.context.close()
