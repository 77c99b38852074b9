"""The studio's routes over a real socket: page, models, session, shaping."""

from __future__ import annotations

import io
import json
import re

import pytest
from PIL import Image

from pipelines.artifact import fingerprint
from pipelines.compiling import fast_precision
from pipelines.request import Request
from tests.studio.speaking import lines, picture


def test_health(browser):
    told = browser.get("/healthz").json()
    assert told["status"] == "ok"
    assert told["models"] == ["tiny"]
    assert told["version"]


def test_the_page_and_its_modules_are_served(browser):
    page = browser.get("/")
    assert page.status_code == 200
    (script,) = re.findall(r'src="(assets/at-[0-9a-f]+/js/main\.js)"', page.text)
    assert "javascript" in browser.get(f"/{script}").headers["content-type"]
    assert browser.get("/studio/locales/en.json").json()["errors"]
    assert browser.get("/studio/locales/zh.json").json()["errors"]


def test_a_model_says_everything_about_its_controls(browser, model, tiny):
    assert [card["id"] for card in browser.get("/studio/models").json()] == ["tiny"]
    assert model["latent_shape"] == list(tiny.latent_space.shape)
    by_name = {control.name: control for control in tiny.controls}
    assert [control["name"] for control in model["controls"]] == list(by_name)
    for told in model["controls"]:
        control = by_name[told["name"]]
        assert told["default"] == control.start
        assert told["kind"] in {"slider", "choice", "seed", "toggle"}
        assert told["group"] == control.group
        assert told["direction"] == control.direction
        if told["kind"] == "slider":
            assert (told["minimum"], told["maximum"]) == (control.minimum, control.maximum)
    warmth = next(one for one in model["controls"] if one["name"] == "warmth")
    assert warmth["effect"]["warmth"] == pytest.approx(0.8)
    assert tiny.check(Request.from_dict(model["opening"]))


def test_the_session_comes_back(browser, recipe):
    assert browser.get("/studio/session").json()["state"] is None
    state = {"request": recipe, "locks": ["warmth"], "hints": {"drag": True}}
    assert browser.put("/studio/session", json={"state": state}).json() == {}
    told = browser.get("/studio/session").json()
    assert told["state"] == state
    assert told["hints"] == {"drag": True}
    assert told["works"] == 0


@pytest.mark.parametrize("quality", ["fast", "reference"])
def test_render(browser, recipe, quality):
    answer = browser.post("/studio/render", json={"request": recipe, "quality": quality})
    assert answer.headers["content-type"] == "image/webp"
    fast = {"torch-cpu-f32", f"openvino-{fast_precision()}"}  # the first while compiling
    assert answer.headers["x-duet-engine"] in (fast if quality == "fast" else {"torch-cpu-f32"})
    image = Image.open(io.BytesIO(answer.content))
    assert image.size == (128, 128)
    if quality == "reference":
        assert fingerprint(image) == answer.headers["x-duet-fingerprint"]


def test_render_at_another_size(browser, recipe):
    answer = browser.post("/studio/render", json={"request": recipe, "size": 64})
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)


def test_nearby_is_a_stream_of_different_tiles(browser, recipe):
    body = {"request": recipe, "num": 5, "distance": 0.6, "seed": 3, "locked": ["warmth"]}
    tiles = lines(browser.post("/studio/nearby", json=body))
    assert [tile["index"] for tile in tiles] == list(range(5))
    assert len({json.dumps(tile["request"]) for tile in tiles}) == 5
    assert {picture(tile["image"]).size for tile in tiles} == {(128, 128)}
    again = lines(browser.post("/studio/nearby", json=body))
    assert [tile["request"] for tile in again] == [tile["request"] for tile in tiles]


def test_breed_says_what_came_from_whom(browser, recipe):
    other = {**recipe, "seed": 99}
    children = lines(browser.post("/studio/breed", json={"a": recipe, "b": other, "num": 4}))
    assert {(child["form"], child["colour"]) for child in children} == {("a", "b"), ("b", "a")}


def test_morph_goes_from_one_to_the_other(browser, recipe):
    other = {**recipe, "seed": 99}
    frames = lines(browser.post("/studio/morph", json={"a": recipe, "b": other, "num": 5}))
    assert [frame["t"] for frame in frames] == [0, 0.25, 0.5, 0.75, 1]
    assert frames[0]["request"]["seed"] == recipe["seed"]
    assert frames[-1]["request"]["seed"] == 99


def test_the_corners_of_the_pad_are_its_works(browser, recipe):
    corners = [{**recipe, "seed": seed} for seed in (1, 2, 3, 4)]
    for index, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        answer = browser.post("/studio/pad", json={"corners": corners, "x": x, "y": y}).json()
        assert answer["request"]["seed"] == corners[index]["seed"]
        assert answer["request"]["point"] is None
    middle = browser.post("/studio/pad", json={"corners": corners, "x": 0.5, "y": 0.5}).json()
    assert middle["request"]["point"]


def test_another_keeps_what_is_locked(browser, recipe, model):
    warmth = next(one for one in model["controls"] if one["name"] == "warmth")
    offset = {"id": warmth["direction"], "offset": 1.5, "name": "warmth"}
    body = {"request": {**recipe, "directions": [offset]}, "locked": ["warmth"]}
    fresh = browser.post("/studio/another", json=body).json()["request"]
    assert fresh["seed"] != recipe["seed"]
    assert [one["offset"] for one in fresh["directions"]] == [1.5]


def test_the_ends_of_a_slider_differ(browser, recipe):
    ends = browser.post("/studio/ends", json={"request": recipe, "control": "warmth"}).json()
    assert picture(ends["low"]).tobytes() != picture(ends["high"]).tobytes()


def test_a_batch_that_is_left_stops(served, recipe):
    body = {"request": recipe, "num": 64}
    with served.browser() as browser:
        with browser.stream("POST", "/studio/nearby", json=body) as answer:
            next(answer.iter_lines())
        with served.live() as line:
            assert line.ask(1, recipe)[0]["kind"] == "frame"
