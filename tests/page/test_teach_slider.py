"""Teach a slider: by finger, mouse and keys; used, kept, and found in its recipe."""

import re

from playwright.sync_api import expect

from tests.page.conftest import rested, values
from tests.page.test_strip import cells, keep

LEARN = 300_000
"""Milliseconds that measuring a model, or a few steps, may take where other work goes on."""


def teach(page, section="slider"):
    """Open a section of Teach."""
    page.evaluate("name => { location.hash = `#/teach/${name}` }", section)
    expect(page.locator(f"#teach-{section}")).to_be_visible()


def tray(page, side):
    return page.locator(f".tray.{side} .tray-work")


def taught_row(page):
    return page.locator(".taught-row")


def fill_trays(page, each=1):
    """Tap works into both trays: the newest ``each`` are wanted, those before them are not."""
    for index in range(each):
        cells(page).nth(index).click()
    page.locator(".tray.less .tray-title").click()
    for index in range(each, 2 * each):
        cells(page).nth(index).click()
    expect(tray(page, "more")).to_have_count(each)
    expect(tray(page, "less")).to_have_count(each)
    expect(page.locator(".taught-strip img")).to_have_count(5, timeout=LEARN)


def make_slider(page, name="Dusk", each=1):
    """Teach a slider from what is kept, and add it."""
    teach(page)
    fill_trays(page, each)
    page.get_by_role("textbox", name="Name of the slider").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".taught-list li")).to_have_text(re.compile(name))


def move_taught(page, presses=5):
    """Go to the Studio with the new slider under the hand, and push it up."""
    page.locator(".teach-said").get_by_role("button", name="Try it").click()
    page.wait_for_function("document.body.dataset.view === 'studio'")
    expect(taught_row(page).locator("input")).to_be_focused()
    for _ in range(presses):
        page.keyboard.press("Shift+ArrowRight")
    rested(page)


def test_a_taught_slider_is_used_kept_and_in_the_recipe(page):
    keep(page, 4)
    make_slider(page, each=2)
    before = page.evaluate("document.querySelector('#live-canvas').toDataURL()")
    move_taught(page)
    expect(taught_row(page).locator(".number")).to_have_text("+2.5")
    assert page.evaluate("document.querySelector('#live-canvas').toDataURL()") != before
    keep(page)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    (offset,) = page.evaluate("window.duet.get().works[0].request.directions")
    assert (offset["name"], offset["offset"]) == ("Dusk", 2.5)
    assert len(offset["vector"]) > 100
    expect(taught_row(page)).to_have_count(1)
    expect(taught_row(page).locator(".number")).to_have_text("+2.5")


def test_it_locks_resets_and_undoes_like_the_others(page):
    keep(page, 2)
    make_slider(page)
    move_taught(page, presses=2)
    page.keyboard.press("l")
    expect(taught_row(page)).to_have_class(re.compile("locked"))
    seed = values(page)["seed"]
    page.keyboard.press("r")
    page.wait_for_function("seed => window.duet.get().request.seed !== seed", arg=seed)
    expect(taught_row(page).locator(".number")).to_have_text("+1.0")
    page.keyboard.press("Backspace")
    expect(taught_row(page).locator(".number")).to_have_text("0")
    page.keyboard.press("z")
    expect(taught_row(page).locator(".number")).to_have_text("+1.0")


def test_a_recipe_brings_its_slider_along(page, open_page):
    keep(page, 2)
    make_slider(page)
    move_taught(page, presses=1)
    request = page.evaluate("window.duet.get().request")
    other = open_page()
    expect(taught_row(other)).to_have_count(0)
    other.evaluate("request => window.duet.change(request)", request)
    expect(taught_row(other).locator(".number")).to_have_text("+0.5")
    expect(taught_row(other)).to_have_text(re.compile("Dusk"))
    expect(taught_row(other).locator(".taught-remove")).to_have_count(0)
    rested(other)


def test_a_removed_slider_goes_and_works_keep_it(page):
    keep(page, 2)
    make_slider(page)
    move_taught(page, presses=1)
    keep(page)
    teach(page)
    page.get_by_role("button", name="Remove the slider Dusk").click()
    expect(page.locator(".taught-list")).to_be_hidden()
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    expect(taught_row(page).locator(".number")).to_have_text("+0.5")
    expect(taught_row(page).locator(".taught-remove")).to_have_count(0)


def test_trays_take_what_is_dragged_and_selected(page):
    keep(page, 3)
    ids = page.evaluate("window.duet.get().works.map((work) => work.id)")
    page.evaluate("ids => window.duet.set({ selection: ids })", ids[:2])
    page.locator(".strip-verbs").get_by_role("button", name="Teach a slider").click()
    expect(tray(page, "more")).to_have_count(2)
    cells(page).nth(2).drag_to(page.locator(".tray.less"))
    expect(tray(page, "less")).to_have_count(1)
    tray(page, "more").first.drag_to(page.locator(".tray.less"))
    expect(tray(page, "more")).to_have_count(1)
    expect(tray(page, "less")).to_have_count(2)


def test_trays_by_keyboard_alone(page):
    keep(page, 2)
    teach(page)
    cells(page).nth(0).focus()
    page.keyboard.press("Space")
    page.locator(".strip-verbs").get_by_role("button", name="More of this").press("Enter")
    expect(tray(page, "more")).to_have_count(1)
    cells(page).nth(1).focus()
    page.keyboard.press("Space")
    page.locator(".strip-verbs").get_by_role("button", name="Less of this").press("Enter")
    expect(tray(page, "less")).to_have_count(1)
    expect(page.locator(".taught-strip img")).to_have_count(5, timeout=LEARN)
    tray(page, "less").get_by_role("button").press("Enter")
    expect(tray(page, "less")).to_have_count(0)
    expect(page.locator(".taught-strip img")).to_have_count(0)


def test_works_are_tapped_into_the_trays_on_a_phone(phone):
    keep(phone, 2)
    teach(phone)
    cells(phone).nth(0).tap()
    phone.get_by_role("button", name="Less of this").tap()
    cells(phone).nth(1).tap()
    expect(tray(phone, "more")).to_have_count(1)
    expect(tray(phone, "less")).to_have_count(1)
    expect(phone.locator(".taught-strip img")).to_have_count(5, timeout=LEARN)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
