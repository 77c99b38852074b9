"""A tune hummed into the microphone: recorded, heard, put right, taken, kept, found identical."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.hums import hum, tune, wav
from pipelines.music.keeping import pitch_name
from pipelines.recordings import SAMPLE_RATE
from tests.page.conftest import PHONE, QUIET, WIDE, chromium, rested
from tests.page.files import drop, saved
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.studio.serving import Served, serving

SUNG = tune("scale", -12)
"""What the microphone hears, an octave below where it is written."""
NAMES = " ".join(pitch_name(pitch + 12) for *_, pitch in SUNG)


@pytest.fixture(scope="module")
def server(melody_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("hum page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, melody_root, *everyone, "--device", "cpu") as running:
        yield running


FAKE = "--use-fake-device-for-media-stream"


def launched(browser: Browser, *arguments: str) -> Browser:
    """Another browser, with a microphone."""
    return browser.browser_type.launch(executable_path=chromium(), args=[*QUIET, FAKE, *arguments])


@pytest.fixture(scope="module")
def singing(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone hears a hum once, then silence."""
    sound = tmp_path_factory.mktemp("microphone") / "hum.wav"
    before = np.zeros(SAMPLE_RATE // 2, np.float32)
    sound.write_bytes(wav(np.concatenate([before, hum(SUNG, seed=3)])))
    source = f"--use-file-for-fake-audio-capture={sound}%noloop"
    opened = launched(browser, "--use-fake-ui-for-media-stream", source)
    yield opened
    opened.close()


@pytest.fixture
def mute(browser: Browser) -> Iterator[Browser]:
    """A browser whose microphone is denied."""
    opened = launched(browser, "--use-fake-ui-for-media-stream=deny")
    yield opened
    opened.close()


def someone(browser: Browser, size=WIDE, **options) -> BrowserContext:
    options = {"locale": "en-US", "reduced_motion": "reduce", **options}
    return browser.new_context(viewport=size, has_touch=size["width"] < 1024, **options)


@pytest.fixture
def microphone(singing: Browser, open_page) -> Iterator[Page]:
    with someone(singing, permissions=["microphone"]) as context:
        yield open_page(context=context)


def panel_of(page: Page):
    page.locator("#bring-open").click()
    panel = page.locator("#tune")
    expect(panel.locator(".tune-record")).to_be_focused()
    return panel


def notes_of(panel, side: str = "given") -> str:
    """The notes of one side, as they are read out."""
    return panel.locator(f".tune-{side} svg").get_attribute("aria-label").split(": ")[1]


def scale() -> bytes:
    return wav(hum(SUNG, seed=3))


def test_a_hum_is_recorded_seen_taken_kept_and_identical(microphone):
    page = microphone
    before = page.evaluate("duet.get().request")
    panel = panel_of(page)
    page.keyboard.press("Enter")  # by keyboard: Record has the focus, then Stop
    expect(panel.locator(".tune-stop")).to_be_focused()
    level = panel.locator(".tune-meter")
    page.wait_for_function(
        "node => Number(node.style.getPropertyValue('--level')) > 0.3", arg=level.element_handle()
    )
    seconds = int(SUNG[-1][1]) + 2
    expect(panel.locator(".tune-clock")).to_have_text(re.compile(rf"^{seconds} of 30 s"))
    page.keyboard.press("Enter")
    expect(panel.locator(".tune-take")).to_be_focused()
    assert notes_of(panel).replace("♯", "#") == NAMES
    expect(panel.locator(".tune-told")).to_contain_text("an octave higher")
    drawn = panel.locator(".tune-given rect")
    expect(drawn).to_have_count(len(SUNG))
    assert panel.locator(".tune-seen rect").count() > 0
    listen = panel.locator(".tune-given button")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("duet.get().request") == before, "nothing is taken unasked"
    panel.get_by_role("button", name="Take my notes").click()
    expect(panel).to_be_hidden()
    rested(page)
    taken = page.evaluate("duet.get().request")
    assert taken["point"]["latent"]
    kept = taken["controls"]["kept_notes"]
    assert len(re.findall(r"[A-G]#?\d:", kept)) == len(SUNG)
    assert page.evaluate("duet.get().past.length") == 1
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    file = saved(page, "MIDI")
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    page.wait_for_function("duet.get().works.length === 1")
    assert page.evaluate("duet.get().works[0].request") == taken
    drop(page, file, "tune.mid", "audio/midi")
    expect(page.locator("#hint")).to_contain_text("Identical")


def test_it_is_counted_otherwise_and_the_models_way_is_taken(page):
    drop(page, scale(), "scale.flac", "audio/flac")  # its kind is found by content
    panel = page.locator("#tune")
    expect(panel.locator(".tune-take")).to_be_focused()
    tempo = panel.get_by_label("Tempo", exact=True)
    expect(tempo).to_have_value(re.compile("^(119|12[01])$"))
    width = panel.locator(".tune-given rect").first.get_attribute("width")
    tempo.fill("60")
    tempo.press("Enter")
    page.wait_for_function(
        "width => document.querySelector('.tune-given rect').getAttribute('width') !== width",
        arg=width,
    )
    own = panel.get_by_role("button", name="110, as set")
    own.click()
    expect(own).to_have_attribute("aria-pressed", "true")
    expect(tempo).to_have_value("110")
    panel.get_by_label("Metre").select_option("3/4")
    panel.get_by_label("First note on beat").select_option("3")
    expect(panel.locator(".tune-given line")).to_have_count(5)  # four bars of it
    page.wait_for_function(
        "Number(document.querySelector('#tune .tune-given rect').getAttribute('x')) > 15"
    )
    panel.locator(".tune-take").click()
    expect(panel).to_be_hidden()
    rested(page)
    taken = page.evaluate("duet.get().request")
    assert taken["controls"]["time_signature"] == "3/4"
    assert taken["controls"]["tempo"] == 110
    assert not taken["controls"].get("kept_notes")
    page.keyboard.press("z")
    page.wait_for_function("!duet.get().request.point")


def test_a_long_midi_file_is_taken_from_the_bar_that_is_chosen(page):
    import symusic

    score = symusic.Score(480)
    score.tracks.append(symusic.Track())
    for at in range(24):
        score.tracks[0].notes.append(symusic.Note(480 * at, 480, 60 + at, 80))
    drop(page, bytes(score.dumps_midi()), "tune.mid", "audio/midi")
    panel = page.locator("#tune")
    expect(panel.locator(".tune-told")).to_contain_text("4 of 6 bars")
    assert notes_of(panel).startswith("C4 ")
    panel.get_by_label("From bar").select_option("3")
    page.wait_for_function(
        "document.querySelector('#tune .tune-given svg').ariaLabel.includes(': G♯4')"
    )
    expect(panel.get_by_label("Tempo", exact=True)).to_have_count(0)


def test_what_cannot_be_heard_is_said_in_the_panel_and_nothing_is_lost(page, watched):
    watched.allowed.append("status of 4")
    before = page.evaluate("duet.get().request")
    panel = panel_of(page)
    told = panel.locator(".tune-told")
    choose = page.locator("#tune-file")
    silence = wav(np.zeros(2 * SAMPLE_RATE, np.float32))
    for data, name, words in (
        (silence, "quiet.wav", "Nothing sounds in quiet.wav"),
        (wav(np.zeros(95 * SAMPLE_RATE, np.float32)), "long.wav", "90 seconds are the most"),
        (b"la la la", "la.ogg", "neither a recording"),
        (scale()[:9000], "cut.wav", "damaged or breaks off"),
        (b"OggS" + bytes(20_000_001), "big.ogg", "20 MB are the most"),
    ):
        choose.set_input_files({"name": name, "mimeType": "audio/ogg", "buffer": data})
        expect(told).to_contain_text(words)
        expect(panel.locator(".tune-record")).to_be_focused()
    choose.set_input_files({"name": "x.wav", "mimeType": "audio/wav", "buffer": scale()})
    expect(panel.locator(".tune-take")).to_be_focused()
    heard = notes_of(panel)
    choose.set_input_files({"name": "q.wav", "mimeType": "audio/wav", "buffer": silence})
    expect(told).to_contain_text("Nothing sounds in q.wav")
    assert notes_of(panel) == heard, "what was heard before stands"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#bring-open")).to_be_focused()
    assert page.evaluate("duet.get().request") == before


def test_a_microphone_that_is_denied_is_no_dead_end(mute, open_page):
    with someone(mute) as context:
        page = open_page(context=context)
        panel = panel_of(page)
        panel.locator(".tune-record").click()
        expect(panel.locator(".tune-told")).to_contain_text("The microphone is not allowed here")
        expect(panel.locator(".tune-record")).to_be_enabled()
        page.locator("#tune-file").set_input_files(
            {"name": "x.wav", "mimeType": "audio/wav", "buffer": scale()}
        )
        expect(panel.locator(".tune-take")).to_be_focused()
        assert notes_of(panel).replace("♯", "#") == NAMES


def test_a_recording_that_is_left_is_forgotten(microphone):
    page = microphone
    asked = []
    page.on("request", lambda request: "/studio/bring" in request.url and asked.append(request))
    panel = panel_of(page)
    panel.locator(".tune-record").click()
    expect(panel.locator(".tune-clock")).to_have_text(re.compile("^1 of"))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.wait_for_timeout(500)
    assert asked == []


def test_another_recording_that_fails_leaves_the_first(microphone, watched):
    watched.allowed.append("status of 4")
    page = microphone
    drop(page, scale(), "scale.ogg", "audio/ogg")
    panel = page.locator("#tune")
    expect(panel.locator(".tune-take")).to_be_focused()
    heard = notes_of(panel)
    told = {"code": "recording_silent", "name": "x", "value": "", "rule": "", "remedy": ""}
    page.route("**/studio/bring?*", lambda route: route.fulfill(status=422, json={"error": told}))
    panel.get_by_role("button", name="Record again").click()
    expect(panel.locator(".tune-clock")).to_have_text(re.compile("^1 of"))
    panel.locator(".tune-stop").click()
    expect(panel.locator(".tune-told")).to_contain_text("Nothing sounds in x")
    assert notes_of(panel) == heard
    panel.locator(".tune-take").click()
    page.wait_for_function("duet.get().request.point")


def test_the_recording_ends_by_itself(microphone):
    """After 30 seconds, of which the clock runs faster here."""
    page = microphone
    page.evaluate(
        "() => { const now = performance.now.bind(performance), from = now();"
        " performance.now = () => from + 5 * (now() - from); }"
    )
    panel = panel_of(page)
    panel.locator(".tune-record").click()
    expect(panel.locator(".tune-take")).to_be_focused()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious_and_nothing_runs_over(open_page, size):
    page = open_page(size=size)
    panel = panel_of(page)
    assert serious(page) == []
    drop(page, scale(), "scale.ogg", "audio/ogg")
    expect(panel.locator(".tune-take")).to_be_focused()
    page.wait_for_timeout(300)
    assert serious(page) == []
    assert panel.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    small = panel.locator("button:visible, select:visible, input:not(.unseen):visible")
    heights = small.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
    assert min(heights) >= (44 if size == PHONE else 24)


def test_it_is_chinese_in_chinese(open_page, watched):
    watched.allowed.append("status of 4")
    page = open_page(locale="zh-CN")
    panel = panel_of(page)
    assert english_left(page) == []
    choose = page.locator("#tune-file")
    told = panel.locator(".tune-told")
    silence = wav(np.zeros(SAMPLE_RATE, np.float32))
    choose.set_input_files({"name": "1.wav", "mimeType": "audio/wav", "buffer": silence})
    expect(told).to_contain_text("没有声音")
    assert english_left(page, "wav") == []
    choose.set_input_files({"name": "2.wav", "mimeType": "audio/wav", "buffer": scale()})
    expect(panel.locator(".tune-take")).to_be_focused()
    assert english_left(page) == []


@pytest.fixture(scope="module")
def painter(tiny_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("painter") / "library"
    with serving(library, tiny_root, "--device", "cpu") as running:
        yield running


def test_models_of_pictures_hear_nothing(open_page, painter):
    page = open_page(address=painter.address)
    expect(page.locator("#bring-open")).to_contain_text("Bring your own")
    drop(page, scale(), "scale.wav", "audio/wav")
    expect(page.locator("#hint")).to_contain_text("Choose a model of melodies")
    expect(page.locator("#tune")).to_be_hidden()
