"""Couplets on the page: shaped by a slider, morphed, kept, and found identical."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pipelines.verse.couplet_words import SPECIAL, Lexicon, tokens_of
from tests.page.conftest import PHONE, drag, rested
from tests.page.files import drop, saved
from tests.page.test_language import english_left
from tests.page.test_strip import cells, keep
from tests.page.test_verse import line, poem, write
from tests.studio.serving import Served, serving

STEPS = 16


@pytest.fixture(scope="module")
def server(couplet_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("couplet page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, couplet_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def words(couplet_root: Path) -> set[str]:
    """All that the model can write."""
    known = Lexicon.load(couplet_root / "tiny-couplet" / "words.json").words
    return {one.word for one in known} - set(SPECIAL)


def shown(page) -> list[str]:
    """The couplet on the stage, without waiting for anything."""
    return page.locator("#manuscript .words").all_text_contents()


def test_a_slider_shapes_a_couplet_and_a_file_brings_it_back(page):
    before = poem(page)
    assert len(before) == 2
    drag(page, "mood", 1.0)
    after = poem(page)
    assert after != before
    keep(page)
    rested(page)
    data = saved(page)
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == after
    page.keyboard.press("r")
    other = "words => document.querySelector('#manuscript .words').textContent !== words"
    page.wait_for_function(other, arg=after[0])
    drop(page, data)
    expect(page.locator("#hint")).to_contain_text("Identical to the file")
    assert poem(page) == after


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_a_couplet_goes_over_into_another_through_readable_steps(open_page, size, words):
    page = open_page(size=size) if size else open_page()
    keep(page, 2)
    for at in (1, 0):
        cells(page).nth(at).click(modifiers=["Shift"])
    page.keyboard.press("m")
    scrub = page.get_by_role("slider", name="From A to B")
    expect(scrub).to_have_attribute("max", str(STEPS - 1))
    scrub.focus()
    box = page.locator("#manuscript .poem").bounding_box()
    seen = [shown(page)]
    for _ in range(STEPS - 1):
        page.keyboard.press("ArrowRight")
        seen.append(shown(page))
        now = page.locator("#manuscript .poem").bounding_box()
        assert (now["y"], now["height"]) == (box["y"], box["height"]), "nothing jumps"
    assert all(len(one) == 2 and all(one) for one in seen)
    assert {w.casefold() for one in seen for text in one for w in tokens_of(text)} <= words
    assert len({tuple(one) for one in seen}) > STEPS // 2
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    middle = shown(page)
    assert middle == seen[-7]
    page.keyboard.press("f")
    page.wait_for_function("n => window.duet.get().total > n", arg=2)
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == middle
    work = page.evaluate("window.duet.get().works[0]")
    assert work["request"]["point"]
    assert work["fingerprint"]


def test_a_couplet_of_ones_own_is_read_and_a_line_is_kept(page):
    field = page.locator("#control-own_lines").locator("input, textarea").first
    field.fill("I saw the river by the sea, / And then the moon was bright")
    field.press("Enter")
    begun = poem(page)
    write(page, 1, "And then the moon o'er the sea")
    assert poem(page)[0] == "And then the moon o’er the sea"
    expect(line(page, 1).locator(".stone")).to_have_attribute("aria-pressed", "true")
    assert begun
    field.fill("One line alone")
    field.press("Enter")
    expect(page.locator("#hint.bad")).to_contain_text("two lines")
    page.wait_for_timeout(900)  # nothing else is asked of a recipe that is refused


def test_the_page_is_in_chinese_too(open_page):
    page = open_page(locale="zh-CN")
    words = {word for text in poem(page) for word in tokens_of(text)}
    assert english_left(page, "temperature", "truncation_psi", *words) == []
