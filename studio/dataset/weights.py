"""Weights of taught versions: they travel as files, and are checked before they stay."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.catalog import Catalog
from pipelines.errors import DuetError

if TYPE_CHECKING:
    from studio.house import House

__all__ = ["MEMBER", "files", "install", "is_here"]

FILES = (
    "card.md",
    "config.json",
    "directions.json",
    "directions.safetensors",
    "version.json",
    "weights.safetensors",
)
"""What a version is made of; nothing else of its folder travels."""
MEMBER = re.compile(r"versions/([0-9a-f]{64})/([a-z.]+)")


def is_here(library: Path, version: str) -> bool:
    """Whether a version's weights are in the library's folder."""
    return (library / "versions" / version / "weights.safetensors").is_file()


def files(library: Path, versions: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Each file of some versions: its name in the zip and where it is."""
    for version in versions:
        folder = library / "versions" / version
        for name in FILES:
            if (folder / name).is_file():
                yield f"versions/{version}/{name}", folder / name


def install(house: House, version: str, model: str, unpacked: Path) -> bool:
    """Put an unpacked version in its place, if it is what its name says.

    Args:
        house: Of the server.
        version: sha256 of the weights.
        model: Id of its model, which must be here.
        unpacked: Folder of unpacked versions.

    Returns:
        Whether the version can be played now.
    """
    place = house.settings.library / "versions" / version
    if is_here(house.settings.library, version):
        return True
    catalog = house.shelf.catalog
    trial = replace(catalog, versions=unpacked)
    try:
        _check(trial, model, version)
    except (DuetError, OSError, ValueError, KeyError, TypeError, RuntimeError):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    shutil.move(unpacked / version, place)
    return True


def _check(catalog: Catalog, model: str, version: str) -> None:
    """Load it once: its weights must fit its sizes and have the sha256 that it is named by."""
    catalog.load_version(model, version)
