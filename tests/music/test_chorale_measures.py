"""What is counted in four voices is what theory says."""

import numpy as np
import pytest

from benchmarks.chorale_measures import (
    closes,
    crossings,
    full,
    key_of,
    note_tokens,
    parallels,
    runs,
)
from pipelines.music.chorale_grid import CONTINUE, vocabulary


def quarters(*voices):
    """Rows of four voices, each a list of quarters."""
    return np.array([np.ravel([(p, *[CONTINUE] * 3) for p in row]) for row in voices])


CADENCE = quarters([67, 65, 67, 67], [64, 62, 62, 64], [60, 57, 59, 60], [48, 53, 43, 48])


def test_parallels_are_counted_as_theory_has_them():
    rows = quarters([67, 69, 71, 72], [60, 62, 64, 64], [40] * 4, [36] * 4)
    assert parallels(rows, 1) == {"fifths": 2, "octaves": 0}
    rows[1, [0, 4, 8, 12]] = [55, 57, 59, 60]
    assert parallels(rows, 1) == {"fifths": 0, "octaves": 3}
    assert crossings(rows) == 0
    rows[2, 0] = 80
    assert crossings(rows) == 1 / 4


def test_silence_moves_in_parallel_to_nothing():
    rows = quarters([67, -2, 69, 71], [60, -2, 62, 64], [40] * 4, [36] * 4)
    assert parallels(rows, 1) == {"fifths": 1, "octaves": 0}


def test_a_cadence_is_on_the_keynote_in_the_bass():
    assert closes(CADENCE, 0, "major")
    assert not closes(CADENCE, 7, "major")
    assert not closes(CADENCE[:, :12], 0, "major")
    assert not closes(CADENCE[[3, 1, 2, 0]], 0, "major"), "the fifth is in the bass"
    minor = np.where(CADENCE == 64, 63, CADENCE)
    assert closes(minor, 0, "minor")
    assert not closes(minor, 0, "major")


@pytest.mark.parametrize("by", [0, 3, 7])
def test_music21_finds_the_key(by):
    rows = np.where(CADENCE >= 0, CADENCE + by, CADENCE)
    assert key_of(rows) == (by, "major")


def test_a_gap_or_an_overlap_is_not_full():
    assert full([(0, 4), (4, 4)], 4, 2)
    assert not full([(0, 3), (4, 4)], 4, 2)
    assert not full([(0, 5), (4, 4)], 4, 2)


def test_copies_are_runs_of_notes():
    tokens = note_tokens(CADENCE)
    assert [vocabulary().names[t] for t in tokens[:4]] == ["S67:4", "B48:4", "A64:4", "T60:4"]
    assert len(runs(tokens, 8)) == len(tokens) - 7
    assert len(runs(tokens, 8) & runs(tokens[3:], 8)) == len(tokens) - 10
    assert runs(tokens[:7], 8) == set()
