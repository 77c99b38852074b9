"""Brush: a picture to start from, changed as a whole or only where it is brushed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import BLOCKED, PHONE, pixels, rested, steady, values
from tests.page.files import drop, saved
from tests.studio.serving import Served, serving
from tests.studio.test_routes_bring import photo

LEFT, RIGHT = (0.1, 0.2, 0.2, 0.6), (0.7, 0.2, 0.2, 0.6)
"""Parts of a picture: left, top, width, height as shares."""


@pytest.fixture(scope="module")
def server(diffusion_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("brush page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, diffusion_root, *everyone, "--device", "cpu") as running:
        yield running


def part(page: Page, canvas: str, share: tuple[float, ...]) -> list[int]:
    """Pixels of a part of a canvas."""
    rested(page)
    found: list[int] = page.evaluate(
        """([id, x, y, w, h]) => {
          const canvas = document.getElementById(id);
          const all = [x * canvas.width, y * canvas.height, w * canvas.width, h * canvas.height];
          const copy = new OffscreenCanvas(canvas.width, canvas.height);
          const context = copy.getContext('2d', {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          return [...context.getImageData(...all.map(Math.round)).data];
        }""",
        [canvas, *share],
    )
    return found


def inputs(page: Page) -> dict[str, Any]:
    return page.evaluate("duet.get().request.inputs ?? {}")


def start_from_this(page: Page) -> None:
    page.locator("#tab-brush").click()
    page.locator(".brush-empty .brush-this").click()
    page.wait_for_function("duet.get().request.inputs?.picture")
    rested(page)


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Brush through points in shares of the picture, and wait until it is painted."""
    count = "Number(document.getElementById('brush-canvas').dataset.strokes ?? 0)"
    before = page.evaluate(count)
    box = steady(page, "#brush-canvas")
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()
    page.wait_for_function(f"before => {count} > before", arg=before)
    rested(page)


def brush_left(page: Page) -> None:
    stroke(page, (0.1, 0.1), (0.2, 0.9), (0.3, 0.1), (0.1, 0.9))


def ask_for(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Words").fill(words)
    page.wait_for_function("words => duet.get().request.controls.prompt === words", arg=words)
    rested(page)


def test_only_what_is_brushed_over_is_painted_anew(page):
    start_from_this(page)
    expect(page.locator(".brush-says")).to_contain_text("All of it")
    page.locator(".brush-change input").fill("1")
    rested(page)
    whole = pixels(page)
    shown = part(page, "brush-canvas", RIGHT)
    brush_left(page)
    expect(page.locator(".brush-says")).to_contain_text("Only what is brushed over")
    assert set(inputs(page)) == {"picture", "mask"}
    before = {where: part(page, "live-canvas", where) for where in (LEFT, RIGHT)}
    ask_for(page, "a green pear")
    assert part(page, "live-canvas", LEFT) != before[LEFT]
    assert part(page, "live-canvas", RIGHT) == before[RIGHT]
    assert part(page, "brush-canvas", RIGHT) == shown  # no stroke there
    page.locator("#tool-undo").click()
    page.locator("#tool-undo").click()  # the words, then the stroke
    page.wait_for_function("!duet.get().request.inputs.mask")
    rested(page)
    assert pixels(page) == whole
    expect(page.locator(".brush-says")).to_contain_text("All of it")
    page.locator(".brush-leave").click()
    assert inputs(page) == {}
    expect(page.locator(".brush-empty")).to_be_visible()


def test_inverting_erasing_and_clearing(page):
    start_from_this(page)
    brush_left(page)
    left, right = (part(page, "brush-canvas", where) for where in (LEFT, RIGHT))
    page.get_by_role("button", name="Invert").click()
    rested(page)
    assert part(page, "brush-canvas", RIGHT) != right
    assert part(page, "brush-canvas", LEFT) != left
    page.get_by_role("button", name="Invert").click()
    rested(page)
    assert part(page, "brush-canvas", RIGHT) == right
    page.get_by_role("button", name="Eraser").click()
    brush_left(page)
    page.wait_for_function("!duet.get().request.inputs.mask")  # nothing is left of it
    page.get_by_role("button", name="Brush", exact=False).first.click()
    brush_left(page)
    assert "mask" in inputs(page)
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("!duet.get().request.inputs.mask")


def test_four_others_are_the_same_place_by_other_seeds(page):
    start_from_this(page)
    brush_left(page)
    page.locator(".brush-ask").click()
    others = page.locator(".brush-other")
    expect(others).to_have_count(4)
    expect(others.last.locator("img")).to_be_visible()
    box, panel = others.last.bounding_box(), page.locator("#brush-canvas").bounding_box()
    assert box["width"] == box["height"] > 0.2 * panel["width"], "large enough to choose by"
    before, seed = inputs(page), values(page)["seed"]
    picture = pixels(page)
    page.locator(".brush-change input").fill("1")  # the recipe moves on: they go
    expect(page.locator(".brush-offers")).to_be_hidden()
    page.locator(".brush-ask").click()
    expect(others.last).to_be_enabled()
    others.last.click()
    rested(page)
    assert inputs(page) == before
    assert values(page)["seed"] != seed
    assert pixels(page) != picture
    expect(page.locator(".brush-offers")).to_be_visible()  # to try the next


def test_strokes_are_kept_come_back_and_travel(page, open_page):
    start_from_this(page)
    brush_left(page)
    ask_for(page, "a green pear")
    page.keyboard.press("Escape")
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    before, strokes = pixels(page), part(page, "brush-canvas", LEFT)
    page.wait_for_timeout(1000)  # the session is saved a moment after the last change
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    assert pixels(page) == before
    page.locator("#tab-brush").click()
    assert part(page, "brush-canvas", LEFT)[:3] != [0, 0, 0]
    apart = [abs(a - b) for a, b in zip(part(page, "brush-canvas", LEFT), strokes, strict=True)]
    assert sum(apart) / len(apart) < 6
    file = saved(page)
    other = open_page()
    drop(other, file)
    expect(other.locator("#hint")).to_contain_text("Identical")
    rested(other)
    assert pixels(other) == before
    page.evaluate("location.hash = '#/'")
    page.locator(".brush-leave").click()
    page.locator(".brush-start").first.click()  # the kept work is on offer
    page.wait_for_function("duet.get().request.inputs?.picture")
    assert page.evaluate("duet.get().parents[0].role") == "edit"


def test_a_picture_of_ones_own_is_framed_and_started_from(page):
    drop(page, photo(), "apple.jpg", "image/jpeg")
    panel = page.locator("#bring")
    expect(panel.locator(".bring-start")).to_be_visible()
    expect(panel.locator(".bring-find")).to_have_count(0)
    for name in ("given", "seen"):
        expect(panel.locator(f".bring-{name} img")).to_have_attribute("src", re.compile("^data:"))
    panel.locator(".bring-start").click()
    page.wait_for_function("duet.get().request.inputs?.picture")
    expect(panel).to_be_hidden()
    expect(page.locator("#tab-brush")).to_have_attribute("aria-selected", "true")
    rested(page)
    first = pixels(page)
    page.locator(".brush-change input").fill("0.05")
    rested(page)
    assert pixels(page) != first
    red, green, blue = part(page, "brush-canvas", (0.5, 0.5, 0.01, 0.01))[:3]
    assert red > 1.5 * max(green, blue)  # the ball, in the middle of the frame


def test_brushing_by_keys_and_on_a_phone(open_page):
    page = open_page(size=PHONE)
    page.keyboard.press("d")
    start_from_this(page)
    page.locator("#brush-canvas").focus()
    for key in ("Enter", "Shift+ArrowDown", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_function("duet.get().request.inputs.mask")
    rested(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_without_sockets_strokes_are_painted_and_kept_too(open_page, browser, watched):
    watched.allowed.append("WebSocket")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_init_script(BLOCKED)
    page = open_page(context=context)
    start_from_this(page)
    before = pixels(page)
    page.locator(".brush-change input").fill("1")
    brush_left(page)
    assert pixels(page) != before
    context.close()


def test_the_server_has_a_file_before_what_names_it_is_saved(page):
    """Keeping in the moment after a stroke: no live frame has taken the file along."""
    told = page.evaluate(
        """async () => {
          const {hold} = await duet.module('attached');
          const name = await hold(new Uint8Array([1, 2, 3]));
          const request = {...duet.get().request, inputs: {picture: name}};
          await duet.api('PUT', '/studio/session', {state: {request}});
          const answer = await fetch(`/studio/inputs/${name}`);
          return [answer.status, ...new Uint8Array(await answer.arrayBuffer())];
        }"""
    )
    assert told == [200, 1, 2, 3]
