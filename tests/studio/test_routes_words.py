"""What the server does for a model of words: files to start from, and no teaching yet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.studio.serving import Served, serving
from tests.studio.speaking import refused
from tests.studio.test_routes_bring import photo


@pytest.fixture(scope="module")
def painter(diffusion_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("brush") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, diffusion_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture
def someone(painter: Served) -> Iterator[httpx.Client]:
    with painter.browser() as browser:
        yield browser


def opening(someone: httpx.Client) -> dict:
    return someone.get("/studio/models/tiny-diffusion").json()["opening"]


def rendered(someone: httpx.Client, recipe: dict) -> bytes:
    answer = someone.post("/studio/render", json={"request": recipe, "quality": "reference"})
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("RGB").tobytes()


def file_of(someone: httpx.Client, sha256: str) -> Image.Image:
    answer = someone.get(f"/studio/inputs/{sha256}")
    assert answer.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


def test_a_work_becomes_a_file_with_exactly_its_pixels(painter, someone):
    recipe = opening(someone)
    name = someone.post("/studio/inputs/work", json={"request": recipe}).json()["sha256"]
    assert file_of(someone, name).tobytes() == rendered(someone, recipe)
    changed = rendered(someone, {**recipe, "inputs": {"picture": name}})
    assert changed != rendered(someone, recipe)
    with painter.browser() as stranger:
        assert refused(stranger.get(f"/studio/inputs/{name}"), 400)["code"] == "no_attachment"
    bad = someone.post("/studio/inputs/work", json={"request": {**recipe, "pipeline": "none"}})
    assert refused(bad)["code"] == "no_model"


def test_a_picture_is_framed_seen_and_attached_but_not_looked_for(painter, someone):
    answer = someone.post("/studio/bring?model=tiny-diffusion&name=a.jpg", content=photo())
    brought = answer.json()
    look = {"crop": brought["crop"], "match": False}
    place = f"/studio/bring/{brought['id']}"
    name = someone.post(f"{place}/attach", json=look).json()["sha256"]
    held = file_of(someone, name)
    assert held.size == (128, 128)
    red, green, blue = held.getpixel((64, 64))
    assert red > 1.5 * max(green, blue)  # the ball, in the middle of the frame
    matched = someone.post(f"{place}/attach", json={**look, "match": True}).json()["sha256"]
    assert matched != name
    assert refused(someone.post(f"{place}/find", json=look))["code"] == "not_invertible"
    outside = {"crop": {"x": 900, "y": 0, "side": 60}, "match": False}
    assert refused(someone.post(f"{place}/attach", json=outside))["code"] == "out_of_range"
    with painter.browser() as stranger:
        code = refused(stranger.post(f"{place}/attach", json=look), 400)["code"]
        assert code == "no_such_picture"


def test_works_from_a_picture_are_not_what_a_model_learns_from(someone):
    recipe = opening(someone)
    name = someone.post("/studio/inputs/work", json={"request": recipe}).json()["sha256"]
    recipe = {**recipe, "inputs": {"picture": name}}
    works = [
        someone.post("/studio/works", json={"request": {**recipe, "seed": seed}}).json()["id"]
        for seed in range(12)
    ]
    told = someone.get("/studio/teach?model=tiny-diffusion").json()
    assert (told["ready"], told["methods"]) == (True, ["diffusion-dpo"])
    said = refused(someone.post("/studio/jobs", json={"model": "tiny-diffusion", "works": works}))
    assert (said["code"], said["value"]) == ("from_pictures", "12")
    assert someone.get("/studio/jobs").json() == {"jobs": []}
