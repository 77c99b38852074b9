"""A Chinese browser reads Chinese: nothing English is left but names."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.conftest import drag, rested

NAMES = {"Duet", "GANSpace"}
KEYS = {"Shift", "Esc", "Alt", "Space", "Backspace", "Enter", "Ctrl"}
FORMATS = {
    "PNG",
    "ZIP",
    "JPEG",
    "WebP",
    "JSON",
    "GIF",
    "MP4",
    "TXT",
    "Markdown",
    "MIDI",
    "WAV",
    "MusicXML",
    "Apache",
}
SEEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [document.title];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || parent.closest('script, style, kbd, [aria-hidden=true], noscript')) continue;
    const shown = parent.closest('select') ?? parent;
    if (!shown.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (node.textContent.trim()) words.push(node.textContent.trim());
  }
  const said = ['aria-label', 'title', 'alt', 'aria-valuetext', 'placeholder'];
  for (const one of document.querySelectorAll(said.map((name) => `[${name}]`).join())) {
    if (!one.checkVisibility()) continue;
    for (const name of said) {
      if (one.getAttribute(name)) words.push(one.getAttribute(name));
    }
  }
  return words;
}"""


DIGEST = re.compile("[0-9a-f]{12}")  # of weights; its letters are no words


def english_left(page, *names: str) -> list[str]:
    """Visible or spoken words of three Latin letters or more that are not names."""
    known = NAMES | KEYS | FORMATS | set(names)
    return [
        text
        for text in page.evaluate(SEEN)
        if not DIGEST.fullmatch(text) and set(re.findall(r"[A-Za-z]{3,}", text)) - known
    ]


def test_nothing_english_is_left_in_the_studio(open_page, watched):
    page = open_page(locale="zh-CN")
    assert page.evaluate("document.documentElement.lang").startswith("zh")
    page.locator("#more").click()
    drag(page, "warmth", 0.8)
    rested(page)
    page.wait_for_timeout(900)
    assert english_left(page) == []
    expect(page.get_by_role("tab", name="画室")).to_be_visible()
    page.keyboard.press("?")
    assert english_left(page) == []
    page.keyboard.press("Escape")


@pytest.mark.parametrize("tag", ["zh", "zh-HK", "zh-Hans-CN"])
def test_every_tag_of_the_language_is_understood(open_page, tag):
    page = open_page(locale=tag)
    expect(page.get_by_role("tab", name="画室")).to_be_visible()
    assert english_left(page) == []


def test_five_refusals_are_worded_in_chinese(open_page, watched):
    page = open_page(locale="zh-CN")
    hint = page.locator("#hint")
    watched.allowed.append("status of 4")
    field = page.locator("#control-seed input")
    for wrong in ("-5", "99999999999", "1.5"):
        field.fill(wrong)
        field.press("Enter")
        expect(hint).to_have_class("bad")
        expect(hint).to_contain_text("种子")
        assert english_left(page) == []
    page.locator("#row-truncation_psi .number").click()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(hint).to_have_text("冒险 4 超出 0–1.5，请调低。")
    page.evaluate(
        "window.duet.change({...window.duet.get().request, pipeline: 'orchard'}, {commit: false})"
    )
    expect(hint).to_have_class("bad")
    page.wait_for_timeout(300)
    text = hint.inner_text()
    assert re.search(r"[\u4e00-\u9fff]", text)
    assert set(re.findall(r"[A-Za-z]{3,}", text)) <= {"orchard"}
    expect(page.locator("#fault")).to_be_visible()


def test_model_titles_are_in_the_readers_language(open_page):
    page = open_page(locale="zh-TW")
    expect(page.locator("#model")).to_have_text("小小水果")
