"""Which models there are, and how one is loaded.

A model is a folder: ``config.json`` (family and sizes), ``weights.safetensors`` and ``card.md``,
whose front matter says what the model makes, its licence and its credit. Adding a family is one
module and one line in `FAMILIES`. Weights are read from safetensors only; nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pipelines.engines import Engines
from pipelines.errors import WeightsError
from pipelines.pipeline import Card, Instrument, Pipeline

__all__ = ["FAMILIES", "Catalog", "Family", "available", "load"]

FAMILIES: Mapping[str, str] = {
    "style-gan": "pipelines.image.style_gan",
}
"""Family -> module with a ``load`` function (see `Family`)."""

BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models"


class Family(Protocol):
    """What a family's module offers."""

    def load(self, folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Pipeline:
        """Load the model in ``folder``; ``folder_of`` finds the shared models it builds on."""


@dataclass(frozen=True)
class Catalog:
    """Models in one or more folders of folders.

    Attributes:
        roots: Where to look; an id found in an earlier root hides a later one.
    """

    roots: tuple[Path, ...] = (BUNDLED,)

    def folders(self) -> dict[str, Path]:
        """Every model folder by id, shared networks included."""
        found: dict[str, Path] = {}
        for root in self.roots:
            for config in sorted(root.glob("*/config.json")):
                found.setdefault(config.parent.name, config.parent)
        return found

    def available(self) -> list[Card]:
        """Cards of every model that can be played, by id."""
        return [card for _, card in self._playable()]

    def load(self, name: str | Path, engines: Engines | None = None) -> Instrument:
        """The model with this id, or in this folder.

        Raises:
            WeightsError: If there is no such model, or its weights don't fit its configuration.
        """
        folders = self.folders()
        folder = folders.get(str(name), Path(name))
        config = _config(folder)
        module = import_module(FAMILIES[config["family"]])
        card = _card(folder, config, bundled=folder.parent == BUNDLED)
        beside = {path.name: path for path in folder.parent.glob("*") if path.is_dir()}
        pipeline = module.load(folder, card, {**folders, **beside})
        return Instrument(pipeline, engines if engines is not None else Engines())

    def _playable(self) -> Iterator[tuple[Path, Card]]:
        for folder in self.folders().values():
            try:
                config = _config(folder)
            except WeightsError:
                continue  # a shared network, such as an autoencoder
            yield folder, _card(folder, config, bundled=folder.parent == BUNDLED)


def _config(folder: Path) -> dict[str, Any]:
    """The configuration of a playable model."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(
            "no_model",
            name="model",
            value=folder.name,
            rule="not a model that is here",
            remedy="choose one from the Models page",
        ) from error
    if not isinstance(config, dict) or config.get("family") not in FAMILIES:
        raise WeightsError(
            "unknown_family",
            name="family",
            value=config.get("family", "") if isinstance(config, dict) else "",
            rule=f"not one of {', '.join(FAMILIES)}",
            remedy="update Duet, or choose another model",
        )
    return config


def _card(folder: Path, config: Mapping[str, Any], *, bundled: bool) -> Card:
    """The card of a model folder; a folder without ``card.md`` gets a plain one."""
    path = folder / "card.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    head: Mapping[str, Any] = {}
    if text.startswith("---\n") and "\n---\n" in text[4:]:
        import yaml

        front, text = text[4:].split("\n---\n", 1)
        head = yaml.safe_load(front) or {}
    titles = head.get("title", folder.name)
    return Card(
        id=folder.name,
        title=titles if isinstance(titles, dict) else {"en": str(titles)},
        medium=head.get("medium", "picture"),
        family=str(config["family"]),
        version=str(head.get("version", "1")),
        licence=str(head.get("license", "unknown")),
        credit=str(head.get("credit", "")),
        text=text.strip(),
        bundled=bundled,
    )


@cache
def _bundled() -> Catalog:
    return Catalog()


def available() -> list[Card]:
    """Cards of the bundled models."""
    return _bundled().available()


def load(name: str | Path, engines: Engines | None = None) -> Instrument:
    """Load a bundled model by id, or a model from a folder; see `Catalog.load`."""
    return _bundled().load(name, engines)
