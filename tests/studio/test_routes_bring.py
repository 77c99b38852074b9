"""Bring your own and arithmetic, over HTTP and through the named endpoints."""

from __future__ import annotations

import base64
import io
import struct
import time
import zlib

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from pipelines.request import Request
from tests.studio.speaking import keep, lines, picture, refused


def photo(kind: str = "JPEG", size: tuple[int, int] = (240, 160)) -> bytes:
    """A red ball on a grey table, made by nobody's model."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    pixels = np.full((size[1], size[0], 3), 130, np.uint8)
    pixels[(x - 0.7 * size[0]) ** 2 + (y - 0.5 * size[1]) ** 2 < (0.2 * size[1]) ** 2] = (
        200,
        40,
        30,
    )
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def bomb(side: int = 50_000) -> bytes:
    """The head of a PNG of 2,500 million pixels."""
    parts = (b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), b"IDAT" + b"x" * 8)
    chunks = (
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.fixture
def brought(browser) -> dict:
    answer = browser.post("/studio/bring?model=tiny&name=apple.jpg", content=photo())
    assert answer.status_code == 200, answer.text
    return answer.json()


def look_of(brought: dict, **more: object) -> dict:
    return {"crop": brought["crop"], "match": True, **more}


def test_a_picture_is_framed_and_honestly_previewed(browser, brought):
    assert (brought["width"], brought["height"]) == (240, 160)
    crop = brought["crop"]
    assert abs(crop["x"] + crop["side"] / 2 - 168) < 12
    assert picture(brought["image"]).size == (240, 160)
    given, seen = picture(brought["given"]), picture(brought["seen"])
    assert given.size == seen.size == (256, 256)
    assert given.tobytes() != seen.tobytes()
    address = f"/studio/bring/{brought['id']}/look"
    again = browser.post(address, json=look_of(brought)).json()
    assert again == {"given": brought["given"], "seen": brought["seen"]}
    plain = browser.post(address, json=look_of(brought, match=False)).json()
    assert plain["given"] != brought["given"]
    moved = browser.post(
        address, json={"crop": {"x": 0, "y": 0, "side": 80}, "match": True}
    ).json()
    assert moved["given"] != brought["given"]


def test_it_is_found_shown_on_the_way_and_can_be_kept(browser, brought):
    start = f"/studio/bring/{brought['id']}/find"
    begun = browser.post(start, json=look_of(brought, steps=6, seed=1)).json()
    told = lines(browser.get(f"/studio/finds/{begun['job']}"))
    last = told[-1]
    assert last["state"] == "done"
    assert (last["step"], last["of"]) == (6, 6)
    assert last["closeness"] in ("very_close", "close", "alike", "hint")
    assert picture(last["image"]).size == (128, 128)
    recipe = Request.from_dict(last["request"])
    assert recipe.point is not None
    assert recipe.directions == ()
    assert keep(browser, last["request"])["request"]["point"] == last["request"]["point"]


def test_cancelled_it_gives_the_best_so_far(browser, brought):
    start = f"/studio/bring/{brought['id']}/find"
    job = browser.post(start, json=look_of(brought, steps=400)).json()["job"]
    assert refused(browser.post(start, json=look_of(brought)))["code"] == "find_running"
    time.sleep(1.5)
    assert browser.delete(f"/studio/finds/{job}").status_code == 200
    last = lines(browser.get(f"/studio/finds/{job}"))[-1]
    assert last["state"] == "cancelled"
    assert last["step"] < 400
    assert Request.from_dict(last["request"]).point is not None


def test_nothing_is_written_and_others_see_nothing(served, browser, brought):
    job = browser.post(
        f"/studio/bring/{brought['id']}/find", json=look_of(brought, steps=0)
    ).json()["job"]
    assert lines(browser.get(f"/studio/finds/{job}"))[-1]["state"] == "done"
    written = [
        p for p in served.library.rglob("*") if p.is_file() and b"apple.jpg" in p.read_bytes()
    ]
    assert written == []
    with served.browser() as other:
        assert refused(other.get(f"/studio/finds/{job}"))["code"] == "no_such_find"
        look = other.post(f"/studio/bring/{brought['id']}/look", json=look_of(brought))
        assert refused(look)["code"] == "no_such_picture"
    browser.post("/studio/bring?model=tiny", content=photo("PNG"))
    look = browser.post(f"/studio/bring/{brought['id']}/look", json=look_of(brought))
    assert refused(look)["code"] == "no_such_picture"  # the newer one took its place


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"a poem, not a picture", "not_a_picture"),
        (b'{"pipeline": "tiny"}', "not_a_picture"),
        (bomb(), "picture_too_large"),
        (photo("PNG", (240, 20)), "picture_too_small"),
        (photo()[:400], "damaged_picture"),
        (b"\xff\xd8\xff" + b"\0" * 20_000_001, "too_large"),
    ],
    ids=["empty", "text", "recipe", "bomb", "small", "damaged", "large"],
)
def test_what_is_no_picture_is_refused(browser, data, code):
    assert refused(browser.post("/studio/bring?model=tiny", content=data))["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        {"crop": {"x": 500, "y": 0, "side": 100}, "match": True},
        {"crop": {"x": 0, "y": 0, "side": 4}, "match": True},
        {"crop": {"x": 0, "y": 0, "side": 100}, "match": True, "steps": 9000},
        {"match": True},
    ],
    ids=["outside", "small", "steps", "none"],
)
def test_a_refused_search_says_why(browser, brought, body):
    refused(browser.post(f"/studio/bring/{brought['id']}/find", json=body), 400, 422)


def test_works_are_added_up(browser, recipe):
    a, b, c = ({**recipe, "seed": seed} for seed in (1, 2, 3))
    sum_of = browser.post("/studio/arithmetic", json={"plus": [a, b], "minus": c}).json()[
        "request"
    ]
    assert Request.from_dict(sum_of).point is not None
    other = browser.post("/studio/arithmetic", json={"plus": [a, c], "minus": b}).json()["request"]
    assert other["point"] != sum_of["point"]
    refused(browser.post("/studio/arithmetic", json={"plus": [a], "minus": c}))


def test_the_endpoints_do_the_same(served, browser, recipe):
    client = Client(served.address, verbose=False, analytics_enabled=False)
    image = base64.b64encode(photo()).decode()
    found = client.predict(image=image, steps=2, api_name="/tiny_from_picture")
    assert found["ended"] == "done"
    assert picture(found["work"]["image"]).size == (128, 128)
    with pytest.raises(AppError, match="picture"):
        client.predict(image="bm90aGluZw==", api_name="/tiny_from_picture")
    a, b, c = ({**recipe, "seed": seed} for seed in (1, 2, 3))
    added = client.predict(a=a, b=b, minus=c, api_name="/tiny_arithmetic")
    sum_of = browser.post("/studio/arithmetic", json={"plus": [a, b], "minus": c}).json()[
        "request"
    ]
    assert added["recipe"] == sum_of
