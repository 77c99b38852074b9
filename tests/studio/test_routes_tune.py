"""Bring your own tune, over HTTP: hummed, recorded or as MIDI; counted, shown, kept."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import symusic

from benchmarks.hums import hum, steps_of, tune, wav
from pipelines.music.grid import METRES, notes_of
from pipelines.music.keeping import kept_of
from pipelines.recordings import SAMPLE_RATE
from pipelines.request import Request
from tests.studio.serving import Served, serving
from tests.studio.speaking import keep, refused

BRING = "/studio/bring?model=tiny-melody&name=hum.wav"


@pytest.fixture(scope="module")
def ear(melody_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("ear") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, melody_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(ear: Served) -> Iterator[httpx.Client]:
    with ear.browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def hummed() -> bytes:
    return wav(hum(tune("lullaby", -12)))


def brought(someone: httpx.Client, data: bytes) -> dict:
    answer = someone.post(BRING, content=data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def placed(count: dict) -> set[tuple[int, int]]:
    """What was heard, by the recipe that keeps it: sixteenth and pitch."""
    controls = count["given"]["request"]["controls"]
    tokens = kept_of(controls["kept_notes"], controls["time_signature"], int(controls["num_bars"]))
    return {(note.step, note.pitch) for note in notes_of(tokens)}


def rolled(side: dict) -> list[list[int]]:
    return [note[:3] for note in side["score"]["tracks"][0]["notes"]]


def test_a_hum_is_heard_counted_and_said(someone, hummed):
    told = brought(someone, hummed)
    assert told["source"] == "recording"
    assert len(told["notes"]) == 12
    assert all(0 < sure <= 1 for *_, sure in told["notes"])
    count = told["count"]
    assert (count["tempo"], count["time_signature"], count["first"]) == (96, "4/4", 0)
    assert told["beats"][0]["tempo"] == 96
    assert (count["bars"], count["num_bars"], count["octaves"]) == (3, 4, 1)
    controls = count["given"]["request"]["controls"]
    # The tune is in G as it was sung, an octave higher; a recipe has it in C.
    assert (controls["key"], controls["mode"]) == ("G", "major")
    assert placed(count) == {(step, pitch + 5) for step, pitch in steps_of("lullaby")}
    high = [pitch for *_, pitch in tune("lullaby")]
    assert [note[2] for note in rolled(count["given"])] == high
    said = count["seen"]["request"]
    assert "kept_notes" not in said["controls"]
    assert Request.from_dict(said).point is not None
    assert said["point"] == count["given"]["request"]["point"]
    assert count["closeness"] in ("very_close", "close", "alike", "hint")
    # Both are recipes like any other: they sound, and what is kept is the same again.
    for side in ("given", "seen"):
        recipe = count[side]["request"]
        sound = someone.post("/studio/sound", json={"request": recipe, "accept": "audio/wav"})
        assert sound.status_code == 200
        body = {"request": recipe, "told": True, "size": 16}
        again = someone.post("/studio/render", json=body).json()["score"]
        assert again == count[side]["score"]
    assert keep(someone, count["given"]["request"])["request"]["controls"] == controls


def test_the_artist_counts_otherwise(someone, hummed):
    told = brought(someone, hummed)
    place = f"/studio/bring/{told['id']}/count"
    twice = someone.post(place, json={"tempo": 192}).json()
    assert twice["tempo"] == 192
    assert twice["bars"] == 6
    wanted = {(2 * step, pitch + 5) for step, pitch in steps_of("lullaby") if step < 32}
    assert len(wanted - placed(twice)) <= 1, "a 32nd of the tune is less than a voice is exact to"
    assert max(step for step, _ in placed(twice)) < 4 * METRES["4/4"].steps
    later = someone.post(place, json={"tempo": 192, "start": 2}).json()
    assert min(step for step, _ in placed(later)) == 0
    assert len(placed(later)) < 12
    waltz = someone.post(place, json={"tempo": 96, "time_signature": "3/4", "first": 8}).json()
    assert waltz["time_signature"] == "3/4"
    assert min(step for step, _ in placed(waltz)) == 8
    again = someone.post(place, json={}).json()
    assert again == told["count"], "the same asked for again is the same"


@pytest.mark.parametrize(
    "body",
    [
        {"tempo": 0},
        {"tempo": 1000},
        {"time_signature": "5/4"},
        {"first": 16},
        {"time_signature": "3/4", "first": 12},
        {"start": 3},
        {"start": -1},
        {"tempo": "fast"},
        {"melody": 1},
    ],
)
def test_a_count_out_of_range_is_refused(someone, hummed, body):
    told = brought(someone, hummed)
    place = f"/studio/bring/{told['id']}/count"
    refused(someone.post(place, json=body), 400, 422)
    assert someone.post(place, json={}).json() == told["count"], "nothing is lost"


def midi(*pitches: int, drums: bool = False) -> bytes:
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, 100))
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    score.tracks.append(symusic.Track(program=40, is_drum=drums))
    for at, pitch in enumerate(pitches):
        score.tracks[0].notes.append(symusic.Note(480 * at, 480, pitch, 80))
    return bytes(score.dumps_midi())


def test_midi_is_taken_as_it_is_written(someone):
    told = brought(someone, midi(*range(60, 75)))
    assert (told["source"], told["notes"], told["beats"]) == ("score", [], [])
    count = told["count"]
    assert (count["tempo"], count["time_signature"], count["octaves"]) == (100, "3/4", 0)
    assert (count["bars"], count["num_bars"]) == (5, 4)
    assert [note[2] for note in rolled(count["given"])] == list(range(60, 72))
    later = someone.post(f"/studio/bring/{told['id']}/count", json={"start": 1}).json()
    assert [note[2] for note in rolled(later["given"])] == list(range(63, 75))
    assert later["given"]["request"]["controls"]["instrument"] == "violin"


QUIET = np.zeros(2 * SAMPLE_RATE, np.float32)
NOISE = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (wav(QUIET), "recording_silent"),
        (wav(NOISE), "no_melody"),
        (wav(np.zeros(95 * SAMPLE_RATE, np.float32)), "recording_too_long"),
        (wav(NOISE)[:9000], "damaged_recording"),
        (b"OggS" + bytes(900), "damaged_recording"),
        (b"la la la", "not_a_tune"),
        (b"\x89PNG\r\n\x1a\n" + bytes(90), "not_a_tune"),
        (midi(), "no_notes"),
        (midi(36, 38, drums=True), "no_notes"),
        (midi(60, 62)[:30], "damaged_file"),
        (b"OggS" + bytes(20_000_001), "too_large"),
    ],
    ids=str.split("empty silent noise long cut junk text picture no-notes drums half large"),
)
def test_what_is_no_tune_is_refused_by_name_and_nothing_is_lost(someone, hummed, data, code):
    told = brought(someone, hummed)
    assert refused(someone.post(BRING, content=data))["code"] == code
    place = f"/studio/bring/{told['id']}/count"
    assert someone.post(place, json={}).json() == told["count"]


def test_nothing_is_written_and_others_hear_nothing(ear, someone, hummed):
    told = brought(someone, hummed)
    inside = hummed[2000:2400]
    written = [p for p in ear.library.rglob("*") if p.is_file() and inside in p.read_bytes()]
    assert written == []
    with ear.browser() as other:
        place = f"/studio/bring/{told['id']}"
        assert refused(other.post(f"{place}/count", json={}))["code"] == "no_such_picture"
    square = {"crop": {"x": 0, "y": 0, "side": 10}, "match": True}
    assert refused(someone.post(f"{place}/look", json=square))["code"] == "no_such_picture"
    brought(someone, midi(60, 62))
    assert refused(someone.post(f"{place}/count", json={}))["code"] == "no_such_picture"


def test_the_endpoint_does_the_same(ear, someone, hummed):
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(ear.address, verbose=False, analytics_enabled=False)
    sound = base64.b64encode(hummed).decode()
    found = client.predict(recording=sound, tempo=96, api_name="/tiny-melody_from_tune")
    count = brought(someone, hummed)["count"]
    assert (found["tempo"], found["bars"]) == (96, count["bars"])
    assert found["work"]["recipe"] == count["seen"]["request"]
    for wrong in ({"recording": "bGEgbGEgbGE="}, {"recording": "?"}, {"tempo": 1000}):
        with pytest.raises(AppError, match=r"neither a recording|empty|tempo"):
            client.predict(**{"recording": sound, **wrong}, api_name="/tiny-melody_from_tune")
