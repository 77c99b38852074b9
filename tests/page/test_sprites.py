"""Sprites: a kind is chosen, a slider dragged, a palette taken; kept, reloaded, made a sheet."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from pipelines.image.palettes import PALETTES
from tests.page.conftest import PHONE, drag, pixels, rested, values
from tests.page.files import saved
from tests.page.test_strip import keep
from tests.studio.serving import Served, serving


@pytest.fixture(scope="module")
def server(sprites_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("sprites page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, sprites_root, *everyone, "--device", "cpu") as running:
        yield running


def chosen(page, name, option):
    """Press one of the options of a choice, named as the page names it."""
    page.locator(f"#control-{name} label", has_text=option).first.click()
    rested(page)


def canvas(page) -> np.ndarray:
    """RGB of what the canvas shows."""
    _, _, text = pixels(page).partition("base64,")
    import base64

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")).astype(int)


def file(page) -> np.ndarray:
    """RGBA of what Save gives."""
    return np.asarray(Image.open(io.BytesIO(saved(page))))


def sheet_of(download) -> tuple[np.ndarray, dict]:
    with zipfile.ZipFile(download.value.path()) as files:
        picture = np.asarray(Image.open(io.BytesIO(files.read("sheet.png"))))
        return picture, json.loads(files.read("sheet.json"))


def cells(sheet: np.ndarray, atlas: dict) -> list[np.ndarray]:
    boxes = [one["frame"] for one in atlas["frames"].values()]
    return [sheet[b["y"] : b["y"] + b["h"], b["x"] : b["x"] + b["w"]] for b in boxes]


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_a_pixel_is_a_square_and_what_is_clear_shows_the_ground(open_page, size):
    page = open_page(size=size) if size else open_page()
    rgba, shown = file(page), canvas(page)
    assert rgba.shape == (32, 32, 4)
    middle = ((np.arange(32) + 0.5) * len(shown) / 32).astype(int)
    seen = shown[middle[:, None], middle[None]]
    covered = rgba[..., 3] > 0
    assert np.abs(seen - rgba[..., :3])[covered].max() <= 1
    ground = {tuple(one) for one in seen[~covered].tolist()}
    assert ground == {(248, 246, 241), (241, 239, 234)}


def test_kind_slider_and_palette_are_kept_and_come_back(page):
    chosen(page, "species", "pear")
    before = pixels(page)
    drag(page, "warmth", 0.9)
    rested(page)
    assert pixels(page) != before
    chosen(page, "palette", "handheld")
    own = {tuple(bytes.fromhex(one)) for one in PALETTES["handheld"].split()}
    made = file(page)
    assert {tuple(one) for one in made[made[..., 3] > 0][:, :3].tolist()} <= own
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    told, shown = values(page), pixels(page)
    assert told["species"] == "pear"
    assert told["palette"] == "handheld"
    assert told["warmth"] > 0
    page.wait_for_timeout(1500)  # the session is saved behind the hand
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    assert values(page) == told
    assert pixels(page) == shown
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    image = page.locator("#filmstrip img").last
    assert image.evaluate("(one) => one.complete && one.naturalWidth") == 160
    assert np.array_equal(file(page), made)


def test_kept_works_become_a_sheet_with_an_atlas(page):
    made = []
    for _ in range(3):
        keep(page)
        made.append(file(page))
    page.evaluate("duet.set({ selection: duet.get().works.map((work) => work.id) })")
    with page.expect_download() as download:
        page.locator(".strip-bar button", has_text="Sheet").click()
    assert download.value.suggested_filename == "duet-sheet.zip"
    sheet, atlas = sheet_of(download)
    parts = cells(sheet, atlas)
    assert len(parts) == 3
    for one in made:
        assert sum(np.array_equal(one, part) for part in parts) == 1
    for told in atlas["frames"].values():
        assert told["duet"]["request"]["pipeline"] == "tiny-sprites"


def test_sixteen_seeds_of_the_recipe_become_a_sheet(page):
    first = file(page)
    page.locator("#tool-save").click()
    item = page.get_by_role("menuitem", name="Sheet")
    with page.expect_download() as download:
        item.click()
    sheet, atlas = sheet_of(download)
    assert sheet.shape == (128, 128, 4)
    parts = cells(sheet, atlas)
    assert np.array_equal(parts[0], first)
    assert len({part.tobytes() for part in parts}) == 16
    seeds = [one["duet"]["request"]["seed"] for one in atlas["frames"].values()]
    assert seeds == list(range(seeds[0], seeds[0] + 16))
