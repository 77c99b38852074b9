"""What is changed stays in sight: a poem or a tune above its offers, a work beside the mixer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.atlases import with_atlas
from tests.page.conftest import PHONE, WIDE, rested, steady
from tests.page.test_across import keep, play, select
from tests.page.test_mixer import tracks
from tests.page.test_music import head
from tests.page.test_verse import line, poem
from tests.studio.serving import Served, serving
from tests.tiny_music import tiny_chorale_folder, tiny_groove_folder, tiny_melody_folder
from tests.tiny_stanza import tiny_stanza_folder
from tests.tiny_verse import tiny_tang_folder

FOLDERS = (
    tiny_melody_folder,
    tiny_groove_folder,
    tiny_chorale_folder,
    tiny_stanza_folder,
    tiny_tang_folder,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root, library = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("in sight page")
    for write in FOLDERS:
        with_atlas(write)(root)
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library / "library", root, *everyone, "--device", "cpu") as running:
        yield running


def band(page: Page) -> None:
    """A mixer with three tracks."""
    works = []
    for model in ("tiny-melody", "tiny-groove", "tiny-chorale"):
        play(page, model)
        works.append(keep(page))
    select(page, *works)
    page.locator(".strip-verbs").get_by_role("button", name="Mix", exact=True).click()
    tracks(page, 3)
    page.wait_for_function("document.querySelector('#mixer .film-length').textContent")


def contrast(one: str, other: str) -> float:
    """Of two colours as CSS computes them (WCAG 2.2)."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        even = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * even[0] + 0.7152 * even[1] + 0.0722 * even[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_on_a_phone_whole_lines_are_offered_below_the_poem(phone):
    play(phone, "tiny-tang")
    line(phone, 2).locator(".again").click()
    offers = phone.locator(".others-row button")
    expect(offers).to_have_count(4)
    wide = offers.evaluate_all("all => all.map((one) => [one.scrollWidth, one.clientWidth])")
    assert all(words <= room for words, room in wide)
    page, sheet = phone.locator("#manuscript").bounding_box(), steady(phone, ".others")
    assert page["y"] + page["height"] <= sheet["y"]


@pytest.mark.parametrize("model", ["tiny-tang", "tiny-stanza"])
def test_places_wait_for_the_others_that_are_written(phone, model):
    """The sheet neither looks empty nor grows under the hand."""
    held, go_on = [], False
    phone.route("**/studio/render*", lambda one: one.continue_() if go_on else held.append(one))
    play(phone, model)
    line(phone, 1).locator(".again").click()
    expect(phone.locator(".others-wait")).to_have_count(4)
    early = steady(phone, ".others")
    assert held
    go_on = True
    for one in held:
        one.continue_()
    expect(phone.locator(".others-row button")).to_have_count(4)
    expect(phone.locator(".others-wait")).to_have_count(0)
    assert steady(phone, ".others")["height"] == pytest.approx(early["height"], abs=1)


def test_on_a_phone_the_poem_stays_in_sight_while_others_are_offered(phone):
    play(phone, "tiny-stanza")
    before = poem(phone)
    for number in (1, 4):
        line(phone, number).locator(".again").click()
        offers = phone.locator(".others-row button")
        expect(offers).to_have_count(4)
        sheet = steady(phone, ".others")
        assert sheet["y"] + sheet["height"] == PHONE["height"]
        for other in range(1, len(before) + 1):
            box = line(phone, other).locator(".words").bounding_box()
            assert box["y"] + box["height"] < sheet["y"]
        tools = phone.locator("#toolbar").bounding_box()
        assert tools["y"] + tools["height"] <= sheet["y"], "one can still keep and undo"
    phone.get_by_role("button", name="Close", exact=True).click()
    expect(phone.locator(".others")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_a_bar_stays_in_sight_while_others_are_offered_in_four_inks(open_page, scheme):
    page = open_page(size=PHONE, color_scheme=scheme)
    play(page, "tiny-chorale")
    head(page, 2).locator(".again").click()
    offers = page.locator(".others-row button")
    expect(offers).to_have_count(4)
    roll, sheet = page.locator("#roll").bounding_box(), steady(page, ".others")
    assert roll["y"] + roll["height"] <= sheet["y"]
    inks = offers.first.locator("rect").evaluate_all(
        "all => all.map((one) => [one.getAttribute('class'), getComputedStyle(one).fill])"
    )
    assert len({ink for _, ink in inks}) == len({voice for voice, _ in inks}) == 4
    paper = offers.first.evaluate("one => getComputedStyle(one).backgroundColor")
    for _, ink in inks:
        assert contrast(ink, paper) > 3


@pytest.mark.parametrize(
    "size", [WIDE, {"width": 1100, "height": 800}, PHONE], ids=["wide", "middle", "phone"]
)
def test_the_work_and_its_tools_stay_in_sight_beside_the_mixer(open_page, size):
    page = open_page(size=size)
    before = page.evaluate("duet.get().panel")
    band(page)
    boxes = [steady(page, one) for one in ("#panel-mixer", "#frame", "#toolbar", ".strip-scroll")]
    mixer, *others = boxes
    for box in others:
        beside = box["x"] + box["width"] <= mixer["x"]
        above = box["y"] + box["height"] <= mixer["y"]
        below = mixer["y"] + mixer["height"] <= box["y"]
        assert beside or above or below
    page.locator(".mixer-save").scroll_into_view_if_needed()
    for name in ("mixer-play", "mixer-keep", "mixer-save"):
        box = page.locator(f".{name}").bounding_box()
        assert mixer["x"] <= box["x"]
        assert box["x"] + box["width"] <= mixer["x"] + mixer["width"]
    page.locator("#tool-another").click()
    page.locator("#tab-nearby").click()  # the mix is not left
    expect(page.locator("#mixer")).to_be_hidden()
    page.locator("#tab-mixer").click()
    tracks(page, 3)
    page.get_by_role("button", name="Close the mixer").click()
    expect(page.locator("#tab-mixer")).to_be_hidden()
    expect(page.locator(f"#tab-{before}")).to_have_attribute("aria-selected", "true")


def test_a_reload_in_the_mixer_comes_back_beside_the_stage(page):
    band(page)
    page.wait_for_timeout(1500)  # the session is written
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    rested(page)
    expect(page.locator("#tab-nearby")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#tab-mixer")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1366, 680), (1100, 800)])
def test_the_tools_stand_below_the_mat_and_the_heart_keeps_its_size(open_page, width, height):
    page = open_page(size={"width": width, "height": height})
    play(page, "tiny-melody")
    expect(page.locator("#tool-play")).to_be_visible()
    mat, heart = (page.locator(one).bounding_box() for one in ("#mat", "#favourite"))
    assert (heart["width"], heart["height"]) == (64, 48)
    assert heart["x"] + heart["width"] <= mat["x"] + mat["width"]


@pytest.mark.parametrize("number", [1, 4])
def test_a_level_line_stays_in_sight_while_other_words_are_offered(page, number):
    play(page, "tiny-stanza")
    poem(page)
    words = line(page, number).locator(".words")
    words.locator("span").first.hover()
    expect(page.locator(".word-others [role=option]").first).to_be_visible()
    offered, stood = page.locator(".word-others").bounding_box(), words.bounding_box()
    below = stood["y"] + stood["height"] <= offered["y"] + 8  # a line is higher than its letters
    above = offered["y"] + offered["height"] <= stood["y"] + 8
    assert below or above
    sheet = page.locator("#manuscript").bounding_box()
    assert sheet["y"] <= offered["y"]
    assert offered["y"] + offered["height"] <= sheet["y"] + sheet["height"]
    page.locator(".word-others").hover()
    page.wait_for_timeout(600)
    expect(page.locator(".word-others")).to_be_visible()  # the way there does not close it
