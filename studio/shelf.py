"""Models that are held in memory, each loaded when asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipelines.catalog import Catalog
from pipelines.engines import Engines
from pipelines.errors import no_model
from pipelines.pipeline import Card, Instrument
from pipelines.recent import Recent
from studio.errors import StudioError

__all__ = ["MODELS", "Shelf"]

K = TypeVar("K", bound=Hashable)
MODELS = 4
"""Models that are held in memory."""
VERSIONS = 6
"""Taught versions that are held in memory."""


class Shelf:
    """Models by id, each loaded when asked for and let go of when not played for long.

    Args:
        catalog: Where models are found.
        engines: Run them.
    """

    def __init__(self, catalog: Catalog, engines: Engines) -> None:
        self.catalog = catalog
        self.engines = engines
        self._loaded: Recent[str, Instrument] = Recent(MODELS, self._gone)
        self._versions: Recent[tuple[str, str], Instrument] = Recent(VERSIONS, self._gone)
        self._weights: dict[str, str] = {}
        self._lock = threading.Lock()

    def cards(self) -> list[Card]:
        """Every model that can be played, by id."""
        return self.catalog.available()

    def folder(self, name: str) -> Path | None:
        """The folder of a playable model; only ids that are listed are ever looked up."""
        known = {card.id for card in self.cards()}
        return self.catalog.folders().get(name) if name in known else None

    def instrument(self, name: str, base: str = "") -> Instrument:
        """A model, ready to play.

        Args:
            name: Its id.
            base: sha256 of the weights of a taught version; the original for any other value,
                which then refuses recipes that ask for weights it does not have.

        Raises:
            WeightsError: ``no_model`` for an unknown id; what loading it says otherwise.
        """
        if base and self.catalog.version(name, base) is not None:
            load = partial(self.catalog.load_version, name, base, self.engines)
            return self._once(self._versions, (name, base), load)
        return self._once(self._loaded, name, lambda: self._load(name))

    def look(self, name: str) -> Instrument:
        """A model that is asked about but not played, which lets go of none that is.

        Raises:
            WeightsError: See `instrument`.
        """
        with self._lock:
            return self._loaded.find(name) or self._load(name)

    def weights(self, name: str) -> str:
        """sha256 of the weights of a model; it is loaded for that once at most.

        Raises:
            WeightsError: See `instrument`.
        """
        return self._weights.get(name) or self.look(name).pipeline.weights.base

    def _once(
        self, held: Recent[K, Instrument], key: K, load: Callable[[], Instrument]
    ) -> Instrument:
        """What is held; else loaded by one thread, for which others wait."""
        found = held.find(key)
        if found is not None:
            return found
        with self._lock:
            return held.get(key, load)

    def _gone(self, _: object, instrument: Instrument) -> None:
        self.engines.release(instrument.pipeline.weights.base)

    def loaded(self, name: str) -> bool:
        """Whether asking for a model is instant."""
        return name in self._loaded

    def first(self) -> Instrument:
        """The model that the page opens with.

        Raises:
            StudioError: ``no_models`` if there is none at all.
        """
        cards = self.cards()
        if not cards:
            raise StudioError(
                "no_models",
                name="models",
                value=", ".join(str(root) for root in self.catalog.roots),
                rule="without any model",
                remedy="install Duet again, or give a folder of models with --models",
            )
        return self.instrument(cards[0].id)

    def forget(self, name: str, base: str) -> None:
        """Let go of a version that is about to be deleted."""
        self._versions.drop((name, base))
        self.engines.release(base)

    def _load(self, name: str) -> Instrument:
        if self.folder(name) is None:
            raise no_model(name)
        found = self.catalog.load(name, self.engines)
        self._weights[name] = found.pipeline.weights.base
        return found
