"""Files: saved, opened again, changed, hostile."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from pipelines.artifact import fingerprint
from pipelines.request import Request
from tests.studio.speaking import keep, picture, refused

PIXEL_MIME = {"png": "image/png", "webp": "image/webp", "json": "application/json"}


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
