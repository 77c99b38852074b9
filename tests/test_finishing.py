"""Finishing: nothing at the defaults, more when asked for more, the same from the same seed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.attributes import measure
from pipelines.controls import Choice, Slider, defaults
from pipelines.errors import ControlError
from pipelines.finishing import OPERATIONS, check_steps
from pipelines.finishing.colour import from_oklab, to_oklab
from pipelines.finishing.enlarging import MAX_SIDE
from pipelines.finishing.operations import Setting
from pipelines.request import Step

PICTURE = OPERATIONS["picture"]
NAMES = sorted(PICTURE)


def sheet() -> Image.Image:
    """A fruit that is lit from the left, on cream paper; no channel is at an end."""
    rows, columns = np.mgrid[:128, :128] / 128
    paper = np.stack([238 - 4 * rows, 228 - 4 * columns, 200 + 0 * rows], -1)
    fruit = np.stack([150 - 70 * columns, 150 + 30 * rows - 40 * columns, 60 + 20 * rows], -1)
    inside = (rows - 0.5) ** 2 + (columns - 0.5) ** 2 < 0.1
    made = Image.fromarray(np.where(inside[..., None], fruit, paper).astype(np.uint8))
    ImageDraw.Draw(made).line([(64, 24), (70, 8)], fill=(90, 70, 40), width=3)
    return made


def applied(picture: Image.Image, name: str, setting: Setting | None = None, **values):
    operation = PICTURE[name]
    whole = defaults(operation.controls) | values
    return operation.apply(picture, whole, setting or Setting(seed=7, draft=True))


def measured(picture: Image.Image, attribute: str) -> float:
    return float(measure("picture", np.asarray(picture)[None])[attribute][0])


def strongest(name: str) -> dict:
    """Values that certainly change something."""
    found = {}
    for control in PICTURE[name].controls:
        if control.name in PICTURE[name].strengths:
            choice = isinstance(control, Choice)
            found[control.name] = "2" if choice else control.check(control.maximum / 2)
    return found


def numbers(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def steps_of(*names: str) -> tuple[Step, ...]:
    return check_steps([Step(name, strongest(name)) for name in names], "picture")


def test_oklab_and_back_changes_no_colour_of_all_that_there_are():
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 5, dtype=np.uint8)] * 3), -1)
    flat = grid.reshape(1, -1, 3)
    assert np.array_equal(from_oklab(to_oklab(flat)), flat)
    white = to_oklab(np.full((1, 1, 3), 255, np.uint8))[0, 0]
    assert np.allclose(white, (1, 0, 0), atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_at_its_defaults_a_step_changes_no_byte_and_runs_nothing(tiny, name):
    plain = tiny.request(seed=3)
    operation = PICTURE[name]
    assert operation.idle(defaults(operation.controls))
    finished = tiny.render(plain.but(steps=(Step(name),)))
    assert finished.fingerprint == tiny.render(plain).fingerprint
    assert operation.idle({}) != operation.idle(strongest(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_control_is_said_in_full_and_has_both_bounds(name):
    operation = PICTURE[name]
    assert operation.doc.endswith(".")
    picture = sheet()
    for control in operation.controls:
        assert control.doc.endswith(".")
        ends = (control.minimum, control.maximum) if isinstance(control, Slider) else ()
        for value in [*ends, *getattr(control, "options", ())]:
            made = applied(picture, name, **{**strongest(name), control.name: value})
            assert made.mode == "RGB"
            assert min(made.size) >= 64


@pytest.mark.parametrize(
    ("name", "control", "attribute"),
    [
        ("colour", "warmth", "warmth"),
        ("colour", "saturation", "saturation"),
        ("colour", "lightness", "lightness"),
        ("contrast", "contrast", "contrast"),
    ],
)
def test_more_of_a_slider_is_more_of_what_it_says(name, control, attribute):
    values = [
        measured(applied(sheet(), name, **{control: amount}), attribute)
        for amount in (-1, -0.5, 0, 0.5, 1)
    ]
    assert all(low < high for low, high in itertools.pairwise(values)), values


@pytest.mark.parametrize(("name", "control"), [("sharpening", "sharpness"), ("grain", "grain"),
                                               ("paper", "texture")])  # fmt: skip
def test_more_sharpness_grain_or_paper_is_more_fine_structure(name, control):
    def rough(amount):
        light = numbers(applied(sheet(), name, **{control: amount}).convert("L"))
        return np.abs(np.diff(light, axis=1)).mean()

    found = [rough(amount) for amount in (0, 0.25, 0.5, 1)]
    assert all(low < high for low, high in itertools.pairwise(found)), found


def test_hues_turn_about_the_circle_and_saturation_ends_in_grey():
    picture = sheet()
    turned = applied(applied(picture, "colour", hue=90), "colour", hue=-90)
    inside = np.abs(to_oklab(np.asarray(picture))[..., 1:]).max(-1) < 0.05  # far from the gamut
    assert np.abs(numbers(turned) - numbers(picture))[inside].max() <= 2
    assert np.abs(numbers(turned) - numbers(applied(picture, "colour", hue=90))).max() > 20
    grey = numbers(applied(picture, "colour", saturation=-1))
    assert np.ptp(grey, axis=2).max() <= 1


def test_black_and_white_stay_under_contrast_and_lightness():
    ends = Image.fromarray(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8))
    for name, control in (("contrast", "contrast"), ("colour", "lightness")):
        for amount in (-1, 1):
            assert np.array_equal(numbers(applied(ends, name, **{control: amount})), numbers(ends))


@pytest.mark.parametrize("name", NAMES)
def test_transparency_is_kept(name):
    mask = Image.radial_gradient("L").resize((96, 96))
    picture = sheet().resize((96, 96)).convert("RGBA")
    picture.putalpha(mask)
    made = applied(picture, name, **strongest(name))
    assert made.mode == "RGBA"
    alpha = mask.resize(made.size, Image.Resampling.LANCZOS)
    assert np.array_equal(numbers(made.getchannel("A")), numbers(alpha))
    seen = numbers(applied(picture.convert("RGB"), name, **strongest(name)))
    if name != "upscaling":  # which looks at what surrounds a pixel, transparent or not
        assert np.array_equal(numbers(made)[..., :3], seen)


@pytest.mark.parametrize("name", ["grain", "paper"])
def test_the_same_seed_gives_the_same_grain_and_it_wraps_around(name):
    flat = Image.new("RGB", (96, 64), (128, 128, 128))
    first, again, other = (
        numbers(applied(flat, name, Setting(seed), **strongest(name))) for seed in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    light = first.mean(axis=2)
    steps = np.abs(light - np.roll(light, 1, axis=1)).mean(axis=0)
    assert steps[0] < 1.5 * np.median(steps)  # across the seam as anywhere


def test_grain_is_drawn_by_the_versioned_map():
    flat = Image.new("RGB", (8, 8), (128, 128, 128))
    found = numbers(applied(flat, "grain", Setting(1), grain=1.0))[0, :, 0].tolist()
    assert found == GRAIN


GRAIN = [127, 132, 185, 114, 126, 130, 139, 123]
"""Of version 1 of the map; with another list, old recipes have other grain."""


def test_an_enlargement_beyond_the_limit_is_refused_before_it_begins(tiny):
    whole = Image.new("RGB", (MAX_SIDE // 2, MAX_SIDE // 2))
    assert applied(whole, "upscaling", factor="2").size == (MAX_SIDE, MAX_SIDE)
    with pytest.raises(ControlError, match=f"4096 x 4096 px is over {MAX_SIDE}") as caught:
        applied(whole, "upscaling", factor="4")
    assert caught.value.code == "too_many_pixels"
    tiny.engines.warm(tiny.pipeline)  # not in a thread that outlives the test
    twice = Step("upscaling", {"factor": "4"})
    with pytest.raises(ControlError):
        tiny.render(tiny.request().but(steps=(twice, twice, twice)), quality="draft")
