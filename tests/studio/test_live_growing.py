"""What takes long: it grows while it is made, and ends when nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipelines.pipeline import Instrument
from pipelines.request import Request
from pipelines.run import Interrupted
from studio import live
from studio import live_messages as messages
from studio.rendering import Pool
from tests.loops import run


def ask_for(request: Request, want: messages.Want) -> messages.Ask:
    return messages.Ask(1, request.to_dict(), want)


def house_of(instrument: Instrument) -> Any:
    return SimpleNamespace(instrument_of=lambda _: instrument)


def test_a_preview_that_takes_long_grows(tiny_codes: Instrument):
    grown: list[bytes] = []
    request = tiny_codes.request(seed=3)
    last = live.render(house_of(tiny_codes), ask_for(request, "preview"), grown.append)
    heads = [head_of(data) for data in grown]
    assert len(heads) == 1
    for head in heads:
        told = {name: head[name] for name in ("seq", "kind", "state", "mime")}
        assert told == {"seq": 1, "kind": "progress", "state": "growing", "mime": "image/jpeg"}
    pictures = [pixels_of(data) for data in (*grown, last)]
    apart = [np.abs(one - pictures[-1]).mean() for one in pictures]
    assert sorted(apart, reverse=True) == apart
    assert apart[0] > 1


def head_of(data: bytes) -> dict[str, Any]:
    return json.loads(data[4 : 4 + int.from_bytes(data[:4], "big")])


def pixels_of(data: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(data[4 + int.from_bytes(data[:4], "big") :]))
    return np.asarray(image).astype(int)


def test_a_poem_grows_line_by_line(tiny_poet: Instrument):
    grown: list[bytes] = []
    request = tiny_poet.request(seed=3, form="5x8")
    last = live.render(house_of(tiny_poet), ask_for(request, "preview"), grown.append)
    texts, plates = [], []
    for data in (*grown, last):
        head = head_of(data)
        assert (head["mime"], head["size"]) == ("image/jpeg", [256, 256])
        texts.append(head["text"])
        plates.append((pixels_of(data) < 128).mean())
    assert plates == sorted(plates)
    assert [len(text.splitlines()) for text in texts] == list(range(1, 9))
    assert all(texts[-1].startswith(text) for text in texts)
    final = live.render(house_of(tiny_poet), ask_for(request, "final"))
    head = head_of(final)
    assert (head["text"], head["mime"]) == (texts[-1], "image/png")
    assert head["fingerprint"] == tiny_poet.render(request).fingerprint


def test_nothing_is_shown_on_the_way_to_the_exact_picture(tiny_codes: Instrument):
    grown: list[bytes] = []
    request = tiny_codes.request(seed=3)
    live.render(house_of(tiny_codes), ask_for(request, "final"), grown.append)
    assert grown == []


@pytest.mark.parametrize("model", ["tiny_codes", "tiny_diffusion"])
def test_an_exact_picture_that_nobody_waits_for_is_not_finished(model, request):
    instrument = request.getfixturevalue(model)
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 2

    recipe = instrument.request(seed=3)
    with pytest.raises(Interrupted):
        live.render(house_of(instrument), ask_for(recipe, "final"), stopped=stopped)
    assert len(asked) == 3


def test_a_newer_request_ends_the_exact_picture(tiny_diffusion: Instrument):
    """The channel itself: a final with fifty steps, and a preview asked for while it is made."""
    tiny_diffusion.engines.warm(tiny_diffusion.pipeline)  # not in a thread that outlives the test
    sent: list[dict[str, Any]] = []

    async def send(data: bytes) -> None:
        sent.append(json.loads(data[4 : 4 + int.from_bytes(data[:4], "big")]))

    async def talk() -> None:
        pool = Pool()
        house: Any = SimpleNamespace(
            instrument_of=lambda _: tiny_diffusion,
            pool=pool,
            shelf=SimpleNamespace(loaded=lambda _: True),
        )
        channel = live.Channel(house, send)
        work = asyncio.create_task(channel.work())
        long = tiny_diffusion.request(seed=3, num_inference_steps=50)
        asks = [(1, long, "final"), (2, long.but(seed=4), "preview")]
        for seq, request, want in asks:
            recipe = request.to_dict()
            await channel.heard(json.dumps({"seq": seq, "request": recipe, "want": want}))
            await asyncio.sleep(0.05)
        async with asyncio.timeout(60):
            while not sent:
                await asyncio.sleep(0.01)
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        pool.close()

    run(talk())
    assert [(one["seq"], one["want"]) for one in sent] == [(2, "preview")]
