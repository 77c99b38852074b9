"""English verse on the page: words are pointed at, lines are long, and the page lies level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE
from tests.page.test_language import english_left
from tests.page.test_verse import another, line, poem, write
from tests.studio.serving import Served, serving

MINE = "And then the moon o’er the sea"
LONG = "When on the heather by the wide grey sea I walked with thee, and then I walked"


@pytest.fixture(scope="module")
def server(stanza_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("stanza page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, stanza_root, *everyone, "--device", "cpu") as running:
        yield running


def test_a_line_is_written_over_kept_and_found_again(page):
    before = poem(page)
    assert len(before) == 4
    write(page, 2, "And then the moon o'er the sea")
    after = poem(page)
    assert after == [before[0], MINE, *before[2:]]
    own = page.locator("#manuscript .own").all_text_contents()
    assert own
    assert set(own) <= set(MINE.split())
    another(page)
    assert poem(page) == after
    line(page, 4).locator(".stone").click()
    another(page)
    moved = poem(page)
    assert moved[:3] == after[:3]
    assert moved[3] != after[3]
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == moved


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_line_is_carried_to_another_place_and_all_stand(open_page, size):
    page = open_page(size=size)
    write(page, 2, MINE)
    before = poem(page)
    own = page.locator("#manuscript .own").all_text_contents()
    line(page, 2).locator(".stone").drag_to(line(page, 4).locator(".stone"))
    order = [before[0], before[2], before[3], before[1]]
    assert poem(page) == order
    expect(page.locator("#hint")).to_contain_text("it is line 4 now")
    expect(page.locator(".stone[aria-pressed=true]")).to_have_count(4)
    assert page.locator("#manuscript .own").all_text_contents() == own
    assert set(own) <= set(line(page, 4).locator(".own").all_text_contents())
    another(page)
    assert poem(page) == order
    page.locator("#tool-undo").click()
    page.locator("#tool-undo").click()
    assert poem(page) == before
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == before


def test_a_line_is_carried_by_keys_and_a_stone_that_moved_is_not_turned(page):
    before = poem(page)
    line(page, 1).locator(".stone").press("Alt+ArrowDown")
    assert poem(page) == [before[1], before[0], *before[2:]]
    expect(line(page, 2).locator(".stone")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    assert poem(page) == before
    page.keyboard.press("Alt+ArrowUp")  # there is nothing above
    assert poem(page) == before
    page.get_by_role("button", name="Lift all stones").click()
    line(page, 3).locator(".stone").click()
    expect(line(page, 3).locator(".stone")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".stone[aria-pressed=true]")).to_have_count(1)
    line(page, 2).locator(".stone").drag_to(page.locator("#plate"))  # beside the poem
    assert poem(page) == before
    expect(page.locator(".stone[aria-pressed=true]")).to_have_count(1)


@pytest.mark.parametrize(
    ("text", "said"),
    [("白日依山盡", "takes Latin letters"), ("sea " * 40, "at most, not 159")],
)
def test_what_does_not_fit_leaves_the_line_as_it_was(page, text, said):
    before = poem(page)
    write(page, 1, text)
    expect(page.locator("#hint.bad")).to_contain_text(said)
    assert poem(page) == before


def test_others_for_a_line_and_other_words_at_a_place(page):
    write(page, 2, MINE)
    before = poem(page)
    page.wait_for_timeout(600)  # a recipe that is noted later takes the words away
    line(page, 2).locator(".words > span").nth(1).hover()
    offers = page.get_by_role("listbox", name="Instead of then").get_by_role("option")
    expect(offers).to_have_count(6)
    word = next(
        one.split()[0]
        for one in offers.evaluate_all("all => all.map((one) => one.innerText)")
        if one.split()[0] != "then"
    )
    offers.get_by_text(word, exact=True).click()
    after = poem(page)
    assert after == [before[0], MINE.replace("then", word), *before[2:]]
    line(page, 3).hover()
    line(page, 3).get_by_role("button", name="Another line 3").click()
    others = page.locator(".others-row button")
    expect(others).to_have_count(4)
    other = others.nth(1).text_content()
    others.nth(1).click()
    assert poem(page) == [*after[:2], other, after[3]]


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_the_longest_lines_stay_on_the_page_in_chinese_too(open_page, size):
    page = open_page(locale="zh-CN", size=size) if size else open_page(locale="zh-CN")
    poem(page)
    write(page, 1, LONG)
    assert poem(page)[0] == LONG
    page.wait_for_function(
        """() => {
          const { left } = document.querySelector("#manuscript").getBoundingClientRect();
          const stones = [...document.querySelectorAll("#manuscript .stone")];
          return stones.every((one) => one.getBoundingClientRect().left >= left);
        }"""
    )
    paper = page.locator("#manuscript").bounding_box()
    for number in range(1, 5):
        words = line(page, number).locator(".words").bounding_box()
        assert words["x"] >= paper["x"]
        assert words["x"] + words["width"] <= paper["x"] + paper["width"]
        assert words["width"] > words["height"]
    stones = page.locator("#manuscript .stone").all()
    assert all(one.bounding_box()["x"] >= paper["x"] for one in stones)
    assert page.get_by_role("button", name="转页").count() == 0
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)  # other words at a place go
    theirs = set(re.findall("[A-Za-z]{3,}", " ".join(poem(page))))
    assert english_left(page, "temperature", *theirs) == []
