"""Taste over HTTP: heard, steering, asked, explained, corrected, taken along, forgotten."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.studio.serving import eventually, model_of
from tests.studio.speaking import keep, lines, picture, refused


def taste(browser: httpx.Client) -> dict:
    answer = browser.get("/studio/taste", params={"model": "tiny"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def suggest(browser: httpx.Client, **more: object) -> list[dict]:
    body = {"model": "tiny", "seed": 3, **more}
    return lines(browser.post("/studio/taste/suggest", json=body))


def recipes(tiles: list[dict]) -> list[dict]:
    return [tile["request"] for tile in tiles]


def names(tiles: list[dict]) -> list[str]:
    from pipelines.request import Request

    return [Request.from_dict(tile["request"]).sha256 for tile in tiles]


@pytest.fixture
def ready(browser: httpx.Client) -> httpx.Client:
    """Someone new, the model measured."""
    eventually(lambda: taste(browser)["attributes"], seconds=120)
    return browser


def keep_some(browser: httpx.Client, num: int) -> None:
    for seed in range(num):
        tiles = suggest(browser, seed=seed, strength=0)
        keep(browser, tiles[seed % 12]["request"], shown=names(tiles))


def test_someone_new_is_shown_the_bare_model(ready):
    told = taste(ready)
    assert told["steering"] == 0
    assert set(told["signals"]) == {"keep", "skip", "pair", "rating", "edit", "another", "undo"}
    assert told["signals"]["undo"] is False
    assert all(one["state"] == "unknown" and one["mean"] == 0 for one in told["attributes"])
    tiles = suggest(ready)
    assert {tile["by"] for tile in tiles} == {"prior"}
    assert len({json.dumps(one) for one in recipes(tiles)}) == 12
    assert picture(tiles[0]["image"]).size == (128, 128)


def test_five_keeps_steer_four_tiles_and_strength_0_none(ready, recipe):
    plain = suggest(ready)
    keep_some(ready, 5)
    told = taste(ready)
    assert told["heard"]["keep"] == 5
    assert told["steering"] == pytest.approx(4 / 12, abs=1e-3)
    tiles = suggest(ready)
    assert [tile["by"] for tile in tiles].count("taste") == 4
    free = [(a, b) for a, b in zip(tiles, plain, strict=True) if a["by"] == "free"]
    assert all(a["request"] == b["request"] for a, b in free)
    bare = suggest(ready, strength=0)
    assert recipes(bare) == recipes(plain)
    assert {tile["by"] for tile in bare} == {"free"}
    near = suggest(ready, request=recipe, distance=0.4, surprise=0)
    assert [tile["by"] for tile in near].count("taste") == 4
    body = {"request": recipe, "seed": 3, "distance": 0.4}
    nearby = lines(ready.post("/studio/nearby", json=body))
    assert all(
        a["request"] == b["request"]
        for a, b in zip(near, nearby, strict=True)
        if a["by"] == "free"
    )


def test_a_question_is_asked_and_its_answer_heard(ready):
    pair = ready.post("/studio/taste/pair", json={"model": "tiny"}).json()
    left, right = pair["left"]["request"], pair["right"]["request"]
    assert left != right
    assert pair["questions_left"] > 0
    assert not pair["enough"]
    payload = {"left": left, "right": right, "answer": "left"}
    body = {"kind": "pair", "request": left, "payload": payload}
    assert ready.post("/studio/events", json=body).status_code == 200
    told = taste(ready)
    assert told["heard"]["pair"] == 1
    assert any(one["mean"] for one in told["attributes"])
    none = {"kind": "pair", "request": None, "payload": payload | {"answer": "neither"}}
    before = {one["name"]: one["mean"] for one in told["attributes"]}
    assert ready.post("/studio/events", json=none).status_code == 200
    after = {one["name"]: one["mean"] for one in taste(ready)["attributes"]}
    # More of the model may have been measured meanwhile, which moves the scale a little.
    assert after == pytest.approx(before, abs=0.01), "can't say teaches nothing"


def test_an_attribute_is_corrected_and_muted(ready):
    keep_some(ready, 5)

    def warmth() -> dict:
        return next(one for one in taste(ready)["attributes"] if one["name"] == "warmth")

    address = "/studio/taste/attributes/warmth"
    assert ready.put(address, json={"correction": -1.2, "muted": False}).status_code == 200
    assert warmth()["correction"] == -1.2
    assert warmth()["mean"] < -0.5
    assert ready.put(address, json={"correction": None, "muted": True}).status_code == 200
    assert warmth()["muted"]
    assert abs(warmth()["mean"]) < 0.4
    assert ready.put(address, json={"correction": None, "muted": False}).status_code == 200
    assert (warmth()["muted"], warmth()["correction"]) == (False, None)
    assert refused(ready.put("/studio/taste/attributes/soul", json={}), 404)
    assert refused(ready.put(address, json={"correction": 9}), 400)


def test_a_signal_that_is_switched_off_teaches_nothing(ready):
    keep_some(ready, 5)
    assert ready.put("/studio/taste/signals", json={"keep": False}).json()["keep"] is False
    told = taste(ready)
    assert told["steering"] == 0
    assert all(one["mean"] == 0 for one in told["attributes"])
    ready.put("/studio/taste/signals", json={"keep": True})
    assert any(one["mean"] for one in taste(ready)["attributes"])


def test_why_names_attributes_and_own_works(ready):
    keep_some(ready, 6)
    tile = next(one for one in suggest(ready, surprise=0) if one["by"] == "taste")
    told = ready.post("/studio/taste/why", json={"request": tile["request"]}).json()
    assert set(told) == {"because", "works", "unsure", "nearest"}
    assert all(0 < one["share"] <= 1 for one in told["because"])
    assert len(told["works"]) in (0, 2)
    assert bool(told["because"]) == bool(told["works"])
    assert told["nearest"] == [], "a model whose training works are not shipped"


def test_a_profile_goes_out_comes_in_and_blends(ready, served):
    keep_some(ready, 5)
    saved = ready.post("/studio/taste/profiles", json={"name": "spring"}).json()
    file = ready.get(f"/studio/taste/profiles/{saved['id']}/export")
    assert "attachment" in file.headers["content-disposition"]
    assert len(file.content) < 20_000
    assert file.json()["schema"] == 1
    with served.browser() as other:
        assert taste(other)["steering"] == 0
        assert refused(other.get(f"/studio/taste/profiles/{saved['id']}/export"), 404)
        came = other.post("/studio/taste/profiles/import", content=file.content).json()
        assert came["name"] == "spring"
        address = f"/studio/taste/profiles/{came['id']}"
        assert other.patch(address, json={"share": 0.4}).json()["share"] == 0.4
        told = taste(other)
        assert [one["share"] for one in told["profiles"]] == [0.6, 0.4]
        assert told["steering"] > 0
        assert any(one["mean"] for one in told["attributes"])
        assert {t["by"] for t in suggest(other)} == {"taste", "free"}
        assert other.delete(address).status_code == 200
        assert taste(other)["steering"] == 0
    mine = ready.get("/studio/taste/profiles/mine/export").json()
    assert mine["models"] == file.json()["models"]


def test_a_bad_profile_is_refused_by_name(ready):
    keep_some(ready, 1)
    good = ready.get("/studio/taste/profiles/mine/export").json()

    def bring(text: str) -> dict:
        return refused(ready.post("/studio/taste/profiles/import", content=text), 400)

    assert bring(json.dumps(good | {"schema": 2}))["code"] == "profile_schema"
    nan = json.dumps(good).replace('"heard": 1', '"heard": NaN')
    assert bring(nan)["code"] == "bad_profile"
    assert bring(json.dumps(good | {"attributes": {"warmth": [1e9, 1]}}))["name"] == "warmth"
    assert bring("[]")["code"] == bring("{")["code"] == bring('{"a": 1}')["code"] == "bad_profile"
    assert len(ready.get("/studio/taste/profiles").json()) == 1


def test_forget_me_says_what_goes_and_it_goes(ready):
    keep_some(ready, 5)
    ready.post("/studio/taste/profiles", json={"name": "spring"})
    goes = ready.get("/studio/taste/forget").json()
    assert goes["events"] == 5
    assert goes["profiles"] == 1
    assert goes["tiles"] >= 5
    assert ready.post("/studio/taste/forget").json() == goes
    told = taste(ready)
    assert (told["steering"], told["heard"]["keep"]) == (0, 0)
    assert set(ready.get("/studio/taste/forget").json().values()) == {0}
    assert ready.get("/studio/works").json()["total"] > 0, "works stay"


def test_an_unknown_model_is_refused(ready):
    for answer in (
        ready.get("/studio/taste", params={"model": "nowhere"}),
        ready.post("/studio/taste/suggest", json={"model": "nowhere"}),
        ready.post("/studio/taste/pair", json={"model": "nowhere"}),
    ):
        assert refused(answer, 404)["code"] == "no_model"
    opening = model_of(ready)["opening"]
    body = {"model": "nowhere", "request": opening}
    assert refused(ready.post("/studio/taste/suggest", json=body), 400)["name"] == "model"
