"""Verse letter by letter on the page: the manuscript is that of every poem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_verse import another, line, poem, write
from tests.studio.serving import Served, serving

MINE = "And then the moon o’er the sea"


@pytest.fixture(scope="module")
def server(char_rnn_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("letters page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, char_rnn_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_two_lines_stay_while_the_rest_is_drawn_again_and_found_again(open_page, size):
    page = open_page(size=size) if size else open_page()
    write(page, 1, MINE)
    before = poem(page)
    assert before[0] == MINE
    for number in (2, 4):  # every line got a stone as one was written over
        line(page, number).locator(".stone").click()
    another(page)
    after = poem(page)
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] != before[1]
    assert after[3] != before[3]
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == after


def test_others_for_a_line_and_other_words_at_a_place(page):
    write(page, 2, MINE)
    before = poem(page)
    page.wait_for_timeout(600)  # a recipe that is noted later takes the words away
    line(page, 2).locator(".words > span").nth(1).hover()
    offers = page.get_by_role("listbox", name="Instead of then").get_by_role("option")
    expect(offers.first).to_be_visible()
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


def test_in_chinese_no_word_of_english_is_left_but_the_poem_s(open_page):
    page = open_page(locale="zh-CN")
    theirs = set(re.findall("[A-Za-z]{3,}", " ".join(poem(page))))
    page.locator("#more").click()
    assert english_left(page, "temperature", *theirs) == []
    assert serious(page) == []
