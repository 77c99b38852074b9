"""Train one's own: pictures dropped, looked at, learnt from; the model that came of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import PHONE, drag, rested, seq
from tests.page.test_access import serious
from tests.page.test_access_kept import SMALL
from tests.page.test_language import english_left
from tests.studio.own_pictures import QUICK, discs, zipped
from tests.studio.serving import Served, serving

OWN = "#/models/own"
LEARN = 300_000
"""Milliseconds: a worker of low priority waits long where other work goes on."""
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "application/zip" }));
  for (const type of ["dragenter", "dragover", "drop"])
    document.querySelector(".own-zone").dispatchEvent(
      new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def studio(tiny_root, tmp_path_factory) -> Iterator[Served]:
    """A studio whose worker is quick."""
    library = tmp_path_factory.mktemp("own page") / "library"
    script = Path(__file__).parents[1] / "studio" / "own_app.py"
    everyone = ("--host", "0.0.0.0", "--device", "cpu")  # noqa: S104 - told apart by cookie
    with serving(library, tiny_root, *everyone, script=script) as running:
        yield running


def drop(page: Page, count: int = 70) -> None:
    """Drop a zip of pictures, one that is damaged and one that is there twice."""
    files = discs(count)
    files["discs/cut.png"] = files["discs/0.png"][:200]
    files["discs/twice.png"] = files["discs/1.png"]
    data = base64.b64encode(zipped(files)).decode()
    page.evaluate(DROP, ["discs.zip", data])
    expect(page.locator(".own-found")).to_be_visible()


def wish(page: Page, name: str, minutes: float, find: float = 0) -> None:
    page.locator("#own-makes-small").check()
    page.locator("#own-name").fill(name)
    page.locator("#own-minutes").fill(str(minutes))
    page.locator(".choose-more summary").click()
    for setting, value in QUICK.items():
        page.locator(f"#own-{setting}").fill(str(value))
    expect(page.locator("#own-find")).to_have_count(1 if find else 0)
    if find:
        page.locator("#own-find").fill(str(find))
    page.locator(".own-rest > .go").click()


def test_an_artist_drops_pictures_and_plays_the_model_that_learnt_from_them(open_page, studio):
    page = open_page("#/models", address=studio.address)
    page.get_by_role("link", name="Train your own").click()
    expect(page).to_have_url(re.compile(OWN))
    drop(page, 125)
    expect(page.get_by_role("heading", name="125 pictures are of use")).to_be_focused()
    left = page.locator(".own-left li")
    expect(left).to_have_text(
        ["discs/cut.png is damaged", "discs/twice.png is the same as discs/1.png"]
    )
    for key in ("Tab", "Tab", "Enter"):  # past what is left out, to Go on
        page.keyboard.press(key)
    expect(page.locator(".own-kind", has_text="Paintings")).to_contain_text("Needs 200 pictures")
    expect(page.locator("#own-makes-paintings")).to_be_disabled()
    expect(page.locator(".own-rest > .go")).to_be_disabled()
    wish(page, "Discs on paper", 0.05, find=0.3)
    looking = re.compile(r"Looking for good settings; runs so far: \d+, best distance [\d.]+ x")
    expect(page.locator(".learning-words")).to_have_text(looking, timeout=LEARN)
    expect(page.locator(".own-stage img").first).to_be_visible(timeout=LEARN)
    assert page.locator(".own-curves .curve-line").count() >= 2
    play = page.get_by_role("button", name="Open it in the Studio")
    expect(play).to_be_visible(timeout=LEARN)
    expect(page.locator(".learning-words")).to_have_text(re.compile("It is made"))
    play.click()
    expect(page.locator("#model")).to_have_text("Discs on paper")
    rested(page)
    name = "truncation_psi"
    before, value = seq(page), page.evaluate(f"duet.values().{name}")
    drag(page, name, 0.9)
    rested(page)
    assert page.evaluate(f"duet.values().{name}") != value
    assert seq(page) > before
    page.evaluate(f"location.hash = '{OWN}'")
    page.get_by_role("button", name="See its card").click()
    card = page.get_by_role("article", name="Discs on paper")
    expect(card.get_by_role("button")).to_be_focused()
    expect(card).to_contain_text("125 pictures; 2 damaged, too small, or there twice")
    expect(card).to_contain_text("--find 0.3 looked for them in")


def test_every_step_in_chinese_on_a_phone_and_for_readers(open_page, studio):
    page = open_page(OWN, address=studio.address, size=PHONE, locale="zh-CN", color_scheme="dark")
    names = ("discs", "cut", "png", "twice", "zip")

    def walk() -> Iterator[str]:
        yield "bring"
        drop(page)
        yield "found"
        page.locator(".own-found .go").click()
        expect(page.locator(".own-kind")).to_have_count(4)
        yield "wish"
        wish(page, "圆", 60)
        expect(page.locator(".learning-words")).to_be_visible()
        page.get_by_role("button", name="暂停").click()
        expect(page.locator(".learning-words")).to_have_text(re.compile("已暂停"), timeout=LEARN)
        yield "paused"
        page.get_by_role("button", name="取消").click()
        yield "asked"
        page.get_by_role("button", name="是，取消").click()
        expect(page.locator(".learning-words")).to_have_text(re.compile("已取消"), timeout=LEARN)
        yield "cancelled"

    found = {}
    for step in walk():
        page.wait_for_timeout(200)
        small = [one for one in page.evaluate(SMALL, 24) if re.search("own", one)]
        wide = page.evaluate("document.querySelector('#own').scrollWidth - innerWidth")
        if bad := [
            *serious(page),
            *english_left(page, *names, "SPDX", "DCGAN"),
            *small,
            *[wide] * (wide > 0),
        ]:
            found[step] = bad
    assert found == {}
    page.get_by_role("button", name="再训练一个").click()
    expect(page.locator(".own-zone")).to_be_visible()
