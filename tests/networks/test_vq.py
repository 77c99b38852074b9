"""The networks of pictures from codes: autoencoder, codebook, Transformer."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.networks.code_transformer import CodeTransformer, TransformerSizes
from pipelines.networks.vq_autoencoder import Codebook, VQAutoencoder, VQSizes
from tests.tiny import autoencoder

SIDE = 6
LENGTH = SIDE * SIDE
SIZES = TransformerSizes(
    num_codes=20, side=SIDE, num_classes=3, width=24, num_layers=2, num_heads=2, context_width=12
)


@pytest.fixture(scope="module")
def prior() -> CodeTransformer:
    torch.manual_seed(0)
    made = CodeTransformer(SIZES).eval()
    made.read_codebook(torch.randn(20, 4))
    return made


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.randint(0, 20, (2, LENGTH), generator=torch.Generator().manual_seed(1))


LABEL = torch.tensor([0, 2])
NOWHERE = torch.zeros(2, LENGTH, dtype=torch.bool)


@torch.inference_mode()
def test_the_cache_gives_what_the_whole_map_gives(prior, codes):
    kept = torch.rand(2, LENGTH, generator=torch.Generator().manual_seed(2)) < 0.3
    whole = prior(codes, LABEL, kept)
    cache, table = prior.begin(LABEL, codes, kept), prior.table()
    for until in (1, 2, 3, 9, 10, 30, LENGTH):  # one place, and several at once
        found = prior.extend(cache, codes, until, table)
        torch.testing.assert_close(found, whole[:, until - 1], atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_code_is_drawn_before_it_and_later_ones_are_seen(prior, codes):
    other = codes.clone()
    other[:, 20] = (other[:, 20] + 1) % 20
    apart = (prior(codes, LABEL, NOWHERE) - prior(other, LABEL, NOWHERE)).abs().amax(dim=(0, 2))
    assert apart[:21].max() == 0
    assert apart[21:].min() > 0


@torch.inference_mode()
def test_kept_cells_speak_to_earlier_ones(prior, codes):
    kept, other = NOWHERE.clone(), codes.clone()
    kept[:, 30] = True
    other[:, 30] = (other[:, 30] + 1) % 20
    free = prior(codes, LABEL, NOWHERE)
    one, two = prior(codes, LABEL, kept), prior(other, LABEL, kept)
    assert (one - free)[:, :30].abs().amax(dim=2).min() > 1e-6
    assert (one - two)[:, :30].abs().amax(dim=2).min() > 1e-6


def test_every_weight_learns_and_the_class_is_heard(prior, codes):
    kept = torch.rand(2, LENGTH) < 0.5
    missing = torch.full_like(codes, 0)
    prior.requires_grad_().zero_grad()
    prior(codes, LABEL, kept, dropout=0.2).square().sum().backward()
    assert [n for n, p in prior.named_parameters() if p.grad is None] == []
    with torch.inference_mode():
        one, two = (prior(missing, LABEL * 0 + label, NOWHERE) for label in (0, 1))
    assert (one - two).abs().max() > 1e-4


def test_it_starts_as_the_kl_autoencoder_does(tmp_path):
    autoencoder(tmp_path / "kl")
    config = tmp_path / "kl" / "config.json"
    read = json.loads(config.read_text())
    read |= {"latents_mean": [0.1, -0.2, 0.3, 0.0], "latents_std": [0.5, 2.0, 1.0, 1.5]}
    config.write_text(json.dumps(read))
    codec = LatentCodec(load_autoencoder(tmp_path / "kl"))
    ours = VQAutoencoder(VQSizes(channels=(8, 8, 8, 8), num_groups=4)).eval()
    weights = load_file(tmp_path / "kl" / "diffusion_pytorch_model.safetensors")
    ours.start_from(weights, read["latents_mean"], read["latents_std"])
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        z = codec.encode(picture)
        torch.testing.assert_close(ours.encoder(picture), z, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(ours.decoder(z), codec.decode(z), atol=1e-4, rtol=1e-4)


def test_codes_are_the_nearest_and_come_back():
    book = Codebook(12, 3)
    codes = torch.randint(0, 12, (2, 4, 5))
    assert torch.equal(book.nearest(book.look_up(codes) + 1e-3), codes)


def test_the_codebook_follows_and_wastes_nothing():
    torch.manual_seed(0)
    centres = torch.randn(16, 2) * 5
    z = centres[torch.randint(0, 16, (4000,))] + 0.05 * torch.randn(4000, 2)
    book = Codebook(16, 2)
    book.vectors.add_(100.0)  # far from all of them: without restarts one code would serve all
    book.gather(z)
    used = torch.bincount(book.nearest(z[:, :, None, None]).flatten(), minlength=16)
    assert (used > 0).all()
    before = (z - book.vectors[book.nearest(z[:, :, None, None])[:, 0, 0]]).square().mean()
    for _ in range(30):
        book.follow(z + 1.0, decay=0.8)
    moved = z + 1.0
    after = (moved - book.vectors[book.nearest(moved[:, :, None, None])[:, 0, 0]]).square().mean()
    assert after < 2 * before + 0.1
