"""Words: a field like any other control, that repaints when the hand pauses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import pixels, rested, seq, values
from tests.studio.serving import Served, serving


@pytest.fixture(scope="module")
def server(diffusion_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("prompt page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, diffusion_root, *everyone, "--device", "cpu") as running:
        yield running


def test_words_are_typed_painted_undone_and_kept_by_another(page):
    words = page.get_by_role("textbox", name="Words")
    expect(words).to_have_value("a red apple with a cut half")
    before, number = pixels(page), seq(page)
    words.fill("a green pear")
    page.wait_for_function("window.duet.get().request.controls.prompt === 'a green pear'")
    rested(page)
    assert seq(page) > number
    assert pixels(page) != before
    assert page.evaluate("window.duet.get().past.length") == 1
    words.press_sequentially(" 7z")  # keys of the page are letters here
    page.wait_for_function("window.duet.get().request.controls.prompt === 'a green pear 7z'")
    page.locator("#tool-undo").click()
    expect(words).to_have_value("a green pear")
    page.locator("#tool-another").click()
    rested(page)
    assert values(page)["prompt"] == "a green pear"
    assert values(page)["seed"] != 8
