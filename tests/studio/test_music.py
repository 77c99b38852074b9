"""What the server does for a model of music: notes beside the picture, sound, keeping, files."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from tests.studio.serving import Served, serving
from tests.studio.speaking import keep, lines, picture, refused

TALE = "C5:4 E5:4 G5:8 | F5:8 A5:8 | G5:8 E5:8 | D5:4 r:4 C5:8"


@pytest.fixture(scope="module")
def fiddler(melody_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("music") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, melody_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(fiddler: Served) -> Iterator[httpx.Client]:
    with fiddler.browser() as browser:
        yield browser


def opening(someone: httpx.Client, **controls: object) -> dict:
    recipe = someone.get("/studio/models/tiny-melody").json()["opening"]
    return recipe | {"controls": recipe["controls"] | controls}


def test_a_tune_comes_as_its_roll_with_its_notes_beside_it(someone):
    recipe = opening(someone, kept_notes=TALE, key="D", tempo=90, time_signature="4/4")
    told = someone.post("/studio/render", json={"request": recipe, "told": True}).json()
    assert picture(told["image"]).size == (512, 512)
    score = told["score"]
    assert (score["beat"], score["bar"], score["end"]) == (480, 1920, 4 * 1920)
    assert score["seconds"] == pytest.approx(16 * 60 / 90)
    (track,) = score["tracks"]
    starts = [(start, length, pitch) for start, length, pitch, _ in track["notes"]]
    assert starts[:4] == [(0, 480, 74), (480, 480, 78), (960, 960, 81), (1920, 960, 79)]
    assert starts[-1] == (3 * 1920 + 960, 960, 74)
    near = lines(someone.post("/studio/nearby", json={"request": opening(someone), "num": 2}))
    assert all(len(one["score"]["tracks"]) == 1 for one in near)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_tune_is_heard_as_long_as_it_is_and_dies_away(someone, kind):
    recipe = opening(someone, kept_notes=TALE, tempo=120, time_signature="4/4")
    answer = someone.post("/studio/sound", json={"request": recipe, "accept": f"audio/{kind}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == f"audio/{kind}"
    assert float(answer.headers["x-duet-seconds"]) == pytest.approx(8)
    assert float(answer.headers["x-duet-beats"]) == 16
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert (rate, samples.shape) == (48_000, (round(9.5 * 48_000), 2))
    loud = np.abs(samples).max(axis=1)
    assert 0.05 < loud.max() < 0.9
    assert loud[:4800].max() > 0.02, "the first note is heard at once"
    assert loud[-480:].max() < 0.01, "the last one has died away"


def test_in_six_eight_a_beat_is_three_eighths(someone):
    recipe = opening(someone, time_signature="6/8", num_bars="2", tempo=60)
    answer = someone.post("/studio/sound", json={"request": recipe})
    assert float(answer.headers["x-duet-beats"]) == 4
    assert float(answer.headers["x-duet-seconds"]) == pytest.approx(6)


def test_what_has_no_sound_says_so(someone, fiddler):
    silent = opening(someone, kept_notes=" | ".join(["r:16"] * 4), time_signature="4/4")
    told = refused(someone.post("/studio/sound", json={"request": silent}), 400)
    assert told["code"] == "nothing_made"
    wrong = opening(someone, kept_notes="E5:3", time_signature="4/4")
    assert refused(someone.post("/studio/sound", json={"request": wrong}))["code"] == "bar_length"
    loud = {"request": opening(someone), "accept": "audio/mp3"}
    assert refused(someone.post("/studio/sound", json=loud))["code"] == "bad_body"


def test_a_picture_makes_no_sound(browser, recipe):
    told = refused(browser.post("/studio/sound", json={"request": recipe}))
    assert (told["code"], told["value"]) == ("no_sound", recipe["pipeline"])


def test_a_kept_tune_is_saved_in_every_format_and_is_the_same_again(someone):
    kept = keep(someone, opening(someone, kept_notes=TALE, time_signature="4/4"))
    assert kept["medium"] == "music"
    for kind in ("mid", "wav", "mp3", "musicxml", "png", "json"):
        file = someone.get(f"/studio/works/{kept['id']}/export", params={"format": kind})
        assert file.status_code == 200, (kind, file.text)
        assert file.headers["content-disposition"].endswith(f'.{kind}"')
        again = someone.post("/studio/open", content=file.content).json()
        assert again["request"] == kept["request"], kind
        if kind in ("mid", "musicxml", "png"):
            assert again["verdict"]["kind"] == "identical", kind
    whole = someone.post("/studio/export", json={"request": kept["request"], "format": "mid"})
    same = someone.get(f"/studio/works/{kept['id']}/export", params={"format": "mid"})
    assert whole.content == same.content
