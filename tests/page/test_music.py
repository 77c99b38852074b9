"""Music: a tune is a piano roll that sounds; bars stay, are written anew, and written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE, drag, rested
from tests.page.files import drop, flipped, saved
from tests.page.recording import loudness, record, roughness, tape_of, untorn
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.studio.serving import Served, serving

SONG = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:8 C5:8"
"""Without a rest, so that a silence is a gap."""
FADE = 0.02


@pytest.fixture(scope="module")
def server(melody_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("music page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, melody_root, *everyone, "--device", "cpu") as running:
        yield running


def tune(page) -> list[tuple[int, int, int]]:
    """Start, length (ticks) and pitch of every note on the stage."""
    rested(page)
    recipe = page.evaluate("duet.get().request")
    told = page.evaluate(
        """request => duet.api("POST", "/studio/render", { request, told: true, size: 16 })""",
        recipe,
    )
    return [tuple(note[:3]) for note in told["score"]["tracks"][0]["notes"]]


def drawn(page) -> list[tuple[int, int]]:
    """Left edge and width of every note on the roll, in sixteenths of its four bars."""
    rested(page)
    return page.evaluate(
        """() => [...document.querySelectorAll("#roll .note")].map((one) =>
          [one.style.left, one.style.width].map((text) => Math.round(parseFloat(text) * 0.64)))"""
    )


def within(notes, bar: int) -> list[tuple[int, int, int]]:
    begin, end = bar * 1920, (bar + 1) * 1920
    return [(at, min(last, end - at), pitch) for at, last, pitch in notes if begin <= at < end]


def set_controls(page, **controls: object) -> None:
    """Put controls into the recipe, as a file that is opened would."""
    page.evaluate(
        """more => duet.change({ ...duet.get().request,
          controls: { ...duet.get().request.controls, ...more } }, { label: "undo.open" })""",
        controls,
    )
    rested(page)


def head(page, number: int):
    return page.locator("#roll .bar-head").nth(number - 1)


def kept(page) -> list[bool]:
    rested(page)
    locks = page.locator("#roll .bar-lock")
    return locks.evaluate_all("all => all.map((one) => one.ariaPressed === 'true')")


def another(page) -> None:
    seed = page.evaluate("duet.get().request.seed")
    page.locator("#tool-another").click()
    page.wait_for_function("seed => duet.get().request.seed !== seed", arg=seed)
    rested(page)


def spot(page, step: float, pitch: int) -> tuple[float, float]:
    """Where a sixteenth and a pitch are on the screen, by the octave lines of the roll."""
    box = page.locator("#roll .roll-field").bounding_box()
    low, rows = page.evaluate(
        """() => {
          const roll = document.querySelector("#roll");
          const line = roll.querySelector(".roll-names .octave");
          const rows = Number(roll.style.getPropertyValue("--rows"));
          const above = Math.round((parseFloat(line.style.bottom) * rows) / 100);
          return [12 * (Number(line.textContent.slice(1)) + 1) - above, rows];
        }"""
    )
    x = box["x"] + box["width"] * step / 64
    return x, box["y"] + box["height"] * (1 - (pitch - low + 0.5) / rows)


def pull(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    rested(page)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_two_bars_stay_while_the_others_are_written_again(open_page, size):
    page = open_page(size=size)
    before = tune(page)
    assert [at for at, _ in drawn(page)] == [at // 120 for at, _, _ in before]
    for number in (2, 4):
        head(page, number).locator(".bar-lock").click()
        assert tune(page) == before
    assert kept(page) == [False, True, False, True]
    for _ in range(3):
        another(page)
    after = tune(page)
    assert [within(after, bar) for bar in (1, 3)] == [within(before, bar) for bar in (1, 3)]
    assert [within(after, bar) for bar in (0, 2)] != [within(before, bar) for bar in (0, 2)]
    page.get_by_role("button", name="Lift all stones").click()
    assert kept(page) == [False] * 4
    page.locator("#tool-undo").click()
    assert kept(page) == [False, True, False, True]
    for number in (1, 3):  # faster than the canvas follows
        head(page, number).locator(".bar-lock").evaluate("one => one.click()")
    assert kept(page) == [True] * 4


@untorn
def test_a_playing_tune_is_shaped_without_a_gap_or_a_click(open_page, browser):
    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    record(context)
    page = open_page(context=context)
    set_controls(page, kept_notes=SONG, instrument="strings", tempo=200)
    page.locator("#tool-play").click()
    page.wait_for_function("window.tape.starts.length === 1 && window.tape.on")
    page.wait_for_timeout(1500)
    wishes = [{"key": "E"}, {"tempo": 170}, {"instrument": "violin"}, {"octave": -1}]
    for number, wish in enumerate(wishes):
        set_controls(page, **wish)
        page.wait_for_function("count => window.tape.starts.length === count", arg=number + 2)
        page.wait_for_timeout(900)
    expect(page.locator("#roll .playhead")).to_be_visible()
    page.locator("#tool-play").click()
    page.wait_for_timeout(300)
    expect(page.locator("#roll .playhead")).to_be_hidden()
    tape = tape_of(page)
    context.close()

    first, *others = tape.starts
    beats = [60 / 200, 60 / 200, 60 / 170, 60 / 170, 60 / 170]
    began, switches = first["when"], []
    for start, old, new in zip(others, beats, beats[1:], strict=False):
        at = start["when"] + FADE
        beat = (at - began) / old
        assert beat == pytest.approx(round(beat), abs=0.01), "a change comes on a beat"
        place = (start["offset"] + FADE - start["length"] / 2) / new
        assert place == pytest.approx(round(beat) % 16, abs=0.01), "at the same place in the tune"
        began = at - place * new
        switches.append(at)
    playing = tape.between(max(first["when"], tape.first) + 0.2, tape.end - 0.8)
    loud = loudness(playing)
    assert loud.min() > 0.15 * np.median(loud), "there is no gap"
    calm = roughness(tape.between(switches[0] - 0.7, switches[0] - 0.1))
    rough = [roughness(tape.between(at - 0.05, at - 0.002)) / calm for at in switches]
    assert np.mean(rough) < 1.2, "there is no click: about 0.8, without a fade 1.7"
    assert loudness(tape.samples[-4800:]).max() < 0.01, "stopping stops"


def test_a_tile_is_heard_instead_of_the_work_until_it_is_left(open_page, browser):
    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    record(context)
    page = open_page(context=context)
    tile = page.locator("#panel-nearby .tile img").nth(4)
    expect(tile).to_be_visible()
    tile.hover()
    page.wait_for_timeout(400)
    assert page.evaluate("window.tape.starts.length") == 0, "nothing sounds before Play"
    page.mouse.move(5, 5)
    page.keyboard.press("Space")
    page.wait_for_function("window.tape.starts.length === 1")
    heard = []
    page.on(
        "request",
        lambda one: heard.append(one.post_data_json["request"]) if "/sound" in one.url else None,
    )
    tile.hover()
    page.wait_for_function("window.tape.starts.length === 2")
    assert heard[0]["point"] is not None, "the tile's own recipe"
    expect(page.locator("#roll .playhead")).to_be_hidden()
    page.mouse.move(5, 5)
    page.wait_for_function("window.tape.starts.length === 3")
    expect(page.locator("#roll .playhead")).to_be_visible()
    assert len(heard) == 1, "the work's own sound is still here"
    page.keyboard.press("Space")
    expect(page.locator("#tool-play")).to_have_attribute("aria-pressed", "false")


def test_four_others_for_a_bar_are_offered_and_one_is_taken(page):
    before = tune(page)
    head(page, 3).hover()
    head(page, 3).get_by_role("button", name="Another bar 3").click()
    offers = page.locator(".others-row button")
    expect(offers).to_have_count(4)
    shapes = offers.evaluate_all("all => all.map((one) => one.innerHTML)")
    assert len(set(shapes)) == 4
    page.keyboard.press("Escape")
    expect(page.locator(".others")).to_be_hidden()
    assert tune(page) == before
    head(page, 3).get_by_role("button", name="Another bar 3").click()
    expect(offers).to_have_count(4)
    offers.nth(1).click()
    expect(page.locator(".others")).to_be_hidden()
    after = tune(page)
    others = [0, 1, 3]
    assert [within(after, bar) for bar in others] == [within(before, bar) for bar in others]
    assert within(after, 2) != within(before, 2)
    assert kept(page) == [True, True, False, True]


def test_notes_are_drawn_moved_pulled_and_taken_out_by_hand(page):
    set_controls(page, kept_notes=SONG, key="C")
    start = tune(page)
    page.get_by_role("button", name="Write notes").click()
    pull(page, spot(page, 16.5, 74), spot(page, 19.5, 74))  # four sixteenths of D5 in bar 2
    wrote = tune(page)
    assert within(wrote, 1) == [(1920, 480, 74), (2880, 960, 81)]  # in the place of F5
    assert [within(wrote, bar) for bar in (0, 2, 3)] == [within(start, bar) for bar in (0, 2, 3)]
    pull(page, spot(page, 17.5, 74), spot(page, 17.5, 79))  # up to G5
    assert within(tune(page), 1)[0] == (1920, 480, 79)
    pull(page, spot(page, 19.9, 79), spot(page, 21.5, 79))  # its right end
    assert within(tune(page), 1)[0] == (1920, 720, 79)
    page.mouse.dblclick(*spot(page, 17.5, 79))
    rested(page)
    assert within(tune(page), 1)[0][0] > 1920
    assert kept(page) == [True] * 4
    for _ in range(4):
        page.locator("#tool-undo").click()
    assert tune(page) == start
    page.get_by_role("button", name="Lift all stones").click()
    pull(page, spot(page, 40.5, 76), spot(page, 43.5, 76))
    expect(page.locator("#hint")).to_contain_text("Your notes stand")
    assert kept(page) == [True] * 4
    another(page)
    expect(page.locator("#hint")).to_contain_text("Every bar has its stone")
    page.evaluate("duet.say('drop.identical')")
    page.evaluate("duet.change(structuredClone(duet.get().request))")
    expect(page.locator("#hint")).to_contain_text("Identical")


def test_notes_are_read_and_moved_in_the_list_by_keys(page):
    set_controls(page, kept_notes=SONG, key="D")
    page.get_by_role("button", name="As a list").click()
    rows = page.locator("#roll .roll-list li button")
    expect(rows.first).to_have_text("D5, bar 1, beat 1, 4/16")
    assert rows.nth(1).text_content() == "F♯5, bar 1, beat 2, 4/16"
    rows.nth(1).focus()
    page.keyboard.press("ArrowUp")
    expect(rows.nth(1)).to_have_text("G5, bar 1, beat 2, 4/16")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    expect(rows.nth(1)).to_have_text("G5, bar 1, beat 2, 3/16")
    page.keyboard.press("Shift+ArrowDown")
    expect(rows.nth(1)).to_have_text("G4, bar 1, beat 2, 3/16")
    page.keyboard.press("Delete")
    expect(rows.nth(1)).to_have_text("A5, bar 1, beat 3, 8/16")
    page.get_by_role("button", name="Add a note").click()
    expect(rows.nth(1)).to_have_text("D5, bar 1, beat 2, 4/16")
    expect(rows.nth(1)).to_be_focused()
    assert within(tune(page), 0) == [(0, 480, 74), (480, 480, 74), (960, 960, 81)]


def test_a_tune_is_shaped_kept_found_again_and_dropped_back(page):
    before = tune(page)
    drag(page, "density", 0.95)
    mine = tune(page)
    assert mine != before
    page.locator("#favourite").click()
    expect(page.locator(".strip-track .cell:not(.now)")).to_have_count(1)
    picture, notes = saved(page), saved(page, "MIDI")
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert tune(page) == mine
    page.locator("#kinds select[name=key]").select_option("Bb")
    assert [pitch for _, _, pitch in tune(page)] == [pitch - 4 for _, _, pitch in mine]
    expect(page.locator("#plate")).to_contain_text("B♭ major")
    for file, name, kind in (
        (notes, "tune.mid", "audio/midi"),
        (picture, "tune.png", "image/png"),
    ):
        drop(page, file, name, kind)
        expect(page.locator("#hint")).to_contain_text("Identical")
        assert tune(page) == mine
    drop(page, flipped(picture, 60))
    expect(page.locator("#hint")).to_contain_text(re.compile("differ", re.I))


def test_many_kinds_are_fields_and_a_point_that_was_reached_stays(page):
    tile = page.locator("#panel-nearby .tile").nth(2)
    expect(tile.locator("img")).to_be_visible()
    tile.click()
    page.wait_for_function("duet.get().request.point !== null")
    before = tune(page)
    page.locator("#kinds select[name=key]").select_option("G")
    after = tune(page)
    assert len({b[2] - a[2] for a, b in zip(before, after, strict=True)}) == 1
    head(page, 1).locator(".bar-lock").click()
    page.locator("#kinds select[name=time_signature]").select_option("3/4")
    assert kept(page) == [False] * 4, "bars of another metre do not fit"
    head(page, 1).locator(".bar-lock").click()
    page.locator("#kinds select[name=num_bars]").select_option("2")
    assert kept(page) == [True, False]
    page.locator("#kinds select[name=num_bars]").select_option("4")
    assert kept(page) == [True, False, False, False]


def test_the_page_says_nothing_english_and_is_reached_by_keys(open_page, watched):
    page = open_page(locale="zh-CN")
    tune(page)
    page.get_by_role("button", name="列表").click()
    expect(page.locator("#roll .roll-list li").first).to_be_visible()
    assert english_left(page, "density") == []
    assert serious(page) == []
    page.get_by_role("button", name="列表").click()
    head(page, 2).locator(".bar-lock").focus()
    page.keyboard.press("Space")
    assert kept(page)[1]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    offers = page.locator(".others-row button")
    expect(offers).to_have_count(4)
    expect(offers.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".others")).to_be_hidden()
    assert kept(page) == [True, False, True, True]
