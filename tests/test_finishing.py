"""Finishing: nothing at the defaults, more when asked for more, the same from the same seed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pipelines import exports
from pipelines.attributes import measure
from pipelines.controls import Choice, Slider, defaults
from pipelines.errors import ControlError, RequestError
from pipelines.explore import another, breed, morph, nearby
from pipelines.finishing import MAX_STEPS, OPERATIONS, between, check_steps
from pipelines.finishing.colour import from_oklab, to_oklab
from pipelines.finishing.enlarging import MAX_SIDE
from pipelines.finishing.operations import Setting
from pipelines.request import Request, Step

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
            found[control.name] = "2" if isinstance(control, Choice) else control.maximum * 0.5
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


@given(
    st.lists(st.sampled_from(NAMES), max_size=MAX_STEPS),
    st.floats(0, 0.5, allow_nan=False),
)
@settings(max_examples=40, deadline=None)
def test_recipes_with_steps_go_round(names, amount):
    base = Request("tiny", type(REQUEST.weights)("ab" * 32))
    steps = [
        Step(name, {k: (v if isinstance(v, str) else amount) for k, v in strongest(name).items()})
        for name in names
    ]
    request = base.but(steps=check_steps(steps, "picture"))
    assert Request.from_json(request.to_json()) == request
    assert [step.name for step in request.steps] == names
    assert check_steps(request.steps, "picture") == request.steps
    assert base.but(steps=()).to_json() == base.to_json()


REQUEST = Request.from_json(
    '{"pipeline": "tiny", "weights": {"base": "' + "ab" * 32 + '"}, "steps": []}'
)


def test_the_order_of_steps_is_kept_and_matters(tiny):
    plain = tiny.request(seed=3)
    one, other = (
        plain.but(steps=steps_of(*n)) for n in (("colour", "grain"), ("grain", "colour"))
    )
    assert one.sha256 != other.sha256
    made = tiny.render(one)
    assert made.fingerprint != tiny.render(other).fingerprint
    assert [step.name for step in made.request.steps] == ["colour", "grain"]
    by_hand = applied(tiny.render(plain).data, "colour", Setting(3), **strongest("colour"))
    by_hand = applied(by_hand, "grain", Setting(3), **strongest("grain"))
    assert np.array_equal(numbers(made.data), numbers(by_hand))


@pytest.mark.parametrize(
    ("steps", "error", "code", "words"),
    [
        ([Step("grain")] * (MAX_STEPS + 1), RequestError, "too_many_steps", "over 12"),
        ([Step("blur")], RequestError, "unknown_step", "steps=blur"),
        ([Step("grain", {"grain": 1.5})], ControlError, "out_of_range", r"outside \[0, 1\]"),
        ([Step("grain", {"grain": "much"})], ControlError, "wrong_type", "grain=much"),
        ([Step("colour", {"grain": 0.5})], ControlError, "unknown_control", "the step colour"),
        ([Step("upscaling", {"factor": "3"})], ControlError, "not_an_option", "1, 2, 4"),
        ([Step("upscaling", {"upscaler": "x"})], ControlError, "not_an_option", "loupe"),
    ],
)
def test_what_is_no_step_is_refused_with_its_name(tiny, steps, error, code, words):
    with pytest.raises(error, match=words) as caught:
        tiny.render(tiny.request().but(steps=tuple(steps)))
    assert caught.value.code == code


def test_a_model_of_another_medium_has_no_steps():
    with pytest.raises(RequestError, match="not a way to finish") as caught:
        check_steps([Step("grain")], "verse")
    assert caught.value.code == "unknown_step"


def test_an_enlargement_beyond_the_limit_is_refused_before_it_begins(tiny):
    whole = Image.new("RGB", (MAX_SIDE // 2, MAX_SIDE // 2))
    assert applied(whole, "upscaling", factor="2").size == (MAX_SIDE, MAX_SIDE)
    with pytest.raises(ControlError, match=f"4096 x 4096 px is over {MAX_SIDE}") as caught:
        applied(whole, "upscaling", factor="4")
    assert caught.value.code == "too_many_pixels"
    twice = Step("upscaling", {"factor": "4"})
    with pytest.raises(ControlError):
        tiny.render(tiny.request().but(steps=(twice, twice, twice)), quality="draft")


class Counting:
    """A pipeline that counts how often it is asked for a work."""

    def __init__(self, pipeline):
        self.pipeline, self.asked = pipeline, 0

    def __getattr__(self, name):
        return getattr(self.pipeline, name)

    def generate(self, *given):
        self.asked += 1
        yield from self.pipeline.generate(*given)


def counted(instrument):
    return type(instrument)(Counting(instrument.pipeline), instrument.engines)


def test_a_drag_of_a_finish_asks_the_model_once(tiny):
    played = counted(tiny)
    plain = played.request(seed=3)
    drag = [plain.but(steps=(Step("colour", {"warmth": i / 10}),)) for i in range(10)]
    made = [played.render(one, quality="draft").fingerprint for one in drag]
    assert len(set(made)) > 5
    assert played.pipeline.asked == 1
    played.render(plain.but(seed=4), quality="draft")
    assert played.pipeline.asked == 2
    exact = played.render(drag[5])  # a draft is not what is kept
    assert played.pipeline.asked == 3
    assert exact.fingerprint == tiny.render(drag[5]).fingerprint
    assert exact.engine == "torch-cpu-f32"
    assert exact.request == tiny.check(drag[5])


def test_a_draft_enlarges_by_a_stand_in_until_the_exact_one_is_known(tiny):
    played = counted(tiny)
    large = played.request(seed=3).but(steps=steps_of("upscaling"))
    rough = played.render(large, quality="draft")
    assert rough.engine == "lanczos-cpu-u8"
    exact = played.render(large)
    assert exact.data.size == rough.data.size == (256, 256)
    grainy = large.but(steps=(*large.steps, *steps_of("grain")))
    again = played.render(grainy, quality="draft")
    assert again.engine == exact.engine
    assert again.fingerprint == played.render(grainy).fingerprint


def test_a_work_without_steps_is_made_anew_each_time(tiny):
    played = counted(tiny)
    plain = played.request(seed=3)
    assert played.render(plain).fingerprint == played.render(plain).fingerprint
    assert played.pipeline.asked == 2


def test_two_instruments_and_a_file_give_the_same_finished_work(tiny, tiny_root, tmp_path):
    from pipelines.catalog import Catalog

    finished = tiny.request(seed=3).but(steps=steps_of(*NAMES))
    made = tiny.render(finished)
    opened = exports.open_bytes(made.save(tmp_path / "work.png").read_bytes())
    elsewhere = Catalog((tiny_root,)).load("tiny").render(opened.recipe)
    assert exports.verdict(opened, elsewhere).kind == "identical"
    assert opened.image is not None
    assert opened.image.size == elsewhere.data.size == (256, 256)


def test_a_patterns_edges_still_meet(tiny_pattern):
    plain = tiny_pattern.request(seed=3, resolution="256", repeat="2")
    assert tiny_pattern.finisher.wraps
    steps = steps_of("colour", "upscaling", "sharpening")
    made = numbers(tiny_pattern.render(plain.but(steps=steps)).data)
    assert made.shape == (512, 512, 3)
    assert np.abs(made[:256] - made[256:]).max() <= 1  # each repeat alike, at the edges too
    assert np.abs(made[:, :256] - made[:, 256:]).max() <= 1


def test_variations_children_and_fresh_works_carry_the_finish(tiny):
    a = tiny.request(seed=1).but(steps=steps_of("grain"))
    b = tiny.request(seed=2).but(steps=steps_of("paper"))
    assert all(one.steps == a.steps for one in nearby(tiny, a, num=3))
    for child in breed(tiny, a, b, num=4):
        assert child.request.steps == (a if child.form == "a" else b).steps
    assert another(tiny, a, seed=9).steps == a.steps


def test_on_the_way_between_two_works_one_finish_goes_over_into_the_other(tiny):
    a = tiny.request(seed=1).but(steps=(Step("colour", {"warmth": -1}), Step("grain")))
    b = tiny.request(seed=2).but(steps=(Step("colour", {"warmth": 1}), *steps_of("upscaling")))
    way = [one.steps for one in morph(tiny, a, b, num=5)]
    assert way[0] == a.steps
    assert way[-1] == b.steps
    assert [round(one[0].values["warmth"], 6) for one in way] == [-1, -0.5, 0, 0.5, 1]
    assert [s.name for s in way[2]] == ["colour", "grain", "upscaling"]
    assert [one[-1].values.get("factor") for one in way[1:]] == ["1", "2", "2", "2"]
    same = steps_of("grain", "grain")
    assert between(same, same, 0.3, "picture") == same
    assert len(between(same, same[:1], 0.3, "picture")) == 2
