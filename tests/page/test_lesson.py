"""How a GAN learns: into the lesson, both curves grow, the samples change, and out again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import PHONE, WIDE
from tests.page.test_access import serious
from tests.page.test_language import english_left

LESSON = "#/models/lesson"


def verb(page: Page):
    return page.locator(".lesson-verb button")


def sheet(page: Page) -> str:
    return page.locator(".lesson-samples").evaluate(
        "(one) => one.style.getPropertyValue('--sheet')"
    )


def ends(page: Page) -> list[float]:
    """How far right the two lines of losses reach, critic and forger."""
    return [
        float(page.locator(f".curves-end.{name}").get_attribute("cx"))
        for name in ("critic", "forger")
    ]


def looks(page: Page, step: int) -> None:
    """Wait until the samples of a later step are shown."""
    page.wait_for_function(
        "(step) => Number(document.querySelector('.lesson-samples').dataset.step) > step", arg=step
    )


def shades(page: Page, selector: str) -> int:
    """How many greys an element shows: one for an empty sheet."""
    import io

    import numpy as np
    from PIL import Image

    shot = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("L")
    return len(np.unique(np.asarray(shot)))


def stop(page: Page) -> None:
    verb(page).click()
    expect(page.locator(".lesson-way")).to_be_visible()


def test_from_the_models_into_the_lesson_and_back(open_page):
    page = open_page("#/models")
    heading = page.get_by_role("heading", name="Classics")
    heading.scroll_into_view_if_needed()
    page.get_by_role("link", name="Watch it learn").click()
    expect(page).to_have_url(re.compile(LESSON))
    expect(page.locator("#lesson h1")).to_be_visible()
    expect(heading).to_be_hidden()
    page.get_by_role("link", name="All models").click()
    expect(heading).to_be_visible()
    expect(page.locator("#lesson")).to_be_hidden()
    page.go_back()
    expect(page.locator("#lesson h1")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_both_curves_grow_and_the_samples_change_until_it_is_stopped(open_page, size):
    page = open_page(LESSON, size=size, reduced_motion="no-preference")
    expect(page.locator(".curves-end")).to_have_count(0)
    expect(page.locator(".lesson-tile").first).to_be_disabled()
    verb(page).click()
    looks(page, 0)
    assert shades(page, ".lesson-samples") > 16
    assert shades(page, ".lesson-real") > 16
    before, then = sheet(page), ends(page)
    shown = page.evaluate("Number(document.querySelector('.lesson-samples').dataset.step)")
    looks(page, shown + 100)
    assert sheet(page) != before
    assert all(now > was for now, was in zip(ends(page), then, strict=True))
    expect(page.locator(".lesson-line")).to_contain_text(re.compile(r"Step \d+ of 3000"))
    expect(page.locator(".curves")).to_have_attribute(
        "aria-label", re.compile(r"Step \d+: critic \d\.\d\d, forger \d+\.\d\d")
    )
    stop(page)
    expect(page.locator(".lesson-line")).to_contain_text("Stopped at step")
    expect(page.locator("#lesson [role=status]")).to_contain_text("Stopped at step")
    expect(verb(page)).to_have_text("Again, from nothing")
    assert serious(page) == []


def test_two_figures_are_chosen_and_one_becomes_the_other(open_page):
    page = open_page(LESSON)
    page.evaluate("document.querySelector('.lesson-verb button').focus()")
    page.keyboard.press("Enter")
    looks(page, 0)
    expect(verb(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".lesson-way")).to_be_visible()
    first = page.locator(".lesson-at").evaluate("(one) => one.style.getPropertyValue('--sheet')")
    page.locator(".lesson-tile").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    chosen = page.locator(".lesson-tile[aria-pressed=true]")
    expect(chosen).to_have_count(2)
    names = [chosen.nth(i).get_attribute("aria-label") for i in range(2)]
    assert names == ["Figure 2", "Figure 8"]
    page.wait_for_function(
        "(first) => document.querySelector('.lesson-at').style.getPropertyValue('--sheet')"
        " !== first",
        arg=first,
    )
    slider, view = page.locator(".lesson-way input"), page.locator(".lesson-at")
    start = view.screenshot()
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "Picture 16 of 16 on the way")
    assert view.screenshot() != start


def test_with_reduced_motion_samples_change_seldom(open_page):
    """Samples change at one line in ten, while the curves go on."""
    page = open_page(LESSON, reduced_motion="reduce")
    verb(page).click()
    looks(page, 0)
    shown = int(page.locator(".lesson-samples").get_attribute("data-step"))
    looks(page, shown)
    assert int(page.locator(".lesson-samples").get_attribute("data-step")) - shown == 250
    stop(page)


def test_the_lesson_in_chinese(open_page):
    page = open_page(LESSON, size=PHONE, locale="zh-CN", color_scheme="dark")
    verb(page).click()
    looks(page, 0)
    assert english_left(page) == []
    stop(page)
    assert english_left(page) == []
    assert serious(page) == []
