"""A saved file brings everything back, and the page says whether it is the same work."""

import io
import json
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.page.conftest import drag, rested, values
from tests.page.files import drop, flipped, saved
from tests.studio.serving import eventually


@pytest.fixture
def shaped(page):
    """A work with two sliders away from rest."""
    drag(page, "warmth", 0.8)
    drag(page, "size", 0.3)
    rested(page)
    return page


def another(page):
    """Draw another work, and wait for it."""
    seed = values(page)["seed"]
    page.keyboard.press("r")
    page.wait_for_function(f"window.duet.values().seed !== {seed}")
    rested(page)


def hint(page):
    return page.locator("#hint")


def test_a_dropped_file_restores_every_slider_and_is_identical(shaped):
    before = values(shaped)
    data = saved(shaped)
    shaped.keyboard.press("r")
    expect(shaped.locator("#control-warmth input[type=range]")).to_have_value("0")
    assert drop(shaped, data)
    expect(hint(shaped)).to_have_text(re.compile("Identical to the file"))
    assert shaped.locator("#veil").is_hidden()
    assert values(shaped) == before
    expect(shaped.locator("#control-warmth input[type=range]")).not_to_have_value("0")


@pytest.mark.parametrize(("by", "words"), [(1, "Same to the eye"), (9, "Differs by 9 of 255")])
def test_one_changed_pixel_is_seen_and_measured(shaped, by, words):
    data = flipped(saved(shaped), by)
    drop(shaped, data)
    expect(hint(shaped)).to_have_text(re.compile(words))
    expect(hint(shaped)).to_have_text(re.compile("pixels of the file were changed"))


def test_a_file_dropped_before_the_studio_is_back_is_not_covered_by_it(shaped):
    """The work of last time comes a moment after the page, later where the server is busy."""
    data = saved(shaped)
    dropped = shaped.evaluate("duet.get().request")
    another(shaped)
    shaped.wait_for_timeout(1500)  # until it is kept where the person left
    held = []

    def hold(route):
        if route.request.method == "GET" and not held:
            held.append(route)
        else:
            route.continue_()

    shaped.route("**/studio/session", hold)
    shaped.reload()
    shaped.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    drop(shaped, data)
    shaped.wait_for_timeout(1500)  # longer than it takes to open the file
    held[0].continue_()
    expect(hint(shaped)).to_have_text(re.compile("Identical"))
    rested(shaped)
    assert shaped.evaluate("duet.get().request") == dropped
    shaped.keyboard.press("z")
    assert shaped.evaluate("duet.get().request") != dropped, "where it was left is a step back"


def test_a_recipe_as_text_opens_too(shaped):
    before = values(shaped)
    data = saved(shaped, "JSON")
    another(shaped)
    drop(shaped, data, "work.json", "application/json")
    expect(hint(shaped)).to_have_text(re.compile("Identical"))
    assert values(shaped) == before


def test_a_pasted_recipe_opens_and_one_in_a_field_does_not(shaped):
    before = values(shaped)
    text = json.dumps(shaped.evaluate("window.duet.get().request"))
    another(shaped)
    paste = """([selector, text]) => {
      const held = new DataTransfer();
      held.setData("text/plain", text);
      document.querySelector(selector).dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: held, bubbles: true }));
    }"""
    other = values(shaped)
    shaped.evaluate(paste, ["#works-query", text])
    assert values(shaped) == other
    shaped.evaluate(paste, ["body", text])
    expect(hint(shaped)).to_have_text(re.compile("Every slider is back|Identical"))
    assert values(shaped) == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[: len(data) // 2], r"damaged|cut|broken"),
        (lambda _: b"", "empty"),
        (lambda _: b"not a picture at all", r"Duet|recipe|file"),
    ],
)
def test_a_damaged_file_changes_nothing_and_is_said_clearly(shaped, watched, damage, words):
    watched.allowed = [r"status of 4\d\d"]
    before = values(shaped)
    drop(shaped, damage(saved(shaped)))
    expect(hint(shaped)).to_have_class(re.compile("bad"))
    expect(hint(shaped)).to_have_text(re.compile(words, re.IGNORECASE))
    assert "Traceback" not in hint(shaped).inner_text()
    assert values(shaped) == before


def test_a_foreign_picture_is_brought(shaped):
    before = values(shaped)
    drop(shaped, plain_png())
    expect(shaped.locator("#bring .bring-find")).to_be_visible()
    expect(hint(shaped)).to_have_text(re.compile("Frame it"))
    assert values(shaped) == before


def plain_png():
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (200, 190, 120)).save(out, "PNG")
    return out.getvalue()


def test_the_key_o_opens_a_file(shaped, tmp_path):
    asked = []

    def note(chooser):  # a method of a list is no handler for Playwright
        asked.append(chooser)

    shaped.on("filechooser", note)  # long before the key: Chromium is told in passing
    path = tmp_path / "work.png"
    path.write_bytes(saved(shaped))
    expect(hint(shaped)).to_have_text(re.compile("Saved as"))
    shaped.locator("body").press("Escape")
    shaped.keyboard.press("o")
    eventually(lambda: shaped.evaluate("true") and asked)  # asking lets its events come in
    asked[0].set_files(path)
    expect(hint(shaped)).to_have_text(re.compile("Identical"))


def test_the_key_s_saves_a_file_by_keyboard(shaped):
    shaped.locator("body").press("Escape")
    shaped.keyboard.press("s")
    expect(shaped.get_by_role("menuitem").first).to_be_focused()
    shaped.keyboard.press("ArrowDown")
    with shaped.expect_download() as download:
        shaped.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".webp")
    expect(shaped.locator("#tool-save")).to_be_focused()
    expect(hint(shaped)).to_have_text(re.compile("Saved as duet.*webp"))
