"""Chorales as files: four voices that other programs read as they are, unisons included."""

from itertools import pairwise

import mido
import numpy as np
import pytest

from pipelines.exports import open_bytes
from pipelines.exports.music import FORMATS
from pipelines.music.chorale_grid import VOICES
from pipelines.sound import PROGRAMS, SAMPLE_RATE, render

UNISON = "* / E4:8 D4:8 / E4:8 D4:4 C4:4 / *"
ASKED = {"key": "Bb", "mode": "minor", "time_signature": "4/4", "tempo": 91, "num_bars": "4"}


@pytest.fixture(scope="module")
def work(tiny_choir):
    request = tiny_choir.request(seed=8, kept_notes=UNISON, instrument="harpsichord", **ASKED)
    return tiny_choir.render(request)


@pytest.fixture(scope="module")
def saved(work, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chorale")
    return {name: work.save(folder / f"chorale.{name}") for name in (*FORMATS, "json")}


def told(score):
    return [
        sorted((n.time, n.duration, n.pitch, n.velocity) for n in track.notes)
        for track in score.tracks
    ]


def test_two_voices_sing_one_note(work):
    alto, tenor = told(work.data)[1:3]
    assert alto[0] == tenor[0]


def test_midi_says_to_mido_what_the_score_says(work, saved):
    file = mido.MidiFile(saved["mid"])
    found, metas, programs = [], {}, set()
    for track in file.tracks:
        now, begun, notes = 0, {}, []
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                begun[message.note] = now, message.velocity
            elif message.type in ("note_on", "note_off"):
                start, velocity = begun.pop(message.note)
                notes.append((start, now - start, message.note, velocity))
            elif message.type == "program_change":
                programs.add(message.program)
            elif message.is_meta:
                metas.setdefault(message.type, message)
        assert not begun
        if notes:
            found.append(sorted(notes))
    assert found == told(work.data)
    assert programs == {PROGRAMS["harpsichord"]}
    assert (metas["time_signature"].numerator, metas["time_signature"].denominator) == (4, 4)
    assert metas["set_tempo"].tempo == round(60e6 / 91)
    assert metas["key_signature"].key == "Bbm"


@pytest.mark.parametrize("name", ["mid", "musicxml"])
def test_music21_reads_every_voice_and_full_bars(work, saved, name):
    from music21 import converter, meter

    read = converter.parse(saved[name])
    quarter = work.data.ticks_per_quarter
    assert len(read.parts) == len(VOICES)
    for part, notes in zip(read.parts, told(work.data), strict=True):
        plain = part.stripTies().flatten()
        seen = [
            (float(n.offset), float(n.quarterLength), pitch.midi)
            for n in plain.notes
            for pitch in n.pitches
        ]
        assert seen == [(t / quarter, d / quarter, p) for t, d, p, _ in notes]
        bars = list(part.getElementsByClass("Measure"))
        sums = [sum(float(n.quarterLength) for n in bar.flatten().notesAndRests) for bar in bars]
        assert sums == [4.0] * 4, "the durations of every bar add up"
    flat = read.flatten()
    assert flat.getElementsByClass(meter.TimeSignature).first().ratioString == "4/4"
    assert flat.getElementsByClass("KeySignature").first().sharps == -5


def test_it_sounds_for_as_long_as_it_says_and_comes_back(work, saved):
    sound = render(work.data)
    seconds = 16 * 60 / 91
    assert len(sound) == pytest.approx((seconds + 1.5) * SAMPLE_RATE, rel=1e-3)
    parts = np.array_split(np.abs(sound[: round(seconds * SAMPLE_RATE)]), 8)
    assert min(part.max() for part in parts) > 0.01, "never silent"
    assert np.abs(sound).max() <= 0.9
    for name in ("mid", "json", "musicxml"):
        opened = open_bytes(saved[name].read_bytes())
        assert opened.fingerprint == work.fingerprint
        assert opened.recipe == work.request


def test_every_voice_has_an_ink_of_its_own(work):
    from pipelines.music.roll import INKS, roll_of

    seen = {tuple(one) for one in np.asarray(roll_of(work.data)).reshape(-1, 3).tolist()}
    assert set(INKS) <= seen
    assert all(one != other for one, other in pairwise(INKS))
