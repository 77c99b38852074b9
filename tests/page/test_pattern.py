"""Patterns: colours follow the hand, repeats are shown and saved, a swatch is woven from."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.image.test_pattern import swatch
from tests.page.conftest import PHONE, drag, pixels, rested, values
from tests.page.files import drop, saved
from tests.page.test_brush import inputs
from tests.studio.serving import Served, serving


@pytest.fixture(scope="module")
def server(pattern_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("pattern page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, pattern_root, *everyone, "--device", "cpu") as running:
        yield running


def chosen(page, name, option):
    """Press one of the options of a choice."""
    page.locator(f"#control-{name} label", has_text=option).first.click()
    rested(page)


def test_a_pattern_is_coloured_repeated_and_saved_at_2048_pixels(page):
    before = pixels(page)
    drag(page, "lightness", 0.9)
    rested(page)
    lighter = pixels(page)
    assert lighter != before
    assert values(page)["lightness"] > 0
    chosen(page, "repeat", "4")
    assert pixels(page) != lighter
    chosen(page, "resolution", "1024")
    with Image.open(io.BytesIO(saved(page))) as file:
        picture = np.asarray(file.convert("RGB"))
    assert picture.shape == (1024, 1024, 3)
    assert np.array_equal(picture[:256, :256], picture[256:512, 768:])
    chosen(page, "repeat", "8")
    chosen(page, "resolution", "2048")
    with Image.open(io.BytesIO(saved(page))) as file:
        assert file.size == (2048, 2048)
        assert np.array_equal(np.asarray(file.convert("RGB"))[:256, :256], picture[:256, :256])


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_a_swatch_of_ones_own_is_woven_from_and_left(open_page, size):
    page = open_page(size=size) if size else open_page()
    row = page.locator("#swatch")
    expect(row).to_contain_text("Take after a swatch of yours")
    before = pixels(page)
    drop(page, swatch(), "mine.png", "image/png")
    expect(page.locator("#bring-how")).to_contain_text("weaves a new pattern")
    expect(page.locator(".bring-paper")).to_be_hidden()
    page.locator(".bring-start").click()
    page.wait_for_function("duet.get().request.inputs?.swatch")
    rested(page)
    woven = pixels(page)
    assert woven != before
    assert set(inputs(page)) == {"swatch"}
    expect(row).to_contain_text("Takes after your swatch")
    expect(row.locator("img")).to_be_visible()
    expect(page.locator("#tab-brush")).to_be_hidden()  # there is nothing to brush
    page.locator("#tool-another").click()
    page.wait_for_function("duet.values().seed !== 8")
    rested(page)
    assert pixels(page) != woven
    assert set(inputs(page)) == {"swatch"}
    page.locator(".swatch-leave").click()
    rested(page)
    assert inputs(page) == {}
    expect(row.locator("img")).to_have_count(0)
