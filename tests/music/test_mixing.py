"""A mix: up to four tunes and drums at one tempo, as sound, notes and files."""

import io
import zipfile
from dataclasses import replace

import mido
import numpy as np
import pytest
import soundfile
from PIL import Image

from pipelines import exports
from pipelines.errors import ControlError, ExportError, RequestError
from pipelines.mix import Mix, Track
from pipelines.music.mix_files import mix_file, plate_of
from pipelines.music.mixing import (
    in_key,
    laid_out,
    length_of,
    mixed,
    panned,
    score_of,
    stem_of,
    stems_of,
)
from pipelines.plans import fingerprint_of, plan_from_json
from pipelines.scores import end_of, seconds
from pipelines.sound import LOUDNESS, PEAK, SAMPLE_RATE, TAIL, played, render

SONG = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:8 C5:8"
TEMPO = 150.0
QUARTER = round(60 / TEMPO * SAMPLE_RATE)


@pytest.fixture(scope="module")
def works(tiny_tunes, tiny_drummer):
    """Four bars in D, and one bar of drums."""
    tune = tiny_tunes.request(kept_notes=SONG, tempo=90, key="D", time_signature="4/4")
    drums = tiny_drummer.request(num_bars="1", humanise=0.0, swing=50, tempo=120, seed=3)
    return [tiny_tunes.render(tune), tiny_drummer.render(drums)]


@pytest.fixture(scope="module")
def mix(works) -> Mix:
    tune, drums = (work.request for work in works)
    return Mix((Track(tune, transpose=-2), Track(drums, volume=-6.0, pan=0.5)), TEMPO)


@pytest.fixture(scope="module")
def scores(works):
    return [work.data for work in works]


@pytest.fixture(scope="module")
def stems(mix, scores):
    return stems_of(mix, scores)


def level(samples: np.ndarray) -> np.ndarray:
    """Loudness of left and right, root mean square."""
    return np.sqrt((samples.astype(np.float64) ** 2).mean(axis=0))


def test_the_shorter_begins_again_and_all_have_one_tempo(mix, scores):
    tune, drums = laid_out(mix, scores)
    assert end_of(tune) == end_of(drums) == length_of(mix, scores) == end_of(scores[0])
    assert seconds(tune) == seconds(drums) == pytest.approx(16 * 60 / TEMPO)
    once, again = scores[1].tracks[0].notes, drums.tracks[0].notes
    assert end_of(scores[1]) * 4 == end_of(drums)
    assert len(again) == 4 * len(once)
    bar = end_of(scores[1])
    meant = sorted((n.time + k * bar, n.pitch, n.velocity) for k in range(4) for n in once)
    assert sorted((n.time, n.pitch, n.velocity) for n in again) == meant


def test_tunes_are_transposed_and_drums_are_not(mix, scores):
    moved = replace(mix, tracks=tuple(replace(one, transpose=5) for one in mix.tracks))
    up, same = laid_out(moved, scores)
    assert [n.pitch - 5 for n in up.tracks[0].notes] == [
        n.pitch for n in scores[0].tracks[0].notes
    ]
    assert {n.pitch for n in same.tracks[0].notes} == {n.pitch for n in scores[1].tracks[0].notes}


@pytest.mark.parametrize(
    ("key", "first", "shift"), [("C", "D", 2), ("D", "C", -2), ("G", "C", 5), ("Ab", "D", -6)]
)
def test_the_way_into_the_first_ones_key(tiny_tunes, key, first, shift):
    one, other = (
        tiny_tunes.render(tiny_tunes.request(key=name, mode="major", time_signature="4/4")).data
        for name in (key, first)
    )
    assert in_key(one, other) == shift
    tonic = {"C": 0, "D": 2, "G": 7, "Ab": 8}
    assert (tonic[key] + shift - tonic[first]) % 12 == 0


def test_a_minor_key_comes_into_the_relative_major_one_and_drums_stay(tiny_tunes, scores):
    minor = tiny_tunes.render(tiny_tunes.request(key="B", mode="minor", time_signature="4/4"))
    assert in_key(minor.data, scores[0]) == 0  # two sharps, as D major
    assert in_key(scores[1], scores[0]) == in_key(scores[0], scores[1]) == 0


def test_a_stem_is_what_the_whole_track_would_be_played(mix, scores, stems):
    whole = render(laid_out(mix, scores)[1])
    assert stems[1].shape == whole.shape
    assert len(whole) == round((16 * 60 / TEMPO + TAIL) * SAMPLE_RATE)
    window = QUARTER // 2
    loud = [
        np.sqrt((s[: len(s) // window * window].reshape(-1, window, 2) ** 2).mean((1, 2)))
        for s in (stems[1], whole)
    ]
    assert np.corrcoef(*loud)[0, 1] > 0.99
    assert np.abs(loud[0] - loud[1]).max() < 0.1 * loud[1].max()


def test_what_does_not_fit_a_whole_number_of_times_stops_at_the_end(scores):
    end = end_of(scores[1]) * 5 // 2  # two bars and a half
    cut = stem_of(scores[1], transpose=0, tempo=TEMPO, end=end)
    assert len(cut) == pytest.approx((10 * 60 / TEMPO + TAIL) * SAMPLE_RATE, abs=1)
    full = stem_of(scores[1], transpose=0, tempo=TEMPO, end=end_of(scores[1]) * 3)
    after = slice(10 * QUARTER + SAMPLE_RATE // 2, 12 * QUARTER)
    assert level(cut[after]).max() < 0.2 * level(full[after]).max()


def test_stems_are_equally_loud(stems):
    from pyloudnorm import Meter

    for stem in stems:
        told = Meter(SAMPLE_RATE).integrated_loudness(stem)
        assert told == pytest.approx(LOUDNESS, abs=0.1) or np.abs(stem).max() >= PEAK - 0.01


def test_muted_is_not_heard_and_solo_is_heard_alone(mix, stems):
    tune, drums = mix.tracks
    silent = replace(mix, tracks=(tune, replace(drums, mute=True)))
    alone = replace(mix, tracks=(replace(tune, solo=True, mute=True), drums))
    assert silent.heard == alone.heard == (True, False)
    only = mixed(silent, stems)
    assert np.array_equal(only, mixed(alone, stems))
    ratio = only[np.abs(stems[0]) > 0.05] / stems[0][np.abs(stems[0]) > 0.05]
    assert ratio.std() < 1e-3, "nothing but the tune"
    assert not np.allclose(only, mixed(mix, stems), atol=0.01)


def test_volume_is_in_decibels(mix, stems):
    tune, drums = mix.tracks
    quiet, loud = (
        mixed(replace(mix, tracks=(tune, replace(drums, volume=volume, pan=0.0))), stems)
        for volume in (-20.0, 0.0)
    )
    parts = np.stack([stem.ravel() for stem in stems], axis=1)
    (a, b), (c, d) = (np.linalg.lstsq(parts, one.ravel(), rcond=None)[0] for one in (quiet, loud))
    assert 20 * np.log10(b / a) == pytest.approx(-20, abs=0.01)
    assert 20 * np.log10(d / c) == pytest.approx(0, abs=0.01)


def test_panning_is_that_of_the_web_audio_api():
    noise = np.random.default_rng(0).standard_normal((4800, 2)).astype(np.float32)
    left, right = noise.T
    assert np.allclose(panned(noise, 0.0), noise, atol=1e-6)
    far = panned(noise, -1.0)
    assert np.allclose(far[:, 0], left + right, atol=1e-6)
    assert np.allclose(far[:, 1], 0, atol=1e-6)
    half = panned(noise, 0.5)
    assert np.allclose(half[:, 0], left * np.sqrt(0.5), atol=1e-6)
    assert np.allclose(half[:, 1], right + left * np.sqrt(0.5), atol=1e-6)


def test_wav_and_mp3_are_heard_and_bring_the_mix_back(mix, works, stems):
    for kind in ("wav", "mp3"):
        data = mix_file(mix, works, kind)
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
        assert rate == SAMPLE_RATE
        assert len(samples) / rate == pytest.approx(16 * 60 / TEMPO + TAIL, abs=0.1)
        assert 0.05 < np.abs(samples).max() < 1
        opened = exports.open_bytes(data)
        assert (opened.kind, opened.recipe) == ("film", mix)
        same = exports.film_verdict(opened, fingerprint_of(works) or "")
        assert same.kind == "identical"
        assert exports.film_verdict(opened, fingerprint_of(works[::-1]) or "").kind == "unknown"
    wav, _ = soundfile.read(io.BytesIO(mix_file(mix, works, "wav")), dtype="float32")
    assert np.abs(wav - mixed(mix, stems)).max() < 1e-4


def test_midi_has_every_track_with_volume_and_place(mix, works, scores):
    muted = replace(mix, tracks=(replace(mix.tracks[0], mute=True), mix.tracks[1]))
    file = mido.MidiFile(file=io.BytesIO(mix_file(muted, works, "mid")))
    assert file.length == pytest.approx(16 * 60 / TEMPO, abs=0.02)
    found = {}
    for track in file.tracks:
        told = {m.control: m.value for m in track if m.type == "control_change"}
        strokes = [m for m in track if m.type == "note_on" and m.velocity]
        if strokes:
            found[track.name] = (told[7], told[10], len(strokes), strokes[0].channel == 9)
    tune, drums = (sum(len(t.notes) for t in s.tracks) for s in laid_out(mix, scores))
    assert found == {
        "tiny-melody": (0, 64, tune, False),
        "tiny-groove": (round(100 * 10 ** (-6 / 40)), 96, drums, True),
    }
    pitches = [n.pitch for n in score_of(mix, scores).tracks[0].notes]
    assert pitches == [n.pitch - 2 for n in scores[0].tracks[0].notes]


def test_stems_are_saved_in_a_zip_with_the_recipe(mix, works, stems):
    data = mix_file(mix, works, "zip")
    assert data == mix_file(mix, works, "zip"), "equal mixes, equal bytes"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert names == ["1-tiny-melody.wav", "2-tiny-groove.wav", "mix.json"]
        for name, stem in zip(names, stems, strict=False):
            samples, _ = soundfile.read(io.BytesIO(archive.read(name)), dtype="float32")
            assert np.abs(samples - stem).max() < 1e-4
        assert exports.open_bytes(archive.read("mix.json")).recipe == mix


def test_the_plate_shows_every_track(mix, works):
    plate = plate_of(works, 100)
    assert plate.size == (248, 132)
    with Image.open(io.BytesIO(mix_file(mix, works, "png"))) as image:
        image.load()
    half = image.crop((528, 0, *image.size))
    assert np.asarray(image.crop((0, 0, 528, image.height))).std() > 5
    assert np.asarray(half).std() > 5
    assert plate_of([works[0]] * 3, 100).size == (248, 248)


def test_a_recipe_comes_back_and_what_is_none_is_refused(mix, works):
    assert plan_from_json(mix.to_json()) == mix
    values = mix.to_dict()
    for change, error in (
        ({"tempo": 1000.0}, ControlError),
        ({"tracks": []}, ControlError),
        ({"tracks": [values["tracks"][0]] * 5}, ControlError),
        ({"schema": 99}, RequestError),
        ({"loudest": True}, RequestError),
        ({"tracks": [{**values["tracks"][0], "volume": 40.0}]}, ControlError),
        ({"tracks": [{**values["tracks"][0], "pan": -2.0}]}, ControlError),
        ({"tracks": [{**values["tracks"][0], "transpose": 13}]}, ControlError),
        ({"tracks": [{**values["tracks"][0], "request": None}]}, RequestError),
    ):
        with pytest.raises(error):
            Mix.from_dict({**values, **change})


def test_what_cannot_be_mixed_is_said(mix, works, tiny):
    picture = tiny.render(tiny.request(seed=1))
    with pytest.raises(ControlError, match="tiny"):
        mix_file(Mix((Track(picture.request),), 120.0), [picture], "wav")
    silent = replace(mix, tracks=tuple(replace(one, mute=True) for one in mix.tracks))
    with pytest.raises(ExportError, match="all muted"):
        mix_file(silent, works, "wav")
    with pytest.raises(ExportError, match="format of a mix"):
        mix_file(mix, works, "webp")
    slow = laid_out(replace(mix, tempo=30.0), [work.data for work in works])
    with pytest.raises(ControlError, match="seconds"):
        length_of(replace(mix, tempo=30.0), [_longer(slow[0]), slow[1]])


def _longer(score):
    """Far over three minutes at any tempo that is asked here."""
    from symusic import TextMeta

    longer = score.copy()
    longer.markers.append(TextMeta(480 * 4 * 60, "end"))
    return longer


def test_a_sound_that_is_played_is_levelled_once(scores):
    raw, level_one = played(scores[0]), render(scores[0])
    assert raw.shape == level_one.shape
    gain = level_one[np.abs(raw) > 0.02] / raw[np.abs(raw) > 0.02]
    assert gain.std() < 1e-3
