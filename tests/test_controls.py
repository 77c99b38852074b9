"""Controls refuse what they should, with name, value, rule and remedy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.controls import Choice, Seed, Slider, Toggle, check_values
from pipelines.errors import ControlError

SLIDER = Slider(name="truncation_psi", label="Adventure", default=1.0, minimum=0.0, maximum=1.5)


@given(st.floats(0.0, 1.5))
def test_slider_accepts_its_range(value):
    assert SLIDER.check(value) == value


@given(st.floats().filter(lambda v: not 0 <= v <= 1.5))
def test_slider_never_clamps(value):
    with pytest.raises(ControlError) as caught:
        SLIDER.check(value)
    assert caught.value.code in {"out_of_range", "not_finite"}


@pytest.mark.parametrize("value", ["1", None, True, [1.0], {}, 1j])
def test_slider_wants_numbers(value):
    with pytest.raises(ControlError, match="not a number"):
        SLIDER.check(value)


def test_huge_whole_numbers_are_refused_not_raised():
    with pytest.raises(ControlError):
        SLIDER.check(10**400)


def test_message_names_value_rule_and_remedy():
    with pytest.raises(ControlError) as caught:
        SLIDER.check(4)
    assert str(caught.value) == "truncation_psi=4 is outside [0, 1.5]; lower it"


@pytest.mark.parametrize("value", [-1, 2**32, 0.5, math.nan, math.inf, "7", True, None])
def test_seed_refuses(value):
    with pytest.raises(ControlError):
        Seed(name="seed", label="Seed").check(value)


def test_seed_from_a_json_float_is_whole():
    seed = Seed(name="seed", label="Seed").check(7.0)
    assert seed == 7
    assert isinstance(seed, int)


def test_choice_and_toggle():
    choice = Choice(name="species", label="Kind", options=("any", "pear"), default="any")
    assert choice.check("pear") == "pear"
    with pytest.raises(ControlError, match="any, pear"):
        choice.check("stone")
    with pytest.raises(ControlError):
        choice.check(["pear"])
    toggle = Toggle(name="symmetry", label="Symmetry")
    assert toggle.check(True) is True
    with pytest.raises(ControlError):
        toggle.check(1)


def test_a_bad_declaration_fails_at_once():
    with pytest.raises(ControlError, match="outside"):
        Slider(name="wander", label="Wander", default=9.0)
    with pytest.raises(ControlError, match="vocabulary"):
        Slider(name="cfg", label="no such name")


def test_unknown_names_are_refused():
    with pytest.raises(ControlError) as caught:
        check_values([SLIDER], {"warmht": 1})
    assert caught.value.code == "unknown_control"
    assert "truncation_psi" in caught.value.remedy
