"""The deep convolutional GAN as an instrument: the paper's networks, sliders, damaged files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

from pipelines.catalog import Catalog
from pipelines.errors import WeightsError
from pipelines.explore import blend
from pipelines.latents import Direction, normal
from pipelines.networks.dcgan import DCGANSizes, Discriminator, Generator
from pipelines.training.dimensions import save_directions
from tests.tiny import tiny_dcgan_folder


def kinds(network: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in network.layers]


def test_the_networks_are_those_of_the_paper():
    sizes = DCGANSizes(width=128)
    assert sizes.channels == (1024, 512, 256, 128)
    with torch.device("meta"):
        generator, judge = Generator(sizes), Discriminator(sizes)
        picture = generator(torch.randn(2, 100))
        assert picture.shape == (2, 3, 64, 64)
        assert judge(picture).shape == (2,)
    up, down = ["ConvTranspose2d", "BatchNorm2d", "ReLU"], ["Conv2d", "BatchNorm2d", "LeakyReLU"]
    assert kinds(generator) == [*up * 4, "ConvTranspose2d"]
    assert kinds(judge) == ["Conv2d", "LeakyReLU", *down * 3, "Conv2d"]
    slopes = {one.negative_slope for one in judge.modules() if isinstance(one, nn.LeakyReLU)}
    assert slopes == {0.2}


def test_weights_start_small():
    torch.manual_seed(0)
    for network in (Generator(DCGANSizes()), Discriminator(DCGANSizes())):
        for layer in network.layers:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                assert layer.weight.detach().std().item() == pytest.approx(0.02, rel=0.1)


def test_gradients_reach_every_weight():
    sizes = DCGANSizes(z_dim=8, resolution=32, width=4)
    generator, judge = Generator(sizes), Discriminator(sizes)
    judge(generator(torch.randn(4, 8))).square().sum().backward()
    for parameter in (*generator.parameters(), *judge.parameters()):
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize("side", [4, 48, 100])
def test_a_side_that_is_no_power_of_two_is_refused(side):
    with pytest.raises(ValueError, match="no power of two"):
        DCGANSizes(resolution=side)


def test_sliders_stand_in_order_and_nothing_is_mixed(tiny_dcgan):
    names = [control.name for control in tiny_dcgan.controls]
    assert names[:2] == ["seed", "warmth"]
    assert names[8:] == ["truncation_psi", "pca_1", "pca_2", "pca_3", "wander", "wander_seed"]


def test_truncation_goes_to_the_typical_picture(tiny_dcgan):
    for seed in (1, 2):
        placed = tiny_dcgan.pipeline.place(tiny_dcgan.request(seed=seed, truncation_psi=0.0))
        assert not placed.any()


def test_a_morph_stays_as_far_out_as_its_ends(tiny_dcgan):
    """On a straight line the middle of two z would lie far nearer to the origin."""
    a, b = (tiny_dcgan.request(seed=seed) for seed in (1, 2))
    ends = [np.linalg.norm(tiny_dcgan.pipeline.place(one)) for one in (a, b)]
    middle = np.linalg.norm(tiny_dcgan.pipeline.place(blend(tiny_dcgan, a, b, 0.5)))
    assert min(ends) * 0.99 <= middle <= max(ends) * 1.01


@pytest.mark.parametrize("file", ["weights.safetensors", "directions.safetensors", "config.json"])
def test_damaged_files_are_refused(tmp_path, file):
    folder = tiny_dcgan_folder(tmp_path)
    (folder / file).write_bytes(b"not a tensor")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-dcgan")


def test_another_networks_weights_or_directions_are_refused(tmp_path):
    folder = tiny_dcgan_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    wider = config | {"network": config["network"] | {"width": 12}}
    (folder / "config.json").write_text(json.dumps(wider))
    with pytest.raises(WeightsError, match="damaged or not of its configuration"):
        Catalog((tmp_path,)).load("tiny-dcgan")
    (folder / "config.json").write_text(json.dumps(config))
    save_directions([Direction("warmth", normal(0, (1, 14)))], folder)
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-dcgan")


@pytest.mark.parametrize(("shelf", "stands"), [("classics", "classics"), ("cellar", "")])
def test_a_card_names_a_shelf_that_there_is(tmp_path, shelf, stands):
    folder = tiny_dcgan_folder(tmp_path)
    text = (folder / "card.md").read_text("utf-8")
    (folder / "card.md").write_text(text.replace("version: 1", f"version: 1\nshelf: {shelf}"))
    (card,) = Catalog((tmp_path,)).available()
    assert card.shelf == stands
