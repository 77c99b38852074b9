"""Chorales as an instrument: exact in what was asked, given bars stay, and what is refused."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.chorale_measures import parallels
from pipelines.catalog import Catalog
from pipelines.controls import Choice, Slider
from pipelines.errors import WeightsError
from pipelines.explore import another, breed, morph, nearby
from pipelines.music.chorale_grid import CONTINUE, RANGES, VOICES, pitches_of
from pipelines.music.chorale_keeping import given_of, kept_text
from pipelines.music.chorale_writing import SHAPE
from pipelines.music.grid import KEYS, METRES, transposition
from pipelines.music.writing import STEP, sharps
from pipelines.networks.chorale_files import TOKENIZER, WEIGHTS
from pipelines.run import Interrupted
from pipelines.scores import end_of
from pipelines.sound import PROGRAMS

MELODY = "E5:4 D5:4 C5:8 | r:4 D5:2 E5:2 F5:8 | ~:4 E5:12 | D5:8 C5:8"


def rows_of(score, values):
    """What a score says of each voice, a row of sixteenths in C, shape [4, T]."""
    shift = transposition(KEYS.index(values["key"]))
    rows = np.full((4, end_of(score) // STEP), CONTINUE)
    for row, track in zip(rows, score.tracks, strict=True):
        at = 0
        for note in sorted(track.notes, key=lambda one: one.time):
            if note.time // STEP > at:
                row[at] = -2
            row[note.time // STEP] = note.pitch - shift
            at = (note.time + note.duration) // STEP
        if at < len(row):
            row[at] = -2
    return rows


def check(instrument, request, *, free_ranges=False):
    """Everything that a score has to obey; returns its rows."""
    values, score = instrument.values(request), instrument.render(request).data
    metre, bars = METRES[values["time_signature"]], int(values["num_bars"])
    assert end_of(score) == bars * metre.steps * STEP
    assert score.tempos[0].mspq == round(60e6 / values["tempo"])
    (signature,) = score.time_signatures
    assert (signature.numerator, signature.denominator) == (metre.beats, metre.unit)
    (key,) = score.key_signatures
    assert (key.key, key.tonality) == (
        sharps(values["key"], values["mode"]),
        int(values["mode"] == "minor"),
    )
    assert [track.name for track in score.tracks] == list(VOICES)
    for track, (low, high) in zip(score.tracks, RANGES, strict=True):
        assert track.program == PROGRAMS[values["instrument"]]
        notes = sorted(track.notes, key=lambda one: one.time)
        ends = [0, *(one.time + one.duration for one in notes)]
        for note, before in zip(notes, ends, strict=False):
            assert note.time >= before, "one note at a time"
            assert note.duration > 0
            assert note.time % STEP == note.duration % STEP == 0
            assert free_ranges or low <= note.pitch <= high
        assert ends[-1] <= end_of(score)
        if not free_ranges:
            assert sum(one.duration for one in notes) == end_of(score), "every bar is full"
    rows = rows_of(score, values)
    if values["cadence"] == "tonic" and not free_ranges:
        last = [int(pitches_of(row)[-1]) % 12 for row in rows]
        assert last[3] == 0, "the keynote is in the bass"
        assert set(last) <= {0, 7, 4} or set(last) <= {0, 7, 3}
        assert 3 not in last or values["mode"] == "minor"
    return rows


def test_every_control_is_obeyed_at_both_bounds(tiny_choir):
    for control in tiny_choir.controls:
        ends = ()
        if isinstance(control, Slider):
            ends = (control.minimum, control.maximum)
        elif isinstance(control, Choice):
            ends = (control.options[0], control.options[-1])
        for value in ends:
            check(tiny_choir, tiny_choir.request(seed=3, **{control.name: value}))


@pytest.mark.parametrize("seed", range(6))
def test_recipes_of_random_values_are_exact(tiny_choir, seed):
    drawn = np.random.Generator(np.random.Philox(seed))
    values = {
        one.name: str(drawn.choice(one.options))
        for one in tiny_choir.controls
        if isinstance(one, Choice)
    }
    tempo = int(drawn.integers(30, 240))
    check(tiny_choir, tiny_choir.request(seed=seed, tempo=tempo, **values))


def test_temperature_and_top_p_narrow_what_is_drawn(tiny_choir):
    def prints(**values):
        requests = (tiny_choir.request(seed=s, num_bars="4", **values) for s in range(4))
        return len({tiny_choir.render(one).fingerprint for one in requests})

    assert prints() == 4
    assert prints(temperature=0.0) == 1, "the likeliest chorale is one, whatever the noise"
    assert prints(top_k=1) == 1
    assert prints(top_p=0.05) < 4


def test_the_melody_is_the_soprano_and_moves_with_the_key(tiny_choir):
    given = given_of(MELODY, "", "4/4", 8)
    for seed, key in ((0, "C"), (1, "F#"), (2, "G")):
        request = tiny_choir.request(seed=seed, melody=MELODY, key=key, num_bars="8")
        rows = check(tiny_choir, request, free_ranges=True)
        assert np.array_equal(rows[0, :64], given.rows[0, :64])
        assert (rows[1:] >= 0).sum(axis=1).min() > 4, "the others sing"


def test_kept_bars_and_voices_stay_and_the_others_are_drawn_again(tiny_choir):
    base = tiny_choir.request(seed=4, num_bars="8")
    before = check(tiny_choir, base)
    drawn = np.random.Generator(np.random.Philox(1))
    for seed in (5, 6, 7):
        kept = drawn.random((4, 8)) < 0.5
        text = kept_text(before, "4/4", kept)
        after = check(tiny_choir, tiny_choir.change(base, seed=seed, kept_notes=text))
        cells, others = (one.reshape(4, 8, 16) for one in (after, before))
        assert np.array_equal(cells[kept], others[kept])
        assert not np.array_equal(cells[~kept], others[~kept])


def test_kept_notes_are_not_made_longer(tiny_choir):
    """A free bar after a kept one begins with notes of its own."""
    kept = np.zeros((4, 8), dtype=bool)
    kept[:, 2] = True
    for seed in range(5):
        base = tiny_choir.request(seed=seed)
        text = kept_text(check(tiny_choir, base), "4/4", kept)
        after = check(tiny_choir, tiny_choir.change(base, seed=99, kept_notes=text))
        assert (after[:, 3 * 16] != CONTINUE).all()


def test_kept_as_a_whole_it_is_itself(tiny_choir):
    base = tiny_choir.request(seed=4, time_signature="3/4")
    before = check(tiny_choir, base)
    text = kept_text(before, "3/4", np.ones((4, 8), dtype=bool))
    again = tiny_choir.change(base, seed=11, temperature=1.5, kept_notes=text)
    assert tiny_choir.render(again).fingerprint == tiny_choir.render(base).fingerprint


def test_a_melody_that_ends_elsewhere_ends_there(tiny_choir):
    ends = {}
    for last in ("D5", "C5"):
        melody = "| " * 3 + f"E5:8 {last}:8"
        ends[last] = set()
        for seed in range(6):
            request = tiny_choir.request(seed=seed, melody=melody, num_bars="4", key="C")
            rows = check(tiny_choir, request, free_ranges=True)
            assert rows[0, -8] == {"D5": 74, "C5": 72}[last]
            ends[last].add(int(pitches_of(rows[3])[-1]) % 12)
    assert ends["C5"] == {0}
    assert ends["D5"] != {0}


def test_an_upbeat_is_silent_in_every_voice(tiny_choir):
    request = tiny_choir.request(melody="r:12 G4:4", num_bars="4")
    rows = check(tiny_choir, request, free_ranges=True)
    heard = np.array([pitches_of(row) for row in rows])
    assert (heard[0, :12] < 0).all()
    assert (heard[:, 16:] >= 0).all(), "silence is drawn only where a given voice is silent"


def test_voices_do_not_move_in_parallel_fifths_or_octaves(tiny_choir):
    pipeline = tiny_choir.pipeline
    counts = {True: 0.0, False: 0.0}
    for seed in range(4):
        request = tiny_choir.request(seed=seed, cadence="open", temperature=1.5)
        values, noise = tiny_choir.values(request), pipeline.place(request).reshape(SHAPE)
        for allowed in counts:
            *_, rows = pipeline.write(values, noise, parallels=allowed)
            counts[allowed] += sum(parallels(rows, 8).values())
    assert counts[True] > 1
    assert counts[False] == 0


def test_it_grows_bar_by_bar(tiny_choir):
    grown = []
    request = tiny_choir.request(seed=2, num_bars="4")
    last = tiny_choir.render(request, show=grown.append)
    assert len(grown) == 3
    ends = [max(n.time + n.duration for n in one.data.tracks[0].notes) for one in grown]
    assert ends == [16 * STEP * n for n in (1, 2, 3)]
    assert [end_of(one.data) for one in grown] == [end_of(last.data)] * 3
    (alone,) = tiny_choir.stream(request, previews=False)
    assert alone.fingerprint == last.fingerprint
    assert alone.engine == "torch-cpu-f32"


def test_it_can_be_stopped(tiny_choir):
    asked = []
    with pytest.raises(Interrupted):
        tiny_choir.render(tiny_choir.request(), stopped=lambda: asked.append(1) or len(asked) > 3)
    assert len(asked) == 4


def test_travel_reaches_chorales(tiny_choir):
    a, b = (tiny_choir.request(seed=seed, num_bars="4") for seed in (1, 2))
    way = [tiny_choir.render(one).fingerprint for one in morph(tiny_choir, a, b, num=5)]
    assert way[0] == tiny_choir.render(a).fingerprint
    assert way[-1] == tiny_choir.render(b).fingerprint
    assert len(set(way)) > 3
    kept = tiny_choir.change(a, melody="E5:16")
    for one in (*nearby(tiny_choir, kept, num=3), another(tiny_choir, kept, seed=9)):
        assert rows_of(tiny_choir.render(one).data, tiny_choir.values(one))[0, 0] == 76
    children = [child.request for child in breed(tiny_choir, kept, b, num=2)]
    assert all(tiny_choir.render(one).data.tracks for one in children)


def test_a_small_step_changes_less_than_a_large_one(tiny_choir):
    base = tiny_choir.request(seed=1)
    before = check(tiny_choir, base)
    changed = []
    for distance in (0.02, 1.5):
        others = nearby(tiny_choir, base, num=4, distance=distance)
        changed.append(np.mean([(check(tiny_choir, one) != before).mean() for one in others]))
    assert changed[0] < changed[1]


PROCESS = """
import sys
from pipelines import catalog
model = catalog.load(sys.argv[1])
print(model.render(model.request(seed=5, num_bars="12")).fingerprint)
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_and_batch_do_not_change_a_note(tiny_choir, chorale_root, threads):
    command = [sys.executable, "-W", "ignore", "-c", PROCESS, str(chorale_root / "tiny-chorale")]
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env={**limits}
    ).stdout.strip()
    assert found == tiny_choir.render(tiny_choir.request(seed=5, num_bars="12")).fingerprint


def test_kept_bars_after_the_last_come_back(tiny_choir):
    text = " | ".join(["*"] * 5 + ["E5:16"])
    short = tiny_choir.request(num_bars="4", kept_notes=text)
    assert len(check(tiny_choir, short)[0]) == 64
    rows = check(tiny_choir, tiny_choir.change(short, num_bars="8"))
    assert rows[0, 80] == 76


def test_the_latent_is_small_enough_to_travel_in_a_recipe():
    assert np.prod(SHAPE) * 4 < 40_000


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, "config.json"])
def test_a_folder_that_is_not_whole_is_refused(chorale_root, tmp_path, name):
    shutil.copytree(chorale_root / "tiny-chorale", tmp_path / "broken")
    (tmp_path / "broken" / name).write_text("{")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("broken")
