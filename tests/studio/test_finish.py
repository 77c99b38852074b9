"""Finishing over HTTP: what the page is told, what is kept, what an endpoint takes or refuses."""

from __future__ import annotations

import base64
import io

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from pipelines.artifact import fingerprint
from pipelines.finishing import OPERATIONS
from pipelines.pipeline import Instrument
from pipelines.request import Request, Step
from tests.studio.serving import Served
from tests.studio.speaking import refused

GRAINY = {"name": "grain", "values": {"grain": 0.5, "grain_size": 1}}
TWICE = {"name": "upscaling", "values": {"factor": "2"}}


def opening(browser: httpx.Client) -> dict:
    return browser.get("/studio/models/tiny").json()["opening"]


def test_the_page_is_told_every_operation_as_it_is_declared(browser: httpx.Client):
    told = browser.get("/studio/models/tiny").json()["finishing"]
    assert [one["name"] for one in told] == list(OPERATIONS["picture"])
    for one, operation in zip(told, OPERATIONS["picture"].values(), strict=True):
        assert one["strengths"] == list(operation.strengths)
        for said, control in zip(one["controls"], operation.controls, strict=True):
            assert (said["name"], said["default"]) == (control.name, control.start)
            assert said["minimum"] == getattr(control, "minimum", None)
            assert said["maximum"] == getattr(control, "maximum", None)


def test_what_is_kept_saved_and_rendered_is_finished(browser: httpx.Client, tiny: Instrument):
    recipe = {**opening(browser), "steps": [TWICE, GRAINY]}
    expected = tiny.render(Request.from_dict(recipe))
    work = browser.post("/studio/works", json={"request": recipe}).json()
    assert work["fingerprint"] == expected.fingerprint
    assert (work["width"], work["height"]) == (256, 256)
    assert work["request"]["steps"][0]["values"] == {"factor": "2", "upscaler": "loupe"}
    with Image.open(io.BytesIO(browser.get(work["original"]).content)) as kept:
        assert fingerprint(kept) == expected.fingerprint
    file = browser.post("/studio/export", json={"request": recipe, "format": "png"}).content
    again = browser.post("/studio/open?name=a.png", content=file).json()
    assert again["verdict"]["kind"] == "identical"
    assert again["request"]["steps"] == work["request"]["steps"]


def test_tiles_children_and_ways_carry_the_finish(browser: httpx.Client):
    recipe = {**opening(browser), "steps": [GRAINY]}
    for path, body in (
        ("nearby", {"request": recipe, "num": 2}),
        ("breed", {"a": recipe, "b": {**recipe, "seed": 3}, "num": 2}),
        ("morph", {"a": recipe, "b": {**recipe, "seed": 3}, "num": 3}),
    ):
        lines = browser.post(f"/studio/{path}", json=body).text.splitlines()
        assert len(lines) == body["num"]
        assert all('"steps": [{"name": "grain"' in line for line in lines)
    fresh = browser.post("/studio/another", json={"request": recipe, "locked": []}).json()
    assert fresh["request"]["steps"] == [GRAINY]


def test_a_model_starts_from_a_work_before_its_finish(browser: httpx.Client):
    recipe = opening(browser)
    names = [
        browser.post("/studio/inputs/work", json={"request": {**recipe, "steps": steps}}).json()
        for steps in ([], [TWICE, GRAINY])
    ]
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([GRAINY] * 13, "too_many_steps"),
        ([{"name": "blur"}], "unknown_step"),
        ([{"name": "grain", "values": {"grain": -1}}], "out_of_range"),
        ([{"name": "grain", "values": {"sand": 1}}], "unknown_control"),
        ([{"name": "upscaling", "values": {"factor": "4"}}] * 3, "too_many_pixels"),
        ([{"name": "upscaling", "values": {"factor": 4}}], "wrong_type"),
        ([{"grain": 1}], "bad_recipe"),
    ],
)
def test_a_step_that_is_refused_says_why(browser: httpx.Client, steps, code):
    recipe = {**opening(browser), "steps": steps}
    told = refused(browser.post("/studio/render", json={"request": recipe}))
    assert told["code"] == code
    assert browser.get("/healthz").status_code == 200


def test_the_endpoint_finishes_what_another_endpoint_made(served: Served, tiny: Instrument):
    client = Client(served.address, verbose=False, analytics_enabled=False)
    made = client.predict(seed=5, api_name="/tiny")
    work = client.predict(recipe=made["recipe"], steps=[TWICE, GRAINY], api_name="/finish")
    steps = tuple(Step(one["name"], one["values"]) for one in (TWICE, GRAINY))
    expected = tiny.render(tiny.request(seed=5).but(steps=steps))
    assert work["fingerprint"] == expected.fingerprint
    with Image.open(io.BytesIO(base64.b64decode(work["image"].split(",", 1)[1]))) as picture:
        assert picture.size == (256, 256)
    bare = client.predict(recipe=work["recipe"], steps=[], api_name="/finish")
    assert bare["fingerprint"] == made["fingerprint"]
    with pytest.raises(AppError, match="steps=blur"):
        client.predict(recipe=made["recipe"], steps=[{"name": "blur"}], api_name="/finish")
