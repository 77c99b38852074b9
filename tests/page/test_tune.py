"""Dance tunes: 16 bars on the roll, four at a time; kept bars stay until the dance changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.atlases import with_atlas
from tests.page.conftest import PHONE, WIDE, rested
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_music import another, head
from tests.studio.serving import Served, serving
from tests.tiny_music import tiny_tune_folder

BAR = 1440
"""Ticks of a bar of 6/8."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("ceili")
    with_atlas(tiny_tune_folder)(root / "models")
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(root / "library", root / "models", *everyone, "--device", "cpu") as running:
        yield running


def notes(page) -> list[tuple[int, int, int]]:
    """Start, length (ticks) and pitch of every note of the work on show."""
    rested(page)
    told = page.evaluate(
        """request => duet.api("POST", "/studio/render", { request, told: true, size: 16 })""",
        page.evaluate("duet.get().request"),
    )
    (track,) = told["score"]["tracks"]
    return [tuple(note[:3]) for note in track["notes"]]


def within(some, bar: int) -> list[tuple[int, int, int]]:
    begin, end = bar * BAR, (bar + 1) * BAR
    return [(at, min(last, end - at), pitch) for at, last, pitch in some if begin <= at < end]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_kept_bars_stay_and_another_dance_lifts_them(open_page, size):
    page = open_page(size=size)
    before = notes(page)
    for bar in (1, 2):
        head(page, bar).locator(".bar-lock").click()
    another(page)
    after = notes(page)
    assert [within(after, bar) for bar in (0, 1)] == [within(before, bar) for bar in (0, 1)]
    assert [within(after, bar) for bar in range(2, 16)] != [
        within(before, bar) for bar in range(2, 16)
    ]
    expect(page.locator("#roll .roll-pager")).to_contain_text("1–4 of 16")
    page.evaluate("duet.change(duet.withValue(duet.get().request, 'dance', 'reel'))")
    rested(page)
    assert max(at for at, _, _ in notes(page)) > 16 * BAR, "a bar of a reel is longer"


def test_four_others_for_a_bar_and_one_of_them_is_taken(page):
    before = notes(page)
    head(page, 3).locator(".again").dispatch_event("click")
    others = page.locator(".others-row button")
    expect(others).to_have_count(4)
    others.nth(1).click()
    rested(page)
    after = notes(page)
    assert within(after, 0) == within(before, 0)
    assert within(after, 9) == within(before, 9)


def test_in_chinese_no_word_of_english_is_left(open_page):
    page = open_page(locale="zh-CN")
    rested(page)
    page.locator("#more").click()
    assert english_left(page, "temperature") == []
    assert serious(page) == []


GROW = """async (take) => {
  const stage = await duet.module("stage");
  const whole = stage.picture();
  const picture = new OffscreenCanvas(8, 8);
  picture.getContext("2d");
  const [track] = whole.score.tracks;
  const notes = new Function("notes", `return (${take})`)(track.notes);
  const score = { ...whole.score, tracks: [{ ...track, notes }] };
  stage.paint(Object.assign(picture, { score, of: whole.of, growing: true }));
  window.whole = () => stage.paint(whole);
}"""
"""Paints part of the tune on the stage, as while it grows."""
OTHER = """notes.filter(([at]) => at < {end})
  .map(([at, length, pitch, ...more], i) => [at, length, i ? pitch : pitch + 1, ...more])"""
"""As far as ``end``, in ticks; the first note is higher than that of the whole tune."""


def test_a_bar_that_is_still_to_be_written_is_kept_once_it_is(page):
    """A lock pressed while the tune grows waits for the notes of its bar."""
    before = notes(page)
    assert within(before, 1)
    page.evaluate(GROW, OTHER.format(end=BAR))
    assert page.locator("#roll .note").count() == len(within(before, 0))
    head(page, 2).locator(".bar-lock").click()
    assert page.evaluate("duet.get().request.controls.kept_notes") is None
    page.evaluate("window.whole()")
    expect(head(page, 2).locator(".bar-lock")).to_have_attribute("aria-pressed", "true")
    another(page)
    assert within(notes(page), 1) == within(before, 1)


def test_a_bar_that_is_written_is_kept_while_the_rest_grows(page):
    before = notes(page)
    page.evaluate(GROW, OTHER.format(end=3 * BAR))
    head(page, 2).locator(".bar-lock").click()
    assert page.evaluate("duet.get().request.controls.kept_notes").startswith("* |")
    another(page)
    assert within(notes(page), 1) == within(before, 1)


def test_what_waits_for_a_bar_is_not_done_to_the_next_tune(page):
    notes(page)
    page.evaluate(GROW, OTHER.format(end=BAR))
    head(page, 2).locator(".bar-lock").click()
    another(page)
    notes(page)
    assert not page.evaluate("duet.get().request.controls.kept_notes")


def test_a_tune_that_grows_again_as_it_stands_stays_on_the_paper(page):
    before = len(notes(page))
    page.evaluate(GROW, "notes.slice(0, 2)")
    assert page.locator("#roll .note").count() == before
    head(page, 16).locator(".bar-lock").click()
    assert page.evaluate("duet.get().request.controls.kept_notes")


def test_a_bar_that_is_kept_while_another_is_asked_for_stays(page):
    """The answer is of the tune before it was kept."""
    before = notes(page)
    held = []

    def hold(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/studio/another", hold)
    page.locator("#tool-another").click()
    while not held:
        page.wait_for_timeout(20)
    head(page, 2).locator(".bar-lock").click()
    kept = page.evaluate("duet.get().request.controls.kept_notes")
    seed = page.evaluate("duet.get().request.seed")
    held[0].continue_()
    page.wait_for_function("seed => duet.get().request.seed !== seed", arg=seed)
    assert page.evaluate("duet.get().request.controls.kept_notes") == kept
    assert within(notes(page), 1) == within(before, 1)
