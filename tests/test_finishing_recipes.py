"""Finish in recipes: checked, kept in order, remembered on the way, carried to other works."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import exports
from pipelines.errors import ControlError, RequestError
from pipelines.explore import another, breed, morph, nearby
from pipelines.film import frames, render_film, replay
from pipelines.finishing import MAX_STEPS, between, check_steps, enlarging
from pipelines.finishing.operations import Setting
from pipelines.request import Request, Step
from pipelines.timeline import Timeline
from tests.test_finishing import NAMES, applied, numbers, steps_of, strongest


@given(
    st.lists(st.sampled_from(NAMES), max_size=MAX_STEPS),
    st.floats(0, 0.5, allow_nan=False),
)
@settings(max_examples=40, deadline=None)
def test_recipes_with_steps_go_round(names, amount):
    base = Request("tiny", type(REQUEST.weights)("ab" * 32))
    steps = [
        Step(
            name,
            {k: v if isinstance(v, str | int) else amount for k, v in strongest(name).items()},
        )
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
    instrument.engines.warm(instrument.pipeline)
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


def test_a_draft_enlarges_by_a_stand_in_until_the_exact_one_is_known(tiny, monkeypatch):
    played = counted(tiny)
    large = played.request(seed=3).but(steps=steps_of("upscaling"))
    with monkeypatch.context() as without:
        without.delattr(enlarging, "upscaler")
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


def test_a_film_goes_from_one_finish_to_the_other_and_replays(tiny, tmp_path):
    a = tiny.request(seed=1).but(steps=(Step("colour", {"saturation": -1}),))
    b = tiny.request(seed=2).but(steps=(Step("colour"), *steps_of("upscaling")))
    timeline = Timeline.through([a, b], seconds=0.5, fps=8, size=128, loop=False)
    film = render_film(tiny, timeline, tmp_path / "film.mp4")
    assert film.complete
    assert replay(tiny, timeline) == film.fingerprint
    greys = [np.ptp(numbers(one.data), axis=2).mean() for one in frames(tiny, timeline)]
    assert greys[0] < 1
    assert greys[0] < greys[1] < greys[-1]
