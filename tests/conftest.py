"""What every test may use: a tiny real model, loaded once."""

from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.pipeline import Instrument
from tests.tiny import (
    tiny_diffusion_folder,
    tiny_folder,
    tiny_pattern_folder,
    tiny_sketch,
    tiny_star,
    tiny_vae_folder,
    tiny_vq,
)


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny`` in it."""
    root = tmp_path_factory.mktemp("models")
    tiny_folder(root)
    return root


@pytest.fixture(scope="session")
def tiny(tiny_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """The tiny model, ready to play on the CPU."""
    return _loaded(tiny_root, "tiny", tmp_path_factory)


@pytest.fixture(scope="session")
def sketch_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny-sketch`` in it."""
    root = tmp_path_factory.mktemp("sketch models")
    tiny_sketch(root)
    return root


@pytest.fixture(scope="session")
def tiny_sketcher(sketch_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """The tiny painter of sketches, ready to play on the CPU."""
    return _loaded(sketch_root, "tiny-sketch", tmp_path_factory)


@pytest.fixture(scope="session")
def diffusion_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny-diffusion`` in it."""
    root = tmp_path_factory.mktemp("diffusion models")
    tiny_diffusion_folder(root)
    return root


@pytest.fixture(scope="session")
def tiny_diffusion(diffusion_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """A tiny latent diffusion model, ready to play on the CPU."""
    return _loaded(diffusion_root, "tiny-diffusion", tmp_path_factory)


@pytest.fixture(scope="session")
def vae_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny-vae`` in it."""
    root = tmp_path_factory.mktemp("vae models")
    tiny_vae_folder(root)
    return root


@pytest.fixture(scope="session")
def tiny_vae(vae_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """A tiny variational autoencoder, ready to play on the CPU."""
    return _loaded(vae_root, "tiny-vae", tmp_path_factory)


@pytest.fixture(scope="session")
def vq_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny-vq`` in it."""
    root = tmp_path_factory.mktemp("vq models")
    tiny_vq(root)
    return root


@pytest.fixture(scope="session")
def tiny_codes(vq_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """A tiny vector-quantised model, ready to play on the CPU."""
    return _loaded(vq_root, "tiny-vq", tmp_path_factory)


@pytest.fixture(scope="session")
def pattern_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny-pattern`` in it."""
    root = tmp_path_factory.mktemp("pattern models")
    tiny_pattern_folder(root)
    return root


@pytest.fixture(scope="session")
def tiny_pattern(pattern_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """A tiny weaver of patterns, ready to play on the CPU."""
    return _loaded(pattern_root, "tiny-pattern", tmp_path_factory)


@pytest.fixture(scope="session")
def star_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with ``tiny-star`` in it."""
    root = tmp_path_factory.mktemp("star models")
    tiny_star(root)
    return root


@pytest.fixture(scope="session")
def tiny_translator(star_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """A tiny translator between domains, ready to play on the CPU."""
    return _loaded(star_root, "tiny-star", tmp_path_factory)


def _loaded(root: Path, name: str, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    engines = Engines(device="cpu", cache=tmp_path_factory.mktemp("graphs"))
    return Catalog((root,)).load(name, engines)
