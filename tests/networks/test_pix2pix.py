"""The networks of sketch to picture, on tiny real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from pipelines.networks.patch_discriminator import PatchDiscriminator
from pipelines.networks.pix2pix import Painter, PainterSizes, PaintingEncoder
from pipelines.networks.pix2pix_files import load_encoder, load_painter, save_painter

GRID = {
    "styled": PainterSizes(5, 3, 6, 8, 32, (4, 8, 8), 4),
    "plain": PainterSizes(5, 3, 0, 8, 32, (4, 4), 2),
    "deep": PainterSizes(2, 1, 4, 4, 32, (4, 4, 8, 8, 12), 4),
}


@pytest.fixture(params=GRID, ids=list(GRID))
def painter(request) -> Painter:
    torch.manual_seed(0)
    return Painter(GRID[request.param]).eval()


def inputs(painter: Painter, count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    source, sizes = torch.Generator().manual_seed(5), painter.sizes
    side = sizes.resolution
    sketch = torch.rand(count, sizes.in_channels, side, side, generator=source)
    return sketch, torch.randn(count, sizes.z_dim, generator=source)


def test_pictures_have_the_size_of_their_sketches(painter):
    sketch, z = inputs(painter)
    picture = painter(sketch, z)
    side = painter.sizes.resolution
    assert picture.shape == (3, painter.sizes.out_channels, side, side)
    assert picture.abs().max() < 1
    wide = torch.cat([sketch, sketch], dim=3)
    assert painter(wide, z).shape == (3, painter.sizes.out_channels, side, 2 * side)


def test_a_sketch_alone_is_painted_as_in_a_batch(painter):
    sketch, z = inputs(painter)
    whole = painter(sketch, z)
    assert torch.equal(whole, painter(sketch, z))
    torch.testing.assert_close(painter(sketch[1:2], z[1:2]), whole[1:2], atol=1e-5, rtol=1e-4)


def test_sketch_and_z_both_say_what_is_painted(painter):
    sketch, z = inputs(painter)
    picture = painter(sketch, z)
    assert (painter(sketch.flip(3), z) - picture).abs().max() > 1e-3
    moved = (painter(sketch, z + 1) - picture).abs().max()
    assert (moved > 1e-3) == bool(painter.sizes.z_dim)


def test_gradients_reach_every_parameter(painter):
    painter.train()
    sizes = painter.sizes
    judge = PatchDiscriminator(4, sizes.out_channels, sizes.in_channels)
    encoder = PaintingEncoder(sizes.out_channels, 4, 4)
    sketch, z = inputs(painter)
    picture = painter(sketch, z)
    mean, log_variance = encoder(picture)
    total = judge(picture, sketch).square().mean() + mean.square().sum() + log_variance.sum()
    total.backward()
    for network in (painter, judge, encoder):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


def test_the_judge_sees_the_sketch_and_the_picture():
    torch.manual_seed(0)
    judge = PatchDiscriminator(8, 3, 5)
    sketch, picture = torch.rand(2, 5, 32, 32), torch.rand(2, 3, 32, 32)
    logits = judge(picture, sketch)
    assert logits.shape == (2, 1, 4, 4)
    assert not torch.equal(judge(picture, sketch.flip(0)), logits)
    assert not torch.equal(judge(picture.flip(0), sketch), logits)


def test_the_encoder_reads_a_bounded_spread():
    mean, log_variance = PaintingEncoder(3, 6, 4)(1e4 * torch.randn(2, 3, 32, 32))
    assert mean.shape == log_variance.shape == (2, 6)
    assert -8 <= log_variance.min() <= log_variance.max() <= 4


def test_one_training_step_on_the_meta_device(painter):
    """A tensor made on the wrong device fails here without an accelerator."""
    sizes, meta = painter.sizes, painter.to("meta").train()
    judge = PatchDiscriminator(4, sizes.out_channels, sizes.in_channels).to("meta")
    sketch, z = (tensor.to("meta") for tensor in inputs(painter))
    picture = meta(sketch, z)
    judge(picture, sketch).mean().backward()
    torch.optim.Adam(meta.parameters()).step()
    assert picture.device.type == "meta"


def test_saved_and_loaded_paint_the_same(painter, tmp_path):
    painter.half().float()
    sizes = painter.sizes
    encoder = PaintingEncoder(sizes.out_channels, sizes.z_dim, 4) if sizes.z_dim else None
    save_painter(painter, tmp_path, {"family": "pix2pix"}, encoder and encoder.half().float())
    again = load_painter(tmp_path)
    assert again.sizes == painter.sizes
    assert torch.equal(again(*inputs(painter)), painter(*inputs(painter)))
    assert not any(parameter.requires_grad for parameter in again.parameters())
    assert json.loads((tmp_path / "config.json").read_text())["family"] == "pix2pix"
    if encoder is None:
        with pytest.raises(ValueError, match="no encoder"):
            load_encoder(tmp_path)
    else:
        picture = painter(*inputs(painter))
        assert torch.equal(load_encoder(tmp_path)(picture)[0], encoder(picture)[0])


@pytest.mark.parametrize("fault", ["missing", "cut", "other", "config"])
def test_weights_that_do_not_fit_are_refused(fault, tmp_path: Path):
    save_painter(Painter(GRID["styled"]), tmp_path, {})
    weights, config = tmp_path / "weights.safetensors", tmp_path / "config.json"
    if fault == "missing":
        weights.unlink()
    elif fault == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    elif fault == "other":
        config.write_text(config.read_text().replace('"z_dim": 6', '"z_dim": 8'))
    else:
        config.write_text("{}")
    with pytest.raises(ValueError, match=r"model="):
        load_painter(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolution": 20, "channels": (8, 8, 8, 8)}, "resolution=20"),
        ({"channels": (8,)}, "two or more"),
        ({"channels": (8, 12), "num_groups": 8}, "num_groups=8"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        PainterSizes(**changes)
