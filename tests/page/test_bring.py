"""A picture from anywhere becomes a work: dropped, framed, found, shaped, kept, still there."""

import json
import re

import pytest
from playwright.sync_api import expect

from pipelines.inverting import MAX_STEPS
from tests.page.conftest import PHONE, WIDE, drag, rested, values
from tests.page.files import drop
from tests.page.test_access import serious
from tests.studio.test_routes_bring import photo


def opened(page):
    drop(page, photo(), "apple.jpg", "image/jpeg")
    panel = page.locator("#bring")
    expect(panel.locator(".bring-find")).to_be_visible()
    return panel


def patiently(route):
    """A search that is still under way when axe has looked, however slow the machine is."""
    route.continue_(post_data=json.dumps(route.request.post_data_json | {"steps": MAX_STEPS}))


def test_a_photo_is_found_shaped_kept_and_still_there(page):
    before = page.evaluate("window.duet.get().request")
    steps = page.evaluate("window.duet.get().past.length")
    panel = opened(page)
    seen = panel.locator(".bring-seen img")
    first = seen.get_attribute("src")
    assert first.startswith("data:image/")
    panel.get_by_role("checkbox").click()
    expect(seen).not_to_have_attribute("src", first)
    panel.locator(".bring-find").click()
    expect(panel.locator(".bring-words")).to_have_text(re.compile(r"\(\d\.\d\d\)"))
    panel.locator(".bring-stop").click()
    expect(panel).to_be_hidden()
    expect(page.locator("#hint")).to_have_text(re.compile("your picture"))
    rested(page)
    found = page.evaluate("window.duet.get().request")
    assert found["point"]["latent"]
    assert page.evaluate("window.duet.get().past.length") == steps + 1
    assert values(page)["warmth"] == 0
    drag(page, "warmth", 0.8)
    rested(page)
    page.keyboard.press("z")
    page.wait_for_function("window.duet.values().warmth === 0")
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("z")
    page.wait_for_function(
        "request => JSON.stringify(window.duet.get().request) === JSON.stringify(request)",
        arg=before,
    )
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    page.wait_for_function("window.duet.get().works.length > 0")
    kept = page.evaluate("window.duet.get().works[0].request")
    assert kept["point"] == found["point"]


def test_the_square_moves_by_keys_and_buttons(page):
    panel = opened(page)
    square = panel.locator(".bring-square")
    left = square.evaluate("node => parseFloat(node.style.left)")
    square.press("ArrowLeft")
    moved = square.evaluate("node => parseFloat(node.style.left)")
    assert moved < left
    panel.get_by_role("button", name="Right", exact=True).click()
    assert square.evaluate("node => parseFloat(node.style.left)") > moved
    wide = square.evaluate("node => parseFloat(node.style.width)")
    square.press("-")
    assert square.evaluate("node => parseFloat(node.style.width)") < wide
    panel.get_by_role("button", name="As large as it goes").click()
    assert square.evaluate("node => parseFloat(node.style.height)") == pytest.approx(100)
    box = square.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] - 500, box["y"] + 20, steps=3)
    page.mouse.up()
    assert square.evaluate("node => parseFloat(node.style.left)") == 0
    square.press("Escape")
    expect(panel).to_be_hidden()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious(open_page, size):
    page = open_page(size=size)
    panel = opened(page)
    page.wait_for_timeout(300)
    assert serious(page) == []
    inside = "node => node.scrollWidth <= node.clientWidth + 1"
    assert panel.evaluate(inside)
    page.route("**/find", patiently)
    panel.locator(".bring-find").click()
    expect(panel.locator(".bring-words")).to_have_text(re.compile(r"\("))
    assert serious(page) == []
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_three_works_are_added_up_in_the_order_of_the_person(page):
    for _ in range(3):
        seed = values(page)["seed"]
        page.keyboard.press("r")
        page.wait_for_function(f"window.duet.values().seed !== {seed}")
        rested(page)
        page.keyboard.press("f")
        expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    ids = page.evaluate("window.duet.get().works.map((work) => work.id)")
    page.evaluate("ids => window.duet.set({ selection: ids })", ids)
    page.get_by_role("button", name="Add and take away").click()
    panel = page.locator("#arithmetic")
    terms = panel.locator(".arithmetic-term img")
    names = [terms.nth(index).get_attribute("alt") for index in range(3)]
    assert [name.split(":")[0] for name in names] == ["First", "Plus", "Minus"]
    panel.get_by_role("button", name="Take away").first.click()
    assert terms.nth(2).get_attribute("alt").split(": ")[1] == names[0].split(": ")[1]
    panel.get_by_role("button", name="Show the result").click()
    expect(panel).to_be_hidden()
    rested(page)
    assert page.evaluate("window.duet.get().request.point.latent.length") > 100
    told = page.evaluate("window.duet.get().parents.map((parent) => parent.info.side)")
    assert told == ["plus", "plus", "minus"]
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
