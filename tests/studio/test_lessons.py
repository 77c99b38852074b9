"""How a GAN learns: a run over HTTP, its losses and samples, stopping, each person their own."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from pipelines.training.dense_gan import DenseRecipe
from studio.errors import StudioError
from studio.house import House, opened
from studio.lessons import COLUMNS, SAMPLES, STEPS, WAY, Job, Lessons, sheet
from studio.persons import LOCAL, Person
from studio.settings import Settings
from tests.studio.serving import eventually
from tests.studio.speaking import lines, picture, refused

SHORT = DenseRecipe(num_steps=2 * STEPS + 5, num_pictures=200, batch_size=16)
SIDE = 28


@pytest.fixture
def house(tmp_path: Path, tiny_root: Path) -> Iterator[House]:
    made = opened(Settings(library=tmp_path / "library", models=(tiny_root,), device="cpu"))
    made.lessons = Lessons(made, SHORT)
    yield made
    made.lessons.close()
    made.close()


def ended(job: Job) -> Job:
    eventually(lambda: job.now.over)
    return job


def test_a_run_tells_losses_and_samples_to_its_end(house):
    job = ended(house.lessons.start(LOCAL, 1))
    assert job.now.state == "done"
    assert [point[0] for point in job.now.points] == [STEPS, 2 * STEPS, 2 * STEPS + 5]
    assert all(0 < loss < 20 for _, *losses in job.now.points for loss in losses)
    shown = picture(job.now.line(0)["samples"])
    assert shown.size == (COLUMNS * SIDE, COLUMNS * SIDE)
    drawn = job.painter.samples(SAMPLES)
    ink = np.asarray(shown.convert("L").resize((SIDE, SIDE), box=(0, 0, SIDE, SIDE))).astype(int)
    assert np.corrcoef(ink.ravel(), -drawn[0].astype(int).ravel())[0, 1] > 0.99
    assert job.now.line(2)["points"] == [
        [2 * STEPS + 5, *(round(one, 4) for one in job.now.points[2][1:])]
    ]


def test_a_second_start_joins_the_run_and_a_later_one_takes_its_place(house):
    long = Lessons(house, DenseRecipe(num_steps=10**6, num_pictures=50, batch_size=4))
    first = long.start(LOCAL, 1)
    assert long.start(LOCAL, 2) is first
    other = long.start(Person("other"), 3)
    eventually(lambda: len(first.now.points) > 1)
    assert other.now.state == "waiting", "one at a time on a server"
    first.stop.set()
    ended(first)
    eventually(lambda: other.now.state == "running")
    assert long.start(LOCAL, 4) is not first
    with pytest.raises(StudioError) as refusal:
        long.job(LOCAL, first.id)
    assert refusal.value.code == "no_such_lesson"
    long.close()


def test_a_stopped_run_keeps_what_it_learnt(house):
    long = Lessons(house, DenseRecipe(num_steps=10**6, num_pictures=50, batch_size=4))
    job = long.start(LOCAL, 1)
    eventually(lambda: len(job.now.points) > 0)
    with pytest.raises(StudioError) as refusal:
        long.between(LOCAL, job.id, 0, 1)
    assert refusal.value.code == "lesson_running"
    job.stop.set()
    assert ended(job).now.state == "cancelled"
    assert long.between(LOCAL, job.id, 0, 1).startswith(b"\x89PNG")


def test_live_frames_go_first(house):
    """While both rendering threads are busy, no more than a few steps are taken."""
    free = threading.Event()
    busy = [house.pool.submit("live", free.wait) for _ in range(2)]
    job = house.lessons.start(LOCAL, 1)
    eventually(lambda: job.now.state == "running")
    time.sleep(1.5)
    assert job.now.points == ()
    free.set()
    assert ended(job).now.state == "done"
    assert all(one.result() for one in busy)


def test_a_run_that_breaks_says_so(house, monkeypatch):
    monkeypatch.setattr(house.pool, "submit", lambda *_: 1 / 0)
    job = ended(house.lessons.start(LOCAL, 1))
    assert job.now.state == "failed"
    assert job.now.line(0)["error"]["code"] == "unexpected"


def test_a_sheet_is_ink_on_paper():
    pixels = np.zeros((4, 2, 2), np.uint8)
    pixels[1] = 255
    with Image.open(io.BytesIO(sheet(pixels, 2))) as made:
        first = np.asarray(made.convert("RGB"))[0].tolist()
    assert first == [[254, 247, 221]] * 2 + [[36, 34, 30]] * 2


# -- over HTTP ------------------------------------------------------------------------------------


def test_begun_followed_stopped_and_played_with(browser: httpx.Client):
    begun = browser.post("/studio/lessons", json={"seed": 5}).json()
    assert picture(begun["real"]).size == (10 * SIDE, SIDE)
    assert (begun["columns"], begun["samples"]) == (COLUMNS, SAMPLES)
    place, told = f"/studio/lessons/{begun['job']}", []
    with browser.stream("GET", place) as answer:
        for text in answer.iter_lines():
            told.append(httpx.Response(200, text=text).json())
            if len(told[-1]["points"]) and len([x for x in told if x["points"]]) == 2:
                refused(browser.post(f"{place}/between", json={"a": 0, "b": 1}), 409)
                assert browser.delete(place).status_code == 200
    assert told[-1]["state"] == "cancelled"
    steps = [step for one in told for step, *_ in one["points"]]
    assert steps == [STEPS * (i + 1) for i in range(len(steps))], "each point once"
    pictures = [one["samples"] for one in told if one["points"]]
    assert all(one != other for one, other in pairwise(pictures[:3]))
    way = browser.post(f"{place}/between", json={"a": 3, "b": 9}).json()
    assert picture(way["picture"]).size == (WAY * SIDE, SIDE)
    assert way["count"] == WAY


def test_each_person_has_their_own(served, browser: httpx.Client):
    job = browser.post("/studio/lessons", json={}).json()["job"]
    with served.browser() as stranger:
        for method in ("GET", "DELETE"):
            answer = stranger.request(method, f"/studio/lessons/{job}")
            assert refused(answer, 404)["code"] == "no_such_lesson"
        body = {"a": 0, "b": 1}
        refused(stranger.post(f"/studio/lessons/{job}/between", json=body), 404)
    browser.delete(f"/studio/lessons/{job}")
    assert lines(browser.get(f"/studio/lessons/{job}"))[-1]["state"] == "cancelled"


@pytest.mark.parametrize(
    ("where", "body", "name"),
    [("", {"seed": -1}, "seed"), ("", {"steps": 5}, "steps"), ("/x/between", {"a": 0}, "b")]
    + [("/x/between", {"a": 0, "b": number}, "b") for number in (-1, SAMPLES, 1.5)],
)
def test_what_is_not_asked_rightly_is_named(browser: httpx.Client, where, body, name):
    error = refused(browser.post(f"/studio/lessons{where}", json=body), 400)
    assert error["name"] == name
