"""The live channel: what it says is in docs/live.md."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from websockets.exceptions import InvalidStatus

from pipelines.artifact import fingerprint
from pipelines.compiling import fast_precision
from pipelines.errors import RequestError
from studio import live_messages as messages
from studio.live import preview, serve
from tests.loops import run
from tests.studio.serving import Live


def shaped(recipe: dict, **controls: object) -> dict:
    return {**recipe, "controls": {**recipe["controls"], **controls}}


def error_of(line: Live, message: object) -> dict:
    line.send(message)
    header, data = line.answer()
    assert header["kind"] == "error", header
    assert data == b""
    assert {"v", "seq", "kind", "code", "name", "value", "rule", "remedy"} <= set(header)
    assert header["v"] == 1
    assert "Traceback" not in json.dumps(header)
    return header


def test_a_preview_is_a_picture_with_everything_told_about_it(served, recipe):
    with served.live() as line:
        header, data = line.ask(3, recipe)
    assert header["kind"] == "frame"
    assert (header["v"], header["seq"], header["want"]) == (1, 3, "preview")
    assert header["mime"] == "image/jpeg"
    ways = {("torch-cpu", "f32"), ("openvino", fast_precision())}  # the first while compiling
    assert (header["engine"], header["precision"]) in ways
    assert header["render_ms"] > 0
    assert len(header["request_sha256"]) == 64
    assert Image.open(io.BytesIO(data)).size == (128, 128)


def test_a_preview_as_pixels_is_the_picture_that_the_jpeg_shows(served, recipe):
    with served.live() as line:
        line.ask(1, recipe)
        line.send({"seq": 2, "request": recipe, "accept": "image/x-rgba"})
        header, data = line.answer()
        _, packed = line.ask(3, recipe)
        line.send({"seq": 4, "request": recipe, "want": "final", "accept": "image/x-rgba"})
        final, _ = line.answer()
    assert header["mime"] == "image/x-rgba"
    assert header["size"] == [128, 128]
    pixels = np.frombuffer(data, np.uint8).reshape(128, 128, 4)
    assert (pixels[..., 3] == 255).all()
    shown = np.asarray(Image.open(io.BytesIO(packed)), np.float32)
    assert np.abs(pixels[..., :3] - shown).mean() < 6  # the tiny model paints noise
    assert final["mime"] == "image/png"


def test_a_large_preview_is_never_sent_as_pixels():
    small, large = (Image.new("RGB", (side, side), "red") for side in (256, 257))
    assert preview(small, "image/x-rgba") == ("image/x-rgba", b"\xff\x00\x00\xff" * 65536)
    assert preview(large, "image/x-rgba")[0] == "image/jpeg"


def test_the_final_picture_is_the_reference(served, recipe):
    with served.live() as line, served.browser() as browser:
        header, data = line.ask(1, recipe, "final")
        rendered = browser.post("/studio/render", json={"request": recipe})
    assert header["mime"] == "image/png"
    assert fingerprint(Image.open(io.BytesIO(data))) == header["fingerprint"]
    assert rendered.headers["x-duet-fingerprint"] == header["fingerprint"]
    assert rendered.headers["x-duet-request-sha256"] == header["request_sha256"]
    assert fingerprint(Image.open(io.BytesIO(rendered.content))) == header["fingerprint"]


def test_the_newest_wins_and_numbers_only_rise(served, recipe):
    with served.live() as line:
        for seq in range(1, 61):
            line.send({"seq": seq, "request": {**recipe, "seed": seq}})
        seen = []
        while not seen or seen[-1] < 60:
            header, _ = line.answer()
            seen.append(header["seq"])
    assert seen == sorted(set(seen))
    assert len(seen) < 40, "old requests were rendered although newer ones waited"


def test_cancel_forgets_what_waits_and_what_is_under_way(served, recipe):
    with served.live() as line:
        line.ask(1, recipe)
        for seq in range(2, 12):
            line.send({"seq": seq, "request": {**recipe, "seed": seq}})
        line.send({"cancel": True})
        while True:
            header, _ = line.hear()
            if header.get("state") == "cancelled":
                break
            assert header["seq"] < 11
        header, _ = line.ask(12, recipe)
    assert header["seq"] == 12


def test_resume_goes_on_above_the_last_number(served, recipe):
    with served.live() as line:
        line.send({"resume": 41})
        header, _ = line.hear()
        assert (header["kind"], header["state"], header["seq"]) == ("progress", "resumed", 41)
        assert error_of(line, {"seq": 41, "request": recipe})["name"] == "seq"
        header, _ = line.ask(42, recipe)
    assert header["seq"] == 42


@pytest.mark.parametrize(
    "message",
    [
        "garbage",
        b"\xff\xfe\x00",
        "[]",
        "12",
        "null",
        "{}",
        "[" * 5000,
        {"v": 2, "seq": 1, "request": {}},
        {"seq": -1, "request": {}},
        {"seq": True, "request": {}},
        {"seq": 1.5, "request": {}},
        {"seq": "1", "request": {}},
        {"seq": 1, "request": "pear"},
        {"seq": 1, "request": {}, "want": "everything"},
        {"seq": 1, "request": {}, "accept": "image/gif"},
        {"seq": 1, "request": {}, "more": 1},
        {"resume": None},
        '{"seq": 1, "request": {"pipeline": NaN}}',
    ],
)
def test_garbage_is_answered_by_an_error_and_the_line_goes_on(served, recipe, message):
    with served.live() as line:
        error_of(line, message)
        assert line.ask(5, recipe)[0]["kind"] == "frame"


def test_too_large_a_message_is_refused(served, recipe):
    with served.live() as line:
        assert error_of(line, "x" * (messages.MAX_BYTES + 1))["code"] == "too_large"
        assert line.ask(1, recipe)[0]["kind"] == "frame"


@pytest.mark.parametrize(
    ("change", "code", "name"),
    [
        ({"controls": {"truncation_psi": 40}}, "out_of_range", "truncation_psi"),
        ({"controls": {"guidance": 1}}, "unknown_control", "guidance"),
        ({"controls": {"species": "durian"}}, "not_an_option", "species"),
        ({"controls": {"truncation_psi": "much"}}, "wrong_type", "truncation_psi"),
        ({"pipeline": "nobody"}, "no_model", "model"),
        ({"weights": {"base": "0" * 64}}, "unknown_weights", "weights"),
        ({"schema": 99}, "unknown_schema", "schema"),
        ({"seed": -1}, "out_of_range", "seed"),
        ({"wings": 2}, "bad_recipe", "wings"),
        ({"steps": [{"name": "blur"}]}, "unknown_step", "steps"),
        ({"steps": [{"name": "grain"}] * 13}, "too_many_steps", "steps"),
        ({"steps": [{"name": "grain", "values": {"grain": 7}}]}, "out_of_range", "grain"),
        ({"steps": [{"name": "grain", "values": {"sand": 7}}]}, "unknown_control", "sand"),
        ({"point": {"latent": "AAAA", "shape": [1]}}, "bad_point", "point"),
        ({"directions": [{"id": "f" * 64, "offset": 1}]}, "unknown_direction", "direction"),
    ],
)
def test_a_recipe_that_cannot_be_rendered_says_why(served, recipe, change, code, name):
    with served.live() as line:
        header = error_of(line, {"seq": 7, "request": {**recipe, **change}})
        assert (header["seq"], header["code"], header["name"]) == (7, code, name)
        assert line.ask(8, recipe)[0]["kind"] == "frame"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_number_that_is_none(served, recipe, number):
    text = json.dumps({"seq": 1, "request": shaped(recipe, truncation_psi="@")})
    with served.live() as line:
        header = error_of(line, text.replace('"@"', number))
    assert header["code"] in {"bad_recipe", "not_finite"}


def test_another_sites_page_cannot_connect(served):
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{served.port + 1}"):
        with pytest.raises(InvalidStatus) as refused:
            served.live(additional_headers={"Origin": origin})
        assert refused.value.response.status_code == 403
    with served.live(additional_headers={"Origin": served.address}):
        pass


def test_people_who_drag_at_once_get_equal_shares(served, recipe):
    counts, together = [0] * 5, threading.Barrier(5)

    def drag(person: int) -> None:
        with served.live() as line:
            line.ask(1, recipe)
            together.wait()  # a busy machine connects one long after another
            until, seq = time.monotonic() + 4, 1
            while time.monotonic() < until:
                seq += 1
                assert line.ask(seq, {**recipe, "seed": 100 * person + seq})[0]["kind"] == "frame"
                counts[person] += 1

    with ThreadPoolExecutor(5) as people:
        list(people.map(drag, range(5)))
    assert min(counts) > 0.5 * max(counts), counts


def test_a_connection_that_is_dropped_disturbs_nobody(served, recipe):
    for _ in range(5):
        with served.live() as line:
            line.send({"seq": 1, "request": recipe})
            line.connection.socket.shutdown(socket.SHUT_RDWR)
    with served.live() as line:
        assert line.ask(1, recipe)[0]["kind"] == "frame"


def test_a_second_connection_has_the_engines_expect_several():
    expected = []
    engines = SimpleNamespace(expect_several=lambda: expected.append(house.connections))
    house = SimpleNamespace(connections=0, shelf=SimpleNamespace(engines=engines))

    class Socket:
        def __init__(self):
            self.gone = asyncio.Event()

        async def accept(self):
            pass

        async def send_bytes(self, data):
            pass

        async def receive(self):
            await self.gone.wait()
            return {"type": "websocket.disconnect"}

    async def visited(count):
        sockets = [Socket() for _ in range(count)]
        lines = [asyncio.create_task(serve(one, house)) for one in sockets]
        await asyncio.sleep(0)
        for one in sockets:
            one.gone.set()
        await asyncio.gather(*lines)

    for _ in range(3):  # one after the other
        run(visited(1))
    assert (expected, house.connections) == ([], 0)
    run(visited(2))
    assert (expected, house.connections) == ([2], 0)


@settings(deadline=None, max_examples=80)
@given(
    st.one_of(
        st.text(),
        st.binary(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(["v", "seq", "request", "want", "cancel", "resume"])
                    | st.text(),
                    inner,
                )
            ),
        ).map(json.dumps),
    )
)
def test_any_text_is_a_message_or_an_error(text):
    try:
        message = messages.hear(text)
    except RequestError as error:
        message = error
    assert isinstance(message, messages.Ask | messages.Cancel | messages.Resume | RequestError)


def test_a_frame_is_header_and_bytes():
    data = messages.frame({"seq": 1, "name": "梨"}, b"pixels")
    length = int.from_bytes(data[:4], "big")
    assert json.loads(data[4 : 4 + length]) == {"seq": 1, "name": "梨"}
    assert data[4 + length :] == b"pixels"
