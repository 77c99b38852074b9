"""Scores as files: what other programs read, the recipe inside, and what is refused."""

import io
import struct
import subprocess
import sys

import mido
import numpy as np
import pytest
import soundfile
import symusic

from pipelines.artifact import Artifact, fingerprint
from pipelines.errors import ExportError
from pipelines.exports import open_bytes, verdict
from pipelines.exports.music import FORMATS, open_score
from pipelines.scores import END, end_of, seconds
from pipelines.sound import PEAK, PROGRAMS, SAMPLE_RATE, TAIL, render


@pytest.fixture(scope="module")
def work(tiny_tunes):
    asked = {"key": "Bb", "mode": "minor", "time_signature": "6/8", "tempo": 133, "num_bars": "2"}
    return tiny_tunes.render(tiny_tunes.request(seed=8, **asked, instrument="violin"))


@pytest.fixture(scope="module")
def saved(work, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    return {name: work.save(folder / f"tune.{name}") for name in (*FORMATS, "json")}


def told(score):
    (track,) = score.tracks
    return sorted((n.time, n.duration, n.pitch, n.velocity) for n in track.notes)


def test_the_fingerprint_is_of_what_is_heard():
    def one(**changes):
        score = symusic.Score(480)
        score.tempos.append(symusic.Tempo(0, changes.get("tempo", 120)))
        score.time_signatures.append(symusic.TimeSignature(0, changes.get("beats", 4), 4))
        score.key_signatures.append(symusic.KeySignature(0, changes.get("sharps", 0), 0))
        track = symusic.Track(program=changes.get("program", 0), name=changes.get("name", "a"))
        track.is_drum = changes.get("drums", False)
        order = [(0, 240, changes.get("pitch", 60)), (240, changes.get("lasts", 240), 62)]
        for time, duration, pitch in order[:: changes.get("order", 1)]:
            track.notes.append(symusic.Note(time, duration, pitch, changes.get("velocity", 90)))
        score.tracks.append(track)
        score.markers.append(symusic.TextMeta(changes.get("end", 1920), END))
        return fingerprint(score)

    base = one()
    assert base == one(name="b") == one(order=-1)
    changes = [
        *({"tempo": 121}, {"beats": 3}, {"sharps": 1}, {"program": 7}, {"drums": True}),
        *({"pitch": 61}, {"lasts": 200}, {"velocity": 91}, {"end": 3840}),
    ]
    prints = [base, *(one(**change) for change in changes)]
    assert len(set(prints)) == len(prints)


def test_midi_says_to_mido_what_the_score_says(work, saved):
    file = mido.MidiFile(saved["mid"])
    assert file.ticks_per_beat == work.data.ticks_per_quarter
    now, open_notes, found, meta = 0, {}, [], {}
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type == "note_on" and message.velocity:
            open_notes[message.note] = now, message.velocity
        elif message.type in ("note_on", "note_off"):
            begun, velocity = open_notes.pop(message.note)
            found.append((begun, now - begun, message.note, velocity))
        elif message.is_meta or message.type == "program_change":
            meta.setdefault(message.type, message)
    assert sorted(found) == told(work.data)
    assert not open_notes
    assert (meta["time_signature"].numerator, meta["time_signature"].denominator) == (6, 8)
    assert meta["set_tempo"].tempo == work.data.tempos[0].mspq == round(60e6 / 133)
    assert meta["key_signature"].key == "Bbm"
    assert meta["program_change"].program == PROGRAMS["violin"]


@pytest.mark.parametrize("name", ["mid", "musicxml"])
def test_music21_reads_the_notes_metre_and_key(work, saved, name):
    from music21 import converter, meter

    read = converter.parse(saved[name]).stripTies().flatten()
    quarter = work.data.ticks_per_quarter
    notes = [(float(n.offset), float(n.quarterLength), n.pitch.midi) for n in read.notes]
    assert notes == [(t / quarter, d / quarter, p) for t, d, p, _ in told(work.data)]
    signature = read.getElementsByClass(meter.TimeSignature).first()
    assert signature.ratioString == "6/8"
    assert read.keySignature.sharps == -5
    (mark,) = read.metronomeMarkBoundaries()[-1:]
    assert mark[2].getQuarterBPM() == pytest.approx(133, abs=0.01)


def test_symusic_gives_the_score_back(work, saved):
    again = open_score(saved["mid"].read_bytes(), "tune.mid")
    assert fingerprint(again) == work.fingerprint
    assert again == work.data


@pytest.mark.parametrize("name", [*FORMATS, "json"])
def test_every_file_gives_its_recipe_back(tiny_tunes, work, saved, name):
    opened = open_bytes(saved[name].read_bytes(), saved[name].name)
    assert opened.kind == "work"
    assert opened.recipe == work.request
    assert opened.fingerprint == work.fingerprint
    again = tiny_tunes.render(opened.recipe)
    assert verdict(opened, again).kind == "identical"


def sound(path):
    samples, rate = soundfile.read(path, always_2d=True)
    return samples, rate


@pytest.mark.parametrize("name", ["wav", "mp3"])
def test_sound_lasts_as_stated_and_is_neither_silent_nor_clipped(work, saved, name):
    samples, rate = sound(saved[name])
    stated = seconds(work.data) + TAIL
    assert (rate, samples.shape[1]) == (SAMPLE_RATE, 2)
    assert len(samples) / rate == pytest.approx(stated, abs=0.1 if name == "mp3" else 1e-4)
    playing = samples[: round(seconds(work.data) * rate)]
    assert 0.02 < np.sqrt((playing**2).mean()) < 0.4
    assert np.abs(samples).max() <= PEAK + 0.05
    assert np.abs(samples[-rate // 20 :]).max() < 0.05, "the last note has died away"


@pytest.mark.parametrize("instrument", PROGRAMS)
def test_every_instrument_sounds_and_as_loud_as_the_others(tiny_tunes, instrument):
    from pyloudnorm import Meter

    request = tiny_tunes.request(seed=8, instrument=instrument, num_bars="2")
    samples = render(tiny_tunes.render(request).data)
    loudness = Meter(SAMPLE_RATE).integrated_loudness(samples)
    peak = np.abs(samples).max()
    assert peak <= PEAK + 1e-3
    assert loudness == pytest.approx(-18, abs=0.2) or peak == pytest.approx(PEAK, abs=1e-3)


def test_what_still_sounds_at_the_end_is_faded_out():
    score = symusic.Score(480)
    track = symusic.Track(program=PROGRAMS["piano"])
    track.notes.append(symusic.Note(0, 480, 40, 100))
    track.controls.append(symusic.ControlChange(0, 64, 127))  # the pedal stays down
    score.tracks.append(track)
    samples = np.abs(render(score)).max(axis=1)
    before, end = samples[-2 * SAMPLE_RATE // 10 : -SAMPLE_RATE // 10], samples[-100:]
    assert before.max() > 0.05
    assert end.max() < 0.02 * before.max()


@pytest.mark.parametrize("pitch", [57, 69, 81])
def test_a_note_sounds_at_its_pitch(pitch):
    score = symusic.Score(480)
    track = symusic.Track(program=PROGRAMS["flute"])
    track.notes.append(symusic.Note(0, 960, pitch, 100))
    score.tracks.append(track)
    heard = render(score)[4800:43200, 0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 1 << 18))
    hertz = np.fft.rfftfreq(1 << 18, 1 / SAMPLE_RATE)
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    near = (hertz > wanted / 1.03) & (hertz < wanted * 1.03)
    assert spectrum[near].max() > 0.3 * spectrum.max()
    assert hertz[near][spectrum[near].argmax()] == pytest.approx(wanted, rel=0.01)


def test_the_time_of_a_score_follows_its_tempos():
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, 60))
    score.tempos.append(symusic.Tempo(480, 120))
    score.markers.append(symusic.TextMeta(1440, END))
    assert end_of(score) == 1440
    assert seconds(score) == pytest.approx(2.0)
    assert seconds(symusic.Score(480)) == 0.0


def test_the_wav_file_is_whole(saved):
    data = saved["wav"].read_bytes()
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    assert soundfile.info(io.BytesIO(data)).subtype == "PCM_16"


def refused(data, name="tune"):
    with pytest.raises(ExportError) as caught:
        open_bytes(data, name)
    return caught.value.code


def test_damaged_files_are_refused(saved):
    midi, wave = saved["mid"].read_bytes(), saved["wav"].read_bytes()
    assert refused(midi[:12]) == "damaged_file"
    assert refused(wave[:-40]) == "damaged_file"
    assert refused(wave + b"more") == "trailing_bytes"
    assert refused(midi.replace(b"duet:", b"duet:!")) == "damaged_file"
    marked = open_score(midi, "tune.mid")
    for _ in range(2):
        marked.markers.append(symusic.TextMeta(0, "duet:AAAA"))
    assert refused(marked.dumps_midi()) == "two_recipes"
    text = saved["musicxml"].read_bytes()
    field = text[text.index(b"<miscellaneous-field") : text.index(b"</miscellaneous>")]
    assert refused(text.replace(field, field + field)) == "two_recipes"


def test_music_of_others_has_no_recipe(saved):
    plain = open_score(saved["mid"].read_bytes(), "tune.mid").dumps_midi()
    opened = open_bytes(plain)
    assert (opened.format, opened.recipe, opened.image) == ("midi", None, None)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros((4800, 2)), SAMPLE_RATE, format="MP3")
    opened = open_bytes(buffer.getvalue())
    assert (opened.format, opened.recipe) == ("mp3", None)


def test_what_cannot_be_saved_is_refused(work, tmp_path):
    with pytest.raises(ExportError, match="json, mid, wav, mp3, musicxml") as caught:
        work.save(tmp_path / "tune.txt")
    assert caught.value.code == "unknown_format"
    empty = Artifact("music", symusic.Score(480), work.request)
    for name in FORMATS:
        with pytest.raises(ExportError, match="without a note"):
            empty.save(tmp_path / f"empty.{name}")
    assert not list(tmp_path.iterdir())
    assert work.save(tmp_path / "tune.MIDI").read_bytes().startswith(b"MThd")


def test_the_machine_starts_without_the_libraries_of_sound():
    code = (
        "import sys, pipelines.catalog, pipelines.exports, pipelines.music.melody_vae\n"
        "heavy = {'symusic', 'soundfile', 'midirenderer', 'pyloudnorm', 'music21', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed.strip() == "[]"
