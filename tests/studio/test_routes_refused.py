"""What the routes refuse: bad values, other paths, other sites."""

from __future__ import annotations

import json

import pytest

from tests.studio.speaking import refused

BAD = [
    ("POST", "/studio/render", {}, "request"),
    ("POST", "/studio/render", {"request": 1}, "request"),
    ("POST", "/studio/render", {"request": "@", "quality": "best"}, "quality"),
    ("POST", "/studio/render", {"request": "@", "size": 100000}, "size"),
    ("POST", "/studio/render", {"request": "@", "extra": 1}, "extra"),
    ("POST", "/studio/nearby", {"request": "@", "num": 10**6}, "num"),
    ("POST", "/studio/nearby", {"request": "@", "num": 0}, "num"),
    ("POST", "/studio/nearby", {"request": "@", "distance": 9}, "distance"),
    ("POST", "/studio/nearby", {"request": "@", "distance": "far"}, "distance"),
    ("POST", "/studio/nearby", {"request": "@", "seed": -1}, "seed"),
    ("POST", "/studio/nearby", {"request": "@", "locked": "warmth"}, "locked"),
    ("POST", "/studio/breed", {"a": "@"}, "b"),
    ("POST", "/studio/morph", {"a": "@", "b": "@", "num": 1}, "num"),
    ("POST", "/studio/pad", {"corners": ["@"], "x": 0, "y": 0}, "corners"),
    ("POST", "/studio/pad", {"corners": ["@"] * 4, "x": 2, "y": 0}, "x"),
    ("POST", "/studio/another", {"request": []}, "request"),
    ("POST", "/studio/ends", {"request": "@", "control": "wings"}, "wings"),
    ("POST", "/studio/ends", {"request": "@", "control": "seed"}, "seed"),
    ("POST", "/studio/works", {"request": "@", "parents": [{"role": "aunt"}]}, "parents.0.role"),
    ("POST", "/studio/works", {"request": "@", "parents": [{"role": "breed"}]}, "parent"),
    ("POST", "/studio/works", {"request": "@", "label": "x" * 501}, "label"),
    ("POST", "/studio/works", {"request": "@", "shown": [1]}, "shown.0"),
    ("POST", "/studio/events", {"kind": "sneeze"}, "kind"),
    ("POST", "/studio/export", {"request": "@", "format": "exe"}, "format"),
    ("POST", "/studio/films", {"requests": ["@"]}, "keys"),
    ("POST", "/studio/films", {"requests": ["@"] * 2, "size": 33}, "size"),
    ("POST", "/studio/films", {"requests": ["@"] * 2, "format": "avi"}, "format"),
    ("POST", "/studio/films", {"works": ["no"] * 2}, "work"),
    ("PUT", "/studio/session", {"state": 1}, "state"),
    ("GET", "/studio/works?limit=many", None, "limit"),
    ("GET", "/studio/works?limit=100000", None, "limit"),
    ("GET", "/studio/works?rating=9", None, "rating"),
    ("GET", "/studio/works?month=May", None, "month"),
    ("GET", "/studio/works?cursor=zzz", None, "cursor"),
    ("GET", "/studio/works?wings=2", None, "wings"),
    ("GET", "/studio/works/none", None, "work"),
    ("GET", "/studio/models/none", None, "model"),
    ("GET", "/studio/films/none", None, "film"),
    ("GET", "/studio/nowhere", None, "address"),
    ("DELETE", "/studio/models", None, "address"),
]


@pytest.mark.parametrize(("method", "address", "body", "name"), BAD)
def test_bad_input_is_named(browser, recipe, method, address, body, name):
    text = json.dumps(body).replace('"@"', json.dumps(recipe)) if body is not None else None
    error = refused(browser.request(method, address, content=text))
    assert error["name"] == name, error


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "NaN", "\x00", "[" * 100_000, "[1" * 999])
def test_what_is_not_a_body_is_refused(browser, body):
    for address in ("/studio/render", "/studio/nearby", "/studio/works", "/studio/films"):
        refused(browser.post(address, content=body))


@pytest.mark.parametrize(
    "change",
    [
        {"controls": {"truncation_psi": 40}},
        {"controls": {"species": "durian"}},
        {"controls": {"wings": 1}},
        {"pipeline": "nobody"},
        {"weights": {"base": "1" * 64}},
        {"schema": 2},
        {"sampler": 9},
        {"seed": 2**40},
        {"point": {"latent": "!", "shape": [3]}},
    ],
)
def test_a_recipe_that_cannot_be_rendered_is_refused_everywhere(browser, recipe, change):
    bad = {**recipe, **change}
    for address, body in (
        ("/studio/render", {"request": bad}),
        ("/studio/nearby", {"request": bad}),
        ("/studio/breed", {"a": recipe, "b": bad}),
        ("/studio/works", {"request": bad}),
        ("/studio/export", {"request": bad}),
        ("/studio/films", {"requests": [recipe, bad]}),
    ):
        refused(browser.post(address, json=body))


def test_no_number_that_is_none(browser, recipe):
    text = json.dumps({"request": {**recipe, "controls": {"truncation_psi": "@"}}})
    for number in ("NaN", "Infinity", "1e999"):
        refused(browser.post("/studio/render", content=text.replace('"@"', number)))


def test_too_much_is_refused(browser):
    refused(browser.put("/studio/session", json={"state": {"x": "y" * 300_000}}), 413)
    refused(browser.post("/studio/render", content=b" " * (5 << 20)), 413)


PATHS = [
    "/assets/js/../../app.py",
    "/assets/js/%2e%2e/%2e%2e/app.py",
    "/assets/js/..%2f..%2fapp.py",
    "/assets/js//etc/passwd",
    "/assets/models/tiny/config.json",
    "/assets/../app.py",
    "/studio/locales/../settings.py",
    "/studio/locales/..%2f..%2fapp.py",
    "/studio/locales/en",
    "/studio/models/tiny/assets/config.json",
    "/studio/models/tiny/assets/weights.safetensors",
    "/studio/models/tiny/assets/..%2f..%2f..%2fetc%2fpasswd",
    "/studio/models/tiny-kl/assets/config.json",
    "/studio/models/..%2f..%2fetc/assets/passwd",
    "/studio/works/..%2f..%2fduet.db/original",
    "/studio/works/../../secret/original",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=@library@/secret",
    "/gradio_api/file=@library@/duet.db",
    "/gradio_api/file=app.py",
    "/gradio_api/file=@library@/../library/secret",
    "/file=/etc/passwd",
    "/static/../../../../../../etc/passwd",
    "/svelte/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/theme.css/../../etc/passwd",
    "/gradio_api/proxy=http://127.0.0.1:1/",
    "/gradio_api//file=/etc/passwd",
    "//gradio_api/file=/etc/passwd",
    "/gradio_api/upload",
    "/monitoring",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_else_on_the_disk_is_served(served, path):
    address = path.replace("@library@", str(served.library))
    status, body = served.raw(address)
    secret = (served.library / "secret").read_bytes()
    assert status >= 400 or b"<gradio-app" in body, (status, body[:200])
    assert status < 500, (status, body[:200])
    for part in (secret, b"SQLite format", b"root:x", b"def main", b"family"):
        assert part not in body


def test_another_sites_page_is_refused(browser, served):
    for origin in ("http://evil.example", "null"):
        headers = {"Origin": origin}
        assert refused(browser.get("/studio/works", headers=headers), 403)
        assert refused(browser.post("/studio/events", json={}, headers=headers), 403)
        assert refused(browser.post("/gradio_api/call/tiny", json={}, headers=headers), 403)
    own = {"Origin": served.address}
    assert browser.get("/studio/works", headers=own).status_code == 200
