"""The dataset over HTTP: written, saved, read in; each person only their own."""

from __future__ import annotations

import io
import json
import zipfile

import httpx
import pyarrow.parquet as pq
import pytest

from pipelines.request import Request
from tests.studio.speaking import keep, lines, refused


def another(recipe: dict, seed: int) -> dict:
    return recipe | {"seed": seed}


def export(browser: httpx.Client) -> tuple[str, list[dict]]:
    job = browser.post("/studio/dataset/export").json()["job"]
    return job, lines(browser.get(f"/studio/dataset/{job}"))


def saved(browser: httpx.Client) -> bytes:
    job, told = export(browser)
    assert told[-1]["state"] == "done", told[-1]
    answer = browser.get(f"/studio/dataset/{job}/file")
    assert answer.headers["content-type"] == "application/zip"
    assert "duet-dataset.zip" in answer.headers["content-disposition"]
    return answer.content


def bring(browser: httpx.Client, data: bytes) -> dict:
    answer = browser.post("/studio/dataset/import", content=data)
    assert answer.status_code == 200, answer.text
    return lines(browser.get(f"/studio/dataset/{answer.json()['job']}"))[-1]


def sheet(data: bytes, config: str) -> list[dict]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return pq.read_table(io.BytesIO(archive.read(f"{config}/train-00000.parquet"))).to_pylist()


@pytest.fixture
def filled(browser: httpx.Client, recipe: dict) -> httpx.Client:
    """Someone who kept one work of two, and answered a pair."""
    beside = Request.from_dict(another(recipe, 5)).to_json()
    keep(browser, another(recipe, 4), shown=[beside])
    sides = {"left": another(recipe, 6), "right": another(recipe, 7), "answer": "right"}
    body = {"kind": "pair", "request": sides["right"], "payload": sides}
    assert browser.post("/studio/events", json=body).status_code == 200
    browser.patch(f"/studio/works/{kept(browser)[0]['id']}", json={"rating": 4, "note": "soft"})
    return browser


def kept(browser: httpx.Client) -> list[dict]:
    return browser.get("/studio/works").json()["works"]


def test_a_person_takes_their_library_to_another_browser(filled, served):
    data = saved(filled)
    assert len(sheet(data, "pictures")) == 2
    with served.browser() as other:
        told = bring(other, data)
        assert (told["state"], told["result"]["num_broken"]) == ("done", 0)
        assert told["result"]["added"]["works"] == 1
        (work,) = kept(other)
        (mine,) = kept(filled)
        assert (work["rating"], work["note"]) == (4, "soft")
        assert work["request"] == mine["request"]
        assert work["id"] != mine["id"], "a copy of their own, on the same server"
        assert other.get(work["thumbnail"]).content == filled.get(mine["thumbnail"]).content
        assert bring(other, data)["result"]["added"] == {}
        heard = other.get("/studio/taste", params={"model": "tiny"}).json()["heard"]
        assert (heard["keep"], heard["pair"], heard["rating"]) == (1, 1, 1)
    assert len(kept(filled)) == 1


def test_no_one_gets_what_is_another_persons(filled, served, recipe):
    job, told = export(filled)
    assert told[-1]["state"] == "done"
    with served.browser() as other:
        other.get("/studio/session")
        assert refused(other.get(f"/studio/dataset/{job}"), 404)["code"] == "no_such_dataset"
        assert refused(other.get(f"/studio/dataset/{job}/file"), 404)
        assert refused(other.delete(f"/studio/dataset/{job}"), 404)
        keep(other, another(recipe, 9))
        rows = sheet(saved(other), "events")
        mine = {
            row["id"] for row in sheet(filled.get(f"/studio/dataset/{job}/file").content, "events")
        }
        assert {row["table"] for row in rows} == {"works", "events", "tiles"}
        works = [json.loads(row["record"]) for row in rows if row["table"] == "works"]
        assert [one["id"] for one in works] == [one["id"] for one in kept(other)]
        shared = {row["id"] for row in rows if row["table"] != "tiles"} & mine
        assert shared == set()


def test_an_export_is_gone_when_the_next_begins(filled):
    first, _ = export(filled)
    second, _ = export(filled)
    assert refused(filled.get(f"/studio/dataset/{first}/file"), 404)
    assert filled.get(f"/studio/dataset/{second}/file").status_code == 200
    assert refused(filled.get("/studio/dataset/nothing/file"), 404)


def test_a_file_that_is_no_dataset_is_refused_in_its_last_line(filled):
    told = bring(filled, b"GIF89a")
    assert told["state"] == "failed"
    assert told["error"]["code"] == "bad_dataset"
    assert {"name", "value", "rule", "remedy"} <= set(told["error"])
    assert len(kept(filled)) == 1


def test_a_body_that_says_it_is_enormous_is_not_read(served):
    status, body = served.raw("/studio/dataset/import", "POST", {"Content-Length": str(5 << 30)})
    assert status == 413
    assert json.loads(body)["error"]["code"] == "dataset_large"


def test_a_job_can_be_cancelled_and_another_begun(filled):
    job = filled.post("/studio/dataset/export").json()["job"]
    assert filled.delete(f"/studio/dataset/{job}").status_code == 200
    assert lines(filled.get(f"/studio/dataset/{job}"))[-1]["state"] in ("cancelled", "done")
    assert export(filled)[1][-1]["state"] == "done"
