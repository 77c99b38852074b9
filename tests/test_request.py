"""Recipes: one canonical text, everything else refused with a reason."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import RequestError
from pipelines.latents import normal
from pipelines.request import Offset, Point, Request, Step, Weights

SHA = "ab" * 32
FULL = Request(
    "pomona",
    Weights(SHA, (SHA,)),
    seed=7,
    point=Point.of(normal(1, (6, 8))),
    directions=(Offset(SHA, 1.5, name="warmth"),),
    controls={"species": "pear", "truncation_psi": 0.7, "style_mixing": 2},
    steps=(Step("grain", {"strength": 0.5}),),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    seed=st.integers(0, 2**32 - 1),
    offset=NUMBERS,
    controls=st.dictionaries(st.text(max_size=8), NUMBERS | st.booleans() | st.text(max_size=8)),
)
def test_round_trip(seed, offset, controls):
    request = FULL.but(seed=seed, directions=(Offset(SHA, offset),), controls=controls)
    again = Request.from_json(request.to_json())
    assert again == request
    assert again.to_json() == request.to_json()
    assert again.sha256 == request.sha256


def test_javascript_and_python_write_the_same_text():
    as_float = FULL.but(controls={"truncation_psi": 1.0})
    as_whole = FULL.but(controls={"truncation_psi": 1})
    assert as_float.to_json() == as_whole.to_json()


def test_point_is_exact():
    latent = normal(9, (6, 8))
    assert np.array_equal(Point.of(latent).array(), latent)


def changed(**changes):
    return json.dumps({**FULL.to_dict(), **changes})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_recipe"),
        ("[]", "bad_recipe"),
        ("null", "bad_recipe"),
        ("{", "bad_recipe"),
        ("[" * 5000, "bad_recipe"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "bad_recipe"),
        (changed(colour="red"), "bad_recipe"),
        (changed(seed="7"), "bad_recipe"),
        (changed(seed=None), "bad_recipe"),
        (changed(controls={"truncation_psi": None}), "bad_recipe"),
        (changed(controls={"truncation_psi": float("nan")}), "bad_recipe"),
        (changed(directions=[{"id": SHA}]), "bad_recipe"),
        (changed(schema=2), "unknown_schema"),
        (changed(schema="1"), "unknown_schema"),
        (changed(schema=True), "unknown_schema"),
        (changed(point={"latent": "AAAA", "shape": [6, 8]}), "bad_point"),
        (changed(point={"latent": "!!!!", "shape": [1]}), "bad_point"),
        (changed(point={"latent": "AADAfw==", "shape": [1]}), "not_finite"),
        (changed(point={"latent": "AAAAAA==", "shape": [-1, 0]}), "bad_point"),
        (changed(point={}), "bad_point"),
        (" " * (2 << 20), "too_large"),
    ],
)
def test_what_is_not_a_recipe_is_refused(text, code):
    with pytest.raises(RequestError) as caught:
        Request.from_json(text)
    assert caught.value.code == code


@given(
    st.recursive(
        st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    )
)
def test_any_other_json_is_refused(value):
    with pytest.raises(RequestError):
        Request.from_json(json.dumps(value))
