"""Draw: a sketch that is painted while it is drawn, kept, brought back, and taken along."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pipelines import exports
from pipelines.image.sketch_files import read_sketch
from tests.atlases import with_atlas
from tests.page.conftest import BLOCKED, PHONE, pixels, rested, steady
from tests.page.files import drop, saved
from tests.studio.serving import Served, serving
from tests.tiny import SKETCH_SIDE, tiny_folder, tiny_sketch


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio with two models: the page opens with the first."""
    models = tmp_path_factory.mktemp("two models")
    with_atlas(tiny_folder)(models)
    tiny_sketch(models)
    library = tmp_path_factory.mktemp("drawn") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, models, *everyone, "--device", "cpu") as running:
        yield running


def take_up(page: Page, name: str = "tiny-sketch") -> None:
    """Play a model from its card."""
    page.evaluate("location.hash = '#/models'")
    card = page.locator(".model-card").filter(has=page.locator(".model-id", has_text=name))
    # Tiny models have names that begin alike.
    card.filter(has_text="Tiny sketches").locator(".quiet.first").click()
    page.wait_for_function(f"duet.get().model.id === '{name}'")
    rested(page)


@pytest.fixture
def sketching(open_page) -> Page:
    """The model that paints sketches, wide."""
    page = open_page()
    take_up(page)
    return page


@contextmanager
def one_change(page: Page) -> Iterator[None]:
    """Wait until what the hand did has become a recipe, and that recipe a picture."""
    count = "Number(document.getElementById('draw-canvas').dataset.strokes ?? 0)"
    before = page.evaluate(count)
    yield
    page.wait_for_function(f"before => {count} > before", arg=before)
    rested(page)


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Draw through points in shares of the sheet, as a hand does."""
    with one_change(page):
        _drag(page, *points)


def clear(page: Page) -> None:
    """Wipe the sheet."""
    tools = page.get_by_role("toolbar", name="Drawing tools")
    with one_change(page):
        tools.get_by_role("button", name="Clear").click()


def _drag(page: Page, *points: tuple[float, float]) -> None:
    box = steady(page, "#draw-canvas")

    def to(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*to(*points[0]))
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(*to(x, y), steps=3)
    page.mouse.up()


def ring(x: float = 0.5, y: float = 0.55, r: float = 0.25) -> list[tuple[float, float]]:
    turns = [math.tau * i / 16 for i in range(17)]
    return [(x + r * math.cos(t), y + r * math.sin(t)) for t in turns]


def sketch(page: Page) -> Any:
    """The current recipe's sketch as the server has it, [5, 32, 32]."""
    rested(page)
    digest = page.evaluate("duet.get().request.inputs.sketch")
    data = page.evaluate(
        """async (name) => {
          await duet.api('PUT', '/studio/session', {state: {request: duet.get().request}});
          const answer = await fetch(`/studio/inputs/${name}`);
          return [...new Uint8Array(await answer.arrayBuffer())];
        }""",
        digest,
    )
    return read_sketch(bytes(data), SKETCH_SIDE)


def test_drawing_repaints_the_picture_and_is_one_step(sketching):
    page = sketching
    expect(page.locator("#tab-draw")).to_have_attribute("aria-selected", "true")
    clear(page)
    bare, steps = pixels(page), page.evaluate("duet.get().past.length")
    assert sketch(page)[0].max() == 0
    stroke(page, *ring())
    drawn = pixels(page)
    assert drawn != bare
    assert page.evaluate("duet.get().past.length") == steps + 1
    ink = sketch(page)[0]
    assert ink[17, 8] > 0.3  # the ring's left edge
    assert ink[2, 2] == 0
    page.keyboard.press("z")
    rested(page)
    assert pixels(page) == bare
    assert sketch(page)[0].max() == 0
    page.keyboard.press("Shift+Z")
    rested(page)
    assert pixels(page) == drawn


def test_colour_eraser_and_mirror(sketching):
    page = sketching
    clear(page)
    page.locator(".draw-colour").nth(3).click()
    stroke(page, (0.2, 0.5), (0.3, 0.5))
    told = sketch(page)
    assert told[4][16, 8] == 1
    assert told[4][16, 24] == 0
    assert told[2][16, 8] > told[1][16, 8] > told[3][16, 8]  # a green
    page.get_by_role("button", name="Mirror").click()
    page.get_by_role("button", name="Pen", exact=True).click()
    stroke(page, (0.2, 0.2), (0.2, 0.4))
    ink = sketch(page)[0]
    assert ink[9, 6] > 0.3
    assert abs(ink[9, 6] - ink[9, 25]) < 0.1
    page.get_by_role("button", name="Eraser").click()
    stroke(page, (0.1, 0.3), (0.3, 0.3))
    erased = sketch(page)[0]
    assert erased[9, 6] == 0
    assert erased[9, 25] == 0
    assert erased[12, 6] > 0.3


def test_a_kept_sketch_comes_back_after_a_reload_and_from_its_file(sketching, open_page):
    page = sketching
    stroke(page, *ring(0.4, 0.4, 0.2))
    before, drawn = pixels(page), sketch(page)
    page.keyboard.press("f")
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(1000)  # the session is saved a moment after the last change
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    assert pixels(page) == before
    assert (sketch(page) == drawn).all()
    stroke(page, (0.7, 0.7), (0.9, 0.9))
    assert pixels(page) != before
    assert sketch(page)[0][13, 6] > 0.2  # what was drawn before is still there
    page.locator(".strip-track .cell:not(.now)").first.click()
    rested(page)
    assert pixels(page) == before

    file = saved(page)
    opened = exports.open_bytes(file)
    assert (read_sketch(next(iter(opened.attached.values())), SKETCH_SIDE) == drawn).all()
    assert Image.open(io.BytesIO(file)).size == (SKETCH_SIDE, SKETCH_SIDE)

    other = open_page()  # someone else, with an empty library, playing the other model
    assert other.evaluate("duet.get().model.id") == "tiny"
    drop(other, file)
    expect(other.locator("#hint")).to_contain_text("Identical")
    other.wait_for_function("duet.get().model.id === 'tiny-sketch'")
    rested(other)
    assert pixels(other) == before
    assert (sketch(other) == drawn).all()


def test_the_model_follows_the_recipe(sketching):
    page = sketching
    expect(page.locator("#model")).to_have_text("Tiny sketches")
    expect(page.locator("#row-species")).to_be_hidden()
    page.keyboard.press("z")
    page.wait_for_function("duet.get().model.id === 'tiny'")
    expect(page.locator("#row-species")).to_be_visible()
    expect(page.locator("#tab-draw")).to_be_hidden()
    expect(page.locator("#tab-nearby")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Shift+Z")
    page.wait_for_function("duet.get().model.id === 'tiny-sketch'")
    expect(page.locator("#tab-draw")).to_be_visible()


def test_drawing_by_keyboard_alone(sketching):
    page = sketching
    clear(page)
    page.locator("#draw-canvas").focus()
    page.keyboard.press("Enter")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    with one_change(page):
        page.keyboard.press("Enter")
    ink = sketch(page)[0]
    assert ink[15:17, 18:28].max() > 0.3
    assert ink[15:17, 2:12].max() == 0


def test_drawing_by_touch_on_a_phone(open_page):
    page = open_page(size=PHONE)
    take_up(page)
    page.locator("#tab-draw").click()
    stroke(page, *ring())
    assert sketch(page)[0].max() > 0.3
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_without_sockets_a_sketch_is_painted_too(open_page, browser, server, watched):
    watched.allowed.append("WebSocket")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_init_script(BLOCKED)
    page = open_page(context=context)
    take_up(page)
    before = pixels(page)
    stroke(page, *ring())
    assert pixels(page) != before
    context.close()
