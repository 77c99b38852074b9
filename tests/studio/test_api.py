"""Each model is a named endpoint whose parameters are its controls."""

from __future__ import annotations

import base64
import io

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from pipelines.artifact import fingerprint
from pipelines.controls import Choice, Seed, Slider
from pipelines.errors import ControlError, LatentError
from pipelines.pipeline import Instrument
from studio import binding
from tests.studio.serving import Served


@pytest.fixture(scope="session")
def client(served: Served) -> Client:
    return Client(served.address, verbose=False, analytics_enabled=False)


def test_the_endpoint_has_exactly_the_controls(browser: httpx.Client, tiny: Instrument):
    told = browser.get("/gradio_api/info").json()["named_endpoints"]["/tiny"]["parameters"]
    assert [one["parameter_name"] for one in told] == [one.name for one in tiny.controls]
    for one, control in zip(told, tiny.controls, strict=True):
        assert one["parameter_has_default"]
        assert one["parameter_default"] == control.start
        schema = one["type"]
        assert schema["description"] == control.doc
        match control:
            case Choice():
                assert schema["enum"] == list(control.options)
            case Seed():
                assert schema["type"] == "integer"
                assert (schema["minimum"], schema["maximum"]) == (0, 2**32 - 1)
            case Slider():
                assert schema["type"] == ("integer" if control.whole else "number")
                assert (schema["minimum"], schema["maximum"]) == (control.minimum, control.maximum)


def test_a_work_through_the_endpoint_is_the_reference(client: Client, tiny: Instrument):
    values = {"species": "pear", "seed": 5, "warmth": 1.5}
    work = client.predict(**values, api_name="/tiny")
    expected = tiny.render(tiny.request(**values))
    assert work["fingerprint"] == expected.fingerprint
    data = base64.b64decode(work["image"].split(",", 1)[1])
    assert fingerprint(Image.open(io.BytesIO(data))) == expected.fingerprint
    assert work["recipe"]["seed"] == 5


def test_a_latent_through_the_endpoint(client: Client, tiny: Instrument):
    w = tiny.pipeline.place(tiny.request(species="plum", seed=3))
    whole = client.predict(w=[float(x) for x in w.reshape(-1)], api_name="/tiny_from_w")
    assert whole["fingerprint"] == tiny.render(tiny.request(species="plum", seed=3)).fingerprint
    layer = client.predict(w=[0.1] * w.shape[1], api_name="/tiny_from_w")
    assert layer["fingerprint"] != whole["fingerprint"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"warmth": 99}, "warmth=99"),
        ({"species": "durian"}, "species=durian"),
        ({"seed": -1}, "seed=-1"),
        ({"truncation_psi": "much"}, "truncation_psi=much"),
    ],
)
def test_a_refused_value_is_named(client: Client, values, words):
    with pytest.raises(AppError, match=words):
        client.predict(**values, api_name="/tiny")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gradio_api/call/tiny", {"data": []}),
        ("/gradio_api/call/tiny", {"data": [1] * 99}),
        ("/gradio_api/call/tiny", {}),
        ("/gradio_api/call/nobody", {"data": []}),
        ("/gradio_api/run/nobody", {"data": []}),
        ("/gradio_api/api/tiny", {"data": [1]}),
        ("/gradio_api/queue/join", {"data": [], "fn_index": 999, "session_hash": "x"}),
        ("/gradio_api/queue/join", {"data": []}),
        ("/gradio_api/call/tiny", [1]),
        ("/gradio_api/call/tiny", None),
    ],
)
def test_a_malformed_call_is_the_callers_error(browser, path, body):
    answer = browser.post(path, json=body)
    if answer.status_code == 200:  # queued: then the stream says what is wrong, once
        event = answer.json()["event_id"]
        with browser.stream("GET", f"{path}/{event}") as stream:
            text = stream.read().decode()
        assert "event: error" in text
    else:
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        text = answer.text
    assert "Traceback" not in text
    assert browser.get("/healthz").status_code == 200


def test_values_become_a_recipe_and_come_back(tiny: Instrument):
    values = {"species": "plum", "seed": 9, "warmth": -1.25, "truncation_psi": 0.5}
    request = binding.request_of(tiny, values)
    assert {name: tiny.values(request)[name] for name in values} == values
    with pytest.raises(ControlError, match="wings"):
        binding.request_of(tiny, {"wings": 2})


@pytest.mark.parametrize("w", [[], [1.0], [float("nan")] * 16, "much", [[1.0] * 16], None])
def test_a_latent_of_another_length_is_refused(tiny: Instrument, w):
    with pytest.raises(LatentError):
        binding.from_w(tiny, w)


def test_the_signature_follows_the_controls(tiny: Instrument):
    made = binding.signature(tiny)
    assert list(made.parameters) == [control.name for control in tiny.controls]
    for control in tiny.controls:
        assert made.parameters[control.name].default == control.start
