"""A hand without a mouse: everything is reached by Tab and done by a key, nothing is clicked.

`tests/page/test_keys.py` has the single keys; here is what only buttons, fields and menus do.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import pixels, rested, slider, values
from tests.page.test_strip import cells, hint, keep
from tests.page.test_travel import FOUR, filled

POINTED = """() => {
  window.pointed = 0;
  addEventListener("pointerdown", () => { window.pointed += 1; }, true);
}"""


@pytest.fixture
def hand(page):
    """The page; a press of a mouse or finger fails the test."""
    page.evaluate(POINTED)
    yield page
    assert page.evaluate("window.pointed") == 0


def reach(page, target):
    """Go to an element by Tab, round the page if need be."""
    for _ in range(200):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {target}")


def press(page, target, *keys):
    """Go to an element and press keys there; Enter where none is named."""
    reach(page, target)
    for key in keys or ("Enter",):
        page.keyboard.press(key)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def select(page, *places):
    """Select works of the filmstrip by where they stand."""
    reach(page, page.locator(".strip-track .cell[tabindex='0']"))
    page.keyboard.press("Home")
    for place in range(1, max(places) + 1):
        page.keyboard.press("ArrowRight")
        if place in places:
            page.keyboard.press("Space")
    expect(page.locator(".strip-bar")).to_be_visible()


def test_what_is_behind_more_and_in_fields(hand):
    press(hand, hand.locator("#control-seed input"), "Control+a")
    hand.keyboard.type("42")
    hand.keyboard.press("Enter")
    rested(hand)
    assert values(hand)["seed"] == 42
    press(hand, hand.locator("#row-warmth .number"))
    hand.keyboard.type("1.5")
    hand.keyboard.press("Enter")
    assert values(hand)["warmth"] == 1.5
    press(hand, slider(hand, "size"), "ArrowRight")
    assert values(hand)["size"] == 0.1
    press(hand, hand.locator("[data-lock=warmth]"))
    press(hand, hand.locator("#more"))
    before = pixels(hand)
    press(hand, hand.locator("#control-style_mixing input[type=range]"), *["ArrowRight"] * 3)
    rested(hand)
    assert values(hand)["style_mixing"] == 3
    assert pixels(hand) != before
    for name in ("mix_seed", "wander_seed", "seed"):
        old = values(hand)[name]
        press(hand, hand.locator(f"[data-draw={name}]"))
        hand.wait_for_function(f"window.duet.values().{name} !== {old}")
    assert values(hand)["warmth"] == 1.5


def test_the_toolbar_and_the_hint_line(hand):
    press(hand, hand.locator("#tool-another"))
    hand.wait_for_function("window.duet.get().past.length === 1")
    rested(hand)
    after = pixels(hand)
    reach(hand, hand.locator("#tool-compare"))
    hand.keyboard.down("Enter")
    hand.wait_for_function("document.querySelector('#frame').classList.contains('held')")
    assert pixels(hand) != after
    hand.keyboard.up("Enter")
    assert pixels(hand) == after
    press(hand, hand.locator("#tool-undo"))
    press(hand, hand.locator("#tool-redo"))
    press(hand, hand.locator("#favourite"), "Space")
    expect(cells(hand)).to_have_count(1)
    select(hand, 1)
    press(hand, button(hand, "Delete"))
    expect(cells(hand)).to_have_count(0)
    press(hand, hint(hand).get_by_role("button", name="Undo"))
    expect(cells(hand)).to_have_count(1)


def test_views_theme_keys_and_the_panels_tabs(hand):
    for name in ("works", "models"):
        press(hand, hand.get_by_role("tab", name=name.capitalize()))
        hand.wait_for_function(f"document.body.dataset.view === '{name}'")
    press(hand, button(hand, "Back to the Studio"))
    hand.wait_for_function("document.body.dataset.view === 'studio'")
    press(hand, hand.locator("#theme"))
    assert hand.evaluate("document.body.classList.contains('dark')")
    press(hand, hand.locator("#help"))
    expect(hand.locator("#key-sheet")).to_be_visible()
    press(hand, hand.locator("#keys-on"), "Space")
    hand.keyboard.press("Escape")
    hand.keyboard.press("g")
    press(hand, hand.locator("#tab-nearby"), "ArrowRight")
    expect(hand.locator("#panel-pad")).to_be_visible()


def test_nearby_and_the_pad(hand):
    tiles = filled(hand)
    press(hand, hand.locator("#nearby-distance"), "ArrowRight", "ArrowRight")
    expect(hand.locator("#nearby-distance")).to_have_value("0.6")
    assert values(hand)["warmth"] == 0
    old = tiles.nth(0).locator("img").get_attribute("src")
    press(hand, button(hand, "Another twelve"))
    expect(tiles.nth(0).locator("img")).not_to_have_attribute("src", old)
    filled(hand)
    press(hand, tiles.nth(0), "ArrowDown", "Enter")
    hand.wait_for_function("window.duet.get().past.length === 1")
    hand.keyboard.press("p")
    hand.wait_for_function(FOUR)
    hand.wait_for_load_state("networkidle")
    corner = hand.locator(".pad-corner.top_left")
    press(hand, button(hand, "Put the current work here: top left corner"))
    expect(corner.locator("img")).to_have_attribute("src", re.compile("^data:"))
    press(hand, button(hand, "Another work: top left corner"))
    expect(corner.locator("img")).to_have_attribute("src", re.compile("^blob:"))
    hand.wait_for_load_state("networkidle")
    press(hand, hand.get_by_role("slider", name="Left to right"), "ArrowLeft", "ArrowUp")
    rested(hand)
    press(hand, button(hand, "Set free"))
    expect(hand.locator("#tab-nearby")).to_have_attribute("aria-selected", "true")


def test_morph_breed_and_compare_of_two_works(hand):
    keep(hand, 2)
    press(hand, hand.locator(".strip-bridge"))
    scrub = hand.get_by_role("slider", name="From A to B")
    expect(scrub).to_have_attribute("max", "15")
    press(hand, button(hand, "Play there and back"))
    expect(scrub).not_to_have_value("0")
    press(hand, button(hand, "Pause"))
    press(hand, button(hand, "Leave the morph"))
    expect(hand.locator("#slot-scrub")).to_be_hidden()
    select(hand, 1, 2)
    press(hand, button(hand, "Breed"))
    expect(hand.get_by_role("heading", name="Children of A and B")).to_be_visible()
    filled(hand)
    press(hand, button(hand, "Back to Nearby"))
    expect(hand.locator(".tiles-head")).to_be_hidden()
    press(hand, hand.locator(".strip-verbs").get_by_role("button", name="Compare"))
    expect(hand.get_by_role("slider", name="Drag to compare")).to_be_focused()
    hand.keyboard.press("ArrowRight")
    hand.keyboard.press("Escape")
    expect(hand.get_by_role("slider", name="Drag to compare")).to_have_count(0)


def test_a_film_is_made_watched_and_cut_short(hand):
    keep(hand, 2)
    select(hand, 1, 2)
    press(hand, button(hand, "Film"))
    expect(button(hand, "Make film")).to_be_focused()
    press(hand, button(hand, "Move right").first)
    press(hand, hand.get_by_label("Seconds per step"), "Home", "ArrowRight")
    press(hand, hand.get_by_label("Loop"), "Space")
    press(hand, hand.locator(".film-options select").first, "ArrowUp")
    press(hand, button(hand, "Make film"))
    expect(hand.locator(".cell.film")).to_have_count(1)
    film = hand.evaluate("window.duet.get().works[0].timeline")
    assert (film["seconds"], film["loop"], film["size"]) == (1, False, 256)
    press(hand, button(hand, "Play"))
    press(hand, button(hand, "Pause"))
    press(hand, button(hand, "Leave the film"))
    expect(hand.locator("#frame video")).to_have_count(0)
    select(hand, 2, 3)
    press(hand, button(hand, "Film"))
    press(hand, hand.get_by_label("Seconds per step"), "End")
    press(hand, button(hand, "Make film"))
    press(hand, button(hand, "Cancel, keep this much"))
    expect(hint(hand)).to_have_text(re.compile("What was made so far is kept"))


def test_works_are_found_rated_noted_saved_and_opened(hand):
    keep(hand, 2)
    hand.keyboard.press("Alt+4")
    expect(hint(hand)).to_have_text(re.compile("Rated 4"))
    select(hand, 2)
    press(hand, button(hand, "Note"))
    hand.keyboard.type("first frost")
    hand.keyboard.press("Enter")
    expect(hint(hand)).to_have_text(re.compile("Noted"))
    press(hand, hand.locator(".strip-bar").get_by_role("radio").first, "ArrowRight", "Enter")
    hand.wait_for_function("window.duet.get().works[1].rating === 2")
    press(hand, button(hand, "Family"))
    hand.wait_for_function("document.body.dataset.view === 'works'")
    panel = hand.locator(".work-panel")
    expect(panel).to_be_focused()
    with hand.expect_download() as download:
        press(hand, panel.get_by_role("button", name="Save"))
        hand.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".png")
    press(hand, panel.get_by_role("button", name="Close"))
    tiles = hand.locator(".works-tile")
    press(hand, hand.get_by_role("searchbox"), *"frost")
    expect(tiles).to_have_count(1)
    press(hand, hand.get_by_role("searchbox"), *["Backspace"] * 5)
    press(hand, hand.get_by_label("Rating", exact=True), *["ArrowDown"] * 2)
    expect(tiles).to_have_count(1)
    press(hand, tiles.first)
    press(hand, panel.get_by_role("button", name="Open in the Studio"))
    hand.wait_for_function("document.body.dataset.view === 'studio'")
