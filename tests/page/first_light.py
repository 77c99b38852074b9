"""The whole of first light on the bundled model, as an artist meets it, from start to replay.

Not found by pytest itself: `tests.page.test_first_light` runs it where there is no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from pipelines import catalog
from pipelines.catalog import BUNDLED
from pipelines.controls import Slider
from pipelines.exports import open_bytes
from pipelines.request import Request
from tests.page.conftest import PATIENCE, WIDE, Watched, drag, pixels, rested, seq, slider, values
from tests.page.files import drop, flipped, saved
from tests.page.test_language import english_left
from tests.studio.serving import Served, eventually, serving


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The studio as ``make run`` starts it: bundled models, one person, loopback."""
    library = tmp_path_factory.mktemp("first-light") / "library"
    with serving(library, BUNDLED, "--device", "cpu") as running:
        yield running


def visit(browser: Browser, served: Served, watched: Watched, locale: str = "en-US") -> Page:
    """A browser that was never here, on the Studio view, with its first picture."""
    context = browser.new_context(viewport=WIDE, locale=locale, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watched.watch(page)
    page.goto(served.address)
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    return page


def keep(page: Page) -> None:
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")


def another(page: Page, left: dict[str, Any]) -> None:
    """Leave a work whose values are ``left`` for one that was never seen."""
    page.locator("#tool-another").click()
    eventually(lambda: values(page) != left)
    rested(page)


def works(served: Served) -> list[dict[str, Any]]:
    with served.browser() as client:
        return client.get("/studio/works").json()["works"]


def test_shape_keep_reload_export_and_replay(studio, browser, watched):
    page = visit(browser, studio, watched)
    before, painted = pixels(page), seq(page)
    drag(page, "truncation_psi", 0.9)
    rested(page)
    assert seq(page) > painted
    assert pixels(page) != before
    shaped, shown = values(page), pixels(page)

    keep(page)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    assert values(page) == shaped
    assert pixels(page) == shown
    kept = page.locator(".strip-track .cell:not(.now)")
    expect(kept).to_have_count(1)
    another(page, shaped)
    kept.click()
    rested(page)
    assert values(page) == shaped
    assert pixels(page) == shown

    png = saved(page)
    another(page, shaped)
    drop(page, png)
    expect(page.locator("#hint")).to_contain_text("Identical")
    assert values(page) == shaped

    drop(page, flipped(png, 90))
    expect(page.locator("#hint")).to_contain_text("Differs by 90 of 255")
    watched.check()


def bred(client: httpx.Client) -> bytes:
    """The PNG of a kept child of two kept parents, with two sliders moved since."""
    model = client.get("/studio/models/pomona").json()
    opening = model["opening"]
    pair = [{**opening, "seed": seed} for seed in (11, 12)]
    parents = [client.post("/studio/works", json={"request": r}).json()["id"] for r in pair]
    lines = client.post("/studio/breed", json={"a": pair[0], "b": pair[1], "num": 2, "seed": 5})
    child = json.loads(lines.text.splitlines()[0])["request"]
    sliders = [one for one in model["controls"] if one["direction"]][:2]
    child["directions"] = [
        {"id": one["direction"], "name": one["name"], "offset": offset}
        for one, offset in zip(sliders, (1.3, -0.7), strict=True)
    ]
    body = {"request": child, "parents": [{"id": p, "role": "breed"} for p in parents]}
    work = client.post("/studio/works", json=body).json()
    family = client.get(f"/studio/works/{work['id']}/family").json()
    assert {parent["work"]["id"] for parent in family["parents"]} == set(parents)
    return client.get(f"/studio/works/{work['id']}/export?format=png").content


def test_a_bred_work_replays_on_a_server_that_never_saw_it(
    studio, browser, watched, tmp_path, tmp_path_factory
):
    with studio.browser() as client:
        png = bred(client)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "library"
    with serving(elsewhere, BUNDLED, "--device", "cpu") as other:
        page = visit(browser, other, watched)
        drop(page, png)
        expect(page.locator("#hint")).to_contain_text("Identical")
        recipe = open_bytes(png).recipe
        assert Request.from_dict(page.evaluate("window.duet.get().request")) == recipe
        assert recipe.point is not None
        pomona = catalog.load("pomona")
        assert values(page) == pomona.values(recipe)
        for name in (one.name for one in pomona.controls if isinstance(one, Slider)):
            assert float(slider(page, name).input_value()) == values(page)[name], name
        assert works(other) == []
    watched.check()


def refusals(page: Page) -> Iterator[tuple[str, bytes]]:
    """Files that no studio accepts: their kind, and bytes."""
    recipe = page.evaluate("window.duet.get().request")
    controls = {**recipe["controls"], "truncation_psi": 4}
    for changes in (
        {"schema": 2},
        {"controls": controls},
        {"controls": {"wings": 2}},
        {"point": {"latent": "AAAA", "shape": [3]}},
        {"pipeline": "orchard"},
    ):
        yield "application/json", json.dumps({**recipe, **changes}).encode()
    yield "image/png", saved(page)[:500]
    yield "image/png", b"no picture"


def test_a_chinese_browser_reads_nothing_else(studio, browser, watched):
    """But names: also of every error, and of the model's own card."""
    watched.allowed = ["status of 4"]  # the refusals
    page = visit(browser, studio, watched, "zh-CN")
    assert english_left(page) == []
    shown, hint = values(page), page.locator("#hint")
    for kind, data in list(refusals(page)):
        page.evaluate("document.getElementById('hint').className = ''")
        drop(page, data, "作品", kind)
        expect(hint).to_have_class("bad")
        assert re.search("[\u4e00-\u9fff]{4}", hint.inner_text())
        assert english_left(page, "orchard", "wings") == [], data[-200:]
        assert values(page) == shown
    page.get_by_role("tab", name="模型").click()
    cards = catalog.available()
    expect(page.get_by_role("article")).to_have_count(len(cards))
    expect(page.locator("article[aria-busy]")).to_have_count(0)
    told = " ".join(f"{c.id} {c.family} {c.licence} {c.credit}" for c in cards)
    assert english_left(page, *re.findall("[A-Za-z]+", told)) == []
    watched.check()
