"""A tune as the highest of four voices: note for note, and three voices are written to it."""

import numpy as np
import pytest

from pipelines.errors import ControlError, PipelineError
from pipelines.music.voicing import takes_melody, voices_for
from pipelines.scores import bar_of, end_of

SONG = "C5:4 E5:4 G5:8 | F5:8 A5:8 | ~:4 G5:4 E5:8 | D5:8 C5:8"
WALTZ = "C5:4 E5:4 G5:4 | F5:8 A5:4 | ~:4 r:2 G5:2 E5:4 | D5:4 C5:8"


def line(score, track: int = 0) -> list[tuple[int, int, int]]:
    return sorted((one.time, one.duration, one.pitch) for one in score.tracks[track].notes)


@pytest.mark.parametrize(
    ("metre", "bars", "mode"),
    [
        ("4/4", "4", "major"),
        ("3/4", "4", "minor"),
        ("6/8", "4", "dorian"),
        ("4/4", "2", "mixolydian"),
    ],
)
def test_the_tune_is_the_soprano_note_for_note(tiny_tunes, tiny_choir, metre, bars, mode):
    kind = {"time_signature": metre, "num_bars": bars, "mode": mode, "key": "Eb", "tempo": 132}
    kind["kept_notes"] = SONG if metre == "4/4" else WALTZ
    tune = tiny_tunes.render(tiny_tunes.request(seed=5, **kind)).data
    asked = voices_for(tune, tiny_choir, seed=3, told=kind)
    chorale = tiny_choir.render(asked).data
    sung, given = line(chorale), line(tune)
    move = sung[0][2] - given[0][2]
    assert move % 12 == 0
    moved = [(at, long, pitch + move) for at, long, pitch in given]
    assert [one[::2] for one in sung[: len(moved)]] == [one[::2] for one in moved]
    assert (asked.seed, asked.controls["key"], asked.controls["tempo"]) == (3, "Eb", 132)
    assert asked.controls["mode"] == ("major" if mode in ("major", "mixolydian") else "minor")
    assert bar_of(chorale) == bar_of(tune)
    assert end_of(chorale) >= end_of(tune)
    assert sum(bool(track.notes) for track in chorale.tracks) == 4


def test_another_seed_writes_other_voices_to_the_same_tune(tiny_tunes, tiny_choir):
    tune = tiny_tunes.render(tiny_tunes.request(kept_notes=SONG, time_signature="4/4")).data
    one, other = (tiny_choir.render(voices_for(tune, tiny_choir, seed=s)).data for s in (1, 2))
    assert line(one) == line(other)
    assert [line(one, voice) for voice in (1, 2, 3)] != [line(other, voice) for voice in (1, 2, 3)]


def test_it_is_moved_to_where_sopranos_sing(tiny_tunes, tiny_choir):
    for octave in (-2, 0, 2):
        kind = {"kept_notes": SONG, "time_signature": "4/4", "octave": octave, "key": "C"}
        tune = tiny_tunes.render(tiny_tunes.request(**kind)).data
        sung = line(tiny_choir.render(voices_for(tune, tiny_choir)).data)
        assert abs(np.mean([pitch for _, _, pitch in sung]) - 72) < 6


def test_what_cannot_be_given_voices_says_so(tiny_tunes, tiny_choir):
    assert takes_melody(tiny_choir)
    assert not takes_melody(tiny_tunes)
    tune = tiny_tunes.render(tiny_tunes.request(seed=1)).data
    with pytest.raises(ControlError) as told:
        voices_for(tune, tiny_tunes)
    assert told.value.code == "no_voices"
    wide = "C3:8 A6:8 | * | * | *"
    broad = tiny_tunes.render(tiny_tunes.request(kept_notes=wide, time_signature="4/4")).data
    with pytest.raises(ControlError, match="wider"):
        voices_for(broad, tiny_choir)
    silent = " | ".join(["r:16"] * 4)
    empty = tiny_tunes.render(tiny_tunes.request(kept_notes=silent, time_signature="4/4")).data
    with pytest.raises(PipelineError, match="note"):
        voices_for(empty, tiny_choir)
