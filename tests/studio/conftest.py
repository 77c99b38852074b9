from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.library import Library
from tests.studio.serving import Served, serving


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
    options = ("--host", "0.0.0.0", "--device", "cpu", "--start", request.param)
    with serving(library, tiny_root, *options) as running:
        yield running
