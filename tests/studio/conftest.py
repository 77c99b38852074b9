from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.library import Library
from tests.studio.serving import Served, model_of, serving


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture(scope="session", params=["mount", "launch"])
def served(
    request: pytest.FixtureRequest, tiny_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server in each of its two ways of starting, open to several persons."""
    library = tmp_path_factory.mktemp(f"served-{request.param}") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    options = (*everyone, "--device", "cpu", "--start", request.param)
    with serving(library, tiny_root, *options) as running:
        yield running


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    """Someone who was never here."""
    with served.browser() as browser:
        yield browser


@pytest.fixture
def model(browser: httpx.Client) -> dict:
    """The model's own description."""
    return model_of(browser)


@pytest.fixture
def recipe(model: dict) -> dict:
    """What the page opens with."""
    return model["opening"]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Unpack a zip, and load a config of the folder with no network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))

    def loaded(source: Path, config: str, **more: Any) -> Any:
        import datasets

        folder = tmp_path / "unpacked"
        with zipfile.ZipFile(source) as archive:
            archive.extractall(folder)
        cache = str(tmp_path / "cache")
        return datasets.load_dataset(str(folder), config, split="train", cache_dir=cache, **more)

    return loaded
