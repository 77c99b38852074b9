"""The Works view: found by word, rating and model; recipe and family; nobody else's."""

import re

from playwright.sync_api import expect

from tests.page.conftest import rested
from tests.page.test_strip import cells, keep


def tiles(page):
    return page.locator(".works-tile")


def test_search_and_filters_find_works(page):
    keep(page, 3)
    cells(page).nth(1).focus()
    page.keyboard.press("Alt+5")
    page.get_by_role("tab", name="Works").click()
    expect(tiles(page)).to_have_count(3)
    expect(page.locator(".works-words")).to_have_text("3 kept")
    seed = page.evaluate("String(window.duet.get().works[0].request.seed)")
    page.get_by_role("searchbox").fill(seed)
    expect(tiles(page)).to_have_count(1)
    page.get_by_role("searchbox").fill("no such words")
    expect(page.locator(".works-words")).to_have_text(re.compile("Nothing fits"))
    page.get_by_role("searchbox").fill("")
    page.get_by_label("Rating", exact=True).select_option("4")
    expect(tiles(page)).to_have_count(1)
    expect(page.locator(".works-words")).to_have_text("1 found")
    page.get_by_label("Rating", exact=True).select_option("")
    page.get_by_label("Month").select_option(index=2)
    expect(tiles(page)).to_have_count(0)
    page.get_by_label("Month").select_option(index=1)
    page.get_by_label("Model").select_option("tiny")
    expect(tiles(page)).to_have_count(3)


def test_no_works_says_what_the_heart_does(open_page):
    page = open_page("#/works")
    expect(page.locator(".works-words")).to_have_text(re.compile("Nothing kept yet"))


def test_the_panel_has_recipe_and_family(page):
    keep(page)
    page.locator("#control-warmth input[type=range]").press("ArrowRight")
    rested(page)
    keep(page)
    page.get_by_role("tab", name="Works").click()
    tiles(page).nth(0).click()
    panel = page.locator(".work-panel")
    expect(panel.get_by_role("heading", level=2)).to_be_visible()
    expect(panel.locator(".recipe")).to_have_text(re.compile(r"Warmth\+0\.1"))
    expect(panel.locator(".parents .kin button")).to_have_count(1)
    panel.locator(".parents .kin button").click()
    expect(panel.locator(".children .kin button")).to_have_count(1)
    expect(panel.locator(".parents")).to_have_text(re.compile("no parents"))
    panel.get_by_role("button", name="Open in the Studio").click()
    rested(page)
    assert page.evaluate("window.duet.values().warmth") == 0


def test_a_note_is_kept_and_found(page):
    keep(page)
    page.get_by_role("tab", name="Works").click()
    tiles(page).first.click()
    page.get_by_placeholder("A word about it").fill("winter quince")
    expect(page.locator(".note-state")).to_have_text("Noted.")
    page.get_by_role("searchbox").fill("quince")
    expect(tiles(page)).to_have_count(1)


def test_works_are_walked_and_compared_by_keyboard(page):
    keep(page, 2)
    page.get_by_role("tab", name="Works").click()
    tiles(page).first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(tiles(page).nth(1)).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("search").get_by_role("button", name="Compare").click()
    expect(page.get_by_role("slider", name="Drag to compare")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".work-panel")).to_be_hidden()


def test_two_persons_see_only_their_own(open_page, watched):
    watched.allowed = ["404"]
    one, other = open_page(), open_page()
    keep(one)
    expect(cells(one)).to_have_count(1)
    other.reload()
    other.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    expect(other.locator(".strip-empty")).to_be_visible()
    expect(cells(other)).to_have_count(0)
    work = one.evaluate("window.duet.get().works[0]")
    for address in (work["original"], work["thumbnail"], f"/studio/works/{work['id']}"):
        root = one.url.split("#")[0].rstrip("/")
        assert one.request.get(root + address).ok
        assert other.request.get(root + address).status == 404


def test_the_model_says_what_it_was_made_from(open_page):
    page = open_page("#/models")
    card = page.get_by_role("article")
    expect(card.get_by_role("heading", level=2)).to_have_text("Tiny fruit")
    expect(card).to_have_text(re.compile(r"Licence.*Apache-2\.0", re.DOTALL))
    expect(card).to_have_text(re.compile("Random weights, no data"))
    expect(card.locator(".model-sheet img")).to_have_count(16)
