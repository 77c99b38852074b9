"""The upscaler: bicubic before it learns, piece by piece as at once, around a tile's edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from pipelines.errors import WeightsError
from pipelines.finishing import enlarging
from pipelines.finishing.enlarging import doubled, enlarged_by, read_upscaler
from pipelines.latents import normal
from pipelines.networks.network_files import save_network
from pipelines.networks.upscaling import Upscaler, UpscalerSizes
from pipelines.run import Interrupted, never

SIZES = UpscalerSizes(channels=6, num_blocks=2)


@pytest.fixture
def network() -> Upscaler:
    """As trained: what is found is seen."""
    torch.manual_seed(0)
    made = Upscaler(SIZES)
    torch.nn.init.normal_(made.tail.weight, std=0.05)
    return made.eval().requires_grad_(requires_grad=False)


def noise(*shape: int) -> np.ndarray:
    return (0.4 * normal(3, shape, "upscaling test")).clip(-1, 1)


def test_untrained_it_is_bicubic_enlargement():
    torch.manual_seed(0)
    small = torch.from_numpy(noise(2, 3, 12, 20))
    plain = functional.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
    assert torch.equal(Upscaler(SIZES)(small), plain)


def test_every_parameter_learns(network):
    network.requires_grad_()
    network(torch.from_numpy(noise(1, 3, 12, 12))).square().mean().backward()
    assert all(one.grad is not None and one.grad.abs().max() > 0 for one in network.parameters())


def test_it_runs_on_any_device():
    with torch.device("meta"):
        made = Upscaler(SIZES)
    assert made(torch.empty(2, 3, 10, 14, device="meta")).shape == (2, 3, 20, 28)


def test_pieces_do_not_show(network, monkeypatch):
    values = noise(3, 40, 56)
    whole = doubled(network, values, wraps=False, pause=never)
    monkeypatch.setattr(enlarging, "PIECE", 16)
    pieces = doubled(network, values, wraps=False, pause=never)
    assert whole.shape == (3, 80, 112)
    assert np.abs(pieces - whole).max() < 1e-5


def test_a_tile_that_is_rolled_is_enlarged_alike(network):
    values = noise(3, 24, 32)
    there = doubled(network, np.roll(values, (5, 9), (1, 2)), wraps=True, pause=never)
    back = np.roll(there, (-10, -18), (1, 2))
    wrapped = doubled(network, values, wraps=True, pause=never)
    assert np.abs(back - wrapped).max() < 1e-5
    assert np.abs(doubled(network, values, wraps=False, pause=never) - wrapped).max() > 1e-3


def test_what_nobody_waits_for_ends_between_two_pieces(network, monkeypatch):
    monkeypatch.setattr(enlarging, "PIECE", 16)
    asked = []

    def pause():
        asked.append(1)
        if len(asked) == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        doubled(network, noise(3, 32, 32), wraps=False, pause=pause)
    assert len(asked) == 3


def test_no_colour_of_what_is_unseen_shows_at_the_edge_of_what_is_seen(network):
    red = np.zeros((24, 24, 4), np.uint8)
    red[..., 1] = 255  # green, where nothing is seen
    red[6:18, 6:18] = (200, 30, 30, 255)
    made = np.asarray(enlarged_by(network, Image.fromarray(red), 2, wraps=False, pause=never))
    assert made.shape == (48, 48, 4)
    seen = made[..., 3] > 127
    assert seen.sum() == pytest.approx(24 * 24, rel=0.1)
    assert (made[seen][:, 0].astype(int) - made[seen][:, 1]).min() > 100


def test_files_go_round_and_damaged_ones_are_refused(network, tmp_path):
    folder = tmp_path / "loupe"
    told = {"network": {"channels": 6, "num_blocks": 2}}
    save_network(network, folder, "weights.safetensors", told)
    again = read_upscaler(folder)
    for name, value in again.state_dict().items():
        assert torch.equal(value, network.state_dict()[name].half().float())
    whole = (folder / "weights.safetensors").read_bytes()
    (folder / "weights.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="loupe"):
        read_upscaler(folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match="damaged or not of its configuration"):
        read_upscaler(folder)


def test_the_bundled_one_is_small_and_better_than_bicubic_on_a_drawing():
    """Its own figures are in its card; here only that it is the one, whole and right way up."""
    folder = enlarging.UPSCALERS[-1]
    made = enlarging.upscaler(folder)
    assert sum(one.numel() for one in made.parameters()) < 500_000
    rows, columns = np.mgrid[:128, :128]
    disc = (rows - 60) ** 2 + (columns - 70) ** 2 < 40**2
    large = np.where(disc[..., None], (170, 40, 30), (244, 236, 216)).astype(np.uint8)
    large = np.asarray(Image.fromarray(large).resize((64, 64), Image.Resampling.BOX))
    small = Image.fromarray(large).resize((32, 32), Image.Resampling.BICUBIC)
    found = np.asarray(enlarged_by(made, small, 2, wraps=False, pause=never)).astype(int)
    plain = np.asarray(small.resize((64, 64), Image.Resampling.BICUBIC)).astype(int)
    errors = [np.square(one - large).mean() for one in (found, plain)]
    assert errors[0] < 0.8 * errors[1]
