"""The style-based networks, on tiny real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from pipelines.networks.discriminator import Discriminator, DiscriminatorSizes, StyleEncoder
from pipelines.networks.layers import EqualConv, ModulatedConv, smooth, upsample
from pipelines.networks.style_gan2 import (
    Generator,
    GeneratorSizes,
    load_generator,
    save_generator,
)

GRID = {
    "latent": GeneratorSizes(8, 12, 3, 16, 4, (8, 8, 4), 2),
    "pixel": GeneratorSizes(8, 8, 1, 32, 3, (8, 8, 4, 4), 1, 1.0),
    "smallest": GeneratorSizes(4, 4, 2, 8, 1, (4, 4), 1),
}


@pytest.fixture(params=GRID, ids=list(GRID))
def generator(request) -> Generator:
    torch.manual_seed(0)
    return Generator(GRID[request.param]).eval()


def inputs(generator: Generator, count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(5)
    z = torch.randn(count, generator.z_dim, generator=source)
    return z, torch.arange(count) % generator.sizes.num_classes


def judge_for(generator: Generator) -> Discriminator:
    sizes = generator.sizes
    channels = tuple(reversed(sizes.channels))
    return Discriminator(DiscriminatorSizes(sizes.out_channels, sizes.num_classes, channels, 8))


def test_shapes_and_finiteness(generator):
    sizes = generator.sizes
    z, label = inputs(generator)
    w = generator.mapping(z, label)
    assert w.shape == (3, sizes.num_ws, sizes.w_dim)
    assert sizes.num_ws == 2 * (sizes.resolution.bit_length() - 1) - 2
    picture = generator.synthesis(w)
    assert picture.shape == (3, sizes.out_channels, sizes.resolution, sizes.resolution)
    assert torch.isfinite(picture).all()
    assert generator.w_mean.shape == (sizes.num_classes, sizes.w_dim)


def test_same_input_same_output_and_batch_agrees(generator):
    z, label = inputs(generator)
    together = generator(z, label)
    assert torch.equal(together, generator(z, label))
    alone = torch.cat([generator(z[i : i + 1], label[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)
    assert (together[0] - together[1]).abs().max() > 1e-3


def test_class_changes_the_picture():
    generator = Generator(GRID["latent"]).eval()
    z = torch.randn(1, 8)
    one, other = (generator(z, torch.tensor([label])) for label in (0, 1))
    assert (one - other).abs().max() > 1e-3


def test_every_layer_takes_its_own_w(generator):
    z, label = inputs(generator, 2)
    w = generator.mapping(z, label)
    plain = generator.synthesis(w[:1])
    for layer in range(generator.num_ws):
        mixed = w[:1].clone()
        mixed[:, layer] = w[1, layer]
        assert (generator.synthesis(mixed) - plain).abs().max() > 1e-6


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("demodulate", [False, True])
def test_modulated_convolution_equals_the_grouped_form(up, demodulate):
    """The paper's form: one kernel per picture, run as a grouped convolution."""
    torch.manual_seed(1)
    conv = ModulatedConv((6, 5), 7, 3, up=up, demodulate=demodulate)
    x, w = torch.randn(4, 6, 8, 8), torch.randn(4, 7)
    style = conv.affine(w)
    kernel = conv.weight[None] * conv.gain * style[:, None, :, None, None]
    if demodulate:
        kernel = kernel * torch.rsqrt(kernel.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8)
    merged = x.reshape(1, 24, 8, 8)
    if up:
        grouped = kernel.transpose(1, 2).reshape(24, 5, 3, 3)
        out = functional.conv_transpose2d(merged, grouped, stride=2, groups=4)
        out = smooth(out.reshape(4, 5, 17, 17), 1, gain=4.0)
    else:
        grouped = kernel.reshape(20, 6, 3, 3)
        out = functional.conv2d(merged, grouped, padding=1, groups=4).reshape(4, 5, 8, 8)
    torch.testing.assert_close(conv(x, w), out, atol=1e-5, rtol=1e-4)


def test_resampling_keeps_a_constant():
    plane = torch.ones(1, 2, 8, 8)
    large = upsample(plane)
    assert large.shape == (1, 2, 16, 16)
    torch.testing.assert_close(large[:, :, 2:-2, 2:-2], torch.ones(1, 2, 12, 12))
    assert EqualConv(2, 3, 3, down=True)(plane).shape == (1, 3, 4, 4)
    assert EqualConv(2, 3, 1, down=True)(plane).shape == (1, 3, 4, 4)


def test_noise_is_constant_unless_training_or_given():
    generator = Generator(GRID["latent"]).eval()
    for block in generator.synthesis.blocks:
        for conv in (block.enlarge, block.refine):
            if conv is not None:
                nn.init.constant_(conv.noise_strength, 0.5)
    w = generator.mapping(*inputs(generator, 1))
    assert torch.equal(generator.synthesis(w), generator.synthesis(w))
    noise = [torch.zeros(1, 1, side, side) for side in (4, 8, 8, 16, 16)]
    assert not torch.equal(generator.synthesis(w, noise), generator.synthesis(w))
    generator.train()
    assert not torch.equal(generator.synthesis(w), generator.synthesis(w))


def test_tracked_mean_moves_only_drawn_classes():
    generator = Generator(GRID["latent"])
    generator.track(torch.ones(2, 12), torch.tensor([1, 1]), 0.5)
    torch.testing.assert_close(generator.w_mean[1], torch.full((12,), 0.5))
    assert generator.w_mean[[0, 2]].abs().max() == 0
    torch.testing.assert_close(generator.w_mean_all, torch.full((12,), 0.5))


def test_gradients_reach_every_parameter(generator):
    generator.train()
    judge = judge_for(generator)
    z, label = inputs(generator, 4)
    judge(generator(z, label), label).square().mean().backward()
    for name, parameter in [*generator.named_parameters(), *judge.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_encoder_gradients_and_shapes():
    encoder = StyleEncoder(DiscriminatorSizes(4, 3, (4, 8, 8), 8), 6)
    mean, log_variance = encoder(torch.randn(2, 4, 16, 16))
    assert mean.shape == log_variance.shape == (2, 6)
    (mean.sum() + log_variance.sum()).backward()
    assert all(p.grad is not None for p in encoder.parameters())


def test_one_training_step_on_the_meta_device(generator):
    """A tensor made on the wrong device fails here without an accelerator."""
    meta, judge = generator.to("meta").train(), judge_for(generator).to("meta")
    z = torch.randn(4, meta.z_dim, device="meta")
    label = torch.zeros(4, dtype=torch.long, device="meta")
    fake = meta(z, label)
    judge(fake, label).mean().backward()
    torch.optim.Adam(meta.parameters()).step()
    assert fake.device.type == "meta"


def test_saved_and_loaded_paint_the_same(generator, tmp_path):
    generator.half().float()
    encoder = StyleEncoder(DiscriminatorSizes(4, 1, (4, 4, 4), 4), 4)
    save_generator(generator, tmp_path, {"id": "x"}, extra={"encoder": encoder})
    again = load_generator(tmp_path)
    z, label = inputs(generator)
    assert torch.equal(generator(z, label), again(z, label))
    assert not any(p.requires_grad for p in again.parameters())
    assert json.loads((tmp_path / "config.json").read_text())["id"] == "x"


@pytest.mark.parametrize("fault", ["missing", "cut", "other", "config"])
def test_weights_that_do_not_fit_are_refused(fault, tmp_path: Path):
    save_generator(Generator(GRID["smallest"]), tmp_path, {})
    weights, config = tmp_path / "weights.safetensors", tmp_path / "config.json"
    if fault == "missing":
        weights.unlink()
    elif fault == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    elif fault == "other":
        config.write_text(config.read_text().replace('"w_dim": 4', '"w_dim": 8'))
    else:
        config.write_text("{}")
    with pytest.raises(ValueError, match=r"model="):
        load_generator(tmp_path)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="resolution=32"):
        GeneratorSizes(resolution=32)
