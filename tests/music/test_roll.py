"""A score as a picture: notes where and as long as they sound, and a PNG that opens again."""

import numpy as np
import pytest
import symusic
from symusic import Note, TimeSignature, Track

from pipelines.exports import encode, open_bytes, verdict
from pipelines.music.roll import INKS, roll_of


def tune(*notes, bars=(4, 4)):
    score = symusic.Score(480)
    score.time_signatures.append(TimeSignature(0, *bars))
    score.tracks.append(Track())
    for start, length, pitch in notes:
        score.tracks[0].notes.append(Note(start, length, pitch, 80))
    return score


def inked(image):
    """Rows and columns of the first track's ink: least and greatest, as shares of the side."""
    rows, columns = np.nonzero((np.asarray(image) == INKS[0]).all(axis=2))
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_later_is_further_right_and_higher_further_up():
    low, high = (inked(roll_of(tune((480, 480, pitch)))) for pitch in (60, 72))
    assert high[:2] == low[:2]  # alone, a note is in the middle
    both = tune((0, 480, 60), (960, 480, 72))
    pixels = np.asarray(roll_of(both))
    rows, columns = np.nonzero((pixels == INKS[0]).all(axis=2))
    first, second = rows[columns < 256], rows[columns > 256]
    assert first.min() > second.max()


@pytest.mark.parametrize(("bars", "beats"), [((4, 4), 4), ((3, 4), 3), ((6, 8), 3)])
def test_a_note_as_long_as_a_bar_is_as_wide_as_the_page(bars, beats):
    _, _, left, right = inked(roll_of(tune((0, 480 * beats, 60), bars=bars)))
    half = inked(roll_of(tune((0, 240 * beats, 60), bars=bars)))
    assert right - left == pytest.approx(512 * 0.84, abs=3)
    assert half[3] - half[2] == pytest.approx(256 * 0.84, abs=3)


def test_an_empty_score_is_bare_paper():
    assert len(np.unique(np.asarray(roll_of(symusic.Score(480))).reshape(-1, 3), axis=0)) == 1


def test_a_roll_that_is_dropped_back_is_the_tune(tiny_tunes):
    made = tiny_tunes.render(tiny_tunes.request(seed=4))
    opened = open_bytes(encode(made, "png")[0])
    again = tiny_tunes.render(opened.recipe)
    assert verdict(opened, again).kind == "identical"
    other = tiny_tunes.render(tiny_tunes.request(seed=5))
    assert verdict(opened, other).kind == "differs"
