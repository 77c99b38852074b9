"""Recordings are heard: notes, tempo and place, on sound whose notes are known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.hums import TUNES, f1, hum, played, steps_of, sung, tune, wav
from pipelines.errors import PipelineError
from pipelines.music.listening import HOP, posteriors, transcribe
from pipelines.music.posteriors import FRAME, SHORTEST, Tone, joined, line_of, tones_of
from pipelines.music.quantising import beats_of, quantise
from pipelines.recordings import SAMPLE_RATE
from pipelines.sound import PROGRAMS

LEAST = {"violin": 0.3, "strings": 0.15}
"""F1 at 50 ms of bowed notes, which swell for longer than that; of all others `USUAL`."""
USUAL, LATE, NEARLY = 0.8, 0.15, 0.7
QUICK = ("lullaby", "dance")


@pytest.mark.parametrize("player", PROGRAMS)
def test_instruments_are_heard(player):
    up = {"bass": -12, "flute": 12}.get(player, 0)
    exact, near = [], []
    for name in QUICK:
        notes = tune(name, up)
        found = sung(transcribe(played(notes, PROGRAMS[player])))
        exact.append(f1(found, notes))
        near.append(f1(found, notes, LATE))
    assert np.mean(exact) >= LEAST.get(player, USUAL), exact
    assert np.mean(near) >= NEARLY, near


@pytest.mark.parametrize("name", TUNES)
@pytest.mark.parametrize("up", [-12, 0])
def test_a_hum_is_heard_and_counted(name, up):
    """Vibrato is no new note, a glide no note at all, and each stands on its sixteenth."""
    notes = tune(name, up)
    line = transcribe(hum(notes, seed=1))
    found = sung(line)
    assert f1(found, notes) >= 0.75
    assert abs(len(found) - len(notes)) <= 1
    tempo = TUNES[name][0]
    ratio = beats_of(line)[0].tempo / tempo
    assert min(abs(ratio / one - 1) for one in (0.5, 1, 2)) < 0.03
    counted = quantise(line, round(tempo))
    heard = {(n.time // 120 - counted.first, n.pitch - up) for n in counted.score.tracks[0].notes}
    wanted = steps_of(name)
    assert len(heard & wanted) >= 0.9 * len(wanted)


def test_breath_does_not_drown_a_hum():
    notes = tune("lullaby", -5)
    assert f1(sung(transcribe(hum(notes, seed=2, breath=0.1))), notes) >= 0.75


def test_a_file_and_its_samples_are_heard_alike():
    samples = hum(tune("scale"))
    from_file, direct = sung(transcribe(wav(samples))), sung(transcribe(samples))
    assert [pitch for *_, pitch in from_file] == [pitch for *_, pitch in direct]
    assert np.abs([a[0] - b[0] for a, b in zip(from_file, direct, strict=True)]).max() < 0.02


def test_windows_meet_without_a_seam():
    """What is heard does not depend on where a window ends: half a second of silence moves it."""
    samples = hum(tune("slow"))
    shift = 40 * HOP
    moved = np.concatenate([np.zeros(shift, np.float32), samples])
    one, other = sung(transcribe(samples)), sung(transcribe(moved))
    assert [pitch for *_, pitch in one] == [pitch for *_, pitch in other]
    late = [b[0] - a[0] - shift / SAMPLE_RATE for a, b in zip(one, other, strict=True)]
    assert np.abs(late).max() < 0.05
    notes, onsets = posteriors(samples)
    assert notes.shape == onsets.shape == (-(-len(samples) // HOP), 88)
    assert notes.min() >= 0
    assert notes.max() <= 1


def refused(samples) -> str:
    with pytest.raises(PipelineError) as caught:
        transcribe(np.asarray(samples, np.float32))
    return caught.value.code


def test_silence_and_noise_are_no_melody():
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * SAMPLE_RATE)
    time = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    assert refused(np.zeros(SAMPLE_RATE)) == "recording_silent"
    assert refused(np.zeros(0)) == "recording_silent"
    assert refused(noise / 500) == "recording_silent"
    assert refused(noise) == "no_melody"
    assert refused(np.cumsum(noise) / 50) == "no_melody"
    assert refused(0.3 * np.sin(2 * np.pi * 440 * time)) == "no_melody"  # one note alone


def sheet(*tones: tuple[int, int, int], frames: int = 120):
    """Posteriors of notes (start, end, pitch), each with an onset."""
    notes, onsets = np.zeros((2, frames, 88), np.float32)
    for start, end, pitch in tones:
        notes[start:end, pitch - 21] = 0.9
        onsets[start, pitch - 21] = 0.9
    return notes, onsets


def test_posteriors_are_read_exactly():
    told = tones_of(*sheet((10, 40, 60), (40, 70, 64), (70, 100, 64)))
    assert [(one.start, one.end, one.pitch) for one in told] == [
        (10, 40, 60),
        (40, 70, 64),
        (70, 100, 64),
    ]
    assert all(one.strength == pytest.approx(0.9) for one in told)
    short = tones_of(*sheet((10, 10 + SHORTEST, 60)))
    assert short == []
    notes, onsets = sheet((10, 60, 60))
    onsets[:] = 0
    (begun,) = tones_of(notes, onsets)  # without an onset it is a note, too
    assert (begun.start, begun.pitch) == (10, 60)
    assert tones_of(notes * FRAME, onsets) == []


def tone(start: int, end: int, pitch: int, strength: float = 0.9, onset: float = 0.5) -> Tone:
    return Tone(start, end, pitch, strength, onset)


def test_a_line_is_one_note_at_a_time_and_no_overtone():
    chord = [tone(0, 40, 60), tone(0, 40, 67), tone(40, 80, 65)]
    assert [one.pitch for one in line_of(chord)] == [67, 65]
    ghost = [tone(0, 40, 60), tone(2, 40, 72, 0.6), tone(40, 80, 62)]
    assert [one.pitch for one in line_of(ghost)] == [60, 62]
    overlap = line_of([tone(0, 50, 60), tone(40, 80, 62)])
    assert [(one.start, one.end) for one in overlap] == [(0, 40), (40, 80)]


def test_a_note_that_trembles_is_one_and_one_that_sinks_is_two():
    loud = np.ones(100, np.float32)
    split = [tone(0, 40, 60), tone(40, 90, 60)]
    assert [(one.start, one.end) for one in joined(split, loud)] == [(0, 90)]
    loud[37:42] = 0.1
    assert len(joined(split, loud)) == 2
    certain = [tone(0, 40, 60), tone(40, 90, 60, onset=0.95)]
    assert len(joined(certain, np.ones(100, np.float32))) == 2
