"""Views by address, light and dark, the layouts, and what is asked of the network."""

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, drag, pixels, rested, seq, values


def shown(page) -> str:
    return page.evaluate(
        "['studio', 'works', 'taste', 'models'].filter((name) =>"
        " document.getElementById(`view-${name}`).offsetParent).join()"
    )


def test_views_have_addresses_and_the_canvas_stays(page):
    drag(page, "warmth", 0.8)
    rested(page)
    before, number = pixels(page), seq(page)
    page.get_by_role("tab", name="Works").click()
    expect(page).to_have_url(f"{page.url.split('#')[0]}#/works")
    assert shown(page) == "works"
    page.get_by_role("tab", name="Taste").click()
    assert shown(page) == "taste"
    page.get_by_role("tab", name="Models").click()
    assert shown(page) == "models"
    page.go_back()
    page.wait_for_function("document.body.dataset.view === 'taste'")
    page.go_back()
    page.wait_for_function("document.body.dataset.view === 'works'")
    assert shown(page) == "works"
    page.go_back()
    page.wait_for_function("document.body.dataset.view === 'studio'")
    assert shown(page) == "studio"
    assert pixels(page) == before
    assert seq(page) == number
    page.go_forward()
    page.wait_for_function("document.body.dataset.view === 'works'")
    expect(page.get_by_role("tab", name="Works")).to_have_attribute("aria-selected", "true")


def test_an_address_opens_its_view(open_page):
    page = open_page("#/models")
    assert shown(page) == "models"
    assert page.title() == "Models · Duet"


def test_the_theme_is_the_systems_until_chosen(open_page):
    page = open_page(color_scheme="dark")
    wall = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(wall) == "rgb(26, 25, 23)"
    page.locator("#theme").click()
    assert page.evaluate(wall) == "rgb(230, 228, 222)"
    page.reload()
    page.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    assert page.evaluate(wall) == "rgb(230, 228, 222)"
    page.locator("#theme").click()
    assert page.evaluate(wall) == "rgb(26, 25, 23)"


@pytest.mark.parametrize(
    ("width", "height", "side", "kind"),
    [
        (1440, 900, 512, "wide"),
        (1280, 800, 384, "wide"),
        (1100, 900, 512, "middle"),
        (1920, 1200, 768, "wide"),
        (700, 900, 414, "phone"),
    ],
)
def test_the_picture_is_the_largest_that_fits(page, width, height, side, kind):
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(f"document.body.dataset.size === '{kind}'")
    box = page.locator("#live-canvas").bounding_box()
    assert (box["width"], box["height"]) == (side, side)
    scrolled = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert scrolled[0] <= width
    assert scrolled[1] <= height
    assert page.locator("#favourite").is_visible()


def test_the_middle_column_becomes_tabs(page):
    page.set_viewport_size({"width": 1100, "height": 900})
    page.get_by_role("tab", name="Sliders").click()
    expect(page.locator("#control-warmth")).to_be_visible()
    expect(page.locator("#panel-nearby")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#panel-nearby")).to_be_visible()
    expect(page.locator("#control-warmth")).to_be_hidden()


def test_a_phone_has_everything_at_hand(phone):
    expect(phone.locator("#control-warmth")).to_be_visible()
    drag(phone, "warmth", 0.8)
    rested(phone)
    assert values(phone)["warmth"] > 0.5
    for name in ("live-canvas", "favourite", "filmstrip", "tool-another", "tool-undo"):
        expect(phone.locator(f"#{name}")).to_be_visible()
    for name in ("favourite", "menu-open", "tab-nearby", "tool-another"):
        box = phone.locator(f"#{name}").bounding_box()
        assert min(box["width"], box["height"]) >= 40, name
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_phones_menu_leads_everywhere(phone):
    phone.locator("#menu-open").click()
    phone.get_by_role("link", name="Works").click()
    phone.wait_for_function("document.body.dataset.view === 'works'")
    phone.locator("#menu-open").click()
    phone.get_by_role("button", name="Light or dark").click()
    assert phone.evaluate("document.body.classList.contains('dark')")
    phone.locator("#menu-open").click()
    phone.get_by_role("link", name="Studio", exact=True).click()
    phone.wait_for_function("document.body.dataset.view === 'studio'")


def test_double_tap_on_the_picture_keeps(phone):
    phone.locator("#frame").tap()
    phone.locator("#frame").tap()
    expect(phone.locator("#favourite")).to_have_attribute("aria-pressed", "true")


def test_nothing_but_our_own_host_is_asked(page, watched):
    page.get_by_role("tab", name="Works").click()
    page.get_by_role("tab", name="Models").click()
    assert watched.hosts == {"127.0.0.1"}
    assert page.evaluate("document.fonts.check('14px \"Source Sans 3\"')")
    html = page.evaluate("document.documentElement.outerHTML")
    assert "fonts.googleapis" not in html
    assert page.locator("footer").count() == 0 or not page.locator("footer").first.is_visible()
