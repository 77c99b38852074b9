"""Across media, in the browser: a picture is heard, a poem painted, three works hang together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from tests.atlases import with_atlas
from tests.page.conftest import PHONE, rested, values
from tests.page.files import drop
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.studio.serving import Served, serving
from tests.tiny import tiny_folder
from tests.tiny_music import tiny_chorale_folder, tiny_groove_folder, tiny_melody_folder
from tests.tiny_verse import tiny_tang_folder

SONG = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:8 C5:8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root, library = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("across page")
    sounding = (tiny_melody_folder, tiny_chorale_folder, tiny_groove_folder)
    for write in (tiny_folder, tiny_tang_folder, *sounding):
        with_atlas(write)(root)
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library / "library", root, *everyone, "--device", "cpu") as running:
        yield running


def keep(page: Page) -> dict:
    """Keep what is on the stage; the kept work."""
    before = page.evaluate("duet.get().works.length")
    page.locator("#favourite").click()
    page.wait_for_function("before => duet.get().works.length > before", arg=before)
    return page.evaluate("duet.get().works[0]")


def play(page: Page, model: str, **controls: object) -> None:
    """Go to another model, as the Models view does."""
    page.evaluate(
        """async ([model, more]) => {
          const { opening } = await duet.api("GET", `/studio/models/${model}`);
          const controls = { ...opening.controls, ...more };
          duet.change({ ...opening, controls }, { label: "undo.model" });
        }""",
        [model, controls],
    )
    page.wait_for_function("model => duet.get().model.id === model", arg=model)
    rested(page)


def select(page: Page, *works: dict) -> None:
    page.evaluate("ids => duet.set({ selection: ids })", [work["id"] for work in works])


def table(page: Page) -> list[dict]:
    """The lines as they stand: source, target, what it comes to."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".across-line")].map((line) => ({
          source: line.querySelector(".across-source").textContent,
          target: line.querySelector("select").value,
          value: line.querySelector(".across-value").textContent,
        }))"""
    )


def settled(page: Page) -> list[dict]:
    """The table once the server has answered."""
    expect(page.locator(".across-take")).to_be_enabled()
    expect(page.locator(".across-to img")).to_be_visible()
    return table(page)


def hear(page: Page) -> None:
    page.get_by_role("button", name="Hear this").click()
    settled(page)
    page.locator(".across-model").select_option("tiny-melody")
    settled(page)


def test_a_kept_picture_is_heard_kept_and_the_same_after_a_reload(open_page):
    page = open_page()
    pear = keep(page)
    select(page, pear)
    hear(page)
    lines = {line["target"]: line["value"] for line in table(page)}
    assert set(lines) >= {"mode", "tempo", "density", "pitch"}
    page.locator(".across-take").click()
    page.wait_for_function("duet.get().model.medium === 'music'")
    rested(page)
    now = values(page)
    assert now["mode"] == lines["mode"].lower()
    assert now["tempo"] == int(lines["tempo"])
    assert now["density"] == pytest.approx(float(lines["density"].replace("−", "-")), abs=0.06)
    assert now["seed"] == pear["request"]["seed"]
    tune = keep(page)
    assert tune["medium"] == "music"
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    family = page.evaluate("id => duet.api('GET', `/studio/works/${id}/family`)", tune["id"])
    (parent,) = family["parents"]
    assert (parent["role"], parent["work"]["id"]) == ("across", pear["id"])
    assert {"source": "warmth", "target": "mode", "weight": 1} in parent["info"]["links"]
    file = page.request.get(f"{page.url.split('#')[0]}studio/works/{tune['id']}/export?format=mid")
    drop(page, file.body(), "heard.mid", "audio/midi")
    expect(page.locator("#hint")).to_contain_text("Identical to the file")
    page.locator("#filmstrip .cell").nth(1).click()
    rested(page)
    page.evaluate("location.hash = '#/works'")


def test_a_tune_gets_a_beat_in_its_tempo_and_the_beat_another_tune(open_page):
    page = open_page()
    play(page, "tiny-melody", kept_notes=SONG, tempo=110)
    select(page, keep(page))
    page.get_by_role("button", name="Give it a beat").click()
    lines = {line["target"]: line["value"] for line in settled(page)}
    assert set(lines) == {"tempo", "density", "ghosts", "hats", "kick"}
    assert lines["tempo"] == "110"
    told = page.locator(".across-told, .across-value").all_text_contents()
    assert not {"+0.0", "−0.0"} & set(told), "nothing has no sign"
    expect(page.locator(".across-listen")).to_be_visible()
    page.locator(".across-take").click()
    page.wait_for_function("duet.get().model.id === 'tiny-groove'")
    rested(page)
    assert values(page)["tempo"] == 110
    expect(page.locator("#roll.drums")).to_be_visible()
    select(page, keep(page))
    page.get_by_role("button", name="Give it a tune").click()
    settled(page)
    page.locator(".across-model").select_option("tiny-melody")
    assert {line["target"]: line["value"] for line in settled(page)}["tempo"] == "110"


def test_each_line_is_changed_switched_off_and_remembered(open_page):
    page = open_page()
    pear = keep(page)
    select(page, pear)
    hear(page)
    before = table(page)
    density = next(n for n, line in enumerate(before) if line["target"] == "density")
    row = page.locator(".across-line").nth(density)
    weight = row.locator("input[type=range]")
    weight.focus()
    weight.press("Home")  # the least: twice as much, and the other way round
    expect(row.locator(".across-value")).not_to_have_text(before[density]["value"])
    told = [
        float(one["value"].replace("−", "-")) for one in (before[density], table(page)[density])
    ]
    assert told[1] == pytest.approx(-2 * told[0], abs=0.11)
    row.locator("select").select_option("calm")
    expect(page.locator(".across-line").nth(density).locator("select")).to_have_value("calm")
    settled(page)
    first = page.locator(".across-line").nth(1).locator("input[type=range]")
    first.dblclick()
    expect(page.locator(".across-line").nth(1).locator(".across-value")).to_have_text("off")
    changed = table(page)
    page.keyboard.press("Escape")
    expect(page.locator("#across")).to_be_hidden()
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    select(page, pear)
    hear(page)
    assert table(page) == changed
    page.get_by_role("button", name="As it was").click()
    expect(page.locator(".across-line").nth(1).locator(".across-value")).not_to_have_text("off")
    assert table(page) == before


def test_it_is_heard_before_it_is_taken(open_page):
    page = open_page()
    select(page, keep(page))
    hear(page)
    listen = page.locator(".across-listen")
    with page.expect_response("**/studio/sound") as answer:
        listen.click()
    assert answer.value.headers["content-type"] == "audio/flac"
    expect(listen).to_have_text("Stop")
    listen.click()
    expect(listen).to_have_text("Listen")


def test_a_poem_is_painted_and_set_to_music(open_page):
    page = open_page()
    play(page, "tiny-tang")
    poem = keep(page)
    select(page, poem)
    page.get_by_role("button", name="Set to music").click()
    settled(page)
    page.locator(".across-model").select_option("tiny-melody")
    settled(page)
    page.locator(".across-take").click()
    page.wait_for_function("duet.get().model.id === 'tiny-melody'")
    rested(page)
    page.keyboard.press("z")  # one step back is the poem
    page.wait_for_function("duet.get().model.id === 'tiny-tang'")
    select(page, poem)
    page.get_by_role("button", name="Paint this").click()
    assert "lightness" in {line["target"] for line in settled(page)}
    page.locator(".across-take").click()
    page.wait_for_function("duet.get().model.id === 'tiny'")


def test_a_tune_is_given_three_voices(open_page):
    page = open_page()
    play(page, "tiny-melody", kept_notes=SONG, time_signature="4/4")
    select(page, keep(page))
    page.get_by_role("button", name="Give it three voices").click()
    page.wait_for_function("duet.get().model.id === 'tiny-chorale'")
    rested(page)
    assert values(page)["melody"].count("|") == int(values(page)["num_bars"]) - 1
    assert {f"voice-{number}" for number in range(4)} <= {
        one
        for text in page.locator("#roll .note").evaluate_all("all => all.map((n) => n.className)")
        for one in text.split()
    }
    kept = keep(page)
    (parent,) = page.evaluate("id => duet.api('GET', `/studio/works/${id}/family`)", kept["id"])[
        "parents"
    ]
    assert (parent["role"], parent["work"]["model"]) == ("across", "tiny-melody")


def three(page: Page) -> list[dict]:
    pear = keep(page)
    play(page, "tiny-tang")
    poem = keep(page)
    play(page, "tiny-melody", tempo=240, num_bars="2")
    return [pear, poem, keep(page)]


def test_a_triptych_is_made_kept_and_opens_again(open_page, tmp_path: Path):
    page = open_page()
    works = three(page)
    select(page, *works)
    page.get_by_role("button", name="Triptych").click()
    page.wait_for_function("duet.get().works[0].timeline?.works", timeout=120_000)
    work = page.evaluate("duet.get().works[0]")
    assert work["timeline"]["works"] == [one["request"] for one in works]
    video = page.locator(".player video")
    expect(video).to_be_visible()
    assert video.evaluate("one => one.paused && !one.muted"), "no sound unasked"
    page.keyboard.press("Space")
    page.wait_for_function("!document.querySelector('.player video').paused")
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    rested(page)
    address = f"{page.url.split('#')[0]}studio/works/{work['id']}/export"
    data = page.request.get(f"{address}?format=mp4").body()
    (tmp_path / "hung.mp4").write_bytes(data)
    with av.open(str(tmp_path / "hung.mp4")) as file:
        assert {stream.type for stream in file.streams} == {"video", "audio"}
    for name, mime, body in (
        ("hung.mp4", "video/mp4", data),
        ("hung.png", "image/png", page.request.get(f"{address}?format=png").body()),
    ):
        play(page, "tiny-melody")
        drop(page, body, name, mime)
        page.wait_for_function("duet.get().model.id === 'tiny'")
        expect(page.locator("#hint")).to_contain_text("Identical to the file")
        rested(page)
        assert page.evaluate("duet.get().request") == works[0]["request"]
    page.evaluate("location.hash = '#/models'")
    page.locator("#model-tiny-melody, [data-model='tiny-melody']").get_by_role(
        "button", name="Play"
    ).click()
    page.wait_for_function("duet.get().model.id === 'tiny-melody'")
    assert json.loads(json.dumps(page.evaluate("duet.get().request"))) == works[2]["request"]


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_the_table_for_readers_fingers_and_in_chinese(open_page, size):
    page = open_page(locale="zh-CN", **({"size": size} if size else {}))
    select(page, keep(page))
    page.locator(".across-verb").first.click()
    settled(page)
    assert english_left(page) == []
    assert serious(page) == []
    if size:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        small = page.evaluate(
            """() => [...document.querySelectorAll("#across :is(button, select, input)")]
              .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43)
              .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert small == []


def test_what_another_model_offered_is_gone_at_once(open_page):
    page = open_page()
    offered = page.locator("#panel-nearby .tile > *")
    expect(offered).to_have_count(12)
    page.route("**/studio/nearby", lambda one: None)  # the next ones are long in coming
    play(page, "tiny-chorale")
    expect(offered).to_have_count(0)
