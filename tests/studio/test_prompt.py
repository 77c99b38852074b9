"""A prompt as a parameter of the API and as the page reads it."""

from __future__ import annotations

import pytest

from pipelines.controls import Prompt
from pipelines.errors import ControlError
from pipelines.pipeline import Instrument
from studio import binding, describe

WORDS = Prompt(name="prompt", label="Words", default="a pear", max_length=20, doc="What.")


def test_the_endpoint_takes_a_text(tiny_diffusion: Instrument):
    parameter = binding.signature(tiny_diffusion).parameters["prompt"]
    assert (parameter.annotation, parameter.default) == (str, "")
    told = {"description": "What.", "default": "a pear", "maxLength": 20}
    assert binding.bounds(WORDS) == told


def test_the_page_opens_with_words(tiny_diffusion: Instrument):
    told = describe.control(WORDS, tiny_diffusion)
    assert (told["kind"], told["max_length"], told["default"]) == ("prompt", 20, "a pear")
    opening = describe.opening(tiny_diffusion)
    assert opening.controls["prompt"]
    assert tiny_diffusion.pipeline.parts.reader is not None


@pytest.mark.parametrize(
    ("value", "code"),
    [(3, "wrong_type"), ("x" * 21, "refused"), ("a\tb", "refused"), ("\ud800", "refused")],
)
def test_refused_words(value, code):
    with pytest.raises(ControlError) as caught:
        WORDS.check(value)
    assert caught.value.code == code


def test_words_are_composed():
    assert WORDS.check("poire\u0301e") == "poir\u00e9e"
