"""Four voices from one vector on the page: heard while shaped, kept; bars are no locks here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE, rested
from tests.page.files import drop, saved
from tests.page.test_access import serious
from tests.page.test_chorale import voices
from tests.page.test_language import english_left
from tests.page.test_music import set_controls
from tests.studio.serving import Served, serving


@pytest.fixture(scope="module")
def server(muse_gan_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("consort page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, muse_gan_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_four_voices_stand_on_the_roll_and_play_on_while_they_are_shaped(open_page, size):
    page = open_page(size=size)
    told = voices(page)
    assert len(told) == 4
    expect(page.locator("#roll .note")).to_have_count(sum(map(len, told)))
    expect(page.locator("#roll .again").first).to_be_hidden()
    page.locator("#tool-play").click()
    playhead = page.locator("#roll .playhead:not([hidden])")
    expect(playhead).to_be_visible()
    for values in ({"density": 2.0}, {"key": "Eb", "mode": "minor"}):
        before = voices(page)
        set_controls(page, **values)
        assert voices(page) != before
        expect(playhead).to_be_visible()
    assert serious(page) == []


def test_bars_are_no_locks_where_none_can_be_kept(page):
    rested(page)
    locks = page.locator("#roll .bar-lock")
    expect(locks).to_have_count(4)
    for bar in range(4):
        expect(locks.nth(bar)).to_be_disabled()
    expect(page.locator("#roll .roll-write")).to_be_hidden()


def test_a_file_brings_every_voice_back(page):
    set_controls(page, tension=1.5, key="F#", tempo=90)
    before, recipe = voices(page), page.evaluate("duet.get().request")
    file = saved(page, "MIDI")
    set_controls(page, tension=-1.0, key="C", tempo=60)
    assert voices(page) != before
    drop(page, file, "consort.mid", "audio/midi")
    page.wait_for_function("told => duet.get().request.seed === told.seed", arg=recipe)
    page.wait_for_function("duet.get().request.controls.key === 'F#'")
    assert voices(page) == before


def test_in_chinese_no_word_of_english_is_left(open_page):
    page = open_page(locale="zh-CN")
    rested(page)
    page.locator("#more").click()
    assert english_left(page, "temperature") == []
    assert serious(page) == []
