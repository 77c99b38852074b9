"""The studio's routes, over a real socket, for several persons."""

from __future__ import annotations

import base64
import io
import json

import httpx
import pytest
from PIL import Image

from pipelines import exports
from pipelines.artifact import fingerprint
from pipelines.request import Request
from tests.studio.serving import Served, eventually, model_of

PIXEL_MIME = {"png": "image/png", "webp": "image/webp", "json": "application/json"}


@pytest.fixture
def browser(served: Served):
    with served.browser() as browser:
        yield browser


@pytest.fixture
def model(browser: httpx.Client) -> dict:
    return model_of(browser)


@pytest.fixture
def recipe(model: dict) -> dict:
    return model["opening"]


def keep(browser: httpx.Client, recipe: dict, **more: object) -> dict:
    answer = browser.post("/studio/works", json={"request": recipe, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def picture(uri: str) -> Image.Image:
    head, data = uri.split(",", 1)
    assert head.startswith("data:image/"), head
    return Image.open(io.BytesIO(base64.b64decode(data)))


def refused(answer: httpx.Response, *statuses: int) -> dict:
    """An error as every error is: 4xx JSON with its parts, and nothing of our insides."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert not statuses or answer.status_code in statuses, (answer.status_code, answer.text)
    assert "Traceback" not in answer.text
    assert "/work" not in answer.text
    error = answer.json()["error"]
    assert {"code", "name", "value", "rule", "remedy"} <= set(error)
    return error


def test_health(browser):
    told = browser.get("/healthz").json()
    assert told["status"] == "ok"
    assert told["models"] == ["tiny"]
    assert told["version"]


def test_the_page_and_its_modules_are_served(browser):
    page = browser.get("/")
    assert page.status_code == 200
    assert "assets/js/main.js" in page.text
    assert "javascript" in browser.get("/assets/js/main.js").headers["content-type"]
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
    assert answer.headers["x-duet-engine"].endswith("f32")
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


@pytest.mark.parametrize("kind", ["png", "webp", "json"])
def test_saved_and_opened_again_it_is_identical(browser, recipe, kind):
    saved = browser.post("/studio/export", json={"request": recipe, "format": kind})
    assert saved.headers["content-type"] == PIXEL_MIME[kind]
    assert "attachment" in saved.headers["content-disposition"]
    told = browser.post("/studio/open?name=pear", content=saved.content).json()
    assert told["verdict"]["kind"] == "identical", told["verdict"]
    assert told["request"] == json.loads(Request.from_dict(recipe).to_json())
    assert told["values"]["seed"] == recipe["seed"]
    assert told["model"] == "tiny"
    assert fingerprint(picture(told["image"])) == told["fingerprint"]
    work = keep(browser, recipe)
    kept = browser.get(f"/studio/works/{work['id']}/export", params={"format": kind})
    told = browser.post("/studio/open", content=kept.content).json()
    assert told["verdict"]["kind"] == "identical", told["verdict"]


def test_one_changed_pixel_is_told(browser, recipe):
    saved = browser.post("/studio/export", json={"request": recipe, "format": "png"}).content
    image = Image.open(io.BytesIO(saved)).convert("RGB")
    red, green, blue = image.getpixel((5, 6))
    image.putpixel((5, 6), (red ^ 128, green, blue))
    edited = io.BytesIO()
    image.save(edited, "PNG")
    chunk = saved[saved.index(b"duEt") - 4 :]
    chunk = chunk[: 12 + int.from_bytes(chunk[:4], "big")]
    data = edited.getvalue()
    told = browser.post("/studio/open", content=data[:33] + chunk + data[33:]).json()
    assert told["verdict"]["kind"] == "differs"
    assert told["verdict"]["max"] == 128
    assert told["verdict"]["why"] == "pixels_changed"


def test_other_weights_are_told(browser, recipe):
    saved = browser.post("/studio/export", json={"request": recipe, "format": "json"}).json()
    saved["request"]["weights"]["base"] = saved["fingerprint"] = "0" * 64
    told = browser.post("/studio/open", content=json.dumps(saved)).json()
    assert told["verdict"]["kind"] == "unknown"
    assert told["verdict"]["why"] == "other_weights"
    saved["request"]["pipeline"] = "orchard"
    told = browser.post("/studio/open", content=json.dumps(saved)).json()
    assert told["verdict"] == {"kind": "unknown", "max": 0, "mean": 0.0, "why": "no_model"}
    assert told["error"]["code"] == "no_model"


def test_a_foreign_picture_has_no_recipe(browser):
    foreign = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(foreign, "PNG")
    told = browser.post("/studio/open", content=foreign.getvalue()).json()
    assert (told["kind"], told["request"]) == ("picture", None)
    assert told["verdict"]["why"] == "no_recipe"


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


def test_feedback_is_accepted(browser, recipe):
    for kind in ("skip", "undo", "redo", "another", "open", "export"):
        body = {"kind": kind, "request": recipe, "shown": ["b" * 64], "payload": {"at": 1}}
        assert browser.post("/studio/events", json=body).json() == {}


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


def test_hostile_files_are_refused(browser, recipe):
    saved = browser.post("/studio/export", json={"request": recipe, "format": "png"}).content
    huge = bytearray(saved)
    huge[16:24] = (50_000).to_bytes(4, "big") * 2
    for data in (
        b"",
        b"GIF89a",
        b"MZ\x90\x00",
        saved[: len(saved) // 2],
        bytes(huge),
        saved[:33] + (100 << 20).to_bytes(4, "big") + b"IDAT",
        b'{"duet": "1", "request": ' + b"[" * 50_000,
    ):
        error = refused(browser.post("/studio/open", content=data))
        assert error["code"] not in {"unexpected", ""}


def test_a_batch_that_is_left_stops(served, recipe):
    body = {"request": recipe, "num": 64}
    with served.browser() as browser:
        with browser.stream("POST", "/studio/nearby", json=body) as answer:
            next(answer.iter_lines())
        with served.live() as line:
            assert line.ask(1, recipe)[0]["kind"] == "frame"


SECRET = ("secret", "duet.db", "root:")
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


def test_what_is_reported_as_kept_is_there(browser, recipe):
    work = keep(browser, {**recipe, "seed": 61})
    again = eventually(lambda: browser.get(work["original"]))
    assert again.status_code == 200
