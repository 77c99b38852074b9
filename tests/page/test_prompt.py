"""Words: a field like any other control, that repaints when the hand pauses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.atlases import with_atlas
from tests.page.conftest import pixels, rested, seq, values
from tests.studio.serving import Served, serving
from tests.tiny import tiny_diffusion_folder, tiny_folder


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
    page.wait_for_function("window.duet.get().request.seed !== 8")
    rested(page)
    assert values(page)["prompt"] == "a green pear"


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio that opens with another model, whose page has no words."""
    models = tmp_path_factory.mktemp("two models")
    with_atlas(tiny_folder)(models)
    with_atlas(tiny_diffusion_folder)(models)
    library = tmp_path_factory.mktemp("two models page") / "library"
    with serving(library, models, "--device", "cpu") as running:
        yield running


def test_a_model_that_is_taken_up_brings_its_words_and_choices(open_page, two_models):
    page = open_page(address=two_models.address)
    expect(page.get_by_role("textbox", name="Words")).to_have_count(0)
    page.evaluate("location.hash = '#/models'")
    card = page.locator(".model-card").filter(
        has=page.locator(".model-id", has_text="tiny-diffusion")
    )
    card.locator(".quiet").first.click()
    page.wait_for_function("duet.get().model.id === 'tiny-diffusion'")
    rested(page)
    words = page.get_by_role("textbox", name="Words")
    expect(words).to_have_value("a red apple with a cut half")
    before = pixels(page)
    words.fill("a green pear")
    page.wait_for_function("window.duet.get().request.controls.prompt === 'a green pear'")
    rested(page)
    drawn = pixels(page)
    assert drawn != before
    page.locator("#more").click()
    sampler = page.locator("#row-scheduler")
    sampler.get_by_text("ddim").click()
    page.wait_for_function("window.duet.get().request.controls.scheduler === 'ddim'")
    rested(page)
    assert pixels(page) != drawn
    expect(sampler.get_by_role("radio", name="ddim")).to_be_checked()
