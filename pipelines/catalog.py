"""Which models there are, and how one is loaded.

A model is a folder: ``config.json`` (family and sizes), ``weights.safetensors`` and ``card.md``,
whose front matter says what the model makes, its licence and its credit. Adding a family is one
module and one line in `FAMILIES`. Weights are read from safetensors only; nothing is unpickled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from pipelines.attachments import Attachments, Memory
from pipelines.bounds import bounded
from pipelines.engines import Engines
from pipelines.errors import WeightsError, no_model, unfit
from pipelines.media import MEDIA
from pipelines.pipeline import SHELVES, Card, Instrument, Pipeline

__all__ = ["FAMILIES", "VERSION", "Catalog", "Family", "available", "load"]

FAMILIES: Mapping[str, str] = {
    "style-gan": "pipelines.image.style_gan",
    "pix2pix": "pipelines.image.pix2pix",
    "diffusion": "pipelines.image.diffusion",
    "vae": "pipelines.image.vae",
    "vq": "pipelines.image.vq",
    "pattern": "pipelines.image.pattern",
    "star-gan": "pipelines.image.star_gan",
    "sprites": "pipelines.image.sprites",
    "dcgan": "pipelines.image.dcgan",
    "tang": "pipelines.verse.tang",
    "stanza": "pipelines.verse.stanza",
    "couplet": "pipelines.verse.couplet",
    "char-rnn": "pipelines.verse.char_rnn",
    "melody": "pipelines.music.melody_vae",
    "chorale": "pipelines.music.chorale",
    "tune": "pipelines.music.tune",
    "muse-gan": "pipelines.music.muse_gan",
    "groove": "pipelines.music.groove",
}
"""Family -> module with a ``load`` function (see `Family`)."""

VERSION = "version.json"
"""What a taught version says about itself: ``schema, model, parent`` and how it was taught."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models"


class Family(Protocol):
    """What a family's module offers."""

    def load(self, folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Pipeline:
        """Load the model in ``folder``; ``folder_of`` finds the shared models it builds on.

        Whatever it raises becomes a `WeightsError`: see `pipelines.bounds.bounded`.
        """


@dataclass(frozen=True)
class Catalog:
    """Models in one or more folders of folders.

    Attributes:
        roots: Where to look; an id found in an earlier root hides a later one.
        versions: Folder of taught versions, each a model folder named by the sha256 of its
            weights.
        attachments: Where its models find the files that recipes name.
    """

    roots: tuple[Path, ...] = (BUNDLED,)
    versions: Path | None = None
    attachments: Attachments = field(default_factory=Memory, repr=False, compare=False)

    def folders(self) -> dict[str, Path]:
        """Every model folder by id, shared networks included."""
        found: dict[str, Path] = {}
        for root in self.roots:
            for config in sorted(root.glob("*/config.json")):
                found.setdefault(config.parent.name, config.parent)
        return found

    def available(self) -> list[Card]:
        """Cards of every model that can be played, by their own order, then by id."""
        return sorted((c for _, c in self._playable()), key=lambda card: (card.order, card.id))

    def version(self, name: str, base: str) -> Path | None:
        """The folder of the taught version of model ``name`` with these weights, if it is here."""
        if self.versions is None or not _DIGEST.fullmatch(base):
            return None
        folder = self.versions / base
        try:
            told = json.loads((folder / VERSION).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return folder if isinstance(told, dict) and told.get("model") == name else None

    def load_version(self, name: str, base: str, engines: Engines | None = None) -> Instrument:
        """The taught version of a model with these weights; its id is the model's.

        Raises:
            WeightsError: If it is not here, or is not what its name says.
        """
        folder = self.version(name, base)
        if folder is None:
            raise WeightsError(
                "unknown_weights",
                name="weights",
                value=base[:12],
                rule="not a version that is here",
                remedy="get that version of the model",
            )
        config = _config(folder)
        card = replace(_card(folder, config, bundled=False), id=name)
        pipeline = _read(folder, card, self.folders())
        if pipeline.weights.base != base:
            raise WeightsError(
                "bad_weights",
                name="weights",
                value=base[:12],
                rule="damaged: they are not what their name says",
                remedy="get the model again",
            )
        return self._ready(pipeline, engines)

    def load(self, name: str | Path, engines: Engines | None = None) -> Instrument:
        """The model with this id, or in this folder.

        Raises:
            WeightsError: If there is no such model, or its weights don't fit its configuration.
        """
        folders = self.folders()
        folder = folders.get(str(name), Path(name))
        config = _config(folder)
        card = _card(folder, config, bundled=folder.parent == BUNDLED)
        beside = {path.name: path for path in folder.parent.glob("*") if path.is_dir()}
        return self._ready(_read(folder, card, {**folders, **beside}), engines)

    def _ready(self, pipeline: Pipeline, engines: Engines | None) -> Instrument:
        """An instrument that can paint what the model brings along."""
        for accepted in pipeline.inputs:
            for example in accepted.examples:
                self.attachments.put(example)
        return Instrument(pipeline, engines or Engines(), self.attachments)

    def _playable(self) -> Iterator[tuple[Path, Card]]:
        for folder in self.folders().values():
            try:
                config = _config(folder)
                card = _card(folder, config, bundled=folder.parent == BUNDLED)
            except WeightsError:
                continue  # a shared network, such as an autoencoder, or a card that is damaged
            yield folder, card


def _read(folder: Path, card: Card, shared: Mapping[str, Path]) -> Pipeline:
    """The model in a folder, which may come from anywhere: see `pipelines.bounds`."""
    module = import_module(FAMILIES[card.family])
    with bounded(folder, shared):
        pipeline: Pipeline = module.load(folder, card, shared)
    return pipeline


def _config(folder: Path) -> dict[str, Any]:
    """The configuration of a playable model."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise no_model(folder.name) from error
    if not isinstance(config, dict) or str(config.get("family")) not in FAMILIES:
        raise WeightsError(
            "unknown_family",
            name="family",
            value=config.get("family", "") if isinstance(config, dict) else "",
            rule=f"not one of {', '.join(FAMILIES)}",
            remedy="update Duet, or choose another model",
        )
    return config


def _card(folder: Path, config: Mapping[str, Any], *, bundled: bool) -> Card:
    """The card of a model folder; a folder without ``card.md`` gets a plain one.

    Raises:
        WeightsError: ``bad_weights`` for a card that cannot be read.
    """
    import yaml

    path = folder / "card.md"
    head: Mapping[str, Any] = {}
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text.startswith("---\n") and "\n---\n" in text[4:]:
            front, text = text[4:].split("\n---\n", 1)
            head = _head(front)
        if head.get("medium", "picture") not in MEDIA:
            raise ValueError("a medium that is not known")
        order = int(head.get("order", 100))
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise unfit(folder.name, error) from error
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
        order=order,
        shelf=str(head.get("shelf", "")) if head.get("shelf") in SHELVES else "",
    )


@lru_cache(maxsize=64)
def _head(front: str) -> Mapping[str, Any]:
    """The front matter of a card; cards are asked for often, and YAML is read slowly."""
    import yaml

    head = yaml.safe_load(front)
    return MappingProxyType(head) if isinstance(head, dict) else {}


@cache
def _bundled() -> Catalog:
    return Catalog()


def available() -> list[Card]:
    """Cards of the bundled models."""
    return _bundled().available()


def load(name: str | Path, engines: Engines | None = None) -> Instrument:
    """Load a bundled model by id, or a model from a folder; see `Catalog.load`."""
    return _bundled().load(name, engines)
