"""What every test may use: a tiny real model of each family, loaded once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.pipeline import Instrument
from tests.atlases import FEW, PAINTED, Write, with_atlas
from tests.tiny import (
    tiny_dcgan_folder,
    tiny_diffusion_folder,
    tiny_folder,
    tiny_pattern_folder,
    tiny_sketch,
    tiny_sprites_folder,
    tiny_star,
    tiny_vae_folder,
    tiny_vq,
)
from tests.tiny_couplet import tiny_couplet_folder
from tests.tiny_music import (
    tiny_chorale_folder,
    tiny_groove_folder,
    tiny_melody_folder,
    tiny_muse_gan_folder,
    tiny_tune_folder,
)
from tests.tiny_stanza import tiny_char_rnn_folder, tiny_stanza_folder
from tests.tiny_verse import tiny_tang_folder


def pytest_configure(config: pytest.Config) -> None:
    """One more filter, which in pyproject.toml imports torch before tests/__init__.py is."""
    config.addinivalue_line("filterwarnings", "ignore::torch.jit.TracerWarning")


LONG = ("tests/page/", "tests/studio/", "tests/training/", "tests/test_contract")
"""What takes longest, which two processes begin with: they end at the same time then."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the short tests last."""

    def place(item: pytest.Item) -> int:
        return next((i for i, one in enumerate(LONG) if item.nodeid.startswith(one)), len(LONG))

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """A test that tried more threads leaves one, on which sums have a fixed order."""
    import torch

    yield
    torch.set_num_threads(1)


def family(model: str, root: str, write: Write, works: int = FEW) -> tuple[Any, Any]:
    """Two fixtures: a folder of models with ``model`` in it, and the model, ready to play.

    Args:
        model: Its id.
        root: Name of the fixture of the folder.
        write: Writes the model into a folder.
        works: How many are in its atlas.
    """
    complete = with_atlas(write, works)

    @pytest.fixture(scope="session", name=root)
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        made = tmp_path_factory.mktemp(f"{model} models")
        complete(made)
        return made

    @pytest.fixture(scope="session")
    def instrument(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Instrument:
        engines = Engines(device="cpu", cache=tmp_path_factory.mktemp("graphs"))
        return Catalog((request.getfixturevalue(root),)).load(model, engines)

    return folder, instrument


tiny_root, tiny = family("tiny", "tiny_root", tiny_folder, PAINTED)
sketch_root, tiny_sketcher = family("tiny-sketch", "sketch_root", tiny_sketch)
diffusion_root, tiny_diffusion = family("tiny-diffusion", "diffusion_root", tiny_diffusion_folder)
vae_root, tiny_vae = family("tiny-vae", "vae_root", tiny_vae_folder)
vq_root, tiny_codes = family("tiny-vq", "vq_root", tiny_vq)
pattern_root, tiny_pattern = family("tiny-pattern", "pattern_root", tiny_pattern_folder)
sprites_root, tiny_sprites = family("tiny-sprites", "sprites_root", tiny_sprites_folder)
star_root, tiny_translator = family("tiny-star", "star_root", tiny_star)
dcgan_root, tiny_dcgan = family("tiny-dcgan", "dcgan_root", tiny_dcgan_folder)
tang_root, tiny_poet = family("tiny-tang", "tang_root", tiny_tang_folder)
stanza_root, tiny_stanzas = family("tiny-stanza", "stanza_root", tiny_stanza_folder)
char_rnn_root, tiny_letters = family("tiny-char-rnn", "char_rnn_root", tiny_char_rnn_folder)
couplet_root, tiny_couplets = family("tiny-couplet", "couplet_root", tiny_couplet_folder)
melody_root, tiny_tunes = family("tiny-melody", "melody_root", tiny_melody_folder)
chorale_root, tiny_choir = family("tiny-chorale", "chorale_root", tiny_chorale_folder)
groove_root, tiny_drummer = family("tiny-groove", "groove_root", tiny_groove_folder)
muse_gan_root, tiny_consort = family("tiny-muse-gan", "muse_gan_root", tiny_muse_gan_folder)
tune_root, tiny_fiddler = family("tiny-tune", "tune_root", tiny_tune_folder)
