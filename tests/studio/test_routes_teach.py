"""Teaching over HTTP: sliders, a job from start to proof, versions, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image

from pipelines.request import Point, Request
from pipelines.training.teaching import SAMPLE_SEEDS
from tests.studio.serving import Served, eventually, model_of, serving
from tests.studio.speaking import keep, lines, picture, refused

PATIENCE = 900
"""Seconds: a worker of low priority waits long where other work goes on."""


@pytest.fixture(scope="module")
def taught(tiny_root, tmp_path_factory) -> Iterator[Served]:
    """A server for several persons."""
    library = tmp_path_factory.mktemp("taught") / "library"
    everyone = ("--host", "0.0.0.0", "--device", "cpu")  # noqa: S104 - told apart by cookie
    with serving(library, tiny_root, *everyone) as running:
        yield running


@pytest.fixture
def browser(taught) -> Iterator[httpx.Client]:
    with taught.browser() as browser:
        yield browser


def kept(browser, count: int) -> list[dict]:
    opening = model_of(browser)["opening"]
    return [keep(browser, {**opening, "seed": 100 + seed}) for seed in range(count)]


def job_of(browser, works, **more) -> httpx.Response:
    body = {"model": "tiny", "works": [work["id"] for work in works], **more}
    return browser.post("/studio/jobs", json=body)


def ended(browser, job) -> dict:
    def look():
        now = browser.get(f"/studio/jobs/{job['id']}").json()
        return now if now["state"] in ("done", "failed", "stopped") else None

    return eventually(look, PATIENCE)


def _stays(browser, tiny, recipe, slider, locked) -> bool:
    """Whether no tile of Nearby moves along the slider."""
    space, pipeline = tiny.latent_space, tiny.pipeline
    vector = Point(latent=slider["vector"], shape=space.shape).array() / space.spread
    here = pipeline.locate(Request.from_dict(recipe))
    body = {"request": recipe, "num": 4, "distance": 1.0, "seed": 5, "locked": locked}
    tiles = lines(browser.post("/studio/nearby", json=body))
    there = [pipeline.locate(Request.from_dict(one["request"])) for one in tiles]
    steps = [(one - here) / space.spread for one in there]
    return max(abs(np.vdot(one, vector)) for one in steps) < 1e-3 * np.linalg.norm(vector)


def test_a_slider_is_taught_used_and_taken_away(browser, tiny):
    works = kept(browser, 4)
    recipes = [work["request"] for work in works]
    body = {"model": "tiny", "more": recipes[:2], "less": recipes[2:], "name": ""}
    shown = browser.post("/studio/sliders", json=body).json()
    assert [one["offset"] for one in shown["strip"]] == [-2, -1, 0, 1, 2]
    pixels = [picture(one["image"]).tobytes() for one in shown["strip"]]
    assert len(set(pixels)) == 5
    assert browser.get("/studio/sliders", params={"model": "tiny"}).json() == {"sliders": []}
    saved = browser.post("/studio/sliders", json={**body, "name": "Dusk"}).json()["direction"]
    assert saved["id"] == shown["direction"]["id"]
    (listed,) = browser.get("/studio/sliders", params={"model": "tiny"}).json()["sliders"]
    assert listed == saved
    used = {"id": saved["id"], "offset": 2.5, "vector": saved["vector"], "name": "Dusk"}
    moved = {**recipes[0], "directions": [used]}
    plain, turned = (keep(browser, recipe) for recipe in (recipes[0], moved))
    assert plain["fingerprint"] != turned["fingerprint"]
    assert _stays(browser, tiny, recipes[0], saved, [f"taught_{saved['id'][:16]}"])
    assert not _stays(browser, tiny, recipes[0], saved, [])
    assert browser.delete(f"/studio/sliders/{saved['id']}").status_code == 200
    assert refused(browser.delete(f"/studio/sliders/{saved['id']}"), 404)["code"] == (
        "no_such_slider"
    )
    assert keep(browser, {**moved, "seed": 7})["request"]["directions"][0]["name"] == "Dusk"
    strongest = max(saved["effect"], key=lambda name: abs(saved["effect"][name]))
    held = browser.post("/studio/sliders", json={**body, "remove": [strongest]}).json()
    assert held["direction"]["id"] != saved["id"]


def test_trays_that_say_nothing_are_refused(browser):
    recipe = kept(browser, 1)[0]["request"]
    body = {"model": "tiny", "more": [recipe], "less": [], "name": ""}
    assert refused(browser.post("/studio/sliders", json=body))["code"] == "empty_tray"
    alike = {**body, "less": [recipe]}
    assert refused(browser.post("/studio/sliders", json=alike))["code"] == "no_contrast"
    odd = {**body, "less": [{**recipe, "seed": 9}], "remove": ["charm"]}
    assert refused(browser.post("/studio/sliders", json=odd))["code"] == "unknown_attribute"
    assert refused(browser.get("/studio/sliders"))["code"] == "bad_query"


def test_too_few_or_too_alike_say_what_is_missing(browser):
    about = browser.get("/studio/teach", params={"model": "tiny"}).json()
    assert (about["kept"], about["needed"], about["ready"]) == (0, 12, False)
    assert about["settings"]["steps"] > 0
    for count in (0, 1):
        works = kept(browser, count)
        error = refused(job_of(browser, works))
        assert (error["code"], error["value"], error["needed"]) == (
            "too_few_works",
            str(count),
            "12",
        )
        assert error["known"] == str(12 - count)
    opening = model_of(browser)["opening"]
    alike = [
        keep(browser, {**opening, "controls": {**opening["controls"], "mix_seed": seed}})
        for seed in range(12)
    ]
    assert refused(job_of(browser, alike))["code"] == "works_alike"
    assert refused(job_of(browser, alike, settings={"charm": 1.0}))["code"] == "unknown_control"
    assert refused(job_of(browser, alike, settings={"steps": 0.0}))["code"] == "out_of_range"
    assert browser.get("/studio/jobs").json() == {"jobs": []}


def test_the_whole_circle(taught, browser):
    works = kept(browser, 15)
    before = model_of(browser)["opening"]["weights"]["base"]
    job = job_of(browser, works, settings={"steps": 12}).json()
    assert job["state"] in ("waiting", "running")
    assert job["samples"] == [f"/studio/versions/{before}/samples/{seed}" for seed in SAMPLE_SEEDS]
    assert refused(job_of(browser, works), 409)["code"] == "job_running"
    with taught.browser() as stranger:
        assert stranger.get("/studio/jobs").json() == {"jobs": []}
        assert refused(stranger.get(f"/studio/jobs/{job['id']}"), 404)["code"] == "no_such_job"
    done = ended(browser, job)
    assert done["state"] == "done", done
    assert (done["progress"], done["error"]) == (1.0, None)
    assert len(done["samples"]) == 8
    for place in (job["samples"][0], done["samples"][0]):
        assert Image.open(io.BytesIO(browser.get(place).content)).size == (128, 128)
    assert refused(browser.post(f"/studio/jobs/{job['id']}/pause"), 409)["code"] == "job_over"
    version = done["version"]

    root, child = browser.get("/studio/versions", params={"model": "tiny"}).json()["versions"]
    assert (root["id"], root["parent"], root["active"]) == (before, None, True)
    assert (child["id"], child["parent"], child["active"]) == (version, before, False)
    assert child["works"] == 15
    assert browser.get(child["samples"][0]).headers["content-type"] == "image/webp"
    body = {"with": version, "seeds": [1, 2]}
    pairs = browser.post(f"/studio/versions/{before}/compare", json=body).json()["pairs"]
    assert browser.get(pairs[0]["left"]).content != browser.get(pairs[0]["right"]).content

    judged(browser, version)
    old = works[0]["request"]
    assert browser.post(f"/studio/versions/{version}/use").json() == {"model": "tiny"}
    opening = model_of(browser)["opening"]
    assert opening["weights"]["base"] == version
    new = keep(browser, {**opening, "seed": 100})
    assert new["fingerprint"] != works[0]["fingerprint"]
    again = browser.post("/studio/render", json={"request": old})
    assert again.headers["x-duet-fingerprint"] == works[0]["fingerprint"], "identical for ever"
    told = browser.post("/studio/morph", json={"a": old, "b": new["request"], "num": 3})
    assert told.status_code == 200
    assert "error" not in told.text

    error = refused(browser.delete(f"/studio/versions/{version}"), 409)
    assert (error["code"], error["value"]) == ("version_needed", "1")
    assert refused(browser.delete(f"/studio/versions/{before}"))["code"] == "original_fixed"
    with taught.browser() as stranger:
        code = refused(stranger.post(f"/studio/versions/{version}/use"), 404)["code"]
        assert code == "no_such_version"
    named = browser.patch(f"/studio/versions/{version}", json={"name": " Bolder "}).json()
    assert named == {"name": "Bolder"}
    assert browser.post(f"/studio/versions/{before}/use").status_code == 200
    assert model_of(browser)["opening"]["weights"]["base"] == before
    assert Request.from_dict(new["request"]).weights.base == version


def judged(browser, version: str) -> None:
    """Answer every pair, always the left one; the card says what came of it."""
    address = f"/studio/versions/{version}/proof"
    proof = browser.get(address).json()
    assert (len(proof["pairs"]), proof["card"]) == (12, None)
    assert set(proof["pairs"][0]) == {"index", "left", "right", "answer"}, "no seed, no side"
    sides = [browser.get(proof["pairs"][0][side]).content for side in ("left", "right")]
    assert sides[0] != sides[1]
    assert refused(browser.get(f"{address}.png"), 404)["code"] == "no_card"
    for index in range(12):
        answer = "neither" if index == 5 else "left"
        proof = browser.post(address, json={"pair": index, "answer": answer}).json()
    card = proof["card"]
    assert (card["decided"], card["neither"], len(card["pairs"])) == (11, 1, 12)
    assert 0 <= card["low"] <= card["chosen"] / 11 <= card["high"] <= 1
    assert card["verdict"] in ("yes", "early", "no")
    assert {one["answer"] for one in card["pairs"]} <= {"after", "before", "neither"}
    assert browser.get(card["pairs"][0]["before"]).content in sides
    error = refused(browser.post(address, json={"pair": 0, "answer": "right"}), 409)
    assert error["code"] == "pair_answered"
    assert refused(browser.post(address, json={"pair": 99, "answer": "left"}), 404)
    assert refused(browser.post(address, json={"pair": 1}))["code"] == "bad_body"
    image = Image.open(io.BytesIO(browser.get(f"{address}.png").content))
    assert (image.size, image.format) == ((640, 800), "PNG")
    (_, child) = browser.get("/studio/versions", params={"model": "tiny"}).json()["versions"]
    assert child["verdict"] == card["verdict"]
    more = browser.post(address, json={"more": 8}).json()
    assert (len(more["pairs"]), more["card"]) == (20, None)
    for _ in range(3):
        browser.post(address, json={"more": 24})
    assert refused(browser.post(address, json={"more": 24}))["code"] == "too_many_pairs"


def test_pause_resume_and_stop(browser):
    works = kept(browser, 12)
    job = job_of(browser, works, method="few-shot", settings={"steps": 20_000}).json()
    address = f"/studio/jobs/{job['id']}"

    def state(wanted):
        return lambda: (now := browser.get(address).json())["state"] == wanted and now

    eventually(lambda: browser.get(address).json()["step"] > 0, PATIENCE)
    browser.post(f"{address}/pause")
    paused = eventually(state("paused"), PATIENCE)
    assert paused["seconds_left"] > 0
    assert refused(browser.post(f"{address}/sing"), 404)["code"] == "no_such_address"
    assert browser.post(f"{address}/resume").json()["state"] in ("waiting", "running")
    eventually(state("running"), PATIENCE)
    browser.post(f"{address}/stop")
    stopped = eventually(state("stopped"), PATIENCE)
    assert stopped["step"] >= paused["step"]
    versions = browser.get("/studio/versions", params={"model": "tiny"}).json()["versions"]
    assert [one["id"] for one in versions][1:] == [stopped["version"]]
    gone = browser.delete(f"/studio/versions/{stopped['version']}")
    assert gone.status_code == 200, "no work needs it"
    assert len(browser.get("/studio/versions", params={"model": "tiny"}).json()["versions"]) == 1
