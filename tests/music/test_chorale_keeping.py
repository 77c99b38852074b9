"""What is given of a chorale as text: what cannot be sung is refused, the rest is read."""

import numpy as np
import pytest

from pipelines.errors import ControlError
from pipelines.music.chorale_grid import CONTINUE, RANGES
from pipelines.music.chorale_keeping import given_of, hold_of, kept_text
from tests.music.test_chorale import check

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


def held(rows, kept, hold: str) -> str:
    """As the page writes it: what is not kept stands in brackets."""
    told = kept_text(rows, "4/4", np.ones_like(kept))
    voices = [[bar.strip() for bar in voice.split("|")] for voice in told.split("/")]
    for voice, known in zip(voices, kept, strict=True):
        voice[:] = [bar if stays else f"[{bar}]" for bar, stays in zip(voice, known, strict=True)]
    return f"={hold} " + " / ".join(" | ".join(voice) for voice in voices)


def test_a_stone_changes_nothing_until_something_else_is_changed(tiny_choir):
    base = tiny_choir.request(seed=4, num_bars="8")
    before = tiny_choir.render(base)
    rows = check(tiny_choir, base)
    kept = np.zeros((4, 8), dtype=bool)
    kept[:, 1] = True
    plain = tiny_choir.change(base, kept_notes=kept_text(rows, "4/4", kept))
    assert tiny_choir.render(plain).fingerprint != before.fingerprint, "written around it"
    stone = tiny_choir.change(base, kept_notes=held(rows, kept, hold_of(base)))
    assert tiny_choir.render(stone).fingerprint == before.fingerprint
    kept[2] = True
    second = tiny_choir.change(base, kept_notes=held(rows, kept, hold_of(stone)))
    assert tiny_choir.render(second).fingerprint == before.fingerprint
    sounding = {"key": "F#", "tempo": 50.0, "instrument": "piano"}
    moved = check(tiny_choir, tiny_choir.change(second, **sounding), free_ranges=True)
    assert np.array_equal(moved, rows)
    for changed in ({"seed": 5}, {"temperature": 0.3}, {"cadence": "open"}):
        after = tiny_choir.render(tiny_choir.change(second, **changed))
        free = tiny_choir.change(base, kept_notes=kept_text(rows, "4/4", kept), **changed)
        assert after.fingerprint == tiny_choir.render(free).fingerprint
        assert after.fingerprint != before.fingerprint


def test_held_bars_that_no_longer_fit_are_not_read(tiny_choir):
    """They were written for another recipe: only what is kept can be refused."""
    text = "=00000000 [E5:16] | D5:16 / [no notes at all]"
    request = tiny_choir.request(num_bars="4", kept_notes=text)
    free = tiny_choir.request(num_bars="4", kept_notes="* | D5:16")
    assert tiny_choir.render(request).fingerprint == tiny_choir.render(free).fingerprint
    known = tiny_choir.request(num_bars="4", kept_notes=f"={hold_of(request)} [H5:16]")
    with pytest.raises(ControlError):
        tiny_choir.render(known)


@pytest.mark.parametrize("text", ["[E5:16", "E5:16]", "=123 E5:16", "=1234567g E5:16"])
def test_half_a_bracket_is_refused(tiny_choir, text):
    with pytest.raises(ControlError):
        tiny_choir.render(tiny_choir.request(num_bars="4", kept_notes=text))
