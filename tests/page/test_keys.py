"""Every action once by keyboard alone."""

from playwright.sync_api import expect

from tests.page.conftest import rested, slider, values


def steps(page) -> int:
    return page.evaluate("window.duet.get().past.length")


def test_shaping_by_keys(page):
    page.keyboard.press("3")
    assert page.evaluate("window.duet.get().activeControl") == "saturation"
    expect(slider(page, "saturation")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert round(values(page)["saturation"], 3) == 0.3
    page.keyboard.press("Shift+ArrowRight")
    assert round(values(page)["saturation"], 3) == 0.8
    page.wait_for_function("window.duet.get().past.length === 1")
    expect(slider(page, "saturation")).to_have_attribute("aria-valuetext", "Saturation plus 0.8")
    page.keyboard.press("l")
    expect(page.locator("[data-lock=saturation]")).to_have_attribute("aria-pressed", "true")
    seed = values(page)["seed"]
    page.keyboard.press("r")
    page.wait_for_function(f"window.duet.values().seed !== {seed}")
    assert round(values(page)["saturation"], 3) == 0.8
    page.keyboard.press("Backspace")
    assert values(page)["saturation"] == 0
    count = steps(page)
    page.keyboard.press("z")
    assert round(values(page)["saturation"], 3) == 0.8
    page.keyboard.press("Shift+Z")
    assert values(page)["saturation"] == 0
    assert steps(page) == count
    seed = values(page)["seed"]
    page.keyboard.press("x")
    page.wait_for_function(f"window.duet.values().seed !== {seed}")


def test_keep_and_unkeep_by_key(page):
    heart = page.locator("#favourite")
    page.keyboard.press("f")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#plate")).to_contain_text("kept")
    expect(heart).to_have_accessible_name("Kept")
    page.keyboard.press("f")
    expect(heart).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#hint")).to_contain_text("No longer kept")
    page.locator("#hint button").click()
    expect(heart).to_have_attribute("aria-pressed", "true")


def test_panels_and_sheet_by_key(page):
    page.keyboard.press("p")
    expect(page.locator("#panel-pad")).to_be_visible()
    page.keyboard.press("g")
    expect(page.locator("#panel-nearby")).to_be_visible()
    page.keyboard.press("?")
    sheet = page.locator("#key-sheet")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("not this, another")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_single_keys_rest_in_fields_and_when_switched_off(page):
    seed = values(page)["seed"]
    page.locator("#control-seed input").focus()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    page.locator("#help").click()
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("f")
    page.wait_for_timeout(300)
    assert values(page)["seed"] == seed
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("?")
    page.locator("#keys-on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.wait_for_function(f"window.duet.values().seed !== {seed}")
    rested(page)


def test_chips_are_one_group_for_arrows(page):
    page.locator("#control-species input:checked").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.duet.values().species === 'apple'")
    assert page.locator("#control-species input:checked").count() == 1
    assert values(page)["warmth"] == 0
