"""Train one's own model over HTTP: pictures brought, looked at, learnt from; it plays."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from pipelines.catalog import Catalog
from tests.studio.own_pictures import QUICK, disc, discs, zipped
from tests.studio.serving import Served, eventually, serving
from tests.studio.speaking import keep, lines, refused

PATIENCE = 900
"""Seconds: a worker of low priority waits long where other work goes on."""
SCRIPT = Path(__file__).with_name("own_app.py")
EVERYONE = ("--host", "0.0.0.0", "--device", "cpu")  # noqa: S104 - told apart by cookie


@pytest.fixture(scope="module")
def owned(tiny_root, tmp_path_factory) -> Iterator[Served]:
    """A server for several persons."""
    library = tmp_path_factory.mktemp("owned") / "library"
    with serving(library, tiny_root, *EVERYONE, script=SCRIPT) as running:
        yield running


@pytest.fixture
def browser(owned) -> Iterator[httpx.Client]:
    with owned.browser() as browser:
        yield browser


def brought(browser: httpx.Client, files: dict[str, bytes]) -> str:
    """An album of these files; its address."""
    opened = browser.post("/studio/own/albums").json()
    address = f"/studio/own/albums/{opened['album']}"
    for name, data in files.items():
        answer = browser.put(address, params={"name": name}, content=data)
        assert answer.status_code == 200, answer.text
    return address


def looked(browser: httpx.Client, address: str) -> dict:
    return lines(browser.post(f"{address}/check"))[-1]


def begun(browser: httpx.Client, address: str, **more) -> httpx.Response:
    body = {"album": address.rsplit("/", 1)[1], "makes": "small", "name": "Discs"}
    return browser.post("/studio/own/jobs", json={**body, "minutes": 0.05, **more})


def state_of(browser: httpx.Client, job: dict, *wanted: str):
    """The job, once it is in one of these states."""

    def look():
        now = browser.get(f"/studio/own/jobs/{job['id']}").json()
        return now["state"] in (*wanted, "failed") and now

    return eventually(look, PATIENCE)


def test_what_is_brought_is_looked_at_and_what_is_left_out_is_named(owned, browser):
    whole = disc(0)
    files = {"a.png": whole, "again.png": whole, "cut.png": whole[:90], "notes.txt": b"words"}
    deep = {f"deep/{seed}.png": disc(seed) for seed in (1, 2)}
    address = brought(browser, {"mine.zip": zipped(files), **deep})
    told = looked(browser, address)
    found = told["result"]
    assert (told["state"], found["count"], found["kinds"]) == ("done", 3, {"deep": 2, "mine": 1})
    assert found["duplicates"] == {"mine/again.png": "mine/a.png"}
    assert {name: one["code"] for name, one in found["damaged"].items()} == {
        "mine/cut.png": "damaged_picture",
        "mine/notes.txt": "not_a_picture",
    }
    assert {one["makes"]: one["enough"] for one in told["choices"]} == {
        "morphs": False,
        "paintings": False,
        "patterns": True,
        "small": False,
    }
    shown = Image.open(io.BytesIO(browser.get(told["sheet"]).content))
    assert shown.size == (3 * 96, 96), "three pictures, enough for a pattern alone"
    with owned.browser() as stranger:
        assert refused(stranger.get(told["sheet"]), 404)["code"] == "no_such_album"
        assert refused(begun(stranger, address), 404)["code"] == "no_such_album"
    error = refused(begun(browser, address))
    assert (error["code"], error["needed"]) == ("too_few_pictures", "60")
    assert browser.get("/studio/own/jobs").json() == {"jobs": []}
    assert browser.delete(address).status_code == 200
    assert refused(browser.get(told["sheet"]), 404)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"PK nothing", "not a whole zip"),
        (zipped({"../evil.png": b"x"}), "leads out"),
        (zipped({"bomb.png": bytes(3 << 20)}), "times its packed"),
        (zipped({"a": b"x", "a/b": b"y"}), "a file and a folder"),
    ],
)
def test_hostile_zips_are_refused_and_nothing_of_them_stays(owned, browser, data, rule):
    address = brought(browser, {"evil.zip": data})
    error = looked(browser, address)["error"]
    assert error["code"] == "bad_archive"
    assert rule in error["rule"]
    assert list((owned.library / "cache" / "albums").iterdir()) == []
    assert refused(browser.post(f"{address}/check"), 404)["code"] == "no_such_album"


def test_names_lead_nowhere_but_into_the_album(owned, browser):
    address = brought(browser, {"a": b"x"})
    for name in ("", "../evil.png", "/evil.png", "a/../../evil", "c:evil", "x\\evil", "a/b"):
        error = refused(browser.put(address, params={"name": name}, content=b"x"), 400)
        assert error["code"] == "bad_file_name"
    assert not list(owned.library.rglob("evil*"))


def test_a_wish_that_cannot_be_is_refused(browser):
    address = brought(browser, {"all.zip": zipped(discs(62))})
    assert refused(begun(browser, address), 409)["code"] == "album_busy"
    assert looked(browser, address)["result"]["count"] == 62
    wrong = {
        "no_name": {"name": " -- "},
        "out_of_range": {"settings": {"width": 4000}},
        "unknown_control": {"settings": {"charm": 1}},
        "cannot_begin": {"start": "tiny"},
        "cannot_find": {"find": 5},
        "bad_body": {"minutes": -1},
        "too_many_pictures": {"makes": "patterns"},
    }
    assert {
        code: refused(begun(browser, address, **one))["code"] for code, one in wrong.items()
    } == {code: code for code in wrong}


def test_the_whole_way_from_pictures_to_a_model_that_plays(owned, browser):
    """Paused, gone on with, and ended when it has learnt enough."""
    address = brought(browser, {"all.zip": zipped(discs(70))})
    looked(browser, address)
    more = {"settings": QUICK, "credit": "me", "minutes": 60}
    job = begun(browser, address, **more).json()
    assert job["model"].startswith("discs-")
    assert refused(browser.get(f"{address}/sheet"), 404), "the job has the pictures now"
    second = brought(browser, {"all.zip": zipped(discs(61))})
    looked(browser, second)
    assert refused(begun(browser, second), 409)["code"] == "own_running"
    place = f"/studio/own/jobs/{job['id']}"
    eventually(lambda: browser.get(place).json()["sheets"], PATIENCE)
    told(owned, browser, place)
    browser.post(f"{place}/pause")
    paused = state_of(browser, job, "paused")
    assert paused["seconds_left"] > 3000
    browser.post(f"{place}/resume")
    later = eventually(
        lambda: (now := browser.get(place).json())["step"] > paused["step"] and now, PATIENCE
    )
    assert later["seconds"] >= paused["seconds"]
    browser.post(f"{place}/stop")
    done = state_of(browser, job, "done")
    assert (done["state"], done["error"], done["made"]) == ("done", None, True), done
    assert refused(browser.post(f"{place}/pause"), 409)["code"] == "own_over"
    belongs(owned, browser, done["model"])
    left = {path.name for path in (owned.library / "jobs" / job["id"]).iterdir()}
    assert "tensorboard" in left
    assert not left & {"pictures", "making", "result", "checked.json", "sheets"}
    answer = browser.get(paused["sheets"][0])
    assert (answer.status_code, answer.content) == (204, b""), "a page may just have heard of it"
    assert refused(browser.get(f"{place}/sheets/77777"), 404)["code"] == "no_such_address"


def told(owned: Served, browser: httpx.Client, place: str) -> None:
    """Curves, figures and sheets while it learns, to nobody else."""
    now = browser.get(place).json()
    assert set(now["curves"]) >= {"judge", "duel"}
    assert now["figures"][0]["swd_ratio"] > 0
    assert Image.open(io.BytesIO(browser.get(now["sheets"][-1]).content)).format == "PNG"
    with owned.browser() as stranger:
        for method, address in (
            ("GET", place),
            ("POST", f"{place}/stop"),
            ("GET", now["sheets"][0]),
        ):
            answer = stranger.request(method, address)
            assert refused(answer, 404)["code"] == "no_such_own"
        assert stranger.get("/studio/own/jobs").json() == {"jobs": []}
    job_id = place.rsplit("/", 1)[1]
    assert refused(browser.get(f"/studio/jobs/{job_id}"), 404)["code"] == "no_such_job"
    assert browser.get("/studio/jobs").json() == {"jobs": []}


def belongs(owned: Served, browser: httpx.Client, model: str) -> None:
    """The model plays, for who made it; nobody else sees it."""
    (card,) = [one for one in browser.get("/studio/models").json() if one["id"] == model]
    assert (card["title"]["en"], card["family"], card["credit"]) == ("Discs", "dcgan", "me")
    whole = browser.get(f"/studio/models/{model}").json()
    assert "swd_ratio" in whole["text"]["en"]
    assert browser.get(f"/studio/models/{model}/assets/seeds.webp").status_code == 200
    work = keep(browser, whole["opening"])
    assert work["request"]["pipeline"] == model
    with owned.browser() as stranger:
        assert model not in stranger.get("/studio/models").text
        assert model not in stranger.get("/healthz").text
        for address in (f"/studio/models/{model}", f"/studio/models/{model}/assets/seeds.webp"):
            assert refused(stranger.get(address), 404)["code"] == "no_model"


def test_what_is_cancelled_leaves_nothing(owned, browser):
    address = brought(browser, {"all.zip": zipped(discs(61))})
    looked(browser, address)
    job = begun(browser, address, minutes=60, settings=QUICK).json()
    pictures = owned.library / "jobs" / job["id"] / "pictures"
    assert len(list(pictures.rglob("*.png"))) == 61
    browser.post(f"/studio/own/jobs/{job['id']}/cancel")
    gone = state_of(browser, job, "stopped")
    assert (gone["made"], gone["sheets"]) == (False, [])
    eventually(lambda: not pictures.exists())
    assert not (owned.library / "models" / job["model"]).exists()


def workers(served: Served) -> list[psutil.Process]:
    found = psutil.Process(served.process.pid).children()
    return [one for one in found if "tests.studio.own_quick" in one.cmdline()]


def test_killed_server_and_killed_worker_lose_nothing(tiny_root, tmp_path):
    """``kill -9`` of the studio, then of the worker alone; the training goes on both times."""
    library = tmp_path / "library"
    with serving(library, tiny_root, "--device", "cpu", script=SCRIPT) as first:
        with first.browser() as browser:
            address = brought(browser, {"all.zip": zipped(discs(70))})
            looked(browser, address)
            job = begun(browser, address, minutes=0.1, settings=QUICK).json()
            assert job["model"] == "discs"
            work = library / "jobs" / job["id"] / "making" / "discs" / "training"
            eventually((work / "checkpoint.pt").exists, PATIENCE)
        first.kill()
    before = json.loads((work / "training_log.json").read_text())[-1]
    with serving(library, tiny_root, "--device", "cpu", script=SCRIPT) as second:
        eventually(lambda: workers(second), PATIENCE)[0].kill()
        with second.browser() as browser:
            time.sleep(0.1)
            done = state_of(browser, job, "done")
            assert done["state"] == "done", done
            assert done["step"] > before["step"]
    (card,) = Catalog((library / "models",)).available()
    assert (card.id, card.order) == ("discs", 200)
    log = json.loads((library / "models" / "discs" / "training_log.json").read_text())
    assert [one["step"] for one in log] == sorted({one["step"] for one in log})
    assert before in log, "what was logged before the kill is still there"
