"""What is given of a chorale as text: what cannot be sung is refused, the rest is read."""

import numpy as np
import pytest

from pipelines.errors import ControlError
from pipelines.music.chorale_grid import CONTINUE, RANGES
from pipelines.music.chorale_keeping import given_of, kept_text

REFUSED = [
    ({"melody": "H5:16"}, "not_notes", "melody"),
    ({"melody": "🙂"}, "not_notes", "melody"),
    ({"melody": "E5"}, "not_notes", "melody"),
    ({"melody": "E5:12"}, "bar_length", "melody"),
    ({"melody": "E5:16", "time_signature": "3/4"}, "bar_length", "melody"),
    ({"melody": "E9:16"}, "pitch_range", "melody"),
    ({"melody": "C3:16"}, "pitch_range", "melody"),
    ({"melody": " | ".join(["E5:16"] * 9)}, "too_many_bars", "melody"),
    ({"kept_notes": "* / * / * / E5:16"}, "pitch_range", "kept_notes"),
    ({"kept_notes": "* / * / * / * / *"}, "too_many_voices", "kept_notes"),
    ({"kept_notes": " | ".join("*" * 17)}, "too_many_bars", "kept_notes"),
    ({"kept_notes": "E5:16 / r:17"}, "bar_length", "kept_notes"),
    ({"kept_notes": "E5:16", "melody": "D5:16"}, "at_odds", "melody"),
]


@pytest.mark.parametrize(("values", "code", "name"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_cannot_be_sung_is_refused(tiny_choir, values, code, name):
    request = tiny_choir.request(num_bars="8", **values)
    with pytest.raises(ControlError) as caught:
        tiny_choir.render(request)
    error = caught.value
    assert (error.code, error.name) == (code, name)
    assert error.value
    assert error.rule
    assert error.remedy


@pytest.mark.parametrize("text", ["", " ", "* | *", "* / *", "/ / /", "| |"])
def test_nothing_given_is_nothing_kept(tiny_choir, text):
    free = tiny_choir.render(tiny_choir.request(seed=3, num_bars="4"))
    same = tiny_choir.render(tiny_choir.request(seed=3, num_bars="4", kept_notes=text))
    assert same.fingerprint == free.fingerprint


def test_kept_text_and_rows_are_each_others_inverse():
    drawn = np.random.Generator(np.random.Philox(2))
    rows = np.full((4, 3 * 12), CONTINUE)
    for row, (low, high) in zip(rows, RANGES, strict=True):
        at = np.sort(drawn.choice(np.arange(1, 36), 9, replace=False))
        row[[0, *at]] = drawn.integers(low, high, 10)
        row[at[3]] = -2
    for number in range(12):
        kept = drawn.random((4, 3)) < (0, 0.5, 1)[number % 3]
        found = given_of("", kept_text(rows, "3/4", kept), "3/4", 3)
        assert np.array_equal(found.bars, kept)
        cells = rows.reshape(4, 3, 12)[kept]
        assert np.array_equal(found.rows.reshape(4, 3, 12)[kept][:, 1:], cells[:, 1:])
