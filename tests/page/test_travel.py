"""Going from work to work: Nearby, Breed, the pad, a morph, a film."""

import io
import json
import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import pixels, rested, seq, values
from tests.page.files import drop
from tests.page.test_strip import cells, hint, keep

FOUR = "() => document.querySelectorAll('.pad-corner img:not([hidden])').length === 4"
"""Every corner of the pad has its work."""


def filled(page, count=12):
    """Wait for the tiles."""
    page.wait_for_function("n => document.querySelectorAll('.tile img').length >= n", arg=count)
    return page.locator(".tile")


def asked(page, path):
    """Bodies that were posted to an address, as they come."""
    bodies = []

    def note(request):
        if request.url.endswith(path) and request.post_data:
            bodies.append(json.loads(request.post_data))

    page.on("request", note)
    return bodies


@pytest.fixture
def pair(page):
    """Two kept works, both selected; the older is A."""
    keep(page, 2)
    cells(page).nth(1).click(modifiers=["Shift"])
    cells(page).nth(0).click(modifiers=["Shift"])
    return page


def test_twelve_tiles_come_and_a_tap_goes_there(page):
    tiles = filled(page)
    before, number = pixels(page), seq(page)
    wanted = page.evaluate("window.duet.get().past.length") + 1
    tiles.nth(4).click()
    rested(page)
    assert pixels(page) != before
    assert seq(page) > number
    assert page.evaluate("window.duet.get().past.length") == wanted
    assert page.evaluate("window.duet.get().parents[0].role") == "variation"
    assert page.evaluate("window.duet.get().shown.length") == 12


def test_with_motion_the_way_there_is_shown(open_page):
    page = open_page(reduced_motion="no-preference")
    page.mouse.click(5, 5)  # the first glide of its own stops
    tiles = filled(page)
    bodies = asked(page, "/studio/morph")
    tiles.nth(2).click()
    rested(page)
    assert len(bodies) == 1
    assert page.evaluate("window.duet.get().request.point !== null")


def test_locked_sliders_are_sent_and_keep_their_value(page):
    filled(page)
    bodies = asked(page, "/studio/nearby")
    page.evaluate("window.duet.toggleLock('warmth')")
    page.wait_for_timeout(900)
    page.get_by_role("button", name="Another twelve").click()
    page.wait_for_function("() => window.duet.get().shown.length === 12")
    assert bodies
    assert bodies[-1]["locked"] == ["warmth"]
    before = values(page)["warmth"]
    filled(page).nth(0).click()
    rested(page)
    assert values(page)["warmth"] == before


def test_a_heart_keeps_a_tile_without_going_there(page):
    tiles = filled(page)
    here = page.evaluate("window.duet.get().request")
    page.locator(".tile-cell").nth(3).hover()
    page.locator(".tile-keep").nth(3).click()
    expect(cells(page)).to_have_count(1)
    assert page.evaluate("window.duet.get().request") == here
    kept = tiles.nth(3).locator("img").get_attribute("src")
    old = tiles.nth(0).locator("img").get_attribute("src")
    page.get_by_role("button", name="Another twelve").click()
    expect(tiles.nth(0).locator("img")).not_to_have_attribute("src", old)
    assert tiles.nth(3).locator("img").get_attribute("src") == kept


def test_the_grid_is_one_stop_and_walked_with_arrows(page):
    tiles = filled(page)
    assert page.locator("#panel-nearby .tile[tabindex='0']").count() == 1
    tiles.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(tiles.nth(4)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cells(page)).to_have_count(1)
    before = page.evaluate("window.duet.get().past.length")
    page.keyboard.press("Enter")
    page.wait_for_function("n => window.duet.get().past.length === n + 1", arg=before)


def test_children_say_what_they_have_from_whom(pair):
    pair.keyboard.press("b")
    tiles = filled(pair)
    expect(pair.get_by_role("heading", name="Children of A and B")).to_be_visible()
    pair.wait_for_function("() => window.duet.get().shown.length === 12")
    tiles.nth(1).hover()
    expect(pair.locator(".breed-from")).to_have_text(
        re.compile(r"Form from [AB], colour from [AB]")
    )
    ids = [work["id"] for work in pair.evaluate("window.duet.get().works")]
    tiles.nth(1).click()
    rested(pair)
    keep(pair)
    pair.keyboard.press("Escape")
    expect(pair.locator(".tiles-head")).to_be_hidden()
    child = pair.evaluate("window.duet.get().works[0].id")
    family = pair.request.get(f"{pair.url.split('#')[0]}studio/works/{child}/family").json()
    assert {kin["work"]["id"] for kin in family["parents"]} == set(ids)
    assert {kin["role"] for kin in family["parents"]} == {"breed"}


def test_a_morph_is_scrubbed_without_the_server(pair):
    pair.keyboard.press("m")
    scrub = pair.get_by_role("slider", name="From A to B")
    expect(scrub).to_have_attribute("max", "15")
    pair.wait_for_load_state("networkidle")
    wanted, seen = [], set()
    pair.on("request", lambda request: wanted.append(request.url))
    scrub.focus()
    for _ in range(15):
        pair.keyboard.press("ArrowRight")
        seen.add(pixels(pair))
    rendering = [url for url in wanted if not url.endswith("/studio/session")]
    assert rendering == []
    assert len(seen) == 15
    pair.keyboard.press("ArrowLeft")
    keep(pair)
    work = pair.evaluate("window.duet.get().works[0]")
    assert work["request"]["point"]
    expect(pair.locator("#slot-scrub")).to_be_visible()
    pair.locator("#control-size input[type=range]").press("ArrowRight")
    expect(pair.locator("#slot-scrub")).to_be_hidden()


LATE = """() => {
  const decode = HTMLImageElement.prototype.decode;
  const gate = new Promise((open) => { window.openGate = open; });
  let count = 0;
  HTMLImageElement.prototype.decode = async function () {
    count += 1;
    if (count === 4) await gate;
    return decode.call(this);
  };
}"""
"""The fourth picture that is decoded waits until it is let through."""


def test_a_frame_that_is_decoded_late_leaves_no_hole(pair):
    pair.wait_for_load_state("networkidle")
    pair.evaluate(LATE)
    pair.keyboard.press("m")
    scrub = pair.get_by_role("slider", name="From A to B")
    expect(scrub).not_to_have_attribute("aria-busy", "true")
    expect(scrub).to_have_attribute("max", "2")
    scrub.focus()
    scrub.press("End")
    expect(scrub).to_have_value("2")
    pair.evaluate("openGate()")
    expect(scrub).to_have_attribute("max", "15")
    scrub.press("End")
    expect(scrub).to_have_value("15")


def test_a_morph_plays_there_and_back(pair):
    pair.get_by_role("button", name="Morph").click()
    pair.get_by_role("button", name="Play there and back").click()
    scrub = pair.locator("#slot-scrub input")
    expect(scrub).not_to_have_value("0")
    pair.get_by_role("button", name="Pause").click()
    pair.get_by_role("button", name="Leave the morph").click()
    expect(pair.locator("#slot-scrub")).to_be_hidden()


def test_one_thumbnail_dragged_onto_another_morphs(page):
    keep(page, 2)
    cells(page).nth(0).drag_to(cells(page).nth(1))
    expect(page.locator("#slot-scrub")).to_be_visible()


def test_two_works_are_held_against_each_other(pair):
    pair.locator(".strip-verbs").get_by_role("button", name="Compare").click()
    divider = pair.get_by_role("slider", name="Drag to compare")
    expect(divider).to_be_focused()
    pair.keyboard.press("ArrowLeft")
    expect(divider).to_have_value("49")
    before = values(pair)
    box = divider.bounding_box()
    middle = box["y"] + box["height"] / 2
    pair.mouse.move(box["x"] + box["width"] * 0.49, middle)
    pair.mouse.down()
    pair.mouse.move(box["x"] + box["width"] * 0.2, middle, steps=4)
    pair.mouse.up()
    assert 15 <= float(divider.input_value()) <= 25
    assert values(pair) == before
    pair.keyboard.press("Escape")
    expect(divider).to_have_count(0)


def test_the_pad_blends_its_corners_live(page):
    keep(page)
    page.get_by_role("tab", name="Pad").click()
    page.wait_for_function(FOUR)
    page.wait_for_load_state("networkidle")
    before, steps = pixels(page), page.evaluate("window.duet.get().past.length")
    box = page.locator(".pad-square").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.4, steps=6)
    page.mouse.up()
    rested(page)
    assert pixels(page) != before
    assert page.evaluate("window.duet.get().past.length") == steps + 1
    assert len(page.evaluate("window.duet.get().parents")) == 4
    page.get_by_role("slider", name="Left to right").press("ArrowLeft")
    assert page.evaluate("window.duet.get().past.length") == steps + 2
    page.get_by_role("button", name="Set free").click()
    expect(page.get_by_role("tab", name="Nearby")).to_have_attribute("aria-selected", "true")


def test_works_are_dragged_and_drawn_onto_corners(page):
    keep(page)
    page.get_by_role("tab", name="Pad").click()
    page.wait_for_function(FOUR)
    picture = page.locator(".pad-corner.bottom_right img")
    cells(page).first.drag_to(page.locator(".pad-corner.bottom_right"))
    expect(picture).to_have_attribute("src", re.compile("thumbnail"))
    page.locator(".pad-corner.bottom_right").dblclick()
    expect(picture).to_have_attribute("src", re.compile("^blob:"))


def test_the_corner_of_the_pad_is_the_work_put_there(page):
    page.get_by_role("tab", name="Pad").click()
    page.wait_for_function(FOUR)
    here = pixels(page)
    page.get_by_role("button", name=re.compile("Put the current work here: top left")).click()
    page.wait_for_load_state("networkidle")
    across = page.get_by_role("slider", name="Left to right")
    for key in ["Shift+ArrowLeft"] * 2 + ["Shift+ArrowUp"] * 2:
        across.press(key)
    rested(page)
    assert pixels(page) == here


def test_a_film_is_made_joins_the_strip_and_can_be_read(pair):
    av = pytest.importorskip("av")
    pair.get_by_role("button", name="Film").click()
    first = pair.locator(".film-frame").nth(0).get_attribute("aria-label")
    pair.get_by_role("button", name="Move right").first.click()
    assert first.split(". ")[1] in pair.locator(".film-frame").nth(1).get_attribute("aria-label")
    pair.get_by_label("Seconds per step").fill("0.5")
    pair.locator(".film-options select").first.select_option("256")
    pair.get_by_role("button", name="Make film").click()
    expect(pair.locator(".cell.film")).to_have_count(1, timeout=30_000)
    expect(hint(pair)).to_have_text(re.compile("film", re.IGNORECASE))
    expect(pair.locator("#frame video")).to_be_visible()
    work = pair.evaluate("window.duet.get().works[0]")
    address = pair.url.split("#")[0] + work["original"].lstrip("/")
    data = pair.request.get(address).body()
    with av.open(io.BytesIO(data)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 256, 256)
        assert len(list(film.decode(stream))) == 24
    pair.locator("#hint").click()
    pair.keyboard.press("Space")
    expect(pair.get_by_role("button", name=re.compile("^(Play|Pause)$"))).to_be_visible()
    drop(pair, data, "film.mp4", "video/mp4")
    expect(hint(pair)).to_have_text(re.compile("works are back"))
    expect(pair.locator("#frame video")).to_have_count(0)
    expect(pair.locator(".film-frame")).to_have_count(2)


def test_brackets_bring_the_tiles_closer_and_farther(page):
    filled(page)
    bodies = asked(page, "/studio/nearby")
    page.keyboard.press("]")
    page.wait_for_function("() => document.querySelector('#nearby-distance').value === '0.6'")
    page.wait_for_timeout(600)
    page.keyboard.press("[")
    page.keyboard.press("[")
    page.wait_for_timeout(800)
    assert [body["distance"] for body in bodies] == [0.6, 0.4]


def test_undo_finds_the_tiles_that_were_there(page):
    tiles = filled(page)
    page.wait_for_function("() => window.duet.get().shown.length === 12")
    before = tiles.nth(0).locator("img").get_attribute("src")
    tiles.nth(5).click()
    expect(tiles.nth(0).locator("img")).not_to_have_attribute("src", before)
    page.wait_for_timeout(900)
    bodies = asked(page, "/studio/nearby")
    page.keyboard.press("z")
    expect(tiles.nth(0).locator("img")).to_have_attribute("src", before)
    assert bodies == []


def test_a_tile_is_tapped_on_a_phone(phone):
    phone.locator("#tab-nearby").tap()
    tiles = filled(phone)
    before = pixels(phone)
    tiles.nth(1).tap()
    rested(phone)
    assert pixels(phone) != before
    box = phone.locator("#panel-nearby .tiles").evaluate(
        "one => [one.scrollWidth > one.clientWidth, one.offsetHeight]"
    )
    assert box[0]
    assert box[1] < 240
