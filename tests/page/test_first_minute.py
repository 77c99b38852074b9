"""The first sixty seconds, and coming back."""

import re

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
