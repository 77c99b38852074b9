"""The mixer's routes: what tracks come to, stems, files, and a mix in the library."""

import io
import zipfile
from collections.abc import Iterator

import httpx
import mido
import numpy as np
import pytest
import soundfile
from PIL import Image

from tests.atlases import with_atlas
from tests.studio.serving import Served, serving
from tests.studio.speaking import keep, refused
from tests.tiny import tiny_folder
from tests.tiny_music import tiny_groove_folder, tiny_melody_folder

SONG = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:8 C5:8"


@pytest.fixture(scope="module")
def band(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root, library = tmp_path_factory.mktemp("band"), tmp_path_factory.mktemp("mixes") / "library"
    for write in (tiny_folder, tiny_melody_folder, tiny_groove_folder):
        with_atlas(write)(root)
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(band: Served) -> Iterator[httpx.Client]:
    with band.browser() as browser:
        yield browser


def opening(someone: httpx.Client, model: str, **controls: object) -> dict:
    recipe = someone.get(f"/studio/models/{model}").json()["opening"]
    return recipe | {"controls": recipe["controls"] | controls}


@pytest.fixture
def tracks(someone) -> list[dict]:
    song = {"kept_notes": SONG, "tempo": 90, "key": "D", "mode": "major"}
    tune = opening(someone, "tiny-melody", **song, time_signature="4/4")
    low = opening(someone, "tiny-melody", **song | {"key": "C"}, time_signature="4/4")
    drums = opening(someone, "tiny-groove", num_bars="1", tempo=120)
    return [{"request": tune}, {"request": drums, "volume": -6, "pan": 0.5}, {"request": low}]


def test_tracks_come_to_the_first_ones_tempo_and_the_longest_ones_length(someone, tracks):
    told = someone.post("/studio/mix", json={"tracks": tracks}).json()
    assert told["mix"]["tempo"] == 90
    assert told["seconds"] == pytest.approx(16 * 60 / 90)
    assert (told["beats"], told["ticks"]) == (16, 16 * 480)
    assert [one["in_key"] for one in told["tracks"]] == [0, 0, 2]
    assert [one["drums"] for one in told["tracks"]] == [False, True, False]
    fast = someone.post("/studio/mix", json={"tracks": tracks, "tempo": 180}).json()
    assert fast["seconds"] == pytest.approx(16 * 60 / 180)


def test_a_stem_is_as_long_as_the_mix_at_its_tempo_and_pitch(someone, tracks):
    body = {"request": tracks[1]["request"], "tempo": 180, "ticks": 16 * 480}
    answer = someone.post("/studio/mix/stem", json={**body, "accept": "audio/wav"})
    assert answer.headers["content-type"] == "audio/wav"
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert len(samples) / rate == pytest.approx(16 / 3 + 1.5, abs=0.01)
    quarter = len(samples[: round(16 / 3 * rate)]) // 4
    loud = [np.sqrt((samples[k * quarter : (k + 1) * quarter] ** 2).mean()) for k in range(4)]
    assert min(loud) > 0.5 * max(loud), "one bar of drums, four times"
    song = {**body, "request": tracks[0]["request"]}
    plain, higher = (
        someone.post("/studio/mix/stem", json={**song, "transpose": up}).content for up in (0, 7)
    )
    assert plain[:4] == b"fLaC"
    assert plain != higher


def test_a_mix_is_kept_saved_in_every_format_and_recognized(someone, tracks):
    mix = someone.post("/studio/mix", json={"tracks": tracks}).json()["mix"]
    before = keep(someone, tracks[0]["request"])
    work = someone.post("/studio/mixes", json={"mix": mix}).json()
    assert (work["kind"], work["medium"], work["label"]) == ("film", "music", "Mix 3")
    assert work["timeline"] == mix
    assert someone.get("/studio/works").json()["works"][0]["id"] == work["id"]
    plate = Image.open(io.BytesIO(someone.get(work["original"]).content))
    assert (work["width"], work["height"]) == plate.size
    family = someone.get(f"/studio/works/{work['id']}/family").json()
    parents = [one["work"] and one["work"]["id"] for one in family["parents"]]
    assert sorted(parents, key=str) == sorted([before["id"], None, None], key=str)
    files = {}
    for kind in ("png", "wav", "mp3", "mid", "json"):
        address = f"/studio/works/{work['id']}/export?format={kind}"
        files[kind] = someone.get(address).content
        loose = someone.post("/studio/mix/export", json={"mix": mix, "format": kind})
        assert f".{kind}" in loose.headers["content-disposition"]
        for data in (files[kind], loose.content):
            told = someone.post("/studio/open", content=data).json()
            assert told["verdict"]["kind"] == "identical", kind
            assert told["timeline"]["tracks"] == mix["tracks"]
    notes = mido.MidiFile(file=io.BytesIO(files["mid"]))
    assert notes.length == pytest.approx(16 * 60 / 90, abs=0.02)
    zipped = someone.get(f"/studio/works/{work['id']}/export?format=zip").content
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert len(archive.namelist()) == 4


def test_a_mix_travels_to_another_library(someone, band, tracks):
    mix = someone.post("/studio/mix", json={"tracks": tracks[:2]}).json()["mix"]
    work = someone.post("/studio/mixes", json={"mix": mix}).json()
    data = someone.get(f"/studio/works/{work['id']}/export?format=mp3").content
    with band.browser() as other:
        told = other.post("/studio/open", content=data).json()
        again = other.post("/studio/mixes", json={"mix": mix}).json()
        assert told["verdict"]["kind"] == "identical"
        assert again["fingerprint"] == work["fingerprint"]
        assert other.get(work["original"]).status_code == 404


def test_what_cannot_be_mixed_is_refused_and_nothing_is_kept(someone, tracks):
    apple = opening(someone, "tiny")
    mix = someone.post("/studio/mix", json={"tracks": tracks[:1]}).json()["mix"]
    silent = {**mix, "tracks": [{**mix["tracks"][0], "mute": True}]}
    stem = {"request": tracks[0]["request"], "tempo": 60, "ticks": 480}
    aside = {**mix, "tracks": [{**mix["tracks"][0], "pan": 7}]}
    cases = (
        ("/studio/mix", {"tracks": [{"request": apple}]}, "no_sound"),
        ("/studio/mix", {"tracks": []}, "bad_body"),
        ("/studio/mix", {"tracks": [tracks[0]] * 5}, "bad_body"),
        ("/studio/mix", {"tracks": [{"request": {"pipeline": "tiny"}}]}, "bad_recipe"),
        ("/studio/mix", {"tracks": tracks, "tempo": 0}, "out_of_range"),
        ("/studio/mixes", {"mix": {**mix, "tempo": 1000}}, "out_of_range"),
        ("/studio/mixes", {"mix": aside}, "out_of_range"),
        ("/studio/mix/export", {"mix": silent, "format": "wav"}, "all_muted"),
        ("/studio/mix/export", {"mix": mix, "format": "exe"}, "unknown_format"),
        ("/studio/mix/stem", {**stem, "request": apple}, "no_sound"),
        ("/studio/mix/stem", {**stem, "ticks": 480 * 60 * 4}, "out_of_range"),
        ("/studio/mix/stem", {**stem, "tempo": 1000}, "bad_body"),
    )
    for address, body, code in cases:
        assert refused(someone.post(address, json=body))["code"] == code, body
    assert someone.get("/studio/works").json()["total"] == 0
