"""Bars that stay: as text and back, and a melody that is written around them."""

import numpy as np
import pytest

from pipelines.errors import ControlError
from pipelines.music.grid import FIRST, HOLD, METRES, NUM_TOKENS, REST, notes_of, tokens_of
from pipelines.music.keeping import ANY, kept_of, kept_text, pitch_name
from pipelines.scores import TICKS

BAR = 4 * TICKS
STEP = TICKS // 4


def drawn(metre: str, bars: int, seed: int) -> np.ndarray:
    """Tokens as a melody may have them; held bars and silences among them."""
    rng = np.random.Generator(np.random.Philox(seed))
    tokens = rng.integers(0, NUM_TOKENS, bars * METRES[metre].steps)
    tokens[rng.random(len(tokens)) < 0.5] = HOLD
    tokens[0] = max(tokens[0], REST)
    return tokens


@pytest.mark.parametrize("metre", METRES)
def test_kept_bars_are_the_same_as_text_and_back(metre):
    for seed in range(40):
        tokens = drawn(metre, 4, seed)
        kept = [bool(seed >> bar & 1) for bar in range(4)]
        back = kept_of(kept_text(tokens, metre, kept), metre, 4).reshape(4, -1)
        bars = tokens.reshape(4, -1)
        for bar, stays in enumerate(kept):
            if stays and notes_of(tokens):
                assert notes_of(back[bar]) == notes_of(bars[bar])
                np.testing.assert_array_equal(back[bar] == HOLD, bars[bar] == HOLD)
            else:
                assert (back[bar] == ANY).all()


def test_names_of_pitches_are_read_in_sharps_and_flats():
    told = kept_of("A#4:4 Bb4:4 r:3 Cb5:5", "4/4", 2)
    first, second, third = notes_of(told[:16])
    assert first.pitch == second.pitch == third.pitch - 1 == 70
    assert (third.step, third.length) == (11, 5)
    assert pitch_name(70) == "A#4"
    assert (told[16:] == ANY).all()


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("H5:16", "not_notes", "H5:16"),
        ("E5", "not_notes", "E5"),
        ("E5:0 E5:16", "not_notes", "E5:0"),
        ("🎵", "not_notes", "🎵"),
        ("E5:15", "bar_length", "15"),
        ("* | E5:8 r:9", "bar_length", "17"),
        ("E9:16", "pitch_range", "E9"),
        ("B2:16", "pitch_range", "B2"),
        ("|".join(["*"] * 5), "too_many_bars", "5"),
    ],
)
def test_what_is_no_bar_is_refused_with_its_reason(tiny_tunes, text, code, value):
    request = tiny_tunes.request(seed=1, kept_notes=text)
    with pytest.raises(ControlError) as caught:
        tiny_tunes.render(request)
    told = caught.value
    assert (told.code, told.name, told.value) == (code, "kept_notes", value)
    assert told.remedy


def heard(instrument, **values):
    (track,) = instrument.render(instrument.request(**values)).data.tracks
    return [(note.time, note.duration, note.pitch) for note in track.notes]


def within(notes, bar):
    """Notes that begin in a bar, cut at its end."""
    begin, end = bar * BAR, (bar + 1) * BAR
    return [(at, min(length, end - at), pitch) for at, length, pitch in notes if begin <= at < end]


def text_of(notes, kept):
    tokens = np.full(64, HOLD)
    tokens[0] = REST
    end = 0
    for at, length, pitch in notes:
        if at > end:
            tokens[end // STEP] = REST
        tokens[at // STEP] = FIRST + pitch - 48
        end = at + length
    if end < 4 * BAR:
        tokens[end // STEP] = REST
    return kept_text(tokens, "4/4", kept)


def test_kept_bars_stay_while_the_others_are_written_by_other_seeds(tiny_tunes):
    base = {"key": "C", "num_bars": "4"}
    before = heard(tiny_tunes, seed=3, **base)
    kept = text_of(before, [False, True, False, True])
    others = set()
    for seed in range(20, 30):
        notes = heard(tiny_tunes, seed=seed, kept_notes=kept, **base)
        for bar in (1, 3):
            assert within(notes, bar) == within(before, bar), (seed, bar)
        others.add((*within(notes, 0), *within(notes, 2)))
    assert len(others) > 6


def test_kept_bars_follow_key_and_octave_and_come_back_when_there_is_room(tiny_tunes):
    kept = "C5:4 E5:4 G5:8 | * | * | A4:16"
    home = heard(tiny_tunes, seed=3, kept_notes=kept, key="C")
    high = heard(tiny_tunes, seed=3, kept_notes=kept, key="G", octave=1)
    assert [pitch for _, _, pitch in within(home, 0)] == [72, 76, 79]
    assert [b[2] - a[2] for a, b in zip(home, high, strict=True)] == [7] * len(home)
    short = heard(tiny_tunes, seed=3, kept_notes=kept, key="C", num_bars="2")
    assert within(short, 0) == within(home, 0)
    assert within(home, 3) == [(3 * BAR, BAR, 69)]


def test_notes_of_a_person_may_lie_outside_the_scale_and_a_kept_silence_is_silent(tiny_tunes):
    notes = heard(tiny_tunes, seed=3, key="C", kept_notes="C#5:16 | r:16 | * | *")
    assert within(notes, 0) == [(0, BAR, 73)]
    assert within(notes, 1) == []
    assert heard(tiny_tunes, seed=3, key="C", kept_notes=" | ".join(["r:16"] * 4)) == []
    held = heard(tiny_tunes, seed=3, key="C", kept_notes="~:8 E5:8 | ~:4 r:12 | * | *")
    assert held[0] == (BAR // 2, BAR // 2 + BAR // 4, 76)


def test_what_a_score_holds_is_what_its_text_says():
    notes = notes_of(kept_of("E5:4 D5:2 C5:2 r:8", "4/4", 2)[:16])
    np.testing.assert_array_equal(
        tokens_of(notes, 16), kept_of("E5:4 D5:2 C5:2 r:8", "4/4", 2)[:16]
    )
