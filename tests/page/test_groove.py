"""Drums: a grid with a row a drum, which sounds, swings while it plays, and is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE, rested
from tests.page.files import drop, saved
from tests.page.recording import loudness, record, tape_of, untorn
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_music import set_controls
from tests.studio.serving import Served, serving


@pytest.fixture(scope="module")
def server(groove_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("drum page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, groove_root, *everyone, "--device", "cpu") as running:
        yield running


def strokes(page) -> list[list[int]]:
    """Start, length (ticks), key and velocity of every stroke of the work on show."""
    rested(page)
    told = page.evaluate(
        """request => duet.api("POST", "/studio/render", { request, told: true, size: 16 })""",
        page.evaluate("duet.get().request"),
    )
    (track,) = told["score"]["tracks"]
    assert track["drums"]
    return track["notes"]


def drawn(page) -> list[tuple[float, float, float]]:
    """Left edge, bottom and height of every stroke on the grid, percent."""
    rested(page)
    return page.evaluate(
        """() => [...document.querySelectorAll("#roll .note")].map(({ style }) =>
          [style.left, style.bottom, style.height].map(parseFloat))"""
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_row_a_drum_and_louder_is_fuller(open_page, size):
    page = open_page(size=size)
    set_controls(page, humanise=0.0)
    told, shown = strokes(page), drawn(page)
    names = page.locator("#roll .roll-names .octave")
    expect(names).to_have_text(
        [
            *("Kick", "Snare", "Rim", "Clap", "Low tom", "High tom"),
            *("Cowbell", "Hi-hat", "Open hat", "Ride", "Crash"),
        ]
    )
    keys = [36, 38, 37, 39, 43, 48, 56, 42, 46, 51, 49]
    meant = sorted(
        (100 * at / 3840, 100 * keys.index(key) / 11, 100 * min(1, velocity / 116) / 11)
        for at, _, key, velocity in told
    )
    assert np.allclose(sorted(shown), meant, atol=0.01)
    expect(page.locator("#roll .roll-write")).to_be_hidden()
    expect(page.locator("#roll .again").first).to_be_hidden()
    box = names.first.bounding_box()
    assert box["x"] >= 0, "names are not cut off"


def test_strokes_are_read_as_a_list_by_their_place_on_the_grid(page):
    page.locator("#roll").get_by_role("button", name="As a list").click()
    rows = page.locator("#roll .roll-list li")
    told = []
    for feel in ({"humanise": 0.0, "swing": 50}, {"humanise": 1.0, "swing": 72}):
        set_controls(page, **feel)
        expect(rows).to_have_count(len(strokes(page)))
        told.append(sorted(rows.all_inner_texts()))
    assert told[0] == told[1], "a hand and a swing move no stroke to another place"
    names = {36: "Kick", 38: "Snare", 37: "Rim", 39: "Clap", 42: "Hi-hat", 46: "Open hat"}
    set_controls(page, humanise=0.0, swing=50)
    for at, _, key, _ in strokes(page):
        if key in names:
            bar, step = divmod(at // 120, 16)
            assert f"{names[key]}, bar {bar + 1}, step {step + 1}" in told[0]


@untorn
def test_it_swings_while_it_plays(open_page, browser):
    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    record(context)
    page = open_page(context=context)
    set_controls(page, tempo=140)
    page.locator("#tool-play").click()
    page.wait_for_function("window.tape.starts.length === 1 && window.tape.on")
    page.wait_for_timeout(1200)
    for number, wish in enumerate(({"swing": 66}, {"style": "funk"}, {"humanise": 1.0})):
        set_controls(page, **wish)
        page.wait_for_function("count => window.tape.starts.length === count", arg=number + 2)
        page.wait_for_timeout(700)
    expect(page.locator("#roll .playhead")).to_be_visible()
    page.locator("#tool-play").click()
    page.wait_for_timeout(300)
    tape = tape_of(page)
    context.close()
    playing = tape.between(max(tape.starts[0]["when"], tape.first) + 0.2, tape.end - 0.8)
    bars = loudness(playing, window=60 / 140)
    assert bars.min() > 0.1 * np.median(bars), "it never stops between"


def test_what_is_kept_is_there_after_a_reload_and_a_dropped_file_is_identical(page):
    set_controls(page, style="funk", swing=64, humanise=0.8)
    recipe = page.evaluate("duet.get().request")
    midi = saved(page, "MIDI")
    page.locator("#favourite").click()
    expect(page.locator(".strip-track .cell:not(.now)")).to_have_count(1)
    expect(page.locator("#plate")).to_contain_text("Funk")
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    rested(page)
    assert page.evaluate("duet.get().request") == recipe
    set_controls(page, style="rock", swing=50)
    assert page.evaluate("duet.get().request") != recipe
    drop(page, midi, "work.mid", "audio/midi")
    expect(page.locator("#hint")).to_contain_text("Identical")
    rested(page)
    assert page.evaluate("duet.get().request") == recipe


def test_in_chinese_no_word_of_english_is_left(open_page):
    page = open_page(locale="zh-CN")
    rested(page)
    page.locator("#more").click()
    assert english_left(page, "temperature") == []
    assert serious(page) == []
