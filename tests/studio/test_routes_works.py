"""Works and films: kept, listed, related, each person's own."""

from __future__ import annotations

import io

from PIL import Image

from pipelines import exports
from pipelines.artifact import fingerprint
from pipelines.request import Request
from studio.library.ids import is_id
from tests.studio.serving import eventually
from tests.studio.speaking import keep, lines, refused


def test_a_kept_work_is_the_reference_with_its_recipe_inside(browser, recipe):
    work = keep(browser, recipe, label="Pear 7", words="yellow", shown=["a" * 64])
    assert (work["kind"], work["model"], work["label"]) == ("work", "tiny", "Pear 7")
    assert (work["width"], work["height"]) == (128, 128)
    original = browser.get(work["original"])
    assert original.headers["content-type"] == "image/png"
    opened = exports.open_bytes(original.content)
    assert opened.recipe == Request.from_dict(work["request"])
    assert fingerprint(opened.image) == work["fingerprint"] == opened.fingerprint
    thumbnail = Image.open(io.BytesIO(browser.get(work["thumbnail"]).content))
    assert thumbnail.format == "WEBP"
    assert max(thumbnail.size) == 176
    assert keep(browser, recipe)["id"] == work["id"], "the same recipe is the same work"
    assert browser.get("/studio/session").json()["works"] == 1


def test_works_are_listed_searched_rated_deleted_restored(browser, recipe):
    ids = [keep(browser, {**recipe, "seed": seed})["id"] for seed in (11, 12, 13)]
    page = browser.get("/studio/works", params={"limit": 2}).json()
    assert [work["id"] for work in page["works"]] == ids[:0:-1]
    assert page["total"] == 3
    rest = browser.get("/studio/works", params={"cursor": page["cursor"]}).json()
    assert [work["id"] for work in rest["works"]] == ids[:1]
    address = f"/studio/works/{ids[0]}"
    assert browser.patch(address, json={"rating": 4, "note": "dusk"}).json()["rating"] == 4
    assert browser.get("/studio/works", params={"rating": "4"}).json()["total"] == 1
    assert browser.get("/studio/works", params={"query": "dusk"}).json()["total"] == 1
    assert browser.patch(address, json={"rating": None}).json()["rating"] is None
    assert browser.delete(address).json()["deleted"]
    assert browser.get("/studio/works").json()["total"] == 2
    assert not browser.post(f"{address}/restore").json()["deleted"]
    assert browser.get("/studio/works").json()["total"] == 3


def test_a_child_knows_its_parents(browser, recipe):
    a = keep(browser, {**recipe, "seed": 21})
    b = {**recipe, "seed": 22}
    parents = [
        {"role": "breed", "id": a["id"], "info": {"gave": "form"}},
        {"role": "breed", "request": b, "info": {"gave": "colour"}},
    ]
    child = keep(browser, {**recipe, "seed": 23}, parents=parents)
    family = browser.get(f"/studio/works/{child['id']}/family").json()
    assert [kin["info"]["gave"] for kin in family["parents"]] == ["form", "colour"]
    assert family["parents"][0]["work"]["id"] == a["id"]
    assert family["parents"][1]["request"]["seed"] == 22
    children = browser.get(f"/studio/works/{a['id']}/family").json()["children"]
    assert [kin["work"]["id"] for kin in children] == [child["id"]]


def test_a_film_is_made_and_kept(browser, recipe):
    ids = [keep(browser, {**recipe, "seed": seed})["id"] for seed in (31, 32)]
    body = {"works": ids, "seconds": 0.5, "loop": True, "size": 64, "format": "mp4"}
    job = browser.post("/studio/films", json=body).json()["job"]
    states = lines(browser.get(f"/studio/films/{job}"))
    assert states[-1]["state"] == "done", states[-1]
    assert (states[-1]["frame"], states[-1]["of"]) == (24, 24)
    film = states[-1]["work"]
    assert (film["kind"], film["width"], film["mime"]) == ("film", 64, "video/mp4")
    saved = browser.get(f"/studio/works/{film['id']}/export", params={"format": "mp4"})
    told = browser.post("/studio/open", content=saved.content).json()
    assert told["kind"] == "film"
    assert [key["request"]["seed"] for key in told["timeline"]["keys"]] == [31, 32]
    family = browser.get(f"/studio/works/{film['id']}/family").json()
    assert [kin["work"]["id"] for kin in family["parents"]] == ids


def test_a_cancelled_film_keeps_what_there_is(served, browser, recipe):
    recipes = [{**recipe, "seed": seed} for seed in (41, 42, 43)]
    body = {"requests": recipes, "seconds": 8, "size": 256, "format": "gif"}
    job = browser.post("/studio/films", json=body).json()["job"]
    assert refused(browser.post("/studio/films", json=body), 409)["code"] == "film_running"
    with served.browser() as other:
        assert refused(other.get(f"/studio/films/{job}"), 404)["code"] == "no_such_film"
        assert refused(other.delete(f"/studio/films/{job}"), 404)["code"] == "no_such_film"
    assert browser.delete(f"/studio/films/{job}").json() == {}
    last = lines(browser.get(f"/studio/films/{job}"))[-1]
    assert last["state"] == "cancelled"
    assert 0 < last["frame"] < last["of"]
    assert Image.open(io.BytesIO(browser.get(last["work"]["original"]).content)).format == "GIF"


def test_feedback_is_accepted_and_has_an_id_by_which_it_is_taken_back(browser, recipe):
    found = set()
    for kind in ("skip", "undo", "redo", "another", "open", "export"):
        body = {"kind": kind, "request": recipe, "shown": ["b" * 64], "payload": {"at": 1}}
        told = browser.post("/studio/events", json=body).json()
        assert set(told) == {"id"}
        assert is_id(told["id"])
        found.add(told["id"])
    assert len(found) == 6


def test_two_persons_see_their_own_works_only(served, recipe):
    with served.browser() as one, served.browser() as other:
        work = keep(one, {**recipe, "seed": 51})
        assert other.get("/studio/works").json()["total"] == 0
        for address in ("", "/thumbnail", "/original", "/family", "/export"):
            answer = other.get(f"/studio/works/{work['id']}{address}")
            assert refused(answer, 404)["code"] == "no_such_work"
        refused(other.patch(f"/studio/works/{work['id']}", json={"rating": 1}), 404)
        refused(other.delete(f"/studio/works/{work['id']}"), 404)
        refused(other.post(f"/studio/works/{work['id']}/restore"), 404)
        assert one.get(work["thumbnail"]).status_code == 200
        assert (
            one.get("/studio/session").json()["person"]
            != (other.get("/studio/session").json()["person"])
        )


def test_a_person_is_a_signed_cookie(served):
    with served.browser() as browser:
        first = browser.get("/")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        person = browser.get("/studio/session").json()["person"]
        assert "set-cookie" not in browser.get("/studio/session").headers
        assert browser.get("/studio/session").json()["person"] == person
    with served.browser(cookie=f"duet_person={person}.forged.signature") as forger:
        assert forger.get("/studio/session").json()["person"] != person


def test_what_is_reported_as_kept_is_there(browser, recipe):
    work = keep(browser, {**recipe, "seed": 61})
    again = eventually(lambda: browser.get(work["original"]))
    assert again.status_code == 200
