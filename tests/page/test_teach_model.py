"""Teach the model: choose, learn, tell apart blind, read the card, keep the version, go back."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE, rested
from tests.page.test_access import serious
from tests.page.test_access_kept import SMALL
from tests.page.test_language import english_left
from tests.page.test_strip import keep
from tests.page.test_teach_slider import LEARN, fill_trays, teach


def needed(page) -> int:
    """How many works the model wants at least."""
    return page.evaluate(
        "fetch(`studio/teach?model=${duet.get().model.id}`).then((one) => one.json())"
    )["needed"]


def keep_enough(page) -> int:
    """Keep as many works as are needed, through the same route as the heart."""
    count = needed(page)
    keep(page)
    page.evaluate(
        """async (count) => {
          const { request } = duet.get();
          for (let seed = 100; seed < 100 + count; seed += 1) {
            await duet.keep({ request: { ...request, seed, point: null } });
          }
        }""",
        count - 1,
    )
    return count


def begin(page, steps=4):
    """Choose everything, a few steps, and start."""
    teach(page, "model")
    page.locator(".choose-more summary").click()
    page.get_by_label("Steps").fill(str(steps))
    page.locator(".choose-side .go").click()
    expect(page.locator(".learning-sheet")).to_be_visible()


def learnt(page):
    """Wait until it has learnt; then the button to the blind test."""
    button = page.locator(".learning-verbs .go")
    expect(button).to_be_visible(timeout=LEARN)
    return button


def judge(page, answers="12"):
    """Answer every pair by key."""
    expect(page.locator(".blind-side img")).to_have_count(2)
    for turn in range(64):
        if page.locator(".proof-card").is_visible():
            return
        before = page.locator(".blind-foot p").text_content()
        page.keyboard.press(answers[turn % len(answers)])
        page.wait_for_function(
            """before => document.querySelector('.proof-card')
              || document.querySelector('.blind-foot p')?.textContent !== before""",
            arg=before,
        )
    raise AssertionError("the pairs do not end")


def weights(page) -> str:
    return page.evaluate("duet.get().model.opening.weights.base")


def test_too_few_works_say_how_many_more(page):
    keep(page)
    least = needed(page)
    teach(page, "model")
    expect(page.locator(".choose-count")).to_have_text(f"1 chosen, {least} is the least")
    expect(page.locator(".choose-enough")).to_have_text(
        f"{least - 1} more and we can start. Meanwhile Nearby already follows you."
    )
    expect(page.locator(".choose-side .go")).to_be_disabled()
    page.locator(".choose-tile").click()
    expect(page.locator(".choose-count")).to_have_text(re.compile("^0 chosen"))
    page.locator(".choose-tile").press("Space")
    expect(page.locator(".choose-count")).to_have_text(re.compile("^1 chosen"))


def test_the_form_is_drawn_once_and_stays_as_it_was_left(page):
    keep(page)
    asked = []
    page.on("request", lambda one: asked.append(one.url) if "/studio/teach?" in one.url else None)
    teach(page, "model")
    page.locator(".choose-more summary").click()
    page.get_by_label("Steps").fill("12")
    rested(page)
    assert len(asked) == 1
    expect(page.get_by_label("Steps")).to_have_value("12")
    teach(page, "versions")
    teach(page, "model")
    expect(page.get_by_label("Steps")).to_be_visible()
    expect(page.get_by_label("Steps")).to_have_value("12")


def test_the_model_is_taught_told_apart_kept_and_left(page):
    keep_enough(page)
    old = weights(page)
    kept = page.evaluate("duet.get().works[0].request.weights.base")
    begin(page)
    tab = page.locator("[role=tab][data-tab-id=teach]")
    button = learnt(page)
    assert tab.get_attribute("data-learning") is None
    expect(page.locator(".learning-sheet img:visible")).to_have_count(8)
    expect(page.locator(".curve-line")).to_have_count(1)
    button.click()
    judge(page, "1213")
    card = page.locator(".proof-card")
    expect(card.get_by_role("heading")).to_have_text(re.compile("Yes|Too early|No"))
    expect(card.locator(".proof-said")).to_have_text(re.compile(r"likely between \d+ and \d+ %"))
    expect(card.locator(".proof-pairs li")).to_have_count(6)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Keep this version").click()
    page.wait_for_function("old => duet.get().model.opening.weights.base !== old", arg=old)
    new = weights(page)
    teach(page, "versions")
    expect(page.locator(".version")).to_have_count(2)
    expect(page.locator(".version.active .version-name")).to_have_count(1)
    page.get_by_role("textbox", name="Name of this version").fill("Bolder")
    page.keyboard.press("Enter")
    teach(page, "model")
    page.get_by_role("button", name="Go back").click()
    page.wait_for_function("old => duet.get().model.opening.weights.base === old", arg=old)
    teach(page, "versions")
    expect(page.locator(".version").first).to_have_class(re.compile("active"))
    expect(page.locator(".version-name")).to_have_value("Bolder")
    assert kept == old != new
    page.evaluate("location.hash = '#/'")
    rested(page)
    expect(page.locator("#plate")).not_to_contain_text("version")
    # A work of a version that is not in use says so, and is still there after a reload.
    page.evaluate(
        "base => { const r = duet.get().request;"
        "duet.change({ ...r, weights: { ...r.weights, base } }) }",
        new,
    )
    expect(page.locator("#plate")).to_contain_text("another version of the model")
    page.wait_for_timeout(1500)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    expect(page.locator("#plate")).to_contain_text("another version of the model")
    assert page.evaluate("duet.get().request.weights.base") == new


def walk(page):
    """Every state of Teach; yields its name."""
    teach(page)
    yield "empty trays"
    fill_trays(page)
    yield "trays"
    page.locator("#slider-name").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator(".taught-list li")).to_have_count(1)
    yield "taught"
    teach(page, "model")
    page.locator(".choose-more summary").click()
    yield "choose"
    page.locator("#teach-steps").fill("4")
    page.locator(".choose-side .go").click()
    button = learnt(page)
    yield "learnt"
    button.click()
    expect(page.locator(".blind-side img")).to_have_count(2)
    yield "blind"
    judge(page)
    before, taught = (page.locator(".proof-pairs > p span").nth(n).bounding_box() for n in (0, 1))
    assert before["y"] + before["height"] <= taught["y"], "each row has its own word"
    yield "card"
    teach(page, "versions")
    boxes = page.locator(".version-seeds input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator(".tree-compare .compare")).to_be_visible()
    yield "versions"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_teach_for_readers_fingers_and_in_chinese(open_page, size):
    page = open_page(size=size, locale="zh-CN")
    keep_enough(page)
    found = {}
    for name in walk(page):
        page.wait_for_timeout(200)
        faults = serious(page)
        words = [one for one in english_left(page) if not re.search("tiny|Tiny|DPO", one)]
        small = [one for one in page.evaluate(SMALL, 24) if 'class="dot' not in one]
        ours = [one for one in small if re.search("teach|tray|choose|version|blind|proof", one)]
        out = page.evaluate(
            "[document.documentElement.scrollWidth - innerWidth, "
            "document.documentElement.scrollHeight - innerHeight].filter(Boolean)"
        )
        if bad := [*faults, *words, *ours, *out]:
            found[name] = bad
    assert found == {}


def test_a_pause_holds_and_stopping_keeps_what_was_learnt(page):
    keep_enough(page)
    begin(page, steps=4000)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".learning-words")).to_have_text(re.compile("Paused"))
    page.evaluate("location.hash = '#/'")
    expect(page.locator("[role=tab][data-tab-id=teach]")).to_have_attribute("data-learning", "")
    teach(page, "model")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".learning-words")).to_have_text(re.compile("go on playing"))
    page.get_by_role("button", name="Stop and keep so far").click()
    expect(page.locator(".learning-verbs").get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.locator("[role=tab][data-tab-id=teach]")).not_to_have_attribute(
        "data-learning", ""
    )
