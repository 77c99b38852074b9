"""Four bars of four voices as an instrument: exact in what was asked, and travelling in z."""

import io
import json
import shutil

import numpy as np
import pytest
import soundfile
import torch

from pipelines import exports
from pipelines.catalog import Catalog
from pipelines.controls import Choice, Slider
from pipelines.errors import ControlError, WeightsError
from pipelines.explore import another, breed, morph, nearby
from pipelines.latents import standard_gumbel
from pipelines.music.chorale_grid import CONTINUE, MODE_NAMES, SILENCE, VOICES
from pipelines.music.grid import KEYS
from pipelines.music.muse_gan import NOISE
from pipelines.music.muse_roll import (
    BAR,
    BARS,
    LOWEST,
    NUM_VOICES,
    REACH,
    SILENT,
    STEPS,
    Rolls,
    moved,
    rolls_of,
    rows_of,
)
from pipelines.music.writing import STEP, sharps
from pipelines.networks.muse_gan_files import ENCODER, WEIGHTS
from pipelines.scores import end_of, seconds
from pipelines.sound import PEAK, PROGRAMS, SAMPLE_RATE, TAIL


def check(instrument, request):
    """Everything that a score has to obey; returns the pitches that sound, shape [4, T]."""
    values, score = instrument.values(request), instrument.render(request).data
    assert end_of(score) == STEPS * STEP
    assert score.tempos[0].mspq == round(60e6 / values["tempo"])
    (signature,) = score.time_signatures
    assert (signature.numerator, signature.denominator) == (4, 4)
    (key,) = score.key_signatures
    assert (key.key, key.tonality) == (
        sharps(values["key"], values["mode"]),
        int(values["mode"] == "minor"),
    )
    assert [track.name for track in score.tracks] == list(VOICES)
    shift = moved(KEYS.index(values["key"]), values["mode"])
    sounds = np.full((NUM_VOICES, STEPS), SILENCE)
    for row, track, (low, high) in zip(sounds, score.tracks, REACH, strict=True):
        assert track.program == PROGRAMS[values["instrument"]]
        assert track.notes[0].time == 0, "every voice begins with a note"
        end = 0
        for note in track.notes:
            assert note.time >= end, "one note at a time"
            assert note.duration > 0
            assert note.time % STEP == note.duration % STEP == 0
            assert low <= note.pitch - shift <= high
            end = note.time + note.duration
            row[note.time // STEP : end // STEP] = note.pitch
        assert end <= end_of(score)
    return sounds


def test_every_control_is_obeyed_at_both_bounds(tiny_consort):
    for control in tiny_consort.controls:
        ends = ()
        if isinstance(control, Slider):
            ends = (control.minimum, control.maximum)
        elif isinstance(control, Choice):
            ends = control.options
        for value in ends:
            check(tiny_consort, tiny_consort.request(seed=3, **{control.name: value}))


@pytest.mark.parametrize("seed", range(4))
def test_recipes_of_random_values_are_exact(tiny_consort, seed):
    drawn = np.random.Generator(np.random.Philox(seed))
    values = {}
    for one in tiny_consort.controls:
        if isinstance(one, Choice):
            values[one.name] = str(drawn.choice(one.options))
        elif isinstance(one, Slider):
            value = float(drawn.uniform(one.minimum, one.maximum))
            values[one.name] = round(value) if one.whole else value
    check(tiny_consort, tiny_consort.request(seed=seed, **values))


def test_a_key_moves_every_note_alike(tiny_consort):
    home = check(tiny_consort, tiny_consort.request(seed=5, key="C"))
    for key, by in (("D", 2), ("G", -5), ("F#", 6)):
        there = check(tiny_consort, tiny_consort.request(seed=5, key=key))
        assert (there[home >= 0] - home[home >= 0] == by).all()
    minor = check(tiny_consort, tiny_consort.request(seed=5, key="A", mode="minor"))
    up = check(tiny_consort, tiny_consort.request(seed=5, key="B", mode="minor"))
    assert (up[minor >= 0] - minor[minor >= 0] == 2).all()


def test_the_mode_is_heard(tiny_consort):
    """C major and A minor have the same notes, so that what differs is what was written."""
    works = [
        check(tiny_consort, tiny_consort.request(seed=5, key=key, mode=mode))
        for key, mode in (("C", "major"), ("A", "minor"))
    ]
    assert (works[0] != works[1]).any()


def test_daring_draws_others_of_the_same_latent(tiny_consort):
    base = tiny_consort.request(seed=6)
    point = tiny_consort.pipeline.bake(base, tiny_consort.pipeline.place(base))
    sure = {tiny_consort.render(point.but(seed=seed)).fingerprint for seed in (6, 7, 8)}
    assert len(sure) == 1, "at 0 the latent says all"
    daring = tiny_consort.change(point, temperature=1.0)
    drawn = {tiny_consort.render(daring.but(seed=seed)).fingerprint for seed in (6, 7, 8)}
    assert len(drawn) == 3
    assert not drawn & sure


def test_more_daring_moves_more(tiny_consort):
    home, apart = check(tiny_consort, tiny_consort.request(seed=6)), []
    for temperature in (0.05, 0.5, 1.5):
        request = tiny_consort.request(seed=6, temperature=temperature)
        apart.append((check(tiny_consort, request) != home).mean())
    assert apart[0] < apart[1] < apart[2]


def test_no_voice_is_silent_whatever_the_noise(tiny_consort):
    pipeline = tiny_consort.pipeline
    values = {**tiny_consort.values(tiny_consort.request()), "temperature": 1.0}
    noise = np.zeros(NOISE, np.float32)
    noise[..., SILENT] = 1e3  # silence is all that noise would draw
    noise[..., -1] = 1e3  # and something begins at every step
    rolls = pipeline.write(np.zeros((2, 16), np.float32), values, noise)
    assert (rolls.pitches[:, :, 0] != SILENT).all()
    assert (rolls.pitches[:, :, 1:] == SILENT).all()


def test_a_batch_writes_what_each_alone_writes(tiny_consort):
    pipeline, values = tiny_consort.pipeline, tiny_consort.values(tiny_consort.request())
    z = np.concatenate([pipeline.place(tiny_consort.request(seed=s)) for s in range(5)])
    noise = standard_gumbel(3, NOISE, "voices")
    for temperature in (0.0, 1.0):
        told = {**values, "temperature": temperature}
        loose = noise if temperature else None
        every = pipeline.write(z, told, loose)
        for i in range(5):
            alone = pipeline.write(z[i : i + 1], told, loose)
            assert (alone.pitches == every.pitches[i]).all()
            assert (alone.begins == every.begins[i]).all()


def test_one_thread_writes_what_many_write(tiny_consort):
    prints = set()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        prints.add(tiny_consort.render(tiny_consort.request(seed=3)).fingerprint)
        assert torch.get_num_threads() == threads
    assert len(prints) == 1


def test_nearby_breed_morph_and_another_travel_in_z(tiny_consort):
    a, b = tiny_consort.request(seed=1), tiny_consort.request(seed=2)
    way = list(morph(tiny_consort, a, b, num=5))
    for request in (
        *(child.request for child in breed(tiny_consort, a, b, num=2)),
        *way,
        another(tiny_consort, a, seed=3),
    ):
        check(tiny_consort, request)
    ends = (tiny_consort.render(one).fingerprint for one in (a, b))
    assert [tiny_consort.render(way[i]).fingerprint for i in (0, -1)] == list(ends)
    here, apart = check(tiny_consort, a), {}
    for distance in (0.05, 1.0):
        near = nearby(tiny_consort, a, num=6, distance=distance)
        apart[distance] = np.mean([check(tiny_consort, one) != here for one in near])
    assert apart[0.05] < apart[1.0]


def test_rows_and_rolls_say_the_same():
    drawn = np.random.Generator(np.random.Philox(1))
    rows = drawn.integers(LOWEST, LOWEST + SILENT, (6, NUM_VOICES, STEPS))
    rows[drawn.random(rows.shape) < 0.6] = CONTINUE
    rows[drawn.random(rows.shape) < 0.1] = SILENCE
    rows[..., 0] = np.where(rows[..., 0] == CONTINUE, SILENCE, rows[..., 0])
    rolls = rolls_of(rows)
    assert rolls.begins[..., 0].all()
    assert (rows_of(rolls) == rows).all()
    assert (rows_of(rolls.some(slice(2, 4))) == rows[2:4]).all()
    goes_on = rows[:1].copy()
    goes_on[..., 0] = CONTINUE
    assert (rows_of(rolls_of(goes_on))[..., 0] == SILENCE).all(), "nothing sounds yet"


def test_keys_with_the_same_notes_are_moved_alike():
    assert BARS * BAR == STEPS
    for tonic in range(12):
        assert moved(tonic, "major") == moved((tonic + 9) % 12, "minor")
        assert -5 <= moved(tonic, "major") <= 6
    with pytest.raises(ValueError, match="dorian"):
        moved(0, "dorian")
    assert len(Rolls(np.zeros((3, 4, 64), int), np.zeros((3, 4, 64), bool))) == 3
    assert MODE_NAMES == ("major", "minor")


@pytest.mark.parametrize("suffix", ["mid", "wav", "mp3", "musicxml", "png", "json"])
def test_every_file_carries_its_recipe(tiny_consort, tmp_path, suffix):
    work = tiny_consort.render(tiny_consort.request(seed=4, key="Eb", density=1.0, tempo=90))
    opened = exports.open_bytes(work.save(tmp_path / f"consort.{suffix}").read_bytes())
    assert opened.recipe == work.request
    assert tiny_consort.render(opened.recipe).fingerprint == work.fingerprint


def test_other_programs_read_four_voices_that_fill_four_bars(tiny_consort, tmp_path):
    from music21 import converter

    work = tiny_consort.render(tiny_consort.request(seed=4, key="Eb", mode="minor", tempo=90))
    for suffix in ("mid", "musicxml"):
        read = converter.parse(work.save(tmp_path / f"consort.{suffix}"))
        assert len(read.parts) == NUM_VOICES
        notes = sorted(
            (float(one.offset) * 4, p.midi)
            for part in read.parts
            for one in part.flatten().notes
            if one.tie is None or one.tie.type == "start"
            for p in one.pitches
        )
        told = [(n.time / STEP, n.pitch) for t in work.data.tracks for n in t.notes]
        assert notes == sorted(told)
    score = converter.parse(tmp_path / "consort.musicxml")
    for part in score.parts:
        bars = list(part.getElementsByClass("Measure"))
        assert [bar.duration.quarterLength for bar in bars] == [4] * BARS
    (signature, *_) = score.parts[0].flatten().getElementsByClass("KeySignature")
    assert abs(signature.sharps) == 6


def test_sound_is_as_long_as_the_score_and_neither_silent_nor_clipped(tiny_consort, tmp_path):
    work = tiny_consort.render(tiny_consort.request(seed=8, tempo=120))
    samples, rate = soundfile.read(
        io.BytesIO(work.save(tmp_path / "consort.wav").read_bytes()), dtype="float32"
    )
    assert rate == SAMPLE_RATE
    assert len(samples) == round((seconds(work.data) + TAIL) * SAMPLE_RATE)
    assert 0.05 < np.abs(samples).max() <= PEAK + 1e-3


@pytest.mark.parametrize(
    "values", [{"tempo": 0}, {"tempo": 1000}, {"key": "H"}, {"mode": "dorian"}, {"num_bars": "4"}]
)
def test_what_cannot_be_asked_is_refused(tiny_consort, values):
    with pytest.raises(ControlError):
        tiny_consort.request(**values)


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
def test_a_folder_that_is_not_whole_is_refused(muse_gan_root, tmp_path, name):
    folder = tmp_path / "tiny-muse-gan"
    shutil.copytree(muse_gan_root / "tiny-muse-gan", folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-muse-gan")


def test_another_network_is_refused_and_the_encoder_is_not_needed(muse_gan_root, tmp_path):
    folder = tmp_path / "tiny-muse-gan"
    shutil.copytree(muse_gan_root / "tiny-muse-gan", folder)
    (folder / ENCODER).unlink()
    Catalog((tmp_path,)).load("tiny-muse-gan")
    config = json.loads((folder / "config.json").read_text())
    config["network"]["width"] = 32
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-muse-gan")
