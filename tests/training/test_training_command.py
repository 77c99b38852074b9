"""The training command on a dozen synthetic pictures: steps, exports, resumes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.image.autoencoder import (
    AutoencoderSizes,
    LatentCodec,
    build_autoencoder,
    load_autoencoder,
)
from pipelines.networks.style_gan2 import Generator, load_generator, save_generator
from pipelines.training import losses
from pipelines.training.__main__ import main, with_settings
from pipelines.training.augment import augment
from pipelines.training.data import crop_watercolour, load_pictures, species_of, split_of
from pipelines.training.parallel import Workers
from pipelines.training.style_gan import StyleGanRecipe, StyleGanTraining

TINY_KL = ("block_out_channels=8,8,8,8", "batch_size=2", "crop=32")
TINY_GAN = ("batch_size=8", "channels=8,8", "judge_channels=8,8", "z_dim=6", "w_dim=6")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    source = np.random.default_rng(0)
    for i in range(12):
        place = made / ("red" if i % 2 else "blue") / f"{i}.png"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(source.integers(0, 255, (70, 80, 3), dtype=np.uint8)).save(place)
    return made


def run(family: str, data: Path, out: Path, *more: str, settings: tuple[str, ...]) -> int:
    chosen = [part for setting in settings for part in ("--set", setting)]
    command = [family, "--data", str(data), "--out", str(out), "--size", "64", "--minutes", "9"]
    return main([*command, "--max-steps", "3", *more, *chosen])


@pytest.fixture(scope="module")
def trained_kl(folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("kl")
    assert run("autoencoder-kl", folder, out, settings=TINY_KL) == 0
    return out


def test_autoencoder_exports_what_diffusers_loads(trained_kl):
    codec = LatentCodec(load_autoencoder(trained_kl))
    latents = codec.encode(torch.zeros(2, 3, 64, 64))
    assert latents.shape == (2, 4, 8, 8)
    assert codec(latents).shape == (2, 3, 64, 64)
    assert float(codec.latents_std.min()) > 0


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("phase", ["texture_from=0", "adversary_from=0"])
def test_autoencoder_trains_in_every_phase(folder, tmp_path, workers, precision, phase):
    settings = (*TINY_KL, phase, "crop_until=0", "batch_size=4", f"precision={precision}")
    assert run("autoencoder-kl", folder, tmp_path, "--workers", workers, settings=settings) == 0
    torch.set_num_threads(2)
    log = json.loads((tmp_path / "training_log.json").read_text())
    assert ("duel" in log[-1]) == phase.startswith("adversary")


@pytest.fixture(scope="module")
def trained_gan(folder, trained_kl, tmp_path_factory):
    place = tmp_path_factory.mktemp("gan")
    codec = ("--autoencoder", str(trained_kl))
    assert run("style-gan", folder, place, *codec, settings=TINY_GAN) == 0
    return place


@pytest.mark.parametrize("painted", [True, False])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_started_run_trains_the_decoder_alone(
    folder, trained_kl, trained_gan, tmp_path, workers, painted
):
    settings = ("batch_size=4", "judge_width=4", "head_start=1", "penalty_every=2")
    start = ("--start", str(trained_kl), "--workers", workers)
    start += ("--painter", str(trained_gan)) if painted else ()
    assert run("autoencoder-kl", folder, tmp_path, *start, settings=settings) == 0
    torch.set_num_threads(2)
    before, after = (load_autoencoder(place) for place in (trained_kl, tmp_path))
    assert after.config.latents_mean == before.config.latents_mean
    weights = after.state_dict()
    changed = {k for k, v in before.state_dict().items() if not torch.equal(v, weights[k])}
    assert {name.split(".")[0] for name in changed} == {"decoder", "post_quant_conv"}


def test_a_painter_of_other_latents_is_refused(folder, trained_kl, trained_gan, tmp_path, capsys):
    config = json.loads((trained_gan / "config.json").read_text())
    generator = load_generator(trained_gan)
    other = Generator(dataclasses.replace(generator.sizes, num_classes=3))
    save_generator(other, tmp_path / "other", {"species": config["species"]})
    start = ("--start", str(trained_kl), "--painter", str(tmp_path / "other"))
    assert run("autoencoder-kl", folder, tmp_path, *start, settings=()) == 2
    assert "3 classes" in capsys.readouterr().err


def test_a_started_generator_waits_for_its_discriminator(
    folder, trained_kl, trained_gan, tmp_path
):
    start = ("--autoencoder", str(trained_kl), "--start", str(trained_gan))
    before = load_generator(trained_gan).state_dict()
    for steps, moved in (("head_start=9", False), ("head_start=1", True)):
        settings = (*TINY_GAN, steps, "judge_channels=8,12")
        assert run("style-gan", folder, tmp_path, *start, settings=settings) == 0
        after = load_generator(tmp_path).state_dict()
        painting = [name for name in before if name.startswith("synthesis")]
        assert painting
        assert all(torch.equal(before[name], after[name]) for name in painting) != moved
    for refused in ("z_dim=7", "judge=nobody"):
        assert run("style-gan", folder, tmp_path, *start, settings=(*TINY_GAN, refused)) == 2


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("share", ["pretrain_share=1", "pretrain_share=0"])
@pytest.mark.parametrize("judge", ["residual", "local"])
def test_style_gan_trains_and_resumes(folder, trained_kl, tmp_path, precision, share, judge):
    settings = (*TINY_GAN, share, "penalty_every=2", f"precision={precision}", f"judge={judge}")
    codec = ("--autoencoder", str(trained_kl))
    assert run("style-gan", folder, tmp_path, *codec, settings=settings) == 0
    first = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert run("style-gan", folder, tmp_path, *codec, "--resume", settings=settings) == 0
    second = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (first["step"], second["step"]) == (3, 6)
    assert second["seconds"] > first["seconds"]
    assert load_generator(tmp_path)(torch.randn(1, 6), torch.tensor([1])).shape == (1, 4, 8, 8)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["species"] == ["blue", "red"]
    assert sum(config["species_frequency"]) == pytest.approx(1, abs=1e-4)
    assert len(json.loads((tmp_path / "training_log.json").read_text())) == 2


def test_resumed_run_equals_an_unbroken_one(folder, trained_kl, tmp_path):
    codec = LatentCodec(load_autoencoder(trained_kl))
    pictures = load_pictures(folder, 64)
    recipe = with_settings(StyleGanRecipe(pretrain_share=0), list(TINY_GAN))
    torch.manual_seed(0)
    whole = StyleGanTraining(pictures, recipe, codec)
    whole.step(0.5)
    torch.save(whole.state(), tmp_path / "state.pt")
    rng = torch.get_rng_state()
    whole.step(0.6)
    resumed = StyleGanTraining(pictures, recipe, codec)
    resumed.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    resumed.latents.latents.copy_(whole.latents.latents)
    torch.set_rng_state(rng)
    resumed.step(0.6)
    for one, other in zip(whole.average.parameters(), resumed.average.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_pixel_mode_needs_no_autoencoder(folder, tmp_path):
    settings = ["batch_size=4", "channels=8,8,8", "judge_channels=8,8,8", "z_dim=4", "w_dim=4"]
    recipe = with_settings(StyleGanRecipe(pretrain_share=0), settings)
    training = StyleGanTraining(load_pictures(folder, 16), recipe, None)
    assert training.step(0.5)["judge"] > 0
    training.export(tmp_path)
    assert load_generator(tmp_path).sizes.out_channels == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["style-gan", "--data", "nowhere", "--out", "x"], "holds no picture"),
        (["autoencoder-kl", "--set", "colour=1"], "unknown name"),
        (["autoencoder-kl", "--resume"], "no checkpoint"),
        (["autoencoder-kl", "--set", "precision=half"], "choose float32 or bfloat16"),
        (["style-gan", "--autoencoder", "nowhere"], "has no config.json"),
    ],
)
def test_faults_are_one_clear_line(arguments, words, folder, tmp_path, capsys):
    if "--data" not in arguments:
        arguments = [*arguments, "--data", str(folder), "--out", str(tmp_path), "--size", "16"]
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_weights_of_another_autoencoder_are_refused(trained_kl, tmp_path):
    build_autoencoder(AutoencoderSizes((8, 8, 16, 16))).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text((trained_kl / "config.json").read_text())
    with pytest.raises(ValueError, match="don't match"):
        load_autoencoder(tmp_path)


def test_split_is_fixed_by_the_name():
    splits = [split_of(f"image-{i}.jpg") for i in range(7000)]
    assert splits.count("test") > 700
    assert splits.count("validation") > 150
    assert split_of("image-7.jpg") == split_of("image-7.jpg")


def test_species_of_the_table():
    assert species_of("Vitis , grapes") == "grape"
    assert species_of("Prunus persica , peaches") == "peach"
    assert species_of("") == "other"


def test_watercolour_crop_is_the_square_of_the_metrics():
    sheet = Image.new("RGB", (127, 192))
    sheet.putpixel((6, 6 + round(0.35 * 65)), (255, 255, 255))
    assert crop_watercolour(sheet).size == (128, 128)
    assert np.asarray(crop_watercolour(sheet, 115))[0, 0, 0] == 255


def test_pictures_are_cached(folder, tmp_path):
    first = load_pictures(folder, 16, tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 1
    assert np.array_equal(first.pixels, load_pictures(folder, 16, tmp_path).pixels)
    assert first.classes == ("blue", "red")


def test_texture_distance_is_zero_only_for_the_same_patches():
    x = torch.rand(4, 3, 32, 32)
    assert float(losses.texture_distance(x, x)) == 0
    assert float(losses.texture_distance(losses.blur(x), x)) > 0.01


def test_pyramid_has_every_level():
    bands = losses.laplacian_pyramid(torch.rand(1, 3, 64, 64), 4)
    assert [band.shape[2] for band in bands] == [64, 32, 16, 8]
    assert bands[0].abs().mean() > 0


def test_augmentation_keeps_shape_and_passes_gradients():
    x = torch.rand(6, 4, 16, 16, requires_grad=True)
    augment(x, 1.0).sum().backward()
    assert x.grad is not None
    assert torch.equal(augment(x, 0.0), x)
    assert augment(torch.rand(2, 4, 16, 16, device="meta"), 0.5).shape == (2, 4, 16, 16)


def test_two_workers_find_the_gradient_of_one():
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(3, 1), torch.randn(8, 3)

    def loss_of(part: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
        loss = layer(part).square().mean()
        return loss, {"loss": loss.item()}

    found = []
    for count in (1, 2):
        figures = Workers(count).gradients(loss_of, (x,), list(layer.parameters()))
        found.append((figures["loss"], layer.weight.grad.clone()))
    assert found[0][0] == pytest.approx(found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1])
