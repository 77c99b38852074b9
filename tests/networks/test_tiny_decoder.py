"""The small decoder: its sizes, its file, and which autoencoder it belongs to."""

import json
from pathlib import Path

import pytest
import torch

from pipelines.networks.tiny_decoder import (
    FOLDER,
    Normalised,
    TinyDecoder,
    TinySizes,
    load_tiny,
    save_tiny,
)
from tests.tiny import autoencoder

SIZES = TinySizes(4, (8, 6, 4), (1, 0, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    autoencoder(tmp_path / "kl")
    return tmp_path / "kl"


def made(seed: int = 0, **statistics: list[float]) -> TinyDecoder:
    torch.manual_seed(seed)
    return TinyDecoder(SIZES, **statistics).eval()


@pytest.mark.parametrize(("batch", "side"), [(1, 4), (3, 8)])
@pytest.mark.parametrize(
    ("sizes", "scale"),
    [
        (SIZES, 8),
        (TinySizes(2, (5,), (2,), patch=4), 4),
        (TinySizes(3, (4, 4), (0, 0), patch=1), 2),
    ],
)
def test_shapes(sizes: TinySizes, scale: int, batch: int, side: int) -> None:
    assert sizes.scale == scale
    picture = TinyDecoder(sizes)(torch.randn(batch, sizes.latent_channels, side, side))
    assert picture.shape == (batch, 3, scale * side, scale * side)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="channel counts"):
        TinySizes(4, (8, 8), (1,))


def test_raw_and_normalised_latents_are_painted_alike() -> None:
    decoder = made(mean=[1.0, -2.0, 0.0, 3.0], scale=[2.0, 0.5, 1.0, 4.0])
    normalised = torch.randn(2, 4, 4, 4)
    raw = normalised * decoder.scale + decoder.mean
    torch.testing.assert_close(decoder(raw), Normalised(decoder)(normalised))
    assert not torch.allclose(decoder(raw), decoder(normalised), atol=1e-3)


def test_latents_far_out_stay_bounded() -> None:
    decoder = made()
    far, farther = (decoder(torch.full((1, 4, 4, 4), x)) for x in (1e3, 1e6))
    torch.testing.assert_close(far, farther)


def test_it_comes_back_from_its_file(folder: Path) -> None:
    assert load_tiny(folder) is None
    decoder = made(mean=[0.5] * 4).half().float()
    save_tiny(decoder, folder)
    back = load_tiny(folder)
    assert back is not None
    assert back.sizes == SIZES
    latents = torch.randn(1, 4, 4, 4)
    assert torch.equal(back(latents), decoder(latents))
    first = back.digest
    save_tiny(made(1), folder)
    other = load_tiny(folder)
    assert other is not None
    assert first
    assert other.digest != first


def test_one_of_another_autoencoder_is_refused(folder: Path) -> None:
    save_tiny(TinyDecoder(TinySizes(4, (8, 8), (1, 1))), folder)
    with pytest.raises(ValueError, match="of another autoencoder"):
        load_tiny(folder)


@pytest.mark.parametrize("network", [{"channels": [8]}, {"blocks": "x"}, None, {"wide": 3}])
def test_a_configuration_that_does_not_fit_is_refused(folder: Path, network: object) -> None:
    save_tiny(made(), folder)
    place = folder / FOLDER / "config.json"
    whole = json.loads(place.read_text())["network"]
    told = {"network": {**whole, **network} if isinstance(network, dict) else network}
    place.write_text(json.dumps(told))
    with pytest.raises(ValueError, match=r"config\.json|fit|match"):
        load_tiny(folder)


def test_a_damaged_file_is_refused(folder: Path) -> None:
    save_tiny(made(), folder)
    (folder / FOLDER / "weights.safetensors").write_bytes(b"no")
    with pytest.raises(ValueError, match="fetch it again"):
        load_tiny(folder)
