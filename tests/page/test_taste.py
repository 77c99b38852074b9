"""What was kept steers what comes next: For you, the marked tiles of Nearby, and why."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, rested
from tests.page.test_strip import cells, hint, keep
from tests.page.test_travel import asked, filled

pytestmark = pytest.mark.usefixtures("measured")
FULL = """panel => [...document.querySelectorAll(`#panel-${panel} .tile img`)]
  .filter(image => image.complete).length === 12"""
MARKED = "#panel-{} .tile-mark:not([hidden])"


def sources(page, panel="foryou"):
    """Where the twelve pictures come from, in order."""
    return page.locator(f"#panel-{panel} .tile").evaluate_all(
        "tiles => tiles.map(tile => tile.querySelector('img')?.src ?? '')"
    )


def for_you(page):
    """Show For you, and wait until it has its twelve."""
    page.keyboard.press("y")
    expect(page.locator("#panel-foryou")).to_be_visible()
    page.wait_for_function(FULL, arg="foryou")
    page.wait_for_function("() => window.duet.get().shown.length === 12")


@pytest.fixture
def known(page):
    """Someone who kept five."""
    keep(page, 5)
    page.wait_for_function("() => window.duet.get().taste?.steering > 0")
    return page


def test_before_five_keeps_it_says_what_it_waits_for(page):
    for_you(page)
    expect(page.locator("#tab-foryou")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".foryou-line")).to_have_text("Keep five and I'll start to guess.")
    expect(page.locator(MARKED.format("foryou"))).to_have_count(0)
    assert len(set(sources(page))) == 12


def test_from_five_keeps_some_of_nearby_listen(known):
    marked = known.locator(MARKED.format("nearby"))
    expect(marked).to_have_count(4)
    for name in ("drag", "keep", "tap", "kept", "bridge"):
        known.evaluate("name => window.duet.done(name)", name)
    expect(hint(known)).to_have_text("Four of these listen to you.")
    told = known.locator("#panel-nearby .tile[aria-label$='follows your taste']")
    expect(told).to_have_count(4)


def test_over_plain_http_a_keep_still_says_what_it_was_shown_beside(page):
    """Browsers hash nothing there: the recipes are told instead of their names."""
    page.evaluate("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    for_you(page)
    page.wait_for_function("() => window.duet.get().shown.every((one) => one.startsWith('{'))")
    bodies = asked(page, "/studio/works")
    keep(page)
    assert len({json.dumps(json.loads(one)) for one in bodies[0]["shown"]}) == 12


def test_a_keep_changes_what_comes_next_and_says_so(known):
    for_you(known)
    line = known.locator(".foryou-line")
    expect(line).to_have_text(re.compile(r"5 keeps heard\. Steering \d+ %\."))
    before = sources(known)
    bodies = asked(known, "/studio/works")
    cell = known.locator("#panel-foryou .tile-cell").nth(0)
    cell.hover()
    cell.locator(".tile-keep").click()
    expect(line).to_have_text(re.compile(r"6 keeps heard\. Steering \d+ %\."))
    expect(hint(known)).to_have_text(re.compile(r"6 keeps heard\. Steering \d+ %\."))
    known.mouse.move(5, 5)
    known.wait_for_function(
        "old => document.querySelectorAll('#panel-foryou .tile img')[5].src !== old",
        arg=before[5],
    )
    assert sources(known)[0] == before[0]
    assert len(bodies[0]["shown"]) == 12
    assert known.locator(MARKED.format("foryou")).count() <= 9


def test_not_this_replaces_that_tile_and_can_be_undone(known):
    for_you(known)
    before = sources(known)
    events = asked(known, "/studio/events")
    known.locator("#panel-foryou .tile").nth(2).focus()
    request = known.evaluate("window.duet.get().request")
    known.keyboard.press("x")
    known.wait_for_function(
        "old => document.querySelectorAll('#panel-foryou .tile img')[2].src !== old",
        arg=before[2],
    )
    known.wait_for_timeout(700)
    after = sources(known)
    assert [*after[:2], *after[3:]] == [*before[:2], *before[3:]]
    assert known.evaluate("window.duet.get().request") == request
    assert [one["kind"] for one in events][:1] == ["skip"]
    assert events[0]["request"] != request
    expect(known.locator("#panel-foryou .tile").nth(2)).to_be_focused()
    known.wait_for_function("() => duet.get().taste.heard.skip === 1")
    known.keyboard.press("z")
    assert sources(known) == before
    known.wait_for_function("() => duet.get().taste.heard.skip === 0")
    assert sorted(one["kind"] for one in events) == ["retract", "skip", "undo"]


def test_the_twelve_before_come_back(known):
    for_you(known)
    before = sources(known)
    known.get_by_role("button", name="Another twelve").click()
    known.wait_for_function(
        "old => ![...document.querySelectorAll('#panel-foryou .tile img')]"
        ".some(image => old.includes(image.src))",
        arg=before,
    )
    known.get_by_role("button", name="The twelve before").click()
    assert sources(known) == before


def test_another_twelve_right_after_a_keep_are_all_others(known):
    """What the keep changes comes later than they are asked for, and before they are there."""
    for_you(known)
    before = sources(known)
    known.evaluate(
        """() => {
          const { fetch } = window;
          const late = (time) => new Promise((resolve) => setTimeout(resolve, time));
          window.fetch = async (url, how) => {
            if (url.includes("/taste/suggest")) await late(1500);
            else if (url.includes("/taste?")) await late(700);
            return fetch(url, how);
          };
        }"""
    )
    cell = known.locator("#panel-foryou .tile-cell").nth(3)
    cell.hover()
    cell.locator(".tile-keep").click()
    known.get_by_role("button", name="Another twelve").click()
    known.wait_for_function(
        "old => ![...document.querySelectorAll('#panel-foryou .tile img')]"
        ".some(image => old.includes(image.src))",
        arg=before,
    )
    expect(known.locator("#panel-foryou .tile-keep[aria-pressed=true]")).to_have_count(0)


def test_strength_nothing_is_the_bare_model(known):
    for_you(known)
    asks, plain = asked(known, "/studio/taste/suggest"), asked(known, "/studio/nearby")
    strength = known.get_by_role("slider", name="Strength")
    strength.focus()
    known.keyboard.press("Home")
    expect(strength).to_have_attribute("aria-valuetext", "0 %: the bare model")
    expect(known.locator(".foryou-line")).to_have_text("Strength 0: the bare model.")
    expect(known.locator(MARKED.format("foryou"))).to_have_count(0)
    known.wait_for_function(FULL, arg="foryou")
    assert asks[-1]["strength"] == 0
    known.keyboard.press("g")
    filled(known)
    known.get_by_role("button", name="Another twelve").click()
    known.wait_for_timeout(1500)
    assert plain
    expect(known.locator(MARKED.format("nearby"))).to_have_count(0)
    known.wait_for_timeout(900)
    known.reload()
    known.wait_for_function("() => window.duet?.get().steer.strength === 0")


def test_why_opens_by_key_and_gives_the_focus_back(known):
    for_you(known)
    tile = known.locator("#panel-foryou .tile").nth(3)
    tile.focus()
    known.keyboard.press("w")
    why = known.get_by_role("dialog", name="Why this?")
    expect(why).to_be_visible()
    expect(why.locator(".why-body:not([aria-busy]) p").first).to_have_text(re.compile(r"\.$"))
    known.keyboard.press("Tab")
    expect(why.get_by_role("button", name="Close")).to_be_focused()
    known.keyboard.press("Shift+Tab")
    expect(why.get_by_role("button", name="Not this")).to_be_focused()
    known.keyboard.press("Escape")
    expect(why).to_be_hidden()
    expect(tile).to_be_focused()


def test_why_shows_two_own_works_and_opens_them(page):
    # Five keeps of a random model may tell nothing; what the person says of warmth is known.
    said = {"correction": 2, "muted": False}
    page.evaluate("said => window.duet.api('PUT', '/studio/taste/attributes/warmth', said)", said)
    keep(page, 5)
    marked = page.locator("#panel-nearby .tile-cell").filter(
        has=page.locator(".tile-mark:not([hidden])")
    )
    expect(marked).to_have_count(4)
    why = page.get_by_role("dialog", name="Why this?")
    own = why.get_by_role("list", name="Your works").get_by_role("button")
    told = why.locator("p").first
    for _ in range(20):  # not each of the four needs to be warm
        marked.first.locator(".tile").focus()
        page.keyboard.press("w")
        expect(why.locator(".why-body:not([aria-busy])")).to_be_visible()
        if own.count() and "warm colours" in told.inner_text():
            break
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Another twelve").click()
        page.wait_for_timeout(200)
        expect(marked).to_have_count(4)
    expect(told).to_have_text(re.compile("warm colours"))
    expect(own).to_have_count(2)
    assert own.first.get_attribute("aria-label").startswith("Open ")
    own.first.click()
    expect(why).to_be_hidden()
    rested(page)
    assert page.evaluate("Boolean(window.duet.keptWork())")


def test_a_press_beside_it_closes_why(known):
    for_you(known)
    cell = known.locator("#panel-foryou .tile-cell").nth(1)
    cell.hover()
    cell.locator(".tile-why").click()
    why = known.get_by_role("dialog", name="Why this?")
    expect(why).to_be_visible()
    known.mouse.click(720, 24)
    expect(why).to_be_hidden()


def test_a_tile_for_you_is_gone_to_and_kept_without_parents(known):
    for_you(known)
    steps = known.evaluate("window.duet.get().past.length")
    known.locator("#panel-foryou .tile").nth(6).focus()
    known.keyboard.press("Enter")
    rested(known)
    assert known.evaluate("window.duet.get().past.length") == steps + 1
    assert known.evaluate("window.duet.get().parents") == []
    count = cells(known).count()
    known.keyboard.press("Shift+Enter")
    expect(cells(known)).to_have_count(count + 1)


def test_on_a_phone_why_is_a_sheet_that_has_everything(open_page):
    page = open_page(size=PHONE)
    keep(page, 1)
    page.get_by_role("tab", name="For you").tap()
    page.wait_for_function(FULL, arg="foryou")
    before = sources(page)
    page.locator("#panel-foryou .tile-why").nth(0).tap()
    why = page.get_by_role("dialog", name="Why this?")
    expect(why).to_be_visible()
    box = why.bounding_box()
    assert (box["x"], box["width"]) == (0, 390)
    assert round(box["y"] + box["height"]) == 844
    why.get_by_role("button", name="Not this").tap()
    expect(why).to_be_hidden()
    page.wait_for_function(
        "old => document.querySelector('#panel-foryou .tile img').src !== old", arg=before[0]
    )
    assert sources(page)[1:] == before[1:]


def test_a_moved_slider_is_heard(page):
    events = asked(page, "/studio/events")
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => window.duet.get().past.length === 1")
    page.wait_for_timeout(300)
    (edit,) = (one for one in events if one["kind"] == "edit")
    assert json.dumps(edit["payload"]["before"]) != json.dumps(edit["request"])
