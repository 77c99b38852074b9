"""The mixer: kept tunes and drums at once, shaped while they play, kept, saved, opened again."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.atlases import with_atlas
from tests.page.conftest import PHONE, WIDE, rested
from tests.page.files import drop
from tests.page.recording import RATE, loudness, record, roughness, tape_of, untorn
from tests.page.test_access import serious
from tests.page.test_across import keep, play, select
from tests.page.test_language import english_left
from tests.page.test_music import SONG, set_controls
from tests.studio.serving import Served, serving
from tests.tiny_music import tiny_groove_folder, tiny_melody_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root, library = tmp_path_factory.mktemp("band"), tmp_path_factory.mktemp("mixer page")
    for write in (tiny_melody_folder, tiny_groove_folder):
        with_atlas(write)(root)
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library / "library", root, *everyone, "--device", "cpu") as running:
        yield running


def song(page: Page, **controls: object) -> None:
    told = {"kept_notes": SONG, "tempo": 150, "time_signature": "4/4", "mode": "major"}
    play(page, "tiny-melody", **told | controls)


def tracks(page: Page, count: int):
    rows = page.locator(".mixer-track")
    expect(rows).to_have_count(count)
    return rows


def told(page: Page) -> dict:
    """The mix as the page remembers it."""
    return page.evaluate("JSON.parse(localStorage.getItem('duet.mix'))")


def opened(page: Page) -> None:
    """A mixer with a tune in D, drums, and the same tune in C."""
    song(page, key="D")
    first = keep(page)
    play(page, "tiny-groove", num_bars="1", humanise=0.0, swing=50)
    drums = keep(page)
    song(page, key="C")
    other = keep(page)
    select(page, first, drums, other)
    page.locator(".strip-verbs").get_by_role("button", name="Mix", exact=True).click()
    tracks(page, 3)
    page.wait_for_function("document.querySelector('#mixer .film-length').textContent")


def put(page: Page, name: str, value: float) -> None:
    page.get_by_role("slider", name=name).fill(str(value))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_three_kept_works_are_mixed_kept_and_come_back(open_page, size):
    page = open_page(size=size)
    opened(page)
    expect(page.locator(".mixer-tempo")).to_have_value("150")
    expect(page.locator("#mixer .film-length")).to_have_text("0:06")
    keys = page.locator("select.mixer-key")
    expect(keys).to_have_count(2)  # drums have none
    assert keys.evaluate_all("all => all.map((one) => one.value)") == ["0", "2"]
    put(page, "Volume of 2. seed 8", -6)
    put(page, "Place of 3. seed 8, left to right", 0.5)
    page.get_by_role("button", name="Mute 1. seed 8").click()
    expect(page.locator(".mixer-track output").nth(2)).to_have_text("−6 dB")
    expect(page.locator(".mixer-track output").nth(5)).to_have_text("R 50")
    assert serious(page) == []
    page.get_by_role("button", name="Keep the mix").click()
    expect(page.locator("#hint")).to_contain_text("in your filmstrip")
    mix = page.evaluate("duet.get().works[0]")
    assert (mix["kind"], mix["timeline"]["tempo"]) == ("film", 150)
    with page.expect_download() as download:
        page.locator(".mixer-save").click()
        page.get_by_role("menuitem", name="MIDI").click()
    midi = Path(download.value.path()).read_bytes()
    page.get_by_role("button", name="Close the mixer").click()
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    rested(page)
    cell = page.locator(f'.cell[data-id="{mix["id"]}"]')
    expect(cell).to_have_attribute("title", "Mix of 3")
    cell.click()
    tracks(page, 3)
    expect(page.get_by_role("button", name="Mute 1.")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("slider", name="Volume of 2.")).to_have_value("-6")
    page.get_by_role("button", name="Close the mixer").click()
    drop(page, midi, "mix.mid", "audio/midi")
    expect(page.locator("#hint")).to_contain_text("Identical to the file")
    tracks(page, 3)
    expect(page.get_by_role("slider", name="Place of 3.")).to_have_value("0.5")
    page.wait_for_function("JSON.parse(localStorage.getItem('duet.mix')).tracks.length === 3")
    assert told(page)["tracks"] == mix["timeline"]["tracks"]


@untorn
def test_what_is_heard_is_what_is_saved_and_no_change_interrupts_it(open_page, browser):
    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    record(context)
    page = open_page(context=context)
    opened(page)
    put(page, "Volume of 1. seed 8", -9)
    put(page, "Place of 2. seed 8", 0.9)
    page.locator(".mixer-play").click()
    page.wait_for_function("window.tape.starts.length === 1 && window.tape.on", timeout=60_000)
    page.wait_for_timeout(3000)
    with page.expect_download() as download:
        page.locator(".mixer-save").click()
        page.get_by_role("menuitem", name="WAV The sound").click()
    page.locator("select.mixer-key").last.select_option("-3")
    page.wait_for_function("window.tape.starts.length === 2")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Hear 2. seed 8 alone").click()
    page.wait_for_timeout(1200)
    page.locator(".mixer-play").click()
    page.wait_for_timeout(300)
    tape = tape_of(page)
    wav, _ = soundfile.read(io.BytesIO(Path(download.value.path()).read_bytes()), dtype="float32")
    context.close()
    began, changed = (one["when"] for one in tape.starts[:2])
    heard = tape.between(max(began, tape.first) + 1, changed - 0.05)
    at = round((max(began, tape.first) + 1 - began) * RATE)
    meant = wav[at : at + len(heard), 0]
    assert len(heard) > RATE
    # the browser's clock and its limiter delay it by some milliseconds
    best = max(np.corrcoef(heard[lag : lag + RATE], meant[:RATE])[0, 1] for lag in range(600))
    assert best > 0.98, "the file stands where it stood"
    whole = tape.between(max(began, tape.first) + 0.2, tape.end - 0.6)
    beats = loudness(whole, window=60 / 150)
    assert beats.min() > 0.05 * np.median(beats), "it never stops between"
    change = tape.between(changed - 0.2, changed + 0.5)
    assert roughness(change) < 3 * roughness(heard), "no click"


def test_a_track_is_shaped_in_the_studio_while_all_of_them_play(open_page, browser):
    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    record(context)
    page = open_page(context=context)
    play(page, "tiny-groove", num_bars="1", humanise=0.0)
    drums = keep(page)
    song(page, key="D")
    select(page, drums)
    page.locator(".strip-verbs").get_by_role("button", name="Mix", exact=True).click()
    tracks(page, 1)
    page.locator(".mixer-add").select_option(label="What the Studio shows")
    rows = tracks(page, 2)
    expect(rows.nth(1).locator(".mixer-picture")).to_have_attribute("aria-pressed", "true")
    page.locator(".mixer-play").click()
    page.wait_for_function("window.tape.starts.length === 1", timeout=60_000)
    page.wait_for_timeout(1200)
    steps = page.evaluate("duet.get().past.length")
    set_controls(page, instrument="piano")
    page.wait_for_function("window.tape.starts.length === 2")
    assert page.evaluate("duet.get().past.length") == steps + 1, "the Studio's, not one more"
    recipe = page.evaluate("duet.get().request")
    page.wait_for_function(
        """() => JSON.parse(localStorage.getItem('duet.mix'))
          .tracks[1].request.controls.instrument === 'piano'"""
    )
    page.get_by_role("button", name="Mute 2.").click()
    page.locator("#tool-undo").click()
    page.wait_for_function("!JSON.parse(localStorage.getItem('duet.mix')).tracks[1].mute")
    expect(rows.nth(1).locator(".mixer-picture")).to_have_attribute("aria-pressed", "true")
    assert told(page)["tracks"][1]["request"] == recipe
    assert told(page)["tracks"][0]["request"] == drums["request"]
    play(page, "tiny-groove")  # another model: the track is what it was last
    expect(rows.nth(1).locator(".mixer-picture")).to_have_attribute("aria-pressed", "false")
    assert told(page)["tracks"][1]["request"] == recipe
    rows.nth(1).locator(".mixer-picture").click()
    page.wait_for_function("duet.get().model.id === 'tiny-melody'")
    rested(page)
    assert page.evaluate("duet.get().request") == recipe
    context.close()


def test_tracks_are_added_drawn_anew_taken_out_and_brought_back_by_keyboard(page):
    song(page)
    keep(page)
    page.locator("#roll").get_by_role("button", name="Mix", exact=True).focus()
    page.keyboard.press("Enter")
    tracks(page, 1)
    expect(page.locator(".mixer-play")).to_be_focused()
    adding = page.get_by_role("combobox", name="Add a new track...")
    adding.focus()
    for count in (2, 3, 4):
        adding.select_option("tiny-groove")
        tracks(page, count)
    expect(adding).to_be_hidden()
    page.wait_for_function("JSON.parse(localStorage.getItem('duet.mix')).tracks.length === 4")
    before = told(page)["tracks"]
    page.get_by_role("button", name="Another in the place of 2.").press("Enter")
    page.wait_for_function(
        "old => JSON.parse(localStorage.getItem('duet.mix')).tracks[1].request.seed !== old",
        arg=before[1]["request"]["seed"],
    )
    page.get_by_role("button", name="Take 2.").press("Enter")
    tracks(page, 3)
    page.locator("#hint").get_by_role("button", name="Undo").click()
    tracks(page, 4)
    page.locator(".mixer-play").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#mixer")).to_be_hidden()


def test_every_move_of_the_mixer_is_a_step_of_the_one_undo_line(page):
    opened(page)

    def mixed() -> list[dict]:
        return told(page)["tracks"]

    def until(relation: str, mix: list[dict]) -> None:
        page.wait_for_function(
            f"""mix => JSON.stringify(JSON.parse(localStorage.getItem("duet.mix")).tracks)
              {relation} JSON.stringify(mix)""",
            arg=mix,
        )

    page.wait_for_function("JSON.parse(localStorage.getItem('duet.mix')).tracks[2].transpose")
    before = page.evaluate("duet.get().past.length")
    stood = [mixed()]

    def moved(move, step: str = "the mix") -> None:
        move()
        expect(page.locator("#tool-undo")).to_have_attribute("title", f"Undo {step} (Z)")
        page.wait_for_function(
            "count => duet.get().past.length === count", arg=before + len(stood)
        )
        until("!==", stood[-1])
        stood.append(mixed())

    moved(lambda: put(page, "Volume of 2. seed 8", -6))
    moved(lambda: put(page, "Place of 3. seed 8, left to right", 0.5))
    moved(lambda: page.get_by_role("button", name="Mute 1. seed 8").click())
    moved(lambda: page.locator("select.mixer-key").last.select_option("-3"))
    moved(lambda: page.get_by_role("button", name="Another in the place of 2.").click())
    moved(lambda: page.get_by_role("button", name="Take 2.").click())
    for mix in reversed(stood[:-1]):
        page.locator("#tool-undo").click()
        until("===", mix)
    tracks(page, 3)
    expect(page.get_by_role("slider", name="Volume of 2.")).to_have_value("0")
    for mix in stood[1:]:
        page.locator("#tool-redo").click()
        until("===", mix)
    page.get_by_role("button", name="Close the mixer").click()
    page.locator("#tool-undo").click()  # what is undone is seen
    tracks(page, 3)
    until("===", stood[-2])
    page.evaluate("duet.module('mixer').then((mixer) => mixer.open([]))")
    tracks(page, 0)
    expect(page.locator("#tool-undo")).to_have_attribute("title", "Undo opening (Z)")
    page.locator("#tool-undo").click()
    tracks(page, 3)
    until("===", stood[-2])


def test_all_muted_is_said_and_the_mixer_stays(open_page, watched):
    watched.allowed.append("400 .Bad Request.")
    page = open_page()
    song(page)
    page.locator("#roll").get_by_role("button", name="Mix", exact=True).click()
    tracks(page, 1)
    page.get_by_role("button", name="Mute 1.").click()
    page.locator(".mixer-save").click()
    page.get_by_role("menuitem", name="WAV The sound").click()
    expect(page.locator("#hint")).to_contain_text("Every track is muted")
    tracks(page, 1)


def test_in_chinese_no_word_of_english_is_left(open_page):
    page = open_page(locale="zh-CN")
    song(page)
    page.locator("#roll").get_by_role("button", name="混音", exact=True).click()
    tracks(page, 1)
    page.wait_for_function("document.querySelector('#mixer .film-length').textContent")
    page.locator(".mixer-save").click()
    assert english_left(page) == []


def test_one_sounds_at_a_time(page):
    """The mix, the tune of the Studio, a work that is listened to, and a microphone."""
    song(page)
    work = keep(page)
    select(page, work)
    page.locator(".strip-verbs").get_by_role("button", name="Mix", exact=True).click()
    tracks(page, 1)
    page.wait_for_function("document.querySelector('#mixer .film-length').textContent")
    page.evaluate(
        """async (request) => {
          const listen = await duet.module('listen');
          const node = listen.listening(() => listen.soundOf(duet, request));
          node.id = 'heard';
          document.querySelector('#mixer').append(node);
        }""",
        work["request"],
    )
    buttons = [page.locator(one) for one in (".mixer-play", "#tool-play", "#heard")]
    mix, studio, listen = buttons

    def sounds(only=None) -> None:
        for button in buttons:
            state = "true" if button is only else "(false)?"
            expect(button).to_have_attribute("aria-pressed", re.compile(f"^{state}$"))

    listen.evaluate("one => one.setAttribute('aria-pressed', 'false')")
    for button in (mix, studio, mix, listen, mix, listen, studio, listen):
        button.click()
        sounds(button)
    listen.dispatch_event("click")
    sounds()
    mix.dispatch_event("click")
    sounds(mix)
    page.locator("#bring-open").dispatch_event("click")
    sounds()
    mix.dispatch_event("click")
    sounds(mix)
    page.locator(".tune-record").click()
    sounds()
