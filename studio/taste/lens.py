"""How works look to a taste: the atlas of each model, and the features of each recipe."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.atlas import NUM_WORKS, Atlas, draw
from pipelines.errors import DuetError
from pipelines.request import Request
from studio.library import Tile

if TYPE_CHECKING:
    from pipelines.artifact import Artifact
    from pipelines.pipeline import Instrument
    from studio.house import House

__all__ = ["Lens", "Lenses"]

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)
FILE = "atlas.npz"


class Lens:
    """Features of the recipes of one model.

    Args:
        find: Gives the model; it may be let go of and loaded again meanwhile.
        atlas: Drawn from it.
    """

    def __init__(self, find: Callable[[], Instrument], atlas: Atlas) -> None:
        self._find = find
        self.atlas = atlas
        words = atlas.basis.astype("<f4").tobytes() + atlas.mean.astype("<f4").tobytes()
        self.id = hashlib.sha256(words).hexdigest()

    @property
    def instrument(self) -> Instrument:
        """The model."""
        return self._find()

    def features(self, tile: Tile) -> NDArray[np.float64] | None:
        """Shape [F]; None for a recipe of another model, or one that can't be placed any more."""
        if tile.atlas == self.id and len(tile.features) == 4 * self.atlas.num_features:
            return np.frombuffer(tile.features, "<f4").astype(np.float64)
        try:
            instrument = self.instrument
            request = instrument.check(Request.from_json(tile.request))
            latent = instrument.pipeline.place(request)
        except DuetError:
            return None
        z = self.atlas.standard(tile.attributes)[None]
        vector: Floats = self.atlas.features(latent[None], z)[0]
        return vector

    def seen(self, tile: Tile) -> Tile:
        """The tile with its features, so that no one has to place it again."""
        vector = self.features(tile)
        if vector is None:
            return tile
        return Tile(tile.request, tile.attributes, self.id, vector.astype("<f4").tobytes())

    def of(self, requests: list[Request], values: Mapping[str, float] | None = None) -> Floats:
        """Features of recipes of this model [N, F], guessed but for those measured as ``values``.

        Raises:
            LatentError: For a recipe that cannot be placed.
        """
        pipeline = self.instrument.pipeline
        latents = np.stack([pipeline.place(one) for one in requests])
        z = None if values is None else self.atlas.standard(values)[None]
        return self.atlas.features(latents, z)


class Lenses:
    """The lens of each model: bundled, or drawn in the background when first asked for.

    Args:
        house: Whose models, and whose threads render behind live frames.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._found: dict[str, Lens] = {}
        self._drawing: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def of(self, model: str) -> Lens | None:
        """The lens of a model; None while its atlas is still being drawn.

        Raises:
            WeightsError: ``no_model``.
        """
        weights = self._house.shelf.weights(model)
        with self._lock:
            found = self._found.get(weights)
            if found is not None or weights in self._drawing or self._closed.is_set():
                return found
        atlas = self._stored(model, weights)
        with self._lock:
            if atlas is not None:
                return self._found.setdefault(weights, Lens(self._finding(model), atlas))
            if weights not in self._drawing:
                thread = threading.Thread(
                    target=self._draw, args=(model, weights), name="atlas", daemon=True
                )
                self._drawing[weights] = thread
                thread.start()
        return None

    def shipped(self, model: str) -> Atlas | None:
        """The atlas in a model's own folder: unlike one that is drawn here, it never comes late.

        Raises:
            WeightsError: ``no_model``.
        """
        folder = self._house.shelf.folder(model)
        weights = self._house.shelf.weights(model)
        return None if folder is None else _read(folder / FILE, weights)

    def _finding(self, model: str) -> Callable[[], Instrument]:
        return lambda: self._house.shelf.instrument(model)

    def close(self) -> None:
        """Draw no further."""
        self._closed.set()
        for thread in list(self._drawing.values()):
            thread.join(timeout=5)

    def _cached(self, weights: str) -> Path:
        return self._house.settings.library / "cache" / "atlas" / f"{weights}.npz"

    def _stored(self, model: str, weights: str) -> Atlas | None:
        folder = self._house.shelf.folder(model)
        files = (*([folder / FILE] if folder else []), self._cached(weights))
        return next((atlas for file in files if (atlas := _read(file, weights))), None)

    def _draw(self, model: str, weights: str) -> None:
        """Render a few hundred seeds between other tiles, and keep what was measured."""
        find = self._finding(model)

        def render(request: Request) -> Artifact:
            if self._closed.is_set():
                raise InterruptedError
            job = self._house.pool.submit("tile", lambda: find().render(request, quality="draft"))
            return job.result()

        try:
            atlas = draw(find(), NUM_WORKS, render=render)
            with self._lock:
                self._found[weights] = Lens(find, atlas)
            file = self._cached(weights)
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".part.npz")
            atlas.save(draft)
            draft.replace(file)
        except Exception as fault:  # the studio works without; the next start tries again
            if not self._closed.is_set():
                log.warning("the atlas of %s could not be drawn or kept: %r", weights[:12], fault)


def _read(file: Path, weights: str) -> Atlas | None:
    """The atlas in a file, if it can be read and is of these weights."""
    try:
        atlas = Atlas.load(file)
    except (OSError, ValueError, KeyError):
        return None
    return atlas if atlas.weights == weights else None
