"""Verse: a poem is text on the page; lines stay, are written over, and are drawn again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, drag, rested
from tests.page.files import drop, flipped, saved
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_teach_model import begin, judge, keep_enough, learnt, weights
from tests.studio.serving import Served, serving


@pytest.fixture(scope="module")
def server(tang_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("verse page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, tang_root, *everyone, "--device", "cpu") as running:
        yield running


def poem(page) -> list[str]:
    rested(page)
    return page.locator("#manuscript .words").all_text_contents()


def line(page, number: int):
    return page.locator("#manuscript li").nth(number - 1)


def write(page, number: int, text: str, end: str = "Enter") -> None:
    """Write over a line."""
    line(page, number).locator(".words").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    page.keyboard.press(end)


def another(page) -> None:
    seed = page.evaluate("duet.get().request.seed")
    page.locator("#tool-another").click()
    page.wait_for_function("seed => duet.get().request.seed !== seed", arg=seed)


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_two_lines_stay_while_the_rest_is_drawn_again(open_page, size):
    page = open_page(size=size) if size else open_page()
    before = poem(page)
    assert [len(one) for one in before] == [7, 7, 7, 7]
    for number in (1, 3):
        line(page, number).locator(".stone").click()
        assert poem(page) == before
    expect(line(page, 3).locator(".stone")).to_have_attribute("aria-pressed", "true")
    another(page)
    after = poem(page)
    assert (after[0], after[2]) == (before[0], before[2])
    assert (after[1], after[3]) != (before[1], before[3])
    page.get_by_role("button", name="Lift all stones").click()
    expect(page.locator(".stone[aria-pressed=true]")).to_have_count(0)
    page.locator("#tool-undo").click()
    expect(page.locator(".stone[aria-pressed=true]")).to_have_count(2)


def test_columns_change_places(page):
    before = poem(page)
    line(page, 1).locator(".stone").drag_to(line(page, 3).locator(".stone"))
    assert poem(page) == [before[1], before[2], before[0], before[3]]
    expect(line(page, 3).locator(".stone")).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")  # columns run to the left
    assert poem(page) == [before[1], before[0], before[2], before[3]]


def test_the_mood_of_the_words_is_a_slider_and_kept_lines_stay(page):
    before = poem(page)
    line(page, 1).locator(".stone").click()
    drag(page, "mood", 0.95)
    after = poem(page)
    assert after[0] == before[0]
    assert after[1:] != before[1:]
    expect(page.locator("#effect")).to_have_text("One step: gladder by 1.0.")
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    assert poem(page) == after
    assert page.evaluate("window.duet.values().mood") > 1.5
    png = saved(page)
    another(page)
    drop(page, png)
    expect(page.locator("#hint")).to_contain_text("Identical")
    assert poem(page) == after


def test_a_line_is_written_over_and_its_words_are_blue(page):
    before = poem(page)
    write(page, 2, "一" + before[1][1:])
    after = poem(page)
    assert after == [before[0], "一" + before[1][1:], *before[2:]]
    assert page.locator("#manuscript .own").all_text_contents() == ["一"]
    expect(page.locator("#hint")).to_contain_text("Your words are blue")
    another(page)
    assert poem(page) == after
    expect(page.locator("#hint")).to_contain_text("Every line has its stone")
    page.evaluate("duet.say('drop.identical')")
    page.evaluate("duet.change(structuredClone(duet.get().request))")
    expect(page.locator("#hint")).to_contain_text("Identical")
    line(page, 4).locator(".stone").click()
    another(page)
    moved = poem(page)
    assert moved[:3] == after[:3]
    assert moved[3] != after[3]


@pytest.mark.parametrize(
    ("text", "end", "said"),
    [
        ("白日", "Enter", "takes 7 characters, not 2"),
        ("white sun", "Enter", "takes Chinese characters only"),
        ("白日依山盡黃河", "Escape", None),
    ],
)
def test_what_does_not_fit_leaves_the_line_as_it_was(page, text, end, said):
    before = poem(page)
    write(page, 1, text, end)
    if said:
        expect(page.locator("#hint.bad")).to_contain_text(said)
    assert poem(page) == before
    assert "kept_lines" not in page.evaluate("duet.get().request.controls")


def test_a_word_that_is_gone_before_it_is_looked_up_has_no_others(page):
    """What is pointed at may be written over meanwhile; an error of the page fails any test."""
    line(page, 1).locator(".words").evaluate(
        """words => {
          const pointed = { bubbles: true, pointerType: "mouse" };
          words.firstChild.dispatchEvent(new PointerEvent("pointerover", pointed));
          words.replaceChildren();
        }"""
    )
    page.wait_for_timeout(900)
    expect(page.locator(".word-others")).to_be_hidden()


def test_four_others_for_a_line_are_offered_and_one_is_taken(page):
    before = poem(page)
    line(page, 3).hover()
    line(page, 3).get_by_role("button", name="Another line 3").click()
    offers = page.locator(".others-row button")
    expect(offers).to_have_count(4)
    words = offers.all_text_contents()
    assert len({*words, before[2]}) == 5
    page.keyboard.press("Escape")
    expect(page.locator(".others")).to_be_hidden()
    assert poem(page) == before
    line(page, 3).get_by_role("button", name="Another line 3").click()
    expect(offers).to_have_count(4)
    word = offers.nth(2).text_content()
    offers.nth(2).click()
    expect(page.locator(".others")).to_be_hidden()
    assert poem(page) == [*before[:2], word, before[3]]


def test_other_words_are_shown_with_their_probability_and_one_is_taken(page):
    before = poem(page)
    line(page, 2).locator(".words > span").nth(3).hover()
    offers = page.get_by_role("listbox", name=f"Instead of {before[1][3]}").get_by_role("option")
    expect(offers).to_have_count(6)
    told = [one.split() for one in offers.evaluate_all("all => all.map((one) => one.innerText)")]
    shares = [0 if share == "<1" else int(share) for _, share, _ in told]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 100
    word = next(word for word, _, _ in told if word != before[1][3])
    offers.filter(has_text=word).click()
    assert poem(page) == [before[0], before[1][:3] + word + before[1][4:], *before[2:]]
    expect(page.locator("#manuscript .own")).to_have_count(0)  # it is the model's word


def test_other_words_are_reached_by_key(page):
    before = poem(page)
    line(page, 1).locator(".words").focus()
    page.keyboard.press("Alt+ArrowDown")
    offers = page.locator(".word-others [role=option]")
    expect(offers.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".word-others")).to_be_hidden()
    expect(line(page, 1).locator(".words")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(offers.first).to_be_focused()
    if offers.first.get_attribute("aria-selected") == "true":
        page.keyboard.press("ArrowDown")
    word = page.evaluate("document.activeElement.querySelector('span').textContent")
    page.keyboard.press("Enter")
    after = poem(page)
    assert after[1:] == before[1:]
    assert sum(a != b for a, b in zip(after[0], before[0], strict=True)) == 1
    assert word in after[0]


def test_a_poem_is_shaped_kept_found_again_and_dropped_back(page):
    before = poem(page)
    drag(page, "temperature", 0.1)
    calm = poem(page)
    assert calm != before
    write(page, 1, "白日依山盡黃河")
    mine = poem(page)
    page.locator("#favourite").click()
    expect(page.locator(".strip-track .cell:not(.now)")).to_have_count(1)
    file, text = saved(page), saved(page, "TXT").decode()
    assert [one[:-1] for one in text.splitlines()] == mine
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == mine
    assert len(page.locator("#manuscript .own").all()) >= 5
    another_poem = page.locator("#control-form label", has_text="8 lines of 5")
    another_poem.click()
    assert [len(one) for one in poem(page)] == [5] * 8
    drop(page, file)
    expect(page.locator("#hint")).to_contain_text("Identical")
    assert poem(page) == mine
    drop(page, flipped(file, 60))
    expect(page.locator("#hint")).to_contain_text(re.compile("differ", re.I))


def test_the_page_turns_and_says_nothing_english(open_page, watched):
    page = open_page(locale="zh-CN")
    poem(page)
    upright = line(page, 1).bounding_box()
    page.get_by_role("button", name="转页").click()
    level = line(page, 1).bounding_box()
    assert upright["height"] > 3 * upright["width"]
    assert level["width"] > 3 * level["height"]
    line(page, 2).locator(".again").click()
    expect(page.locator(".others-row button")).to_have_count(4)
    page.locator("#more").click()
    assert english_left(page, "temperature") == []
    assert serious(page) == []
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    poem(page)
    assert line(page, 1).bounding_box()["width"] > 3 * line(page, 1).bounding_box()["height"]


def test_simplified_characters_are_shown_while_lines_stay_as_written(page):
    write(page, 1, "黃河入海流白日")
    before = poem(page)
    page.locator("#finish").click()
    page.locator("#finish-steps label", has_text="simplified").click()
    simple = poem(page)
    assert simple[0] == "黄河入海流白日"
    write(page, 1, "黄河入海流白山")
    assert poem(page) == ["黄河入海流白山", *simple[1:]]
    kept = page.evaluate("duet.get().request.controls.kept_lines").split("/")
    assert kept[0].replace("[", "").replace("]", "") == "黃河入海流白山"
    page.locator("#finish-steps label", has_text="traditional").click()
    assert poem(page) == ["黃河入海流白山", *before[1:]]


def test_every_line_is_reached_and_kept_by_keyboard(page):
    before = poem(page)
    line(page, 1).locator(".stone").focus()
    page.keyboard.press("Space")
    expect(line(page, 1).locator(".stone")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("黃河入海流白日")
    page.keyboard.press("Enter")
    assert poem(page) == ["黃河入海流白日", *before[1:]]
    line(page, 2).locator(".again").focus()
    page.keyboard.press("Enter")
    offers = page.locator(".others-row button")
    expect(offers).to_have_count(4)
    expect(offers.first).to_be_focused()
    word = offers.first.text_content()
    page.keyboard.press("Enter")
    assert poem(page)[1] == word


def test_kept_poems_steer_teach_and_prove(page):
    """The circle of the loop on verse: keep, follow, ask why, teach, tell apart, keep, go back."""
    mine = poem(page)
    keep_enough(page)
    page.locator("#tab-foryou").click()
    tiles = page.locator("#panel-foryou .tile img")
    expect(tiles.first).to_be_visible()
    old = weights(page)
    begin(page)
    button = learnt(page)
    expect(page.locator(".learning-sheet img:visible")).to_have_count(8)
    button.click()
    judge(page, "1213")
    expect(page.locator(".proof-card").get_by_role("heading")).to_have_text(
        re.compile("Yes|Too early|No")
    )
    plain = page.get_by_role("link", name="Save PNG").get_attribute("href")
    assert "language=en" in plain
    both = [page.request.get(plain.replace("=en", f"={one}")).body() for one in ("en", "zh")]
    assert both[0] != both[1]
    page.get_by_role("button", name="Keep this version").click()
    page.wait_for_function("old => duet.get().model.opening.weights.base !== old", arg=old)
    first = page.evaluate("duet.get().works.at(-1).request")
    page.evaluate("location.hash = '#/'")
    page.evaluate("recipe => duet.change(recipe)", first)
    assert poem(page) == mine  # an old recipe names its own weights
