"""The whole circle of the loop on the bundled model, in a real browser, by one artist.

Who likes strong colour keeps fifteen and sees the tiles follow, asks why, answers five pairs,
teaches, judges blind, keeps the version, goes back; and the first work is the same to the last bit
whichever version is in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from docs.portraits import COLOUR
from pipelines.catalog import BUNDLED
from tests.page.conftest import PATIENCE, Watched, pixels, rested
from tests.page.files import drop, saved
from tests.page.first_light import visit
from tests.page.test_strip import keep
from tests.page.test_taste import FULL, MARKED, for_you, sources
from tests.page.test_taste_view import pair, taste
from tests.page.test_teach_model import learnt, weights
from tests.page.test_teach_slider import teach
from tests.studio.serving import Served, serving

KEEPS, QUESTIONS, BOARDS = 15, 5, 3
COLOURS = f"images => Promise.all(images.map((image) => ({COLOUR})(image.src)))"
"""How strong the colour of each picture is: all that this artist looks at."""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Served]:
    """The studio as ``make run`` starts it, with an empty library."""
    with serving(tmp_path / "library", BUNDLED, "--device", "cpu") as running:
        yield running


@pytest.fixture
def page(studio: Served, browser: Browser, watched: Watched) -> Iterator[Page]:
    """The Studio view of someone new, with its first picture."""
    opened = visit(browser, studio, watched)
    opened.context.set_default_timeout(2 * PATIENCE)
    yield opened
    opened.context.close()
    watched.check()


def colours(images: Locator) -> list[float]:
    found: list[float] = images.evaluate_all(COLOURS)
    return found


def board(page: Page) -> list[float]:
    """How strong the colours of the twelve tiles for you are."""
    page.wait_for_function(FULL, arg="foryou")
    return colours(page.locator("#panel-foryou .tile img"))


def another_twelve(page: Page) -> None:
    old = sources(page)
    page.get_by_role("button", name="Another twelve").click()
    page.wait_for_function(
        """old => {
          const now = [...document.querySelectorAll('#panel-foryou .tile img')];
          const fresh = (one) => one.complete && !old.includes(one.src);
          return now.length === 12 && now.every(fresh);
        }""",
        arg=old,
    )
    page.wait_for_function("() => window.duet.get().shown.length === 12")


def keep_the_strongest(page: Page) -> None:
    """Press the heart of the tile with the strongest colour."""
    found = board(page)
    total = page.evaluate("window.duet.get().total")
    cell = page.locator("#panel-foryou .tile-cell").nth(found.index(max(found)))
    cell.hover()
    cell.locator(".tile-keep").click()
    page.wait_for_function("n => window.duet.get().total > n", arg=total)


def mean_of_boards(page: Page) -> float:
    """Mean strength of colour over some boards."""
    found = []
    for _ in range(BOARDS):
        found += board(page)
        another_twelve(page)
    return sum(found) / len(found)


def ask_why(page: Page) -> None:
    """Of a tile that follows the taste: qualities, own works that have them, training works."""
    marked = page.locator("#panel-foryou .tile-cell").filter(
        has=page.locator(".tile-mark:not([hidden])")
    )
    why = page.get_by_role("dialog", name="Why this?")
    works = why.get_by_role("list", name="Your works").get_by_role("button")
    for tile in marked.locator(".tile").all():  # one may be liked for what has no name
        tile.focus()
        page.keyboard.press("w")
        expect(why.locator(".why-body:not([aria-busy]) p").first).to_have_text(re.compile(r"\.$"))
        expect(why.locator(".why-near + ul img")).to_have_count(3)
        if named := works.count():
            break
        page.keyboard.press("Escape")
    assert named
    expect(why.locator("p").first).to_have_text(re.compile("^Because of .+ of yours"))
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()


def answer_pairs(page: Page) -> None:
    taste(page)
    for _ in range(QUESTIONS):
        before = pair(page)
        left, right = colours(page.locator(".ask-work img"))
        page.keyboard.press("1" if left > right else "2")
        page.wait_for_function(
            "old => { const now = [...document.querySelectorAll('.ask-work img')]"
            ".map((one) => one.src); return now.length === 2 && now.join() !== old.join(); }",
            arg=before,
        )
    questions = page.locator(".signals label", has_text="Questions").locator("b")
    expect(questions).to_have_text(str(QUESTIONS))


def judge_by_colour(page: Page) -> None:
    """Every pair of the blind test, until the card comes."""
    foot = page.locator(".blind-foot p")
    for _ in range(12):
        said = foot.text_content()
        left, right = colours(page.locator(".blind-side img"))
        page.keyboard.press("1" if left > right else "2")
        page.wait_for_function(
            """said => document.querySelector('.proof-card')
              || document.querySelector('.blind-foot p')?.textContent !== said""",
            arg=said,
        )
    expect(page.locator(".proof-card")).to_be_visible()


def replays(page: Page, png: bytes, shown: str) -> None:
    """Dropped on the page, the file is found identical and stands there as it was."""
    page.evaluate("location.hash = '#/'")
    page.wait_for_function("document.body.dataset.view === 'studio'")
    page.evaluate("document.getElementById('hint').textContent = ''")
    drop(page, png)
    expect(page.locator("#hint")).to_contain_text("Identical")
    rested(page)
    assert pixels(page) == shown


@pytest.mark.timeout(900)
def test_the_whole_circle_of_who_likes_strong_colour(page):
    first, shown = saved(page), pixels(page)
    keep(page)
    original = weights(page)
    marks = page.locator(MARKED.format("foryou"))
    for_you(page)
    expect(marks).to_have_count(0)
    bare = mean_of_boards(page)

    for kept in range(1, KEEPS):
        if kept == 5:
            expect(marks).to_have_count(4)
        keep_the_strongest(page)
        another_twelve(page)
    page.wait_for_function("n => window.duet.get().total === n", arg=KEEPS)
    expect(marks).to_have_count(9)
    assert mean_of_boards(page) > 1.15 * bare
    ask_why(page)
    answer_pairs(page)

    teach(page, "model")
    page.locator(".choose-side .go").click()
    learnt(page).click()
    judge_by_colour(page)
    card = page.locator(".proof-card")
    expect(card.get_by_role("heading")).to_have_text(re.compile("Yes|Too early"))
    page.get_by_role("button", name="Keep this version").click()
    page.wait_for_function("old => duet.get().model.opening.weights.base !== old", arg=original)
    replays(page, first, shown)
    assert page.evaluate("duet.get().request.weights.base") == original

    teach(page, "model")
    page.get_by_role("button", name="Go back").click()
    page.wait_for_function("old => duet.get().model.opening.weights.base === old", arg=original)
    replays(page, first, shown)
    teach(page, "versions")
    expect(page.locator(".version")).to_have_count(2)
    expect(page.locator(".version").first).to_have_class(re.compile("active"))
