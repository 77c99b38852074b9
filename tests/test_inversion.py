"""Bring your own: framing, the encoder, the search, arithmetic."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from pipelines import explore
from pipelines.catalog import Catalog
from pipelines.errors import ControlError, ExportError, LatentError, PipelineError, WeightsError
from pipelines.exports.reading import open_picture
from pipelines.image import framing
from pipelines.image.framing import Crop
from pipelines.inverting import Search, closeness, inverter_of
from pipelines.networks.style_inverter import (
    FILE,
    InverterSizes,
    Prior,
    StyleInverter,
    load_inverter,
    save_inverter,
)
from pipelines.pipeline import Instrument
from pipelines.run import never
from pipelines.training.data import Pictures
from pipelines.training.inversion import InversionRecipe, InversionTraining
from tests.tiny import tiny_folder

GREY, RED, PAPER = (120, 125, 140), (200, 40, 30), (0.99, 0.97, 0.88)


def scene(width=300, height=200, centre=(220, 80), radius=30):
    """A red ball on a grey table."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.broadcast_to(np.array(GREY, np.uint8), (height, width, 3)).copy()
    pixels[(x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2] = RED
    return Image.fromarray(pixels)


# -- framing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("centre", [(220, 80), (60, 150), (150, 100)])
def test_the_square_is_around_what_stands_out(centre):
    crop = framing.stands_out(scene(centre=centre))
    crop.check(300, 200)
    assert abs(crop.x + crop.side / 2 - centre[0]) < 12
    assert abs(crop.y + crop.side / 2 - centre[1]) < 12
    assert 60 < crop.side < 120


def test_of_a_plain_surface_it_is_the_middle():
    crop = framing.stands_out(Image.new("RGB", (300, 200), GREY))
    assert (crop.x, crop.y, crop.side) == (50, 0, 200)


def test_the_ground_becomes_paper_and_the_fruit_stays():
    picture = scene(200, 200, (100, 100), 50)
    pixels = framing.match(np.asarray(picture), PAPER)
    corner = pixels[:12, :12].reshape(-1, 3).mean(axis=0) / 255
    assert np.abs(corner - PAPER).max() < 0.03
    red, green, blue = (int(value) for value in pixels[100, 100])
    assert red > 150
    assert red - max(green, blue) > 90


def test_a_busy_border_is_left_alone():
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert np.abs(framing.match(pixels, PAPER).astype(int) - pixels).mean() < 3


@pytest.mark.parametrize(
    "crop", [Crop(-5, 0, 50), Crop(260, 0, 50), Crop(0, 0, 8), Crop(0, 0, 201)]
)
def test_a_square_outside_is_refused(crop):
    with pytest.raises(ControlError):
        framing.cut(scene(), crop, 64)


def test_a_photo_is_turned_upright_and_made_small():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    data = io.BytesIO()
    scene(1600, 1200, (800, 600), 100).save(data, "JPEG", exif=exif)
    found = framing.reduced(open_picture(data.getvalue()), PAPER)
    assert found.size == (768, 1024)


def test_what_is_transparent_lies_on_paper():
    found = framing.reduced(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), PAPER)
    assert np.abs(np.asarray(found)[0, 0] / 255 - PAPER).max() < 0.01


def test_a_tiny_picture_is_refused():
    with pytest.raises(ExportError) as refused:
        framing.reduced(Image.new("RGB", (31, 400)), PAPER, "dot.png")
    assert refused.value.code == "picture_too_small"


# -- the encoder ----------------------------------------------------------------------------------


def sizes():
    return InverterSizes(6, 16, 3, channels=(8, 8, 8), features=16)


def test_an_encoder_is_what_was_saved(tmp_path):
    torch.manual_seed(0)
    network = StyleInverter(sizes()).eval()
    save_inverter(network, tmp_path / FILE)
    x = torch.randn(2, 4, 16, 16)
    w, logits = load_inverter(tmp_path / FILE)(x)
    assert w.shape == (2, 6, 16)
    assert logits.shape == (2, 3)
    assert torch.allclose(w, network(x)[0], atol=1e-2)


def test_a_damaged_encoder_is_refused(tmp_path):
    save_inverter(StyleInverter(sizes()), tmp_path / FILE)
    data = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="can't be read"):
        load_inverter(tmp_path / FILE)


def test_typical_draws_have_reach_one(tiny):
    generator = tiny.pipeline.generator
    w = generator.mapping(torch.randn(4096, 16), torch.arange(4096) % 3)
    prior = Prior(w[:, 0])
    assert 0.3 < float(prior.reach(w).mean()) < 1.2
    assert float(prior.reach(3 * w).mean()) > 2 * float(prior.reach(w).mean())


def test_it_learns_from_generated_and_real_ones(tiny_root, tmp_path):
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (60, 128, 128, 3), dtype=np.uint8)
    names = tuple(f"image-{i}.jpg" for i in range(60))
    pictures = Pictures(names, pixels, np.arange(60) % 3, ("apple", "pear", "plum"))
    recipe = InversionRecipe(6, 4, variants=1, feature_every=1, num_features=2)
    torch.manual_seed(0)
    training = InversionTraining(pictures, recipe, tiny_root / "tiny")
    frozen = [p.clone() for p in training.generator.parameters()]
    figures = [training.step(i / 12) for i in range(12)]
    assert {"w", "made", "real", "own", "far", "species", "features"} <= set(figures[0])
    assert figures[-1]["species"] < figures[0]["species"] + 0.5
    assert all(
        p.grad is not None and p.grad.isfinite().all() for p in training.encoder.parameters()
    )
    assert all(map(torch.equal, frozen, training.generator.parameters()))
    training.export(tmp_path)
    assert load_inverter(tmp_path / FILE).sizes == training.encoder.sizes


def test_an_encoder_of_absurd_sizes_is_refused_before_memory_is_taken(tmp_path):
    folder = tiny_folder(tmp_path)
    save_inverter(StyleInverter(sizes()), folder / FILE)
    with safe_open(folder / FILE, framework="pt") as stored:
        told = json.loads(stored.metadata()["sizes"])
        weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    absurd = json.dumps(told | {"channels": [1 << 20, 1 << 20]})
    save_file(weights, folder / FILE, {"sizes": absurd})
    pipeline = Catalog((tmp_path,)).load("tiny").pipeline
    with pytest.raises(WeightsError) as refused:
        pipeline.inverter()
    assert refused.value.code == "bad_config"


def test_an_encoder_does_not_change_the_models_name(tmp_path):
    folder = tiny_folder(tmp_path)
    before = Catalog((tmp_path,)).load("tiny").pipeline.weights
    save_inverter(StyleInverter(sizes()), folder / FILE)
    after = Catalog((tmp_path,)).load("tiny")
    assert after.pipeline.weights == before
    assert inverter_of(after).encoder is not None
    save_inverter(StyleInverter(InverterSizes(6, 8, 3)), folder / FILE)
    with pytest.raises(WeightsError) as refused:
        inverter_of(Catalog((tmp_path,)).load("tiny"))
    assert refused.value.name == "encoder"


# -- the search -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def target(tiny):
    """A work of the model itself, so that something can be found."""
    return tiny.render(tiny.request(species="plum", seed=3)).data


def test_the_search_comes_closer_and_every_slider_rests(tiny, target):
    found = list(inverter_of(tiny).encode(target, Search(steps=12), never))
    assert [one.step for one in found] == [*range(13), 12]
    assert [one.ended for one in found] == [""] * 13 + ["done"]
    first, last = found[0].request, found[-1].request
    assert first.point != last.point
    inverter = inverter_of(tiny)
    goal = inverter._goal(target)
    losses = [
        float(inverter._loss(torch.from_numpy(one.point.array()[None]), goal, 1.0)[0])
        for one in (first, last)
    ]
    assert losses[1] < losses[0]
    checked = tiny.check(last)
    assert checked.directions == ()
    values = tiny.values(checked)
    assert values["species"] in tiny.pipeline.species
    assert {values[c.name] for c in tiny.controls if c.direction} == {0.0}
    assert np.array_equal(tiny.pipeline.place(checked), last.point.array())


def test_the_same_seed_finds_the_same(tiny, target):
    def search(seed):
        return list(inverter_of(tiny).encode(target, Search(steps=3, seed=seed), never))[-1]

    assert search(1) == search(1)
    assert search(1).request.point != search(2).request.point


def test_cancelled_it_keeps_the_best_so_far(tiny, target):
    seen = []
    for one in inverter_of(tiny).encode(target, Search(steps=50), lambda: len(seen) > 4):
        seen.append(one)
    assert seen[-1].ended == "cancelled"
    assert seen[-1].step == seen[-2].step == 4
    assert seen[-1].request == seen[-2].request


def test_astray_it_keeps_the_best_and_says_so(tiny, target, monkeypatch):
    inverter = inverter_of(tiny)
    honest, calls = inverter._loss, []

    def astray(w, goal, pull):
        calls.append(1)
        loss, distance = honest(w, goal, pull)
        return (loss * float("nan") if len(calls) > 3 else loss), distance

    monkeypatch.setattr(inverter, "_loss", astray)
    found = list(inverter.encode(target, Search(steps=20), never))
    assert found[-1].ended == "not_finite"
    assert np.isfinite(found[-1].request.point.array()).all()
    assert found[-1].request == found[-2].request


def test_it_sees_no_more_than_the_autoencoder(tiny, target):
    inverter = inverter_of(tiny)
    seen = inverter.see(target)
    assert seen.size == target.size
    assert np.abs(np.asarray(seen).astype(int) - np.asarray(target)).mean() > 0
    assert inverter.side == 128
    assert all(0 <= value <= 1 for value in inverter.paper)


@pytest.mark.parametrize("values", [{"steps": -1}, {"steps": 401}, {"pull": -0.1}, {"pull": 11}])
def test_a_search_out_of_range_is_refused(values):
    with pytest.raises(ControlError):
        Search(**values)


def test_a_family_without_one_says_so(tiny):
    alone = Instrument(replace(tiny.pipeline, places=None), tiny.engines)
    with pytest.raises(PipelineError) as refused:
        inverter_of(alone)
    assert refused.value.code == "not_invertible"
    with pytest.raises(PipelineError):
        inverter_of(Instrument(SimpleNamespace(card=tiny.card), tiny.engines))


def test_words_follow_the_distance():
    words = [closeness(distance) for distance in (0.0, 0.3, 0.5, 2.0)]
    assert words == ["very_close", "close", "alike", "hint"]


# -- arithmetic -----------------------------------------------------------------------------------


def test_this_and_that_without_the_other(tiny):
    place = tiny.pipeline.place
    a, b = (tiny.request(seed=seed, truncation_psi=0.6) for seed in (1, 2))
    c = tiny.request(seed=3, warmth=1.0)
    found = tiny.check(explore.arithmetic(tiny, a, b, minus=c))
    assert np.allclose(place(found), place(a) + place(b) - place(c), atol=1e-5)
    assert tiny.values(found)["truncation_psi"] == 1.0
    assert np.allclose(place(explore.arithmetic(tiny, a, c, minus=c)), place(a), atol=1e-5)


def test_a_sum_beyond_the_model_is_refused(tiny):
    far = tiny.pipeline.bake(tiny.request(), np.full((6, 16), 9e3, np.float32))
    with pytest.raises(LatentError):
        explore.arithmetic(tiny, far, far, minus=tiny.request(seed=1))
