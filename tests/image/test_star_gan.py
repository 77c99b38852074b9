"""One fruit into another: what the source keeps, what the style brings, what is refused."""

from __future__ import annotations

import io
import json
import shutil
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.catalog import Catalog
from pipelines.errors import RequestError, WeightsError
from pipelines.explore import morph, nearby
from pipelines.image.attached import open_picture
from pipelines.pipeline import Instrument


def pixels(artifact) -> np.ndarray:
    return np.asarray(artifact.data).astype(int)


def sheet(colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> bytes:
    made = Image.new("RGB", (150, 200), (244, 236, 216))
    ImageDraw.Draw(made).ellipse(box, fill=colour)
    data = io.BytesIO()
    made.save(data, "PNG")
    return data.getvalue()


APPLE = sheet((170, 30, 20), (20, 40, 110, 130))
LEAF = sheet((40, 120, 50), (60, 20, 140, 180))


def given(model: Instrument, seed: int = 3, *, files=None, **controls):
    return model.attach(model.request(seed=seed, **controls), **(files or {"picture": APPLE}))


def test_without_change_it_is_the_picture_itself(tiny_translator: Instrument):
    autoencoder = tiny_translator.pipeline.parts.autoencoder
    import torch

    picture = open_picture({"picture": APPLE}, 128)
    with torch.inference_mode():
        seen = autoencoder.decoder(autoencoder.encoder(torch.from_numpy(picture)))[0]
    wanted = np.clip(seen.numpy().transpose(1, 2, 0) * 127.5 + 127.5, 0, 255)
    for species in ("apple", "pear"):
        request = given(tiny_translator, species=species, strength=0.0)
        assert np.abs(pixels(tiny_translator.render(request)) - wanted).max() <= 2


def test_change_leads_from_the_picture_to_its_translation(tiny_translator: Instrument):
    shares = [
        pixels(tiny_translator.render(given(tiny_translator, species="pear", strength=t)))
        for t in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    apart = [np.abs(one - shares[0]).mean() for one in shares]
    assert apart == sorted(apart)
    assert apart[1] > 0


def test_another_picture_another_translation(tiny_translator: Instrument):
    one = tiny_translator.render(given(tiny_translator, species="pear"))
    other = tiny_translator.render(given(tiny_translator, species="pear", files={"picture": LEAF}))
    assert one.fingerprint != other.fingerprint


def test_a_reference_stands_where_the_seed_would_land(tiny_translator: Instrument):
    files = {"picture": APPLE, "style": LEAF}
    requests = [given(tiny_translator, seed, files=files, species="plum") for seed in (1, 2)]
    one, other = (tiny_translator.render(request) for request in requests)
    assert one.fingerprint == other.fingerprint
    plain = tiny_translator.render(given(tiny_translator, 1, species="plum"))
    assert one.fingerprint != plain.fingerprint
    kind = tiny_translator.render(given(tiny_translator, 1, files=files, species="apple"))
    assert kind.fingerprint != one.fingerprint
    moved = [tiny_translator.render(request) for request in nearby(tiny_translator, requests[0])]
    assert len({artifact.fingerprint for artifact in moved} | {one.fingerprint}) == 13


def test_on_the_way_between_two_styles_the_source_stays(tiny_translator: Instrument):
    ends = [given(tiny_translator, seed, species="pear") for seed in (1, 2)]
    way = morph(tiny_translator, *ends, num=9)
    assert {request.inputs["picture"] for request in way} == {ends[0].inputs["picture"]}
    made = [pixels(tiny_translator.render(request)) for request in way]
    steps = [np.abs(a - b).mean() for a, b in pairwise(made)]
    assert max(steps) < 2 * np.mean(steps)


def test_it_begins_with_its_own_and_without_one_the_seed_draws(tiny_translator: Instrument):
    fresh = tiny_translator.request(seed=1, species="pear")
    assert set(fresh.inputs) == {"picture"}
    assert len(tiny_translator.pipeline.inputs[0].examples) == 2
    bare = [fresh.but(inputs={}, seed=seed) for seed in range(12)]
    for request in bare:
        assert tiny_translator.render(request).data.size == (128, 128)
    at_rest = [
        tiny_translator.render(tiny_translator.change(request, strength=0.0)) for request in bare
    ]
    assert len({artifact.fingerprint for artifact in at_rest}) == 2


def test_a_picture_is_read_once(tiny_translator: Instrument, monkeypatch):
    parts = tiny_translator.pipeline.parts
    parts._known.clear()
    reads = []
    read = type(parts).read_picture
    monkeypatch.setattr(
        type(parts), "read_picture", lambda self, x: reads.append(1) or read(self, x)
    )
    for strength in (0.2, 0.4, 0.6):
        tiny_translator.render(given(tiny_translator, strength=strength))
    assert len(reads) == 1


def test_what_is_no_picture_is_refused(tiny_translator: Instrument):
    for name in ("picture", "style"):
        request = given(tiny_translator, files={"picture": APPLE, name: b"no picture"})
        with pytest.raises(RequestError) as caught:
            tiny_translator.render(request)
        assert (caught.value.code, caught.value.name) == ("bad_attachment", f"inputs.{name}")


def test_its_eye_is_the_round_trip(tiny_translator: Instrument):
    eye = tiny_translator.pipeline.eye()
    assert eye.side == 128
    assert eye.see(Image.new("RGB", (300, 300), "red")).size == (128, 128)
    assert len(eye.paper) == 3


def test_a_folder_that_is_not_whole_is_refused(star_root, tmp_path):
    shutil.copytree(star_root / "tiny-kl", tmp_path / "tiny-kl")
    folder = shutil.copytree(star_root / "tiny-star", tmp_path / "tiny-star")
    config = json.loads((folder / "config.json").read_text())
    wrong = (
        {"species": ["apple"]},
        {"autoencoder": "no such"},
        {"network": {**config["network"], "generator": {}}},
    )
    for change in wrong:
        (folder / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(WeightsError):
            Catalog((tmp_path,)).load(folder)
    (folder / "config.json").write_text(json.dumps(config))
    Catalog((tmp_path,)).load(folder)
    shutil.rmtree(folder / "sources")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load(folder)
