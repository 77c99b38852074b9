"""Finish, as an artist would: warmer, on paper, undone, kept, found again, saved larger."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.page.conftest import PHONE, pixels, rested, values
from tests.page.files import drop, saved


def steps(page):
    return page.evaluate("duet.get().request.steps")


def names(page):
    return [step["name"] for step in steps(page)]


def past(page):
    return page.evaluate("duet.get().past.map((one) => one.label)")


def opened(page):
    page.locator("#finish").click()
    expect(page.locator("#finish-steps")).to_be_visible()


def pull(page, name, share):
    """Drag a finishing slider from where it stands to ``share`` (0 to 1) of its width."""
    range_ = page.locator(f"#finish-{name} input[type=range]")
    range_.scroll_into_view_if_needed()
    box = range_.bounding_box()
    at = page.evaluate(
        "(n) => { const r = document.querySelector(`#finish-${n} input`);"
        " return (r.value - r.min) / (r.max - r.min); }",
        name,
    )
    x = box["x"] + 8 + at * (box["width"] - 16)
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * share, y, steps=8)
    page.mouse.up()
    rested(page)


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_a_finish_is_laid_on_undone_kept_found_again_and_saved(open_page, size):
    page = open_page(size=size) if size else open_page()
    bare = pixels(page)
    before = values(page)
    expect(page.locator("#finish-steps")).to_be_hidden()
    opened(page)
    pull(page, "warmth", 0.8)
    warm = pixels(page)
    assert warm != bare
    assert names(page) == ["colour"]
    assert steps(page)[0]["values"]["warmth"] > 0.4
    pull(page, "texture", 0.6)
    rough = pixels(page)
    assert rough not in (bare, warm)
    assert names(page) == ["colour", "paper"]
    assert past(page) == ["undo.finish"] * 2  # a whole drag is one step
    assert values(page) == before  # the model's own sliders stay where they are
    page.locator("#tool-undo").click()
    rested(page)
    assert pixels(page) == warm
    page.locator("#tool-undo").click()
    rested(page)
    assert pixels(page) == bare
    assert steps(page) == []
    for _ in range(2):
        page.locator("#tool-redo").click()
    rested(page)
    assert pixels(page) == rough
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    with page.expect_response(lambda r: r.url.endswith("/studio/session") and r.ok):
        page.locator("#finish-factor label", has_text="2").click()
    rested(page)
    assert names(page) == ["colour", "upscaling", "paper"]
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "false")  # another work
    expect(page.locator("#finish-set")).to_have_text("3 set")
    large = saved(page)
    with Image.open(io.BytesIO(large)) as file:
        assert file.size == (256, 256)
    finish, shown = steps(page), pixels(page)
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    assert steps(page) == finish
    assert pixels(page) == shown
    opened(page)
    expect(page.locator("#finish-factor input:checked")).to_have_value("2")
    page.locator("#finish-reset").click()
    rested(page)
    assert pixels(page) == bare
    drop(page, large, "mine.png", "image/png")
    expect(page.locator("#hint")).to_contain_text("Identical to the file.")
    rested(page)
    assert steps(page) == finish
    assert pixels(page) == shown


def test_each_slider_goes_back_alone_and_a_recipe_that_does_nothing_has_no_steps(page):
    fresh = page.evaluate("JSON.stringify(duet.get().request)")
    opened(page)
    tooth = page.locator("#finish-texture_size")
    expect(tooth).to_be_hidden()  # of no use before there is paper
    pull(page, "texture", 0.5)
    expect(tooth).to_be_visible()
    pull(page, "contrast", 0.7)
    assert names(page) == ["contrast", "paper"]
    again = page.locator(".finish-row", has=page.locator("#finish-texture")).locator(
        ".finish-again"
    )
    again.click()
    rested(page)
    assert names(page) == ["contrast"]
    expect(tooth).to_be_hidden()
    page.locator("#finish-contrast input").focus()
    page.keyboard.press("Backspace")
    rested(page)
    assert steps(page) == []
    assert page.evaluate("JSON.stringify(duet.get().request)") == fresh
    assert past(page) == ["undo.finish"] * 4
    expect(page.locator("#finish-set")).to_have_text("")


def test_a_finish_by_keyboard_and_by_number(page):
    page.locator("#finish").focus()
    page.keyboard.press("Enter")
    page.locator("#finish-warmth input").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("duet.get().past.length === 1")  # presses in a row are one step
    assert steps(page)[0]["values"]["warmth"] == pytest.approx(0.2)
    row = page.locator(".finish-row", has=page.locator("#finish-hue"))
    row.locator(".number").click()
    page.keyboard.type("400")
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_contain_text("outside -180 to 180")
    row.locator(".number").click()
    page.keyboard.type("-90")
    page.keyboard.press("Enter")
    rested(page)
    assert steps(page)[0]["values"]["hue"] == -90
    expect(row.locator(".number")).to_have_text("−90")


def test_another_and_nearby_carry_the_finish_and_compare_shows_before(page):
    opened(page)
    bare = pixels(page)
    pull(page, "saturation", 0.1)
    grey = pixels(page)
    finish = steps(page)
    page.mouse.move(5, 5)
    box = page.locator("#tool-compare").bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.wait_for_function(
        "(was) => document.querySelector('#live-canvas').toDataURL() === was", arg=bare
    )
    page.mouse.up()
    page.wait_for_function(
        "(was) => document.querySelector('#live-canvas').toDataURL() === was", arg=grey
    )
    tile = page.locator("#panel-nearby [role=gridcell] img, #panel-nearby .tile img").first
    expect(tile).to_be_visible()
    page.locator("#tool-another").click()
    page.wait_for_function("duet.values().seed !== 8")
    rested(page)
    assert steps(page) == finish
    assert page.evaluate("duet.get().request.seed") != 8


def test_a_size_beyond_the_limit_says_so_and_the_picture_stays(page, watched):
    watched.allowed.append("400")  # the ends of the active slider cannot be drawn either
    shown = pixels(page)
    page.evaluate(
        "() => { const four = { name: 'upscaling', values: { factor: '4', upscaler: 'loupe' } };"
        " duet.change({ ...duet.get().request, steps: [four, four, four] }); }"
    )
    expect(page.locator("#hint")).to_contain_text("larger than 2048 x 2048 px")
    assert pixels(page) == shown
    page.locator("#tool-undo").click()
    rested(page)
    assert pixels(page) == shown
