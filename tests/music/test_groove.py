"""The family groove: what its controls say stands in the score, and its files are read back."""

import io

import mido
import numpy as np
import pytest
import soundfile

from pipelines import catalog, exports
from pipelines.artifact import Artifact
from pipelines.errors import ControlError, ExportError, PipelineError, WeightsError
from pipelines.media import measures_of
from pipelines.music.drum_grid import BAR, LANES, STEPS, levels_of, score_of
from pipelines.scores import END, end_of, seconds, tempo_of
from pipelines.sound import PEAK, SAMPLE_RATE, TAIL, render


def made(drummer, **values):
    return drummer.render(drummer.request(**({"seed": 4} | values)))


def strokes(work):
    return [(n.time, n.pitch, n.velocity) for n in work.data.tracks[0].notes]


@pytest.mark.parametrize("bars", ["1", "2", "4"])
@pytest.mark.parametrize("tempo", [30, 104, 240])
def test_bars_and_tempo_are_exact(tiny_drummer, bars, tempo):
    score = made(tiny_drummer, num_bars=bars, tempo=tempo, humanise=1.0).data
    assert end_of(score) == int(bars) * BAR * 120
    assert tempo_of(score) == pytest.approx(tempo, rel=1e-4)
    assert score.time_signatures[0].numerator == score.time_signatures[0].denominator == 4
    (track,) = score.tracks
    assert track.is_drum
    assert {note.pitch for note in track.notes} <= set(LANES.values())
    assert all(note.time >= 0 and note.end <= end_of(score) for note in track.notes)


def test_one_bar_is_the_first_and_four_are_both_twice(tiny_drummer):
    one, two, four = (levels_of(made(tiny_drummer, num_bars=n).data) for n in ("1", "2", "4"))
    assert (one == two[:BAR]).all()
    assert ((four > 0) == np.tile(two > 0, (2, 1))).all()


def test_swing_and_hand_change_how_a_pattern_is_played_and_not_which(tiny_drummer):
    straight = made(tiny_drummer, humanise=0.0)
    for values in ({"swing": 66}, {"humanise": 1.0}, {"swing": 75, "humanise": 1.0}):
        other = made(tiny_drummer, **({"humanise": 0.0} | values))
        assert strokes(other) != strokes(straight)
        assert ((levels_of(other.data) > 0) == (levels_of(straight.data) > 0)).all()


def test_the_hand_is_that_of_the_seed(tiny_drummer):
    near = made(tiny_drummer, humanise=1.0)
    assert strokes(near) == strokes(made(tiny_drummer, humanise=1.0))
    point = tiny_drummer.pipeline.bake(near.request, tiny_drummer.pipeline.place(near.request))
    assert strokes(tiny_drummer.render(point.but(seed=5))) != strokes(near), "another hand"
    plain = tiny_drummer.change(point.but(seed=5), humanise=0.0)
    assert levels_of(tiny_drummer.render(plain).data).tolist() == (
        levels_of(made(tiny_drummer, humanise=0.0).data).tolist()
    )


def test_a_style_is_heard_and_daring_draws_others(tiny_drummer):
    works = [made(tiny_drummer, style=name) for name in ("any", "rock", "funk")]
    assert len({work.fingerprint for work in works}) == 3
    assert made(tiny_drummer, temperature=1.0).fingerprint != works[0].fingerprint
    with pytest.raises(ControlError):
        tiny_drummer.request(style="polka")


def test_no_pattern_is_silent(tiny_drummer):
    pipeline = tiny_drummer.pipeline
    values = tiny_drummer.values(tiny_drummer.request())
    noise = np.zeros((STEPS, len(LANES), 4), np.float32)
    noise[..., 0] = 1e6  # silence is all that noise would draw
    silent = pipeline.write(np.zeros((2, 16), np.float32), {**values, "temperature": 1.0}, noise)
    assert (silent > 0).sum(axis=(1, 2)).tolist() == [1, 1]
    assert (silent[:, :BAR] > 0).any()


def test_midi_is_read_by_mido_on_the_channel_of_drums(tiny_drummer, tmp_path):
    work = made(tiny_drummer, swing=60, humanise=1.0, num_bars="4")
    saved = work.save(tmp_path / "groove.mid")
    time, read, tempo = 0, [], None
    for message in mido.merge_tracks(mido.MidiFile(saved).tracks):
        time += message.time
        if message.type == "set_tempo":
            tempo = message.tempo
        if message.type == "note_on" and message.velocity:
            assert message.channel == 9
            read.append((time, message.note, message.velocity))
    assert sorted(read) == sorted(strokes(work))
    assert tempo == work.data.tempos[0].mspq


@pytest.mark.parametrize("suffix", ["mid", "wav", "mp3", "png", "json"])
def test_every_file_carries_its_recipe(tiny_drummer, tmp_path, suffix):
    work = made(tiny_drummer, style="funk", swing=62, density=1.0)
    opened = exports.open_bytes(work.save(tmp_path / f"groove.{suffix}").read_bytes())
    assert opened.recipe == work.request
    assert tiny_drummer.render(opened.recipe).fingerprint == work.fingerprint


def test_drums_are_no_sheet_music(tiny_drummer):
    with pytest.raises(ExportError, match="musicxml"):
        exports.encode(made(tiny_drummer), "musicxml")


def test_the_sound_is_as_long_as_the_score_and_neither_silent_nor_clipped(tiny_drummer, tmp_path):
    work = made(tiny_drummer, tempo=90)
    samples, rate = soundfile.read(
        io.BytesIO(work.save(tmp_path / "groove.wav").read_bytes()), dtype="float32"
    )
    assert rate == SAMPLE_RATE
    assert len(samples) == round((seconds(work.data) + TAIL) * SAMPLE_RATE)
    assert 0.05 < np.abs(samples).max() <= PEAK + 1e-3


@pytest.mark.parametrize("lane", list(LANES))
def test_the_kit_has_every_drum_in_the_middle_of_the_room(lane):
    levels = np.zeros((BAR, len(LANES)), np.int64)
    levels[0, list(LANES).index(lane)] = 2
    from pipelines.music.drum_grid import Feel

    left, right = np.sqrt((render(score_of(levels, Feel(100.0))) ** 2).mean(axis=0))
    assert min(left, right) > 0.003
    assert 0.4 < left / right < 2.5


def test_what_is_measured_is_what_was_written(tiny_drummer):
    drums = measures_of("drums")
    seen = [drums.seen(made(tiny_drummer, num_bars=n, humanise=0.0)) for n in ("2", "4")]
    assert (seen[0] == seen[1]).all(), "of four bars the first two count"
    swung = drums.seen(made(tiny_drummer, swing=70, humanise=0.0))
    assert (drums.features([seen[0]]) == drums.features([swung])).all()
    assert drums.seen(made(tiny_drummer, num_bars="1")).shape == (STEPS, len(LANES))


def test_a_score_without_drums_is_refused(tiny_tunes):
    tune = tiny_tunes.render(tiny_tunes.request(seed=1))
    with pytest.raises(PipelineError, match="without a note"):
        measures_of("drums").seen(Artifact("drums", tune.data, tune.request))


def test_an_empty_score_is_no_file_and_no_sound(tiny_drummer):
    work = made(tiny_drummer)
    empty = work.data.copy()
    empty.tracks[0].notes.clear()
    assert [mark.text for mark in empty.markers] == [END]
    for name in ("mid", "wav"):
        with pytest.raises(ExportError, match="without a note"):
            exports.encode(Artifact("drums", empty, work.request), name)


@pytest.mark.parametrize("values", [{"tempo": 0}, {"tempo": 1000}, {"swing": 49}, {"swing": 76}])
def test_what_cannot_be_played_is_refused(tiny_drummer, values):
    with pytest.raises(ControlError):
        tiny_drummer.request(**values)


def test_styles_that_are_not_those_of_the_network_are_refused(groove_root, tmp_path):
    import json
    import shutil

    folder = tmp_path / "tiny-groove"
    shutil.copytree(groove_root / "tiny-groove", folder)
    config = json.loads((folder / "config.json").read_text())
    config["styles"] = ["rock"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError):
        catalog.load(folder)
