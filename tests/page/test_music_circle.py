"""The circle of the loop on tunes, in the browser: keep, be asked, teach, judge by ear, return."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.page.test_music import server as server  # noqa: PLC0414 - the same fixture
from tests.page.test_music import tune
from tests.page.test_teach_model import begin, judge, keep_enough, learnt, weights


def heard(page: Page, button: str) -> bytes:
    """The sound that a button brings, asked for once more; pressed again it is still."""
    node = page.locator(button)
    with page.expect_response(re.compile("/sound$")) as answer:
        node.click()
    expect(node).to_have_text("Stop")
    node.click()
    expect(node).to_have_text("Listen")
    asked = answer.value.request
    how = {"method": asked.method, "data": asked.post_data_json} if asked.post_data else {}
    sound = page.request.fetch(asked.url, **how)
    assert sound.headers["content-type"] == "audio/flac"
    return sound.body()


def test_kept_tunes_steer_teach_and_prove(page):
    mine = tune(page)
    keep_enough(page)
    page.locator("#tab-foryou").click()
    expect(page.locator("#panel-foryou .tile img").first).to_be_visible()
    old = weights(page)
    begin(page)
    button = learnt(page)
    expect(page.locator(".learning-sheet img:visible")).to_have_count(8)
    button.click()
    expect(page.locator(".blind-side img")).to_have_count(2)
    left, right = heard(page, ".blind-sound.left"), heard(page, ".blind-sound.right")
    assert left[:4] == right[:4] == b"fLaC"
    judge(page, "1213")
    verdict = page.locator(".proof-card").get_by_role("heading")
    expect(verdict).to_have_text(re.compile("Yes|Too early|No"))
    page.get_by_role("button", name="Keep this version").click()
    page.wait_for_function("old => duet.get().model.opening.weights.base !== old", arg=old)
    first = page.evaluate("duet.get().works.at(-1).request")
    page.evaluate("location.hash = '#/'")
    page.evaluate("recipe => duet.change(recipe)", first)
    assert tune(page) == mine  # an old recipe names its own weights


def test_who_is_asked_about_tunes_hears_them(page):
    keep_enough(page)
    page.evaluate("location.hash = '#/taste'")
    sounds = page.locator(".ask-sound")
    expect(sounds).to_have_count(2, timeout=120_000)
    one, other = (heard(page, f".ask-sound >> nth={n}") for n in (0, 1))
    assert one != other
    assert sounds.first.get_attribute("aria-label") != sounds.last.get_attribute("aria-label")
