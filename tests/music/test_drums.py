"""Drum patterns on their grid: strokes, swing, a human hand, what is measured, and the picture."""

import numpy as np
import pytest

from pipelines.music.drum_attributes import ATTRIBUTES, measure
from pipelines.music.drum_grid import BAR, LANES, STEPS, Feel, levels_of, repeated, score_of
from pipelines.music.drum_roll import ROWS, grid_of
from pipelines.scores import end_of, seconds
from tests.training.test_groove import pattern

ROCK = pattern("kick X.......x.......", "snare ....X.......X...", "hat x.x.x.x.x.x.x.x.")
NOISE = np.random.Generator(np.random.Philox(1)).standard_normal((64, len(LANES), 2))


def told(levels, **feel):
    return score_of(levels, Feel(**({"tempo": 120.0} | feel)))


def starts(score, key):
    return sorted(note.time for note in score.tracks[0].notes if note.pitch == LANES[key])


def test_a_score_is_a_drum_track_of_whole_bars():
    score = told(ROCK)
    assert [track.is_drum for track in score.tracks] == [True]
    assert end_of(score) == STEPS * 120
    assert seconds(score) == pytest.approx(4.0)
    assert starts(score, "snare") == [4 * 120, 12 * 120, 20 * 120, 28 * 120]
    loud = {note.velocity for note in score.tracks[0].notes if note.pitch == LANES["snare"]}
    plain = {note.velocity for note in score.tracks[0].notes if note.pitch == LANES["hat"]}
    assert min(loud) > max(plain)


@pytest.mark.parametrize("swing", [0.5, 0.62, 0.75])
def test_swing_moves_every_second_sixteenth_and_nothing_else(swing):
    all_hats = pattern("hat " + "x" * 16)
    at = np.array(starts(told(all_hats, swing=swing), "hat"))
    assert (at[0::2] == np.arange(0, STEPS * 120, 240)).all()
    assert (at[1::2] - at[0::2] == round(240 * swing)).all()


def test_a_human_hand_is_small_and_always_the_same():
    plain, one, again, other = (
        told(ROCK, humanise=h, noise=noise)
        for h, noise in ((0, NOISE), (1, NOISE), (1, NOISE), (1, -NOISE))
    )
    assert starts(one, "hat") == starts(again, "hat") != starts(plain, "hat")
    assert starts(one, "hat") != starts(other, "hat")
    apart = np.abs(np.subtract(starts(one, "hat"), starts(plain, "hat")))
    assert 0 < apart.max() <= 2 * 0.1 * 120 + 1
    hit = [sorted(n.velocity for n in x.tracks[0].notes) for x in (plain, one)]
    assert hit[0] != hit[1]
    assert min(*hit[1], 127 - max(hit[1])) >= 0


@pytest.mark.parametrize("tempo", [30, 104, 240])
@pytest.mark.parametrize("swing", [0.5, 0.66, 0.75])
def test_a_score_is_read_back_whatever_the_feel(tempo, swing):
    drawn = np.random.Generator(np.random.Philox(3))
    levels = drawn.integers(0, 4, (STEPS, len(LANES))) * (drawn.random((STEPS, len(LANES))) < 0.3)
    score = told(levels, tempo=float(tempo), swing=swing)
    assert (levels_of(score) == levels).all()
    rough = told(levels, tempo=float(tempo), swing=swing, humanise=1.0, noise=NOISE)
    assert ((levels_of(rough) > 0) == (levels > 0)).all()
    ends = {}
    for note in sorted(rough.tracks[0].notes, key=lambda x: x.time):
        assert ends.get(note.pitch, 0) <= note.time, "a drum ends before it is struck again"
        ends[note.pitch] = note.time + note.duration


def test_a_pattern_is_one_bar_two_or_four():
    levels = pattern("kick X...............|..x.............")
    assert (repeated(levels, 1) == levels[:BAR]).all()
    assert (repeated(levels, 2) == levels).all()
    assert (repeated(levels, 4) == np.concatenate([levels, levels])).all()


def test_what_is_measured_is_what_is_heard():
    busy = pattern("hat xxxxxxxxxxxxxxxx", "snare ....X..g.g..X...", "kick X..x..x...x.....")
    late = pattern("kick ...x..x....x..x.", "snare ..X...X...X...X.")
    seen = {name: x.tolist() for name, x in measure(np.stack([ROCK, busy, late])).items()}
    assert list(seen) == list(ATTRIBUTES)
    assert seen["density"] == [12, 24, 8]
    assert seen["hats"] == [8, 16, 0]
    assert seen["kick"] == [2, 4, 4]
    assert seen["ghosts"] == [0, 2, 0]
    assert seen["backbeat"][0] == 1
    assert seen["backbeat"][2] < 0
    assert seen["syncopation"][0] == 0 < seen["syncopation"][1] < seen["syncopation"][2]


def test_the_picture_has_a_row_a_drum_and_louder_is_fuller():
    assert sorted(ROWS) == sorted(LANES)
    ink = [
        (np.asarray(grid_of(pattern(f"snare {sign}..............."), 330))[..., 0] < 100).sum()
        for sign in ".gxX"
    ]
    assert ink[0] == 0 < ink[1] < ink[2] < ink[3]
    low, high = (
        np.nonzero(np.asarray(grid_of(pattern(f"{drum} X" + "." * 15), 330))[..., 0] < 100)[
            0
        ].mean()
        for drum in ("kick", "crash")
    )
    assert high < low
