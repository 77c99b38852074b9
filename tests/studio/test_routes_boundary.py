"""The boundary: whatever goes wrong behind it, what comes out is one kind of answer."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from starlette.responses import PlainTextResponse, StreamingResponse

from pipelines.errors import ControlError
from studio.boundary import Boundary
from studio.errors import LibraryError
from studio.gate import Gate, Head, Rules
from tests.loops import run

RULES = Rules("local", b"secret", hosts=frozenset({"localhost"}))


def asked(app, path: str = "/studio/x", host: str = "localhost") -> tuple[int, dict, bytes]:
    """Status, headers and body that a request gets."""
    sent, received = [], []

    async def receive():
        if received:  # the browser waits
            await asyncio.sleep(60)
        received.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
    scope["headers"] = [(b"host", host.encode())]
    run(app(scope, receive, send))
    start = next((one for one in sent if one["type"] == "http.response.start"), None)
    body = b"".join(one.get("body", b"") for one in sent[1:])
    headers = {k.decode(): v.decode() for k, v in start["headers"]}
    return start["status"], headers, body


def raising(error: Exception):
    async def app(scope, receive, send):
        raise error

    return Boundary(app, RULES)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ControlError("out_of_range", name="psi", value=4, rule="too much"), 400),
        (LibraryError("no_such_work", name="work"), 404),
        (LibraryError("disk_full", name="free space (MB)", value=0), 507),
        (LibraryError("not_writable", name="library"), 507),
        (LibraryError("library_in_use", name="library"), 409),
        (LibraryError("too_long", name="note"), 413),
    ],
)
def test_our_errors_carry_their_parts(error, status):
    found, headers, body = asked(raising(error))
    assert (found, headers["content-type"]) == (status, "application/json")
    assert json.loads(body)["error"] == error.as_dict()


def test_a_fault_of_ours_is_a_number_and_is_logged(caplog):
    with caplog.at_level(logging.ERROR):
        status, _, body = asked(raising(RuntimeError("the secret of the insides")))
    error = json.loads(body)["error"]
    assert (status, error["code"]) == (500, "unexpected")
    assert b"secret" not in body
    assert error["value"] in caplog.text
    assert "the secret of the insides" in caplog.text


def test_a_failed_answer_from_behind_is_replaced():
    app = Boundary(PlainTextResponse("Traceback: insides", 500), RULES)
    status, _, body = asked(app)
    assert (status, b"insides" in body) == (500, False)
    status, _, body = asked(app, "/gradio_api/call/nobody")
    assert (status, json.loads(body)["error"]["code"]) == (400, "bad_call")


def test_an_answer_that_began_is_broken_off(caplog):
    async def parts():
        yield b"one"
        raise RuntimeError("later")

    status, _, body = asked(Boundary(StreamingResponse(parts()), RULES))
    assert (status, body) == (200, b"one")
    assert "later" in caplog.text


def test_an_answer_of_another_kind_passes():
    status, headers, body = asked(Gate(Boundary(PlainTextResponse("hello", 404), RULES), RULES))
    assert (status, body, headers["x-content-type-options"]) == (404, b"hello", "nosniff")


def test_a_foreign_name_is_refused():
    status, _, body = asked(Boundary(PlainTextResponse("hello"), RULES), host="evil.example")
    assert (status, json.loads(body)["error"]["code"]) == (403, "wrong_host")


def test_only_the_page_is_edited():
    async def page(scope, receive, send):
        text = PlainTextResponse("<p>", media_type="text/html")
        await text(scope, receive, send)

    app = Head(page, lambda html: html + "你好".encode())
    status, headers, body = asked(app, "/")
    assert (status, body.decode()) == (200, "<p>你好")
    assert headers["content-length"] == str(len(body))
    assert asked(app, "/other")[2] == b"<p>"
