"""Turn this apple into a pear: the work on show, a kept one, one's own, and a style to take on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import pixels, rested, values
from tests.page.files import drop
from tests.page.test_brush import inputs
from tests.studio.serving import Served, serving
from tests.studio.test_routes_bring import photo


@pytest.fixture(scope="module")
def server(star_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("translation") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, star_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def brush(page: Page) -> Page:
    page.locator("#tab-brush").click()
    expect(page.locator("#brush-canvas")).to_be_visible()  # it begins with one of the model's own
    return page


def become(page: Page, kind: str) -> None:
    page.locator("#control-species label").filter(has_text=kind).click()
    page.wait_for_function("kind => duet.values().species === kind", arg=kind)
    rested(page)


def change(page: Page, share: str) -> None:
    page.locator(".brush-change input").fill(share)
    page.wait_for_function("share => duet.values().strength === Number(share)", arg=share)
    rested(page)


def taken(page: Page, act: Callable[[], None], name: str) -> str:
    """Do something after which another file is taken in under that name."""
    before = inputs(page).get(name, "")
    act()
    page.wait_for_function(
        "([name, before]) => (duet.get().request.inputs[name] ?? '') !== before",
        arg=[name, before],
    )
    rested(page)
    return inputs(page).get(name, "")


def test_this_apple_becomes_a_pear_as_far_as_the_slider_says(brush):
    page = brush
    expect(page.locator(".brush-says")).to_contain_text("the fruit that you choose")
    expect(page.locator(".draw-tools").last).to_be_hidden()  # all of it changes
    source = inputs(page)["picture"]
    become(page, "pear")
    pear = pixels(page)
    become(page, "plum")
    assert pixels(page) != pear
    assert inputs(page) == {"picture": source}
    change(page, "0")
    itself = pixels(page)
    become(page, "pear")
    assert pixels(page) == itself  # not changed at all, whatever it would become
    change(page, "0.5")
    assert pixels(page) not in (itself, pear)
    change(page, "1")
    assert pixels(page) == pear


def test_the_work_on_show_and_a_kept_one_are_sources_too(brush):
    page = brush
    first = inputs(page)["picture"]
    become(page, "pear")
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    shown = taken(page, page.locator(".brush-work .brush-this").click, "picture")
    assert shown != first
    example = page.get_by_role("button", name="the model's own picture 2")
    assert taken(page, example.click, "picture") not in (first, shown)
    kept = page.locator(".brush-starts:not(.style-offers) .brush-start").first
    assert taken(page, kept.click, "picture") == shown
    assert page.evaluate("duet.get().parents[0].role") == "edit"


def test_a_style_is_taken_on_and_laid_down_again(brush):
    page = brush
    become(page, "pear")
    source, plain = inputs(page)["picture"], pixels(page)
    expect(page.locator(".style-none")).to_be_hidden()
    style = taken(page, page.locator(".style-this").click, "style")
    assert inputs(page) == {"picture": source, "style": style}
    assert pixels(page) != plain
    expect(page.locator(".style-shown")).to_be_visible()
    own = page.get_by_role("button", name="the model's own picture 2")
    taken(page, own.click, "picture")
    assert inputs(page)["style"] == style  # it stays when the picture is another
    page.locator("#tool-undo").click()
    rested(page)
    taken(page, page.locator(".style-none").click, "style")
    assert pixels(page) == plain
    expect(page.locator(".style-shown")).to_be_hidden()


def test_a_picture_of_ones_own_is_translated_or_lends_its_style(brush):
    page = brush
    before = inputs(page)["picture"]
    drop(page, photo(), "apple.jpg", "image/jpeg")
    panel = page.locator("#bring")
    expect(panel.locator(".bring-start")).to_be_visible()
    taken(page, panel.locator(".bring-style").click, "style")
    expect(panel).to_be_hidden()
    assert inputs(page)["picture"] == before
    drop(page, photo(), "apple.jpg", "image/jpeg")
    name = taken(page, panel.locator(".bring-start").click, "picture")
    assert name == inputs(page)["style"]
    change(page, "0")
    itself = pixels(page)
    change(page, "1")
    become(page, "pear")
    assert pixels(page) != itself
    assert values(page)["species"] == "pear"
