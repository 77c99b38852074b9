"""Lines in seconds find their sixteenths again."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.errors import ControlError
from pipelines.music.quantising import beats_of, moved, quantise, window

RHYTHM = (4, 2, 2, 3, 1, 4, 4, 4, 2, 2, 2, 2, 8, 6, 2, 8)
"""Sixteenths; 3.5 bars of 4/4."""


def line_of(lengths, tempo: float, *, jitter: float = 0.0, seed: int = 0, drift: float = 0.0):
    """Notes of those sixteenths, off by up to ``jitter`` seconds, slowing down by ``drift``."""
    import symusic

    random = np.random.default_rng(seed)
    score = symusic.Score(480, "Second")
    score.tracks.append(symusic.Track(ttype="Second"))
    at = 1.234
    for number, length in enumerate(lengths):
        step = 15 / tempo * (1 + drift * number / len(lengths))
        start = at + random.uniform(-jitter, jitter)
        note = symusic.Note(start, 0.8 * length * step, 60 + number % 12, 90, "Second")
        score.tracks[0].notes.append(note)
        at += length * step
    return score


def steps(score) -> list[int]:
    return [note.time // 120 for note in score.tracks[0].notes]


@pytest.mark.parametrize("tempo", [60, 72, 88, 100, 120, 144, 160])
@pytest.mark.parametrize("seed", range(3))
def test_jitter_at_a_known_tempo_comes_back_exact(tempo, seed):
    line = line_of(RHYTHM, tempo, jitter=0.02, seed=seed)
    counted = quantise(line, tempo, first=0)
    assert steps(counted.score) == [0, *np.cumsum(RHYTHM)[:-1]]
    lengths = [note.duration // 120 for note in counted.score.tracks[0].notes]
    assert np.abs(np.subtract(lengths, RHYTHM)).max() <= 2  # gaps of breath are filled
    assert counted.bars == 4
    assert counted.score.tempos[0].mspq == round(60e6 / tempo)


@pytest.mark.parametrize("tempo", [66, 80, 96, 110, 126, 150])
def test_the_tempo_is_offered(tempo):
    beats = beats_of(line_of(RHYTHM, tempo, jitter=0.015))
    offered = [one.tempo for one in beats]
    assert any(abs(one / tempo - 1) < 0.02 for one in offered), offered
    ratio = offered[0] / tempo
    assert min(abs(ratio / one - 1) for one in (0.5, 1, 2)) < 0.02, offered
    assert all(60 <= one <= 160 for one in offered)
    assert len({*offered}) == len(offered) <= 4
    assert all(0 <= one.fit <= 1 for one in beats)


@pytest.mark.parametrize(("drift", "wrong"), [(0.05, 1), (-0.05, 1), (0, 0.96), (0, 1.04)])
def test_a_person_is_no_clock(drift, wrong):
    """Slower or faster by a twentieth in the end, or the tempo only nearly right."""
    for tempo in (75, 125):
        line = line_of(RHYTHM, tempo, jitter=0.01, drift=drift)
        found = steps(quantise(line, round(wrong * tempo), first=0).score)
        assert found == [0, *np.cumsum(RHYTHM)[:-1]]


def test_an_upbeat_is_found_and_can_be_set():
    line = line_of((2, 2, 8, 8, 8, 4), 100)
    assert quantise(line, 100).first == 12  # the long notes stand on strong beats
    assert quantise(line_of((8, 4, 4, 8, 8), 100), 100).first == 0
    counted = quantise(line, 100, first=4)
    assert steps(counted.score)[:3] == [4, 6, 8]
    three = quantise(line, 100, "3/4", first=8)
    assert three.score.time_signatures[0].numerator == 3
    assert three.bars == 4
    for wrong in (-1, 12):
        with pytest.raises(ControlError, match="first"):
            quantise(line, 100, "3/4", first=wrong)


def test_two_notes_on_one_sixteenth_are_one():
    line = line_of((4, 4, 4), 60)
    grace = line.tracks[0].notes[1].copy()
    grace.time, grace.duration, grace.pitch = grace.time - 0.03, 0.03, 71
    line.tracks[0].notes.append(grace)
    counted = quantise(line, 60, first=0)
    assert [note.pitch for note in counted.score.tracks[0].notes] == [60, 61, 62]


def test_a_window_begins_at_its_bar():
    score = quantise(line_of((8, 12, 12, 8, 8), 100), 100, first=0).score
    part = window(score, 1)
    assert [(n.time // 120, n.pitch) for n in part.tracks[0].notes] == [
        (0, 61),
        (4, 62),
        (16, 63),
        (24, 64),
    ]
    assert part.tracks[0].notes[0].duration == 2 * 120, "what sounds over the bar line is cut"
    assert steps(window(score, 0)) == steps(score)
    with pytest.raises(ControlError, match="start"):
        window(score, 3)


def test_low_tunes_are_moved_by_whole_octaves():
    score = quantise(line_of((4, 4, 4, 4), 100), 100, first=0).score
    up, octaves = moved(score, 80, 100)
    assert octaves == 2
    assert [n.pitch for n in up.tracks[0].notes] == [84, 85, 86, 87]
    assert moved(score, 60, 80)[1] == 0
    assert moved(score, 30, 50)[1] == -1
    assert [n.pitch for n in score.tracks[0].notes] == [60, 61, 62, 63], "the score itself stays"
