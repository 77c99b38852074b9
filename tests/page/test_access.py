"""For readers, for both themes and both widths: axe-core, names, rings, reduced motion."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE, drag, rested

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
"""axe-core 4.14.1, MPL-2.0, see the licence beside it."""


def serious(page) -> list[str]:
    """Faults of serious or critical impact in our elements, in both themes.

    Everything is looked at in the theme that the page has; in the other one the contrast of
    colours, which is all that a theme decides.
    """
    page.add_script_tag(path=AXE)
    here = page.evaluate("duet.get().theme")
    other = {"light": "dark", "dark": "light"}[here]
    told = [f"{here} {one}" for one in _faults(page, "{resultTypes: ['violations']}")]
    _turn(page, other)
    told += [f"{other} {one}" for one in _faults(page, "{runOnly: ['color-contrast']}")]
    _turn(page, here)
    return told


def _faults(page, options: str) -> list[str]:
    found = page.evaluate(f"axe.run(document, {options}).then((one) => one.violations)")
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def _turn(page, theme: str) -> None:
    """What a system says that goes dark or light."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("theme => duet.get().theme === theme", arg=theme)
    page.wait_for_timeout(250)  # colours that fade have arrived


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious(open_page, size):
    page = open_page(size=size)
    drag(page, "warmth", 0.8)
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    if size is WIDE:
        page.locator("#more").click()
    page.wait_for_timeout(400)  # colours that fade have arrived
    assert serious(page) == []
    for view in ("works", "models"):
        page.evaluate(f"location.hash = '#/{view}'")
        page.wait_for_function(f"document.body.dataset.view === '{view}'")
        page.wait_for_timeout(400)
        assert serious(page) == []


def test_the_canvas_speaks_after_the_last_move(page):
    canvas = page.locator("#live-canvas")
    expect(canvas).to_have_attribute("role", "img")
    drag(page, "warmth", 0.8)
    rested(page)
    page.wait_for_timeout(700)
    label = canvas.get_attribute("aria-label")
    assert label.startswith("Picture, ")
    assert "Warmth plus" in label
    assert "seed 8" in label
    expect(page.locator("#spoken")).to_have_text(label)


def test_what_has_focus_shows_it(page):
    page.keyboard.press("Tab")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(() => { const one = document.activeElement;"
            " if (one === document.body) return 'body';"
            " const style = getComputedStyle(one), near = one.closest('label');"
            " const own = parseFloat(style.outlineWidth) && style.outlineStyle !== 'none';"
            " const around = near && parseFloat(getComputedStyle(near).outlineWidth);"
            " return own || around ? 'ring' : one.outerHTML.slice(0, 200); })()"
        )
        assert outline in ("ring", "body")


def test_reduced_motion_means_no_motion(open_page):
    page = open_page(reduced_motion="reduce")
    page.wait_for_timeout(1200)
    assert page.evaluate("window.duet.values().warmth") == 0
    time = page.locator("#favourite").evaluate("(one) => getComputedStyle(one).transitionDuration")
    assert set(time.replace(" ", "").split(",")) == {"0s"}


def test_forced_colours_keep_the_outlines(open_page):
    page = open_page(forced_colors="active")
    border = page.locator("#tool-another").evaluate(
        "(one) => getComputedStyle(one).borderTopWidth"
    )
    assert border == "1px"
