"""The Taste view: quick questions, what was learnt, profiles, forget me."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE
from tests.page.test_access import serious
from tests.page.test_access_kept import SMALL
from tests.page.test_language import english_left
from tests.page.test_strip import keep
from tests.page.test_travel import asked

pytestmark = pytest.mark.usefixtures("measured")
PAIR = "() => document.querySelectorAll('.ask-work img').length === 2"


def taste(page):
    """Open the view by its address, and wait for a pair and the list."""
    page.evaluate("location.hash = '#/taste'")
    page.wait_for_function("document.body.dataset.view === 'taste'")
    page.wait_for_function(PAIR)
    page.wait_for_function("() => document.querySelectorAll('.liking-line').length > 3")


def pair(page):
    """The two works that are asked about."""
    return page.locator(".ask-work img").evaluate_all("images => images.map(one => one.src)")


def line(page, number=0):
    """A line of the list."""
    return page.locator(".liking-line").nth(number)


def again(page):
    """Load the page once more."""
    page.wait_for_timeout(900)
    page.evaluate("location.hash = '#/'")
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    page.wait_for_function("() => window.duet?.get().taste")


def test_five_pairs_are_answered_by_key_and_button(page):
    taste(page)
    events = asked(page, "/studio/events")
    expect(page.locator(".ask-left")).to_have_text(re.compile("left to learn|Learning on"))
    answers = ["left", "right", "neither", "left", "right"]
    for number, answer in enumerate(answers):
        before = pair(page)
        if number < 3:
            page.keyboard.press(str(number + 1))
        else:
            page.locator(f".ask-verbs [data-answer={answer}]").click()
        page.wait_for_function(
            "old => { const now = [...document.querySelectorAll('.ask-work img')]"
            ".map(one => one.src); return now.length === 2 && now.join() !== old.join(); }",
            arg=before,
        )
    pairs = [one for one in events if one["kind"] == "pair"]
    assert [one["payload"]["answer"] for one in pairs] == answers
    assert pairs[0]["request"] == pairs[0]["payload"]["left"]
    assert pairs[1]["request"] == pairs[1]["payload"]["right"]
    assert pairs[2]["request"] is None
    assert all(len(one["shown"]) == 2 for one in pairs)
    expect(page.locator(".signals label", has_text="Questions").locator("b")).to_have_text("5")
    assert int(page.locator(".ask-bar").get_attribute("aria-valuenow")) > 0


def test_an_answer_is_a_step_of_the_undo_line(page):
    taste(page)
    before = pair(page)
    page.keyboard.press("1")
    page.wait_for_function(
        "old => { const now = [...document.querySelectorAll('.ask-work img')]"
        ".map(one => one.src); return now.length === 2 && now.join() !== old.join(); }",
        arg=before,
    )
    questions = page.locator(".signals label", has_text="Questions").locator("b")
    expect(questions).to_have_text("1")
    page.keyboard.press("z")
    expect(questions).to_have_text("0")
    assert pair(page) == before
    page.keyboard.press("Shift+Z")
    expect(questions).to_have_text("1")


def test_the_number_keys_are_the_sliders_in_the_studio(page):
    taste(page)
    active = page.evaluate("window.duet.get().activeControl")
    page.keyboard.press("2")
    page.wait_for_timeout(300)
    assert page.evaluate("window.duet.get().activeControl") == active
    page.evaluate("location.hash = '#/'")
    page.wait_for_function("document.body.dataset.view === 'studio'")
    page.keyboard.press("2")
    assert page.evaluate("window.duet.get().activeControl") == "lightness"


def test_a_quality_can_be_corrected_muted_and_guessed_again(page):
    taste(page)
    first = line(page)
    expect(first).to_contain_text("no idea yet")
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    expect(first).to_contain_text("you said so")
    expect(first).to_contain_text("Warm colours")
    again(page)
    taste(page)
    expect(first).to_contain_text("you said so")
    first.click()
    page.get_by_role("switch", name="Leave this out").click()
    expect(first).to_contain_text("left out")
    page.get_by_role("switch", name="Leave this out").click()
    page.get_by_role("button", name="Guess again").click()
    expect(first).to_contain_text("no idea yet")
    expect(page.get_by_role("slider", name="Warmth: how you like it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).to_have_attribute("aria-expanded", "false")
    expect(first).to_be_focused()


def test_a_signal_that_is_switched_off_stays_off(page):
    taste(page)
    undo = page.get_by_role("switch", name="Undo")
    expect(undo).not_to_be_checked()
    ratings = page.get_by_role("switch", name="Ratings")
    expect(ratings).to_be_checked()
    ratings.click()
    again(page)
    taste(page)
    expect(ratings).not_to_be_checked()


def test_a_profile_is_saved_blended_carried_and_taken_away(page, tmp_path):
    keep(page, 5)
    taste(page)
    page.get_by_role("button", name="Save mine as...").click()
    page.keyboard.type("spring")
    page.keyboard.press("Enter")
    chip = page.locator(".chip", has_text="spring")
    chip.click()
    share = page.get_by_role("slider", name="How much of spring")
    share.focus()
    page.keyboard.press("Home")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".profile-blend output")).to_have_text("60 % mine + 40 % spring")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    carried = Path(download.value.path()).read_text("utf-8")
    assert json.loads(carried)["schema"] == 1
    again(page)
    taste(page)
    chip.click()
    expect(page.locator(".profile-blend output")).to_have_text("60 % mine + 40 % spring")
    page.get_by_role("button", name="Remove").click()
    expect(chip).to_have_count(0)
    file = tmp_path / "spring.json"
    file.write_text(carried, "utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import", exact=True).click()
    chooser.value.set_files(file)
    expect(chip).to_have_count(1)


def test_a_file_that_is_no_profile_is_refused_in_words(page, watched, tmp_path):
    watched.allowed.append("status of 4")
    taste(page)
    file = tmp_path / "other.json"
    file.write_text('{"schema": 99, "name": "later"}', "utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import", exact=True).click()
    chooser.value.set_files(file)
    said = page.locator(".taste-said")
    expect(said).to_have_class(re.compile("bad"))
    expect(said).to_have_text(re.compile(r"\w.*\."))


def test_forget_me_asks_once_says_what_goes_and_keeps_the_works(page):
    keep(page, 5)
    taste(page)
    page.keyboard.press("1")
    page.wait_for_function("() => window.duet.get().taste.heard.pair === 1")
    forget = page.locator(".forget")
    forget.get_by_role("button", name="Forget me").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text(re.compile(r"\d+ .* go\. Your works stay\."))
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    forget.get_by_role("button", name="Forget me").click()
    question.get_by_role("button", name="Forget me").click()
    page.wait_for_function("() => window.duet.get().taste.steering === 0")
    expect(page.locator(".taste-heard")).to_have_text("Keep five and I'll start to guess.")
    expect(page.locator(".taste-said")).to_have_text("Forgotten. Your works are still here.")
    assert page.evaluate("window.duet.get().total") == 5


def walk(page, five=True):
    """Go through every state of our parts; yields their names."""
    if five:
        keep(page, 5)
    page.keyboard.press("y")
    page.wait_for_function(
        "() => document.querySelectorAll('#panel-foryou .tile img').length === 12"
    )
    page.wait_for_timeout(600)
    yield "for you"
    page.locator("#panel-foryou .tile").nth(1).focus()
    page.keyboard.press("w")
    expect(page.locator(".why-body:not([aria-busy])")).to_be_visible()
    yield "why"
    page.keyboard.press("Escape")
    taste(page)
    yield "taste"
    line(page, 2).click()
    page.get_by_role("switch").first.click()
    yield "a line open"
    page.locator(".profile-verbs button").first.click()
    yield "naming"
    page.keyboard.type("spring")
    page.keyboard.press("Enter")
    page.locator(".chip").last.click()
    yield "profile"
    page.locator(".forget button").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    yield "forget"
    page.keyboard.press("Escape")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious_in_taste(open_page, size):
    page = open_page(size=size)
    found = {}
    for name in walk(page):
        page.wait_for_timeout(250)
        if faults := serious(page):
            found[name] = faults
    assert found == {}


def test_nothing_english_is_left_in_taste(open_page):
    page = open_page(locale="zh-CN")
    left = {}
    for name in walk(page):
        names = ("Tiny", "tiny", "spring")
        if words := [one for one in english_left(page) if not any(n in one for n in names)]:
            left[name] = words
    assert left == {}


def test_targets_and_edges(open_page):
    for size in (WIDE, PHONE, {"width": 1100, "height": 800}):
        page = open_page(size=size)
        for name in walk(page, five=False):
            small = page.evaluate(SMALL, 24 if size is not PHONE else 32)
            ours = [one for one in small if re.search("tile|why|ask|liking|chip|profile", one)]
            assert ours == [], (name, size)
            out = page.evaluate(
                "[document.documentElement.scrollWidth - innerWidth, "
                "document.documentElement.scrollHeight - innerHeight, "
                "document.getElementById('taste').scrollWidth - "
                "document.getElementById('taste').clientWidth]"
            )
            assert out == [0, 0, 0], (name, size)
        page.context.close()
