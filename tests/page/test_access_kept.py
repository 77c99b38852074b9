"""Strip, tiles, pad, morph, film and works: for readers, for fingers, and in Chinese."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_strip import cells, keep
from tests.page.test_travel import filled

SMALL = """(least) => [...document.querySelectorAll('button, input, select, a, [role=option]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
  .filter((one) => !one.closest('.unseen, .has-choices') && one.tabIndex >= 0)
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < least || box.height < least))
  .map(([one, box]) => `${one.outerHTML.slice(0, 120)} ${box.width} x ${box.height}`)"""


def panel(page, name):
    """Show a tab of the panel."""
    page.evaluate("name => window.duet.set({ panel: name })", name)


def walk(page):
    """Go through every state of our parts; yields their names."""
    keep(page, 2)
    panel(page, "nearby")
    filled(page)
    yield "nearby"
    ids = page.evaluate("window.duet.get().works.map((work) => work.id)")
    page.evaluate("ids => window.duet.set({ selection: ids.slice(0, 1) })", ids)
    yield "one selected"
    page.evaluate("ids => window.duet.set({ selection: ids })", ids)
    page.locator(".strip-verbs button").nth(1).click()
    filled(page)
    yield "breed"
    page.keyboard.press("Escape")
    page.locator(".strip-verbs button").nth(0).click()
    expect(page.locator("#slot-scrub input")).to_have_attribute("max", "15")
    yield "morph"
    page.keyboard.press("Escape")
    panel(page, "pad")
    page.wait_for_function(
        "() => document.querySelectorAll('.pad-corner img:not([hidden])').length === 4"
    )
    yield "pad"
    page.locator(".strip-verbs button").nth(3).click()
    expect(page.locator("#film")).to_be_visible()
    yield "film"
    page.keyboard.press("Escape")
    page.locator("#tool-save").click()
    yield "save"
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/works'")
    page.locator(".works-tile").first.click()
    expect(page.locator(".family:not([aria-busy])")).to_be_visible()
    yield "work"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious_in_our_parts(open_page, size):
    page = open_page(size=size)
    found = {}
    for name in walk(page):
        page.wait_for_timeout(200)
        if faults := serious(page):
            found[name] = faults
    assert found == {}


def test_nothing_english_is_left_in_our_parts(open_page):
    page = open_page(locale="zh-CN")
    left = {}
    for name in walk(page):
        if words := english_left(page):
            left[name] = words
    assert left == {}


def test_targets_are_large_enough_for_a_mouse(open_page):
    page = open_page()
    small = {}
    for name in walk(page):
        # The dots under a thumbnail have larger twins in the selection bar.
        faults = [one for one in page.evaluate(SMALL, 24) if 'class="dot' not in one]
        if ours := [one for one in faults if re.search("strip|tile|pad|film|works|menu", one)]:
            small[name] = ours
    assert small == {}


def test_nothing_of_the_page_scrolls_or_sticks_out(open_page):
    for size in (WIDE, PHONE, {"width": 1100, "height": 800}):
        page = open_page(size=size)
        for name in walk(page):
            out = page.evaluate(
                "[document.documentElement.scrollWidth - innerWidth, "
                "document.documentElement.scrollHeight - innerHeight]"
            )
            assert out == [0, 0], (name, size)
        expect(cells(page)).to_have_count(2)
        page.context.close()
