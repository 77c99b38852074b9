"""What an artist does with the families that have no page tests of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import drag, pixels, rested, values
from tests.page.files import drop
from tests.page.test_brush import inputs, part, start_from_this
from tests.studio.serving import Served, serving
from tests.studio.test_routes_bring import photo

UPPER, LOWER = (0.1, 0.05, 0.8, 0.35), (0.1, 0.6, 0.8, 0.35)


@pytest.fixture(scope="module")
def studios(
    vae_root: Path, vq_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Served]]:
    libraries = tmp_path_factory.mktemp("families")
    with (
        serving(libraries / "vae", vae_root, "--device", "cpu") as vae,
        serving(libraries / "vq", vq_root, "--device", "cpu") as vq,
    ):
        yield {"vae": vae, "vq": vq}


@pytest.fixture
def playing(open_page, studios) -> Callable[[str], Page]:
    return lambda family: open_page(address=studios[family].address)


def test_codes_complete_a_picture_from_its_upper_half(playing):
    page = playing("vq")
    start_from_this(page)
    expect(page.locator(".brush-says")).to_contain_text("lower half")
    expect(page.locator(".brush-change")).to_be_hidden()  # there is no such slider
    upper, lower = part(page, "live-canvas", UPPER), part(page, "live-canvas", LOWER)
    page.locator(".brush-ask").click()
    others = page.locator(".brush-other")
    expect(others).to_have_count(4)
    for number in range(4):
        expect(others.nth(number)).to_be_enabled()
    others.nth(1).click()
    rested(page)
    assert set(inputs(page)) == {"picture"}
    assert part(page, "live-canvas", UPPER) == upper
    assert part(page, "live-canvas", LOWER) != lower
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")


def test_a_picture_of_ones_own_is_completed(playing):
    page = playing("vq")
    drop(page, photo(), "apple.jpg", "image/jpeg")
    seen = page.locator("#bring .bring-seen img")
    expect(seen).to_have_attribute("src", re.compile("^data:"))
    page.locator(".bring-start").click()
    page.wait_for_function("duet.get().request.inputs?.picture")
    assert part(page, "live-canvas", UPPER) != part(page, "live-canvas", LOWER)


def test_labels_and_dimensions_are_sliders(playing):
    page = playing("vae")
    (first, *_) = [c["name"] for c in page.evaluate("duet.get().model.controls") if c["effect"]]
    before = pixels(page)
    drag(page, first, 0.9)
    rested(page)
    moved = pixels(page)
    assert moved != before
    assert values(page)[first] > 0
    page.locator("#more").click()
    row = page.locator("#row-dimension_1, .control-row:has(#control-dimension_1)").first
    expect(row).to_contain_text("Dimension 1")
    drag(page, "dimension_1", 0.2)
    rested(page)
    assert pixels(page) != moved
    assert values(page)["dimension_1"] < 0


def test_a_drawing_of_ones_own_becomes_a_point_with_sliders(playing):
    page = playing("vae")
    drop(page, photo(), "drawing.jpg", "image/jpeg")
    page.locator("#bring .bring-find").click()
    page.wait_for_function("duet.get().request.point", timeout=120_000)
    rested(page)
    before = pixels(page)
    (first, *_) = [c["name"] for c in page.evaluate("duet.get().model.controls") if c["effect"]]
    drag(page, first, 0.9)
    rested(page)
    assert pixels(page) != before
