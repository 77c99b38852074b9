"""Chorales: four voices on one roll; a bar stays in all of them, a hand writes in one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.atlases import with_atlas
from tests.page.conftest import PHONE, WIDE, rested
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_music import another, head, pull, spot
from tests.studio.serving import Served, serving
from tests.tiny_music import tiny_chorale_folder

VOICES = range(4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("choir")
    with_atlas(tiny_chorale_folder)(root / "models")
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(root / "library", root / "models", *everyone, "--device", "cpu") as running:
        yield running


def voices(page) -> list[list[tuple[int, int, int]]]:
    """Of every voice start, length (ticks) and pitch of its notes."""
    rested(page)
    recipe = page.evaluate("duet.get().request")
    told = page.evaluate(
        """request => duet.api("POST", "/studio/render", { request, told: true, size: 16 })""",
        recipe,
    )
    return [[tuple(note[:3]) for note in one["notes"]] for one in told["score"]["tracks"]]


def within(notes, bar: int) -> list[tuple[int, int, int]]:
    begin, end = bar * 1920, (bar + 1) * 1920
    return [(at, min(last, end - at), pitch) for at, last, pitch in notes if begin <= at < end]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_bar_stays_in_all_voices_and_later_bars_are_turned_to(open_page, size):
    page = open_page(size=size)
    before = voices(page)
    head(page, 2).locator(".bar-lock").click()
    assert voices(page) == before, "a stone changes nothing that is heard"
    expect(page.locator("#hint")).to_contain_text("Another writes the others around it")
    for _ in range(2):
        another(page)
    after = voices(page)
    assert [within(after[v], 1) for v in VOICES] == [within(before[v], 1) for v in VOICES]
    assert [within(after[v], 2) for v in VOICES] != [within(before[v], 2) for v in VOICES]
    pager = page.locator("#roll .roll-pager")
    expect(pager).to_contain_text("1–4 of 8")
    expect(head(page, 5)).not_to_be_in_viewport()
    page.get_by_role("button", name="Later bars").click()
    expect(pager).to_contain_text("5–8 of 8")
    expect(head(page, 5)).to_be_in_viewport()
    head(page, 6).locator(".bar-lock").click()
    expect(head(page, 6).locator(".bar-lock")).to_have_attribute("aria-pressed", "true")
    assert voices(page) == after, "what was heard when the second stone was laid stays too"
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    assert voices(page) == after
    expect(page.locator("#roll .bar-lock[aria-pressed=true]")).to_have_count(2)
    page.get_by_role("button", name="Lift all stones").click()
    expect(page.locator("#roll .bar-lock[aria-pressed=true]")).to_have_count(0)
    assert voices(page) == after
    another(page)
    assert [within(voices(page)[v], 1) for v in VOICES] != [within(after[v], 1) for v in VOICES]


def test_a_note_by_hand_is_written_into_the_voice_that_lies_nearest(page):
    page.evaluate(
        """duet.change({ ...duet.get().request, controls: { ...duet.get().request.controls,
          key: "C", num_bars: "4", kept_notes:
          "G4:8 G4:8 | * | * | * / E4:8 E4:8 | * | * | * / C4:8 C4:8 | * | * | * / C3:8 C3:8"
        } })"""
    )
    before = voices(page)
    page.get_by_role("button", name="Write notes").click()
    pull(page, spot(page, 8.5, 65), spot(page, 11.5, 65))  # F4, a semitone above the alto
    after = voices(page)
    assert within(after[1], 0) == [(0, 960, 64), (960, 480, 65)]
    assert [after[v] for v in (0, 2, 3)] == [before[v] for v in (0, 2, 3)]
    assert after[1][2:] == before[1][2:], "the other bars of the alto stay too"
    page.get_by_role("button", name="As a list").click()
    rows = page.locator("#roll .roll-list li button")
    expect(rows.nth(3)).to_have_text("Bass: C3, bar 1, beat 1, 8/16")
    rows.nth(3).focus()
    page.keyboard.press("ArrowUp")
    expect(rows.nth(3)).to_have_text("Bass: C♯3, bar 1, beat 1, 8/16")
    assert voices(page)[0] == before[0]


def voice(page, number: int):
    return page.locator("#roll .voice-head").nth(number)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_voices_stay_and_the_others_are_written_around_them(open_page, size):
    page = open_page(size=size)
    before = voices(page)
    for number in (0, 3):
        voice(page, number).locator(".voice-lock").click()
        assert voices(page) == before, "a stone changes nothing that is heard"
    expect(page.locator("#hint")).to_contain_text("Bass stays")
    another(page)
    after = voices(page)
    assert [after[v] for v in (0, 3)] == [before[v] for v in (0, 3)]
    assert after[1] != before[1]
    assert after[2] != before[2]
    pressed = page.locator("#roll .voice-lock")
    told = "all => all.map((one) => one.ariaPressed)"
    assert pressed.evaluate_all(told) == ["true", "false", "false", "true"]
    head(page, 2).locator(".bar-lock").click()
    after = voices(page)
    voice(page, 0).locator(".voice-lock").click()  # lifted: of the soprano bar 2 stays
    another(page)
    last = voices(page)
    assert last[3] == after[3]
    assert [within(last[v], 1) for v in VOICES] == [within(after[v], 1) for v in VOICES]
    assert [within(last[0], bar) for bar in range(2, 8)] != [
        within(after[0], bar) for bar in range(2, 8)
    ]
    assert pressed.evaluate_all(told) == ["false", "false", "false", "true"]
    assert serious(page) == []


def test_four_others_for_a_voice_are_offered_and_one_is_taken(page):
    before = voices(page)
    voice(page, 2).hover()
    voice(page, 2).get_by_role("button", name="Tenor: four others").click()
    others = page.locator(".others-row button")
    expect(others).to_have_count(4)
    assert others.locator("rect.voice-2").count() == others.locator("rect").count() > 0
    others.nth(1).click()
    after = voices(page)
    assert [after[v] for v in (0, 1, 3)] == [before[v] for v in (0, 1, 3)]
    assert after[2] != before[2]
    expect(page.locator("#tool-undo")).to_have_attribute("title", "Undo another voice (Z)")
    page.get_by_role("button", name="Lift all stones").click()
    voice(page, 0).locator(".voice-lock").click()
    before = voices(page)
    head(page, 2).hover()
    head(page, 2).get_by_role("button", name="Another bar 2").click()
    expect(others).to_have_count(4)
    others.nth(1).click()
    after = voices(page)
    assert after[0] == before[0], "a voice that stays stays in that bar too"
    assert [within(after[v], 1) for v in VOICES] != [within(before[v], 1) for v in VOICES]
    assert [within(after[v], 2) for v in VOICES] == [within(before[v], 2) for v in VOICES]


def test_a_model_that_keeps_no_notes_offers_no_stones(open_page):
    """Also if its first tune is there before the model itself."""
    page = open_page()
    expect(voice(page, 0).locator(".voice-lock")).to_be_enabled()
    page.evaluate(
        """async () => {
          const { store } = await duet.module("store");
          const { model } = store.get();
          const controls = model.controls.filter(({ name }) => name !== "kept_notes");
          store.set({ model: { ...model, controls } });
        }"""
    )
    expect(voice(page, 0).locator(".voice-lock")).to_be_disabled()
    expect(head(page, 1).locator(".bar-lock")).to_be_disabled()
    expect(page.get_by_role("button", name="Write notes")).to_be_hidden()
    expect(page.locator("#roll .voice-head .again").first).to_be_hidden()


def test_four_voices_are_told_apart_and_say_nothing_english(open_page):
    page = open_page(locale="zh-CN")
    fills = page.evaluate(
        """() => [0, 1, 2, 3].map((voice) => {
          const node = document.querySelector(`#roll .note.voice-${voice}`);
          const { backgroundColor: colour, backgroundImage: image } = getComputedStyle(node);
          return [colour, image, getComputedStyle(node, "::before").content].join();
        })"""
    )
    assert len(set(fills)) == 4, "by their fill, not by colour alone"
    page.locator("#more").click()
    page.get_by_role("button", name="列表").click()
    assert english_left(page, "temperature") == []
    assert serious(page) == []
