"""The filmstrip: kept, found again, opened, rated, deleted and brought back."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import drag, rested, values


def keep(page, count=1):
    """Keep what is shown, or a fresh work where that is kept already; ``count`` in all."""
    for _ in range(count):
        if page.locator("#favourite").get_attribute("aria-pressed") == "true":
            before = page.evaluate("window.duet.get().request.seed")
            page.keyboard.press("r")
            page.wait_for_function("n => window.duet.get().request.seed !== n", arg=before)
            rested(page)
        total = page.evaluate("window.duet.get().total")
        page.keyboard.press("f")
        page.wait_for_function("n => window.duet.get().total > n", arg=total)
        expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")


def cells(page):
    return page.locator(".strip-track .cell:not(.now)")


def hint(page):
    return page.locator("#hint")


def test_a_kept_work_is_there_after_a_reload(page):
    drag(page, "warmth", 0.9)
    rested(page)
    before = values(page)
    keep(page)
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    expect(cells(page)).to_have_count(1)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    expect(cells(page)).to_have_count(1)
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    assert values(page) == before
    image = cells(page).first.locator("img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 32


def test_nothing_kept_says_what_the_heart_does(page):
    expect(page.locator(".strip-empty")).to_have_text(re.compile("Nothing kept yet"))
    keep(page)
    expect(page.locator(".strip-empty")).to_be_hidden()


def test_a_click_opens_with_request_and_sliders(page):
    drag(page, "warmth", 0.9)
    rested(page)
    first = values(page)
    keep(page, 2)
    assert values(page) != first
    cells(page).nth(1).click()
    rested(page)
    assert values(page) == first
    expect(cells(page).nth(1)).to_have_attribute("data-open", "")
    parents = page.evaluate("window.duet.get().parents")
    assert [parent["role"] for parent in parents] == ["edit"]


def test_delete_can_be_undone_in_the_hint_line_and_on_the_undo_line(page):
    keep(page, 2)
    cells(page).first.click(modifiers=["Shift"])
    page.get_by_role("button", name="Delete").click()
    expect(cells(page)).to_have_count(1)
    expect(hint(page)).to_have_text(re.compile("Deleted.*Undo"))
    hint(page).get_by_role("button", name="Undo").click()
    expect(cells(page)).to_have_count(2)
    cells(page).nth(1).focus()
    page.keyboard.press("Delete")
    expect(cells(page)).to_have_count(1)
    page.keyboard.press("z")
    expect(cells(page)).to_have_count(2)


def test_rating_and_note_are_kept(page):
    keep(page)
    page.keyboard.press("Alt+4")
    expect(hint(page)).to_have_text(re.compile("Rated 4"))
    cells(page).first.click(modifiers=["Shift"])
    expect(page.get_by_role("radio", name="4 of 5").first).to_have_attribute(
        "aria-checked", "true"
    )
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_placeholder("A word about it").fill("like the first frost")
    page.keyboard.press("Enter")
    expect(hint(page)).to_have_text(re.compile("Noted"))
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    expect(cells(page).first).to_have_attribute("aria-label", re.compile("4 of 5.*first frost"))


def test_the_strip_is_walked_and_selected_by_keyboard(page):
    keep(page, 3)
    page.locator(".cell.now").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(cells(page).nth(1)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    assert page.evaluate("window.duet.get().selection.length") == 2
    expect(page.locator(".strip-count")).to_have_text("2 selected")
    page.keyboard.press("Escape")
    assert page.evaluate("window.duet.get().selection.length") == 0
    page.keyboard.press("Enter")
    expect(cells(page).nth(2)).to_have_attribute("data-open", "")


def test_two_kept_works_have_a_bridge(page):
    keep(page)
    expect(page.locator(".strip-bridge")).to_be_hidden()
    keep(page, 2)
    page.locator(".strip-bridge").click()
    expect(page.locator("#slot-scrub")).to_be_visible()


def test_sixty_nodes_hold_any_number_of_works(page):
    keep(page)
    page.evaluate(
        """() => {
          const [work] = window.duet.get().works;
          const copy = (_, n) => ({ ...work, id: `${work.id}-${n}` });
          const works = Array.from({ length: 900 }, copy);
          window.duet.set({ works, total: 900 });
        }"""
    )
    assert page.locator(".strip-track .cell").count() <= 60
    page.locator(".strip-scroll").evaluate("node => { node.scrollLeft = 40000; }")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cell.work')].some((c) => c.dataset.index > 400)"
    )
    assert page.locator(".strip-track .cell").count() <= 60


@pytest.mark.parametrize("gesture", ["hold", "menu"])
def test_a_long_press_selects_on_a_phone(phone, gesture):
    keep(phone)
    box = cells(phone).first.bounding_box()
    point = {"x": box["x"] + 20, "y": box["y"] + 20}
    fingers = phone.context.new_cdp_session(phone)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    phone.wait_for_function("window.duet.get().selection.length === 1")
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.locator(".strip-bar")).to_be_visible()
    if gesture == "menu":
        phone.get_by_role("button", name="Save", exact=True).last.tap()
        expect(phone.get_by_role("menuitem", name="PNG")).to_be_visible()


def test_a_kept_picture_flies_into_the_strip(open_page):
    page = open_page(reduced_motion="no-preference")
    page.mouse.click(5, 5)  # the first glide of its own stops
    rested(page)
    page.evaluate(
        """() => new MutationObserver((changes) => {
          for (const { addedNodes } of changes) {
            for (const node of addedNodes) if (node.matches?.(".flight")) window.flown = true;
          }
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    keep(page)
    page.wait_for_function("window.flown && !document.querySelector('.flight')")
    assert cells(page).first.evaluate("one => getComputedStyle(one).opacity") == "1"
