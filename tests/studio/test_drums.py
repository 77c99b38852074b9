"""What the server does for a model of drums: strokes beside the picture, sound, taste, files."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from tests.studio.serving import Served, serving
from tests.studio.speaking import keep, picture, refused


@pytest.fixture(scope="module")
def drummer(groove_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("drums") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, groove_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(drummer: Served) -> Iterator[httpx.Client]:
    with drummer.browser() as browser:
        yield browser


def opening(someone: httpx.Client, **controls: object) -> dict:
    recipe = someone.get("/studio/models/tiny-groove").json()["opening"]
    return recipe | {"controls": recipe["controls"] | controls}


def test_a_pattern_comes_as_its_grid_with_its_strokes_beside_it(someone):
    recipe = opening(someone, style="funk", num_bars="2", humanise=0.0, swing=50, tempo=90)
    told = someone.post("/studio/render", json={"request": recipe, "told": True}).json()
    assert picture(told["image"]).size == (512, 512)
    score = told["score"]
    assert (score["beat"], score["bar"], score["end"]) == (480, 1920, 2 * 1920)
    (track,) = score["tracks"]
    assert track["drums"]
    assert all(start % 120 == 0 for start, *_ in track["notes"])


def test_a_pattern_is_heard_as_long_as_it_is(someone):
    recipe = opening(someone, num_bars="4", tempo=120)
    answer = someone.post("/studio/sound", json={"request": recipe, "accept": "audio/wav"})
    assert answer.status_code == 200, answer.text
    assert float(answer.headers["x-duet-seconds"]) == pytest.approx(8)
    assert float(answer.headers["x-duet-beats"]) == 16
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert len(samples) == round(9.5 * rate)
    assert 0.05 < np.abs(samples).max() < 1


def test_a_kept_pattern_is_saved_in_every_format_of_drums_and_in_no_other(someone):
    kept = keep(someone, opening(someone, style="rock", swing=62))
    assert kept["medium"] == "drums"
    for kind in ("mid", "wav", "mp3", "png", "json"):
        file = someone.get(f"/studio/works/{kept['id']}/export", params={"format": kind})
        assert file.status_code == 200, (kind, file.text)
        again = someone.post("/studio/open", content=file.content).json()
        assert again["request"] == kept["request"], kind
        if kind in ("mid", "png"):
            assert again["verdict"]["kind"] == "identical", kind
    sheet = someone.post("/studio/export", json={"request": kept["request"], "format": "musicxml"})
    assert refused(sheet)["code"] == "unknown_format"


@pytest.mark.parametrize("wrong", [{"tempo": 0}, {"swing": 90}, {"style": "polka"}])
def test_what_cannot_be_played_is_refused(someone, wrong):
    told = refused(someone.post("/studio/render", json={"request": opening(someone, **wrong)}))
    assert told["name"] == next(iter(wrong))
