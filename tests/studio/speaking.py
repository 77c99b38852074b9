"""What tests say to the routes, and what they expect of every answer."""

from __future__ import annotations

import base64
import io
import json

import httpx
from PIL import Image


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
