"""Dance tunes as files: what other programs read, and what is refused."""

import shutil

import mido
import numpy as np
import pytest

from pipelines.catalog import Catalog
from pipelines.errors import WeightsError
from pipelines.networks.tune_files import WEIGHTS
from pipelines.sound import SAMPLE_RATE, TAIL, render


def test_midi_says_to_mido_and_music21_what_the_score_says(tiny_fiddler, tmp_path):
    from music21 import converter

    asked = {"dance": "reel", "key": "A", "mode": "dorian", "tempo": 91}
    work = tiny_fiddler.render(tiny_fiddler.request(seed=8, **asked))
    saved = work.save(tmp_path / "tune.mid")
    score = sorted((n.time, n.duration, n.pitch) for n in work.data.tracks[0].notes)
    found, metas = [], {}
    for track in mido.MidiFile(saved).tracks:
        now, begun = 0, {}
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                begun[message.note] = now
            elif message.type in ("note_on", "note_off"):
                start = begun.pop(message.note)
                found.append((start, now - start, message.note))
            elif message.is_meta:
                metas.setdefault(message.type, message)
    assert sorted(found) == score
    assert mido.tempo2bpm(metas["set_tempo"].tempo) == pytest.approx(91, abs=0.01)
    assert (metas["time_signature"].numerator, metas["time_signature"].denominator) == (4, 4)
    heard = converter.parse(saved).flatten()
    told = sorted(
        (round(float(n.offset) * 480), round(float(n.quarterLength) * 480), n.pitch.midi)
        for n in heard.stripTies().notes
    )
    assert told == score


def test_sound_is_neither_silent_nor_clipped(tiny_fiddler):
    from pipelines.scores import seconds

    work = tiny_fiddler.render(tiny_fiddler.request(seed=8, num_bars="8"))
    sound = render(work.data)
    assert 0.01 < np.abs(sound).max() < 1
    expected = seconds(work.data) + TAIL
    assert max(sound.shape) / SAMPLE_RATE == pytest.approx(expected, abs=0.05)


def test_weights_that_do_not_fit_are_refused(tune_root, tmp_path):
    for name in ("config.json", WEIGHTS):
        folder = tmp_path / name / "tiny-tune"
        shutil.copytree(tune_root / "tiny-tune", folder)
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole.replace(b'"memory": 24', b'"memory": 32')[:4000])
        with pytest.raises(WeightsError):
            Catalog((tmp_path / name,)).load("tiny-tune")
