"""Our decoder is diffusers' decoder, to the last bit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from pipelines.networks.kl_decoder import is_plain, load_decoder
from tests.tiny import autoencoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    autoencoder(tmp_path / "kl")
    return tmp_path / "kl"


def by_diffusers(folder: Path, latents: torch.Tensor) -> torch.Tensor:
    from diffusers import AutoencoderKL

    model = AutoencoderKL.from_pretrained(folder, low_cpu_mem_usage=False).eval()
    with torch.inference_mode():
        return model.decode(latents, return_dict=False)[0]


@pytest.mark.parametrize("size", [4, 16])
def test_same_bits_as_diffusers(folder: Path, size: int) -> None:
    latents = torch.randn(1, 4, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours = load_decoder(folder).eval()(latents)
    assert torch.equal(ours, by_diffusers(folder, latents))


def test_an_autoencoder_with_attention_is_left_to_diffusers(tmp_path: Path) -> None:
    from diffusers import AutoencoderKL

    sizes = {"block_out_channels": (8, 8), "norm_num_groups": 4, "layers_per_block": 1}
    blocks = {
        "down_block_types": ("DownEncoderBlock2D",) * 2,
        "up_block_types": ("UpDecoderBlock2D",) * 2,
    }
    AutoencoderKL(**sizes, **blocks).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert not is_plain(config)
    latents = torch.zeros(1, 4, 4, 4)
    with torch.inference_mode():
        ours = load_decoder(tmp_path).eval()(latents)
    assert torch.equal(ours, by_diffusers(tmp_path, latents))


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "layers_per_block": 2}))
    with pytest.raises(RuntimeError):
        load_decoder(folder)


def test_loading_a_model_does_not_import_diffusers(tiny_root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.catalog import Catalog; "
        "model = Catalog((Path(sys.argv[1]),)).load('tiny'); model.render(model.request()); "
        "sys.exit('diffusers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tiny_root)], check=False)
    assert done.returncode == 0


def test_a_studio_of_all_that_ship_opens_without_diffusers() -> None:
    """It takes seconds to import; a model that is built of it reads its networks later."""
    code = (
        "import sys; from pipelines.catalog import Catalog; models = Catalog(); "
        "[models.load(card.id).pipeline.controls for card in models.available()]; "
        "sys.exit('diffusers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_part_has_the_shape_that_its_name_says(folder: Path) -> None:
    decoder = load_decoder(folder)
    assert isinstance(decoder, nn.Module)
    with torch.inference_mode():
        assert decoder(torch.zeros(2, 4, 16, 16)).shape == (2, 3, 128, 128)
