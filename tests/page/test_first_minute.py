"""The first sixty seconds, and coming back."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import BLOCKED, drag, pixels, rested, seq, slider, values


def test_the_first_picture_stands_before_the_page_does(server, browser, watched):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    watched.watch(page)
    page.route("**/js/main.js", lambda route: route.abort())
    watched.allowed.append("main.js|ERR_FAILED")
    page.goto(server.address)
    first = page.locator("canvas#first-light")
    expect(first).to_be_visible()
    box = first.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (88, 104, 512, 512)
    context.close()


def test_the_first_picture_and_the_live_one_stand_in_the_same_place(open_page):
    for size in ({"width": 1440, "height": 900}, {"width": 390, "height": 844}):
        page = open_page(size=size)
        box = page.locator("#live-canvas").bounding_box()
        left, top = page.evaluate(
            """() => {
              const probe = document.createElement('div');
              probe.id = 'first-light';
              document.body.append(probe);
              const box = probe.getBoundingClientRect();
              probe.remove();
              return [box.x, box.y];
            }"""
        )
        assert abs(box["x"] - left) < 1
        assert abs(box["y"] - top) < 1


def test_one_slider_glides_once_until_touched(open_page):
    page = open_page(reduced_motion="no-preference")
    page.wait_for_function("Math.abs(window.duet.values().warmth) > 0.2")
    assert page.evaluate("window.duet.get().past.length") == 0
    page.keyboard.press("Escape")
    stopped = values(page)["warmth"]
    page.wait_for_timeout(600)
    assert values(page)["warmth"] == stopped
    page.wait_for_timeout(1000)  # saved
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    before = values(page)["warmth"]
    page.wait_for_timeout(1500)
    assert values(page)["warmth"] == before


def test_hints_come_one_by_one_and_never_again(page):
    hint = page.locator("#hint")
    expect(hint).to_have_text("Drag anything.")
    drag(page, "warmth", 0.8)
    expect(hint).to_have_text("Press the heart, or F, to keep one.")
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    expect(hint).to_have_text(re.compile("Tap one to go there|Kept. It will be here tomorrow"))
    page.wait_for_timeout(1000)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    expect(hint).not_to_contain_text("Drag anything")
    expect(hint).not_to_contain_text("Press the heart")


def test_coming_back_finds_everything_as_it_was_left(page):
    drag(page, "warmth", 0.85)
    drag(page, "size", 0.2)
    page.locator("[data-lock=detail]").click()
    page.keyboard.press("3")
    rested(page)
    before, left = pixels(page), values(page)
    page.wait_for_timeout(1200)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    assert values(page) == left
    assert pixels(page) == before
    assert float(slider(page).input_value()) == left["warmth"]
    expect(page.locator("[data-lock=detail]")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.duet.get().activeControl") == "saturation"
    page.locator("#tool-undo").click()
    assert values(page)["size"] == 0
    page.locator("#tool-undo").click()
    assert values(page)["warmth"] == 0


def test_a_long_undo_line_is_saved_as_far_as_it_fits(page):
    size = page.evaluate(
        """async () => {
          const { request } = window.duet.get();
          const latent = btoa('x'.repeat(12000));
          const past = Array.from({ length: 80 }, (_, seed) => (
            { request: { ...request, seed, note: latent }, parents: [], label: 'undo.tile' }));
          const sent = new Promise((done) => {
            const plain = window.fetch;
            window.fetch = (url, options) => {
              if (options?.method === 'PUT') done(options.body.length);
              return plain(url, options);
            };
          });
          window.duet.set({ past });
          return sent;
        }"""
    )
    assert 100_000 < size < 256 * 1024


def test_a_dropped_connection_mends_itself(server, browser, watched):
    watched.allowed.append("WebSocket")
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-US"
    )
    page = context.new_page()
    watched.watch(page)
    lines = []

    def line(socket):
        lines.append(socket)
        socket.connect_to_server()

    page.route_web_socket("**/live", line)
    page.goto(server.address)
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    before, number = pixels(page), seq(page)
    lines[0].close()
    drag(page, "warmth", 0.9)
    expect(page.locator("#hint")).to_have_text("Connected again.")
    rested(page)
    assert len(lines) == 2
    assert pixels(page) != before
    assert seq(page) > number
    context.close()


def test_without_sockets_pictures_come_the_plain_way(server, browser, watched):
    watched.allowed.append("WebSocket")
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-US"
    )
    context.add_init_script(BLOCKED)
    page = context.new_page()
    watched.watch(page)
    page.goto(server.address)
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    before = pixels(page)
    drag(page, "warmth", 0.9)
    rested(page)
    assert pixels(page) != before
    assert page.evaluate("window.duet.get().live.link") == "plain"
    context.close()


LINE = """
(() => {
  // Answers come in later by `delay(number)` ms, in their order, and say that they took
  // `window.inside` ms in the server; how many previews are under way.
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
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    send(data) {
      const { want, seq } = typeof data === "string" ? JSON.parse(data) : {};
      if (want === "preview") open.add(seq);
      window.most = Math.max(window.most, open.size);
      super.send(data);
    }
    set onmessage(hear) {
      super.onmessage = (event) => {
        const length = new DataView(event.data).getUint32(0);
        const head = JSON.parse(new TextDecoder().decode(new Uint8Array(event.data, 4, length)));
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
def test_a_long_line_is_filled_and_a_busy_page_is_not(server, browser, watched, delay, fits):
    page = slow_page(server, browser, watched, f"window.delay = {delay};")
    assert page.evaluate(HAND) in fits
    page.context.close()


def slow_page(server, browser, watched, script):
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-US"
    )
    context.add_init_script(script + LINE)
    page = context.new_page()
    watched.watch(page)
    page.goto(server.address)
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    return page


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


def test_a_busy_machine_is_not_asked_for_every_step_of_a_slider(server, browser, watched):
    page = slow_page(server, browser, watched, "window.delay = () => 120; window.inside = 120;")
    page.evaluate(NATIVE, 60)  # it has to learn that answers are slow
    found = page.evaluate(NATIVE, 60)
    assert 3 <= found["sent"] <= found["changes"] <= 30
    assert found["stale"] == 0  # what is sent is the newest
    assert found["left"] == 0  # and a hand that lets go is never held back
    assert page.evaluate(RESET) == [0, 0]
    page.context.close()


def test_a_quick_machine_shows_every_step_of_a_slider(server, browser, watched):
    page = slow_page(server, browser, watched, "window.delay = () => 0;")
    page.evaluate(NATIVE, 60)
    assert page.evaluate(NATIVE, 60)["changes"] >= 45
    page.context.close()


ASKED = """
window.asked = 0;
const frames = window.requestAnimationFrame;
window.requestAnimationFrame = (call) => ((window.asked += 1), frames.call(window, call));
"""


def test_a_page_at_rest_asks_for_no_frames(server, browser, watched):
    """Gradio's sign of loading would count on for ever: 60 frames a second of nothing."""
    page = slow_page(server, browser, watched, f"window.delay = () => 0;{ASKED}")
    for _ in range(8):  # a slider glides once by itself
        before = page.evaluate("asked")
        page.wait_for_timeout(1000)
        if before == page.evaluate("asked"):
            break
    assert before == page.evaluate("asked") > 0
    page.context.close()
