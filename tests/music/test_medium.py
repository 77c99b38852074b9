"""What of a tune is measured, and which tunes are alike."""

import numpy as np
import pytest

from pipelines.artifact import Artifact
from pipelines.atlas import measured
from pipelines.media import measures_of
from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import FIRST, HOLD, KEYS, REST, transposition
from pipelines.music.medium import Line
from pipelines.music.melody_vae import score

MUSIC = measures_of("music")


def told(tiny_tunes, **values):
    return measured(tiny_tunes.render(tiny_tunes.request(seed=5, **values)))


def line(*events, metre="4/4", bars=2):
    """A line of one token on every quarter."""
    tokens = np.full(16 * bars, HOLD)
    tokens[:: len(tokens) // len(events)] = [FIRST + one if one >= 0 else REST for one in events]
    return Line(tokens, metre)


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
@pytest.mark.parametrize("bars", ["2", "4"])
def test_a_score_is_measured_as_its_notes_were_written(tiny_tunes, metre, bars):
    asked = {"time_signature": metre, "num_bars": bars, "key": "F", "octave": 1}
    request = tiny_tunes.request(seed=5, **asked)
    values, pipeline = tiny_tunes.values(request), tiny_tunes.pipeline
    tokens = pipeline.write(pipeline.place(request), values)
    known = {name: float(x[0]) for name, x in measure(tokens, metre).items()}
    known["pitch"] += transposition(KEYS.index("F")) + 12
    found = measured(tiny_tunes.render(request))
    assert list(found) == list(ATTRIBUTES)
    assert found == pytest.approx(known, abs=1e-4)


def test_a_key_and_an_octave_change_the_pitch_alone(tiny_tunes):
    low, high = (told(tiny_tunes, key=key) for key in ("C", "F"))
    assert high.pop("pitch") - low.pop("pitch") == pytest.approx(5, abs=1e-4)
    assert high == pytest.approx(low, abs=1e-4)
    up = told(tiny_tunes, key="C", octave=2)
    assert up["pitch"] == pytest.approx(told(tiny_tunes, key="C")["pitch"] + 24, abs=1e-4)


def test_lines_of_several_metres_are_measured_each_by_its_own():
    lines = [line(12, 14, 16, 17), line(12, 14, 16, 17, metre="3/4", bars=3), line(12, 24)]
    found = MUSIC.attributes(lines)
    assert found[:, 0].tolist() == [2, 1, 1]  # notes a bar; 48 sixteenths are 4 bars of 3/4
    assert found[:, 4].tolist() == pytest.approx([5 / 3, 5 / 3, 12])


def apart(one, other):
    a, b = MUSIC.features([one, other])
    return float(np.linalg.norm(a - b))


def test_tunes_are_alike_where_their_lines_go_the_same_way():
    tune = line(12, 14, 16, 17, 19, 17, 16, 14)
    other = line(24, 12, 24, 12, 24, 12, 24, 12)
    late = Line(np.roll(tune.tokens, 1), "4/4")
    higher = line(14, 16, 18, 19, 21, 19, 18, 16)
    assert apart(tune, tune) == 0
    assert apart(tune, Line(tune.tokens, "4/4", up=5)) == 0
    assert 0 < apart(tune, late) < 0.6 * apart(tune, other)
    assert 0 < apart(tune, higher) < apart(tune, other) / 2
    silent = line(12, -1, 16, -1, 19, -1, 16, -1)
    assert apart(tune, silent) > 0


def test_another_key_is_the_same_tune_and_length_is_no_matter(tiny_tunes):
    tokens = line(12, 14, 16, 17).tokens
    usual = tiny_tunes.values(tiny_tunes.request(num_bars="2"))
    scores = [score(tokens, {**usual, "key": key}) for key in ("C", "G")]
    seen = [MUSIC.seen(Artifact("music", one, tiny_tunes.request())) for one in scores]
    assert apart(*seen) == 0
    assert seen[1].up - seen[0].up == transposition(KEYS.index("G"))
    assert apart(line(12, 14, 16, 17), line(12, 14, 16, 17, bars=4)) == 0
