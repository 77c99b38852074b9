"""Melodies as an instrument: what is asked for is what is written, always."""

import numpy as np
import pytest

from pipelines.catalog import Catalog
from pipelines.controls import Choice, Prompt, Slider
from pipelines.errors import PipelineError, WeightsError
from pipelines.explore import breed, morph, nearby
from pipelines.inverting import Search, inverter_of
from pipelines.music.grid import KEYS, METRES, MODES, SCALES
from pipelines.networks.melody_files import ENCODER, WEIGHTS
from pipelines.scores import TICKS, end_of, seconds
from pipelines.sound import PROGRAMS


def render(instrument, **values):
    return instrument.render(instrument.request(**values)).data


def notes(score):
    (track,) = score.tracks
    return list(track.notes)


def spread(lasts, begin, end, bar):
    """Add what lasts from ``begin`` to ``end`` to the bars that it lies in."""
    for number in range(begin // bar, -(-end // bar)):
        lasts[number] += min(end, (number + 1) * bar) - max(begin, number * bar)


def check(score, values):
    """A score is valid, and says exactly what was asked for."""
    metre = METRES[str(values["time_signature"])]
    bar = metre.beats * 4 * TICKS // metre.unit
    (track,) = score.tracks
    (signature,), (tempo,) = score.time_signatures, score.tempos
    assert f"{signature.numerator}/{signature.denominator}" == metre.name
    assert tempo.mspq == round(60e6 / values["tempo"])
    assert track.program == PROGRAMS[values["instrument"]]
    assert end_of(score) == int(values["num_bars"]) * bar
    assert notes(score)
    lasts = [0] * int(values["num_bars"])
    at = 0
    for note in notes(score):
        assert note.time >= at, "one voice: no note begins before the last one ends"
        assert note.duration > 0
        assert 0 <= note.pitch <= 127
        assert 1 <= note.velocity <= 127
        for begin, end in ((at, note.time), (note.time, note.time + note.duration)):
            spread(lasts, begin, end, bar)  # the silence before it, then the note
        at = note.time + note.duration
    spread(lasts, at, end_of(score), bar)
    assert lasts == [bar] * len(lasts), "notes and rests fill every bar"
    if values["accidentals"] == "none":
        tonic = KEYS.index(values["key"])
        scale = {(tonic + step) % 12 for step in SCALES[values["mode"]]}
        assert {note.pitch % 12 for note in notes(score)} <= scale


def test_every_control_at_its_bounds_gives_a_melody_that_obeys(tiny_tunes):
    for control in tiny_tunes.controls:
        if isinstance(control, Slider):
            ends = (control.minimum, control.maximum)
        elif isinstance(control, Choice):
            ends = control.options
        elif isinstance(control, Prompt):
            ends = ("", "| ".join(["A6:1 C3:1 " * 8] * 4))
        else:
            ends = (0, 2**32 - 1)
        for value in ends:
            request = tiny_tunes.request(**{"seed": 3, control.name: value})
            check(tiny_tunes.render(request).data, tiny_tunes.values(request))


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("bars", ["2", "4"])
def test_metre_bars_and_tempo_are_exact(tiny_tunes, metre, bars):
    for seed, tempo in ((1, 30), (2, 97), (3, 240)):
        asked = {"time_signature": metre, "num_bars": bars, "tempo": tempo, "temperature": 1.0}
        request = tiny_tunes.request(seed=seed, **asked)
        score = tiny_tunes.render(request).data
        check(score, tiny_tunes.values(request))
        quarters = int(bars) * METRES[metre].steps / 4
        assert seconds(score) == pytest.approx(quarters * 60 / tempo, rel=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_key_is_a_transposition_and_its_scale_holds(tiny_tunes, mode):
    home = notes(render(tiny_tunes, seed=5, key="C", mode=mode))
    for key in KEYS:
        request = tiny_tunes.request(seed=5, key=key, mode=mode)
        score = tiny_tunes.render(request).data
        check(score, tiny_tunes.values(request))
        (by,) = {a.pitch - b.pitch for a, b in zip(notes(score), home, strict=True)}
        assert by % 12 == KEYS.index(key)
        assert -6 < by <= 6
        signature = score.key_signatures[0]
        assert -7 <= signature.key <= 7
        assert signature.tonality == (mode in ("minor", "dorian"))


def test_an_octave_is_twelve_semitones(tiny_tunes):
    middle, low = (render(tiny_tunes, seed=5, octave=by) for by in (0, -2))
    assert {a.pitch - b.pitch for a, b in zip(notes(middle), notes(low), strict=True)} == {24}


def test_only_where_accidentals_are_free_do_they_stand(tiny_tunes):
    scale = {step % 12 for step in SCALES["major"]}
    outside = 0
    for seed in range(6):
        free = render(tiny_tunes, seed=seed, key="C", accidentals="free", temperature=1.5)
        outside += any(note.pitch % 12 not in scale for note in notes(free))
    assert outside > 2


def test_the_first_of_a_bar_is_accented(tiny_tunes):
    for note in notes(render(tiny_tunes, seed=4, time_signature="3/4")):
        assert (note.velocity == 100) == (note.time % (3 * TICKS) == 0)


def test_temperature_draws_other_notes_for_other_seeds_at_one_point(tiny_tunes):
    base = tiny_tunes.request(seed=1)
    point = tiny_tunes.pipeline.bake(base, tiny_tunes.pipeline.place(base))
    calm = [tiny_tunes.render(point.but(seed=seed)).fingerprint for seed in (1, 2)]
    assert calm[0] == calm[1], "at 0 the latent says all"
    wild = tiny_tunes.change(point, temperature=1.0)
    drawn = [tiny_tunes.render(wild.but(seed=seed)).fingerprint for seed in (1, 2, 2)]
    assert drawn[0] != drawn[1] == drawn[2]


def test_travel_reaches_melodies(tiny_tunes):
    a, b = (tiny_tunes.request(seed=seed, key="G", time_signature="6/8") for seed in (1, 2))
    way = morph(tiny_tunes, a, b, num=5)
    prints = [tiny_tunes.render(one).fingerprint for one in way]
    assert prints[0] == tiny_tunes.render(a).fingerprint
    assert prints[-1] == tiny_tunes.render(b).fingerprint
    assert len(set(prints)) > 2
    latents = [tiny_tunes.pipeline.place(one) for one in way]
    assert np.ptp([np.linalg.norm(z) for z in latents]) < 2, "on the great circle"
    others = nearby(tiny_tunes, a, num=3)
    children = [one.request for one in breed(tiny_tunes, a, b, num=3)]
    for one in (*way, *others, *children):
        values = tiny_tunes.values(one)
        assert (values["key"], values["time_signature"]) == ("G", "6/8"), "settings stay"
        check(tiny_tunes.render(one).data, values)


def test_a_melody_is_never_silent(tiny_tunes):
    pipeline = tiny_tunes.pipeline
    values = tiny_tunes.values(tiny_tunes.request())
    z = np.zeros((3, pipeline.latent_space.shape[1]), np.float32)
    bias = pipeline._player.bias
    before = bias.copy()
    try:
        bias[1] += 1e6
        assert (pipeline.write(z, values) > 1).any(axis=1).all()
    finally:
        bias[:] = before


def test_a_brought_melody_is_found_and_keeps_what_its_score_says(tiny_tunes):
    asked = {"key": "G", "mode": "minor", "time_signature": "6/8", "num_bars": "2"}
    asked |= {"tempo": 84, "instrument": "clarinet", "octave": -1}
    theirs = tiny_tunes.render(tiny_tunes.request(seed=11, **asked))
    inverter = inverter_of(tiny_tunes)
    found = list(inverter.encode(theirs.data, Search(steps=30), lambda: False))
    assert found[-1].ended == "done"
    assert found[-1].distance <= found[0].distance
    values = tiny_tunes.values(found[-1].request)
    assert {name: values[name] for name in asked} == asked
    check(tiny_tunes.render(found[-1].request).data, values)
    assert inverter.prepare(theirs.data) == inverter.see(theirs.data)
    assert notes(inverter.prepare(theirs.data)) == notes(theirs.data)
    stopped = list(inverter.encode(theirs.data, Search(steps=30), lambda: True))
    assert stopped[-1].ended == "cancelled"


def test_what_cannot_be_heard_is_refused(tiny_tunes):
    import symusic

    inverter = inverter_of(tiny_tunes)
    with pytest.raises(PipelineError, match="without a note"):
        inverter.prepare(symusic.Score(480))
    odd = render(tiny_tunes, seed=1).copy()
    odd.time_signatures[0].numerator = 5
    with pytest.raises(PipelineError, match="not one of 4/4, 3/4, 6/8"):
        inverter.prepare(odd)


@pytest.mark.parametrize("name", [WEIGHTS, ENCODER, "config.json"])
def test_a_folder_that_is_not_whole_is_refused(melody_root, tmp_path, name):
    import shutil

    shutil.copytree(melody_root / "tiny-melody", tmp_path / "broken")
    (tmp_path / "broken" / name).write_text("{")
    with pytest.raises(WeightsError):
        inverter_of(Catalog((tmp_path,)).load("broken"))
