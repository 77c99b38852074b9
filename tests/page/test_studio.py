"""Shaping: sliders, seed, chips, undo, compare; as a hand and as a mouse do it."""

import re

from playwright.sync_api import expect

from tests.page.conftest import drag, pixels, rested, seq, slider, values


def test_every_control_is_there_once(page):
    controls = page.evaluate("window.duet.get().model.controls")
    assert len(controls) > 10
    for control in controls:
        found = page.locator(f"#control-{control['name']}")
        assert found.count() == 1, control["name"]
        if control["kind"] == "slider":
            native = found.locator("input[type=range]")
            assert native.count() == 1
            for bound, name in (("min", "minimum"), ("max", "maximum"), ("step", "step")):
                assert float(native.get_attribute(bound)) == control[name]
    for fixed in ("live-canvas", "seed", "favourite", "medium", "model", "filmstrip"):
        assert page.locator(f"#{fixed}").count() == 1


def test_a_drag_repaints_and_is_one_step(page):
    before, number = pixels(page), seq(page)
    drag(page, "warmth", 0.9)
    rested(page)
    assert values(page)["warmth"] > 1
    assert pixels(page) != before
    assert seq(page) > number + 1  # frames on the way, and the exact one
    assert page.evaluate("window.duet.get().past.length") == 1
    expect(page.locator("#row-warmth .number")).to_have_text(re.compile(r"^\+[12]"))


def test_undo_and_redo_restore_the_very_picture(page):
    first = pixels(page)
    drag(page, "warmth", 0.8)
    rested(page)
    second = pixels(page)
    page.locator("#tool-undo").click()
    rested(page)
    assert pixels(page) == first
    assert float(slider(page).input_value()) == 0
    page.locator("#tool-redo").click()
    rested(page)
    assert pixels(page) == second
    expect(page.locator("#tool-redo")).to_be_disabled()


def test_compare_shows_the_step_before_while_held(page):
    first = pixels(page)
    expect(page.locator("#tool-compare")).to_be_disabled()
    drag(page, "warmth", 0.2)
    rested(page)
    second = pixels(page)
    page.locator("body").press("Escape")
    page.keyboard.down("c")
    assert pixels(page) == first
    page.keyboard.up("c")
    assert pixels(page) == second
    page.locator("#live-canvas").hover()
    page.mouse.down()
    page.wait_for_timeout(500)
    assert pixels(page) == first
    page.mouse.up()
    assert pixels(page) == second


def test_dragging_the_picture_moves_the_active_slider(page):
    page.keyboard.press("2")
    box = page.locator("#frame").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 330, box["y"] + 200, steps=6)
    page.mouse.up()
    rested(page)
    assert values(page)["lightness"] > 0.5
    assert page.evaluate("window.duet.get().past.length") == 1


def test_another_leaves_what_is_locked(page):
    drag(page, "warmth", 0.85)
    warm = values(page)["warmth"]
    page.locator("[data-lock=warmth]").click()
    expect(page.locator("[data-lock=warmth]")).to_have_attribute("aria-pressed", "true")
    seed = values(page)["seed"]
    page.locator("#tool-another").click()
    page.wait_for_function(f"window.duet.values().seed !== {seed}")
    assert values(page)["warmth"] == warm
    page.locator("[data-lock=seed]").click()
    seed = values(page)["seed"]
    page.locator("#tool-another").click()
    rested(page)
    assert values(page)["seed"] == seed


def test_reset_by_double_click_and_key(page):
    drag(page, "size", 0.9)
    assert values(page)["size"] != 0
    slider(page, "size").dblclick(position={"x": 40, "y": 12})
    assert values(page)["size"] == 0
    drag(page, "size", 0.1)
    page.keyboard.press("Backspace")
    assert values(page)["size"] == 0


def test_a_number_can_be_typed_and_is_never_clamped(page):
    page.locator("#row-warmth .number").click()
    page.keyboard.type("1.25")
    page.keyboard.press("Enter")
    assert values(page)["warmth"] == 1.25
    page.locator("#row-truncation_psi .number").click()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_have_text("Adventure 4 is outside 0 to 1.5. Lower it.")
    assert values(page)["truncation_psi"] == 0.7
    page.locator("#row-warmth .number").click()
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    assert values(page)["warmth"] == 1.25


def test_seed_is_typed_and_refused_in_words(page):
    field = page.locator("#control-seed input")
    field.fill("42")
    field.press("Enter")
    rested(page)
    assert values(page)["seed"] == 42
    expect(page.locator("#plate")).to_contain_text("seed 42")
    field.fill("-3")
    field.press("Enter")
    expect(page.locator("#hint")).to_contain_text("Seed -3 is outside 0 to 4294967295")
    assert values(page)["seed"] == 42
    expect(field).to_have_value("42")


def test_a_chip_chooses_the_kind(page):
    page.locator("#control-species label").filter(has_text="pear").click()
    rested(page)
    pear = pixels(page)
    assert values(page)["species"] == "pear"
    expect(page.locator("#plate")).to_contain_text("Pear")
    page.locator("#control-species label").filter(has_text="plum").click()
    rested(page)
    assert pixels(page) != pear
    assert page.locator("#control-species input:checked").count() == 1


def test_more_holds_mixing_and_the_finer_directions(page):
    expect(page.locator("#control-pca_1")).to_be_hidden()
    page.locator("#more").click()
    expect(page.locator("#control-pca_1")).to_be_visible()
    before = pixels(page)
    page.locator("#row-style_mixing .number").click()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    rested(page)
    assert pixels(page) != before
    mixed = pixels(page)
    page.locator("[data-draw=mix_seed]").click()
    page.wait_for_function("window.duet.values().mix_seed !== 1")
    rested(page)
    assert pixels(page) != mixed


def test_the_foot_says_the_measured_effect(page):
    page.keyboard.press("1")
    expect(page.locator("#effect")).to_have_text(
        "One step: warmer by 0.8; "
        "also a little lighter (0.1) and a little stronger in colour (0.1)."
    )
    expect(page.locator("#end-low")).to_be_visible()
    low, high = (page.locator(f"#end-{end}").get_attribute("src") for end in ("low", "high"))
    assert low != high
    assert low.startswith("data:image/")


def test_nothing_moves_the_value_under_the_wheel(page):
    slider(page).hover()
    page.mouse.wheel(0, 300)
    page.locator("#control-seed input").focus()
    page.locator("#control-seed input").hover()
    page.mouse.wheel(0, 300)
    assert values(page)["warmth"] == 0
    assert values(page)["seed"] == 8
