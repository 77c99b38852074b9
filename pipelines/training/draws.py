"""What a model makes by itself: fresh draws with their latents, attributes and features.

Teaching compares favourites with these, sliders are measured on them, and the proof counts in
their deviations. Nothing here knows a family: works are rendered through the instrument, and each
medium says what it looks at (`pipelines.media`).
Legend: N works, A attributes, F features, D width of a latent with its layers averaged.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media import measures_of
from pipelines.pipeline import Instrument
from pipelines.plates import picture_of
from pipelines.request import Request

if TYPE_CHECKING:
    from pipelines.engines import Quality

__all__ = ["COUNT", "Draws", "Seen", "flat", "look", "pixels_of", "seen_of"]

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
COUNT = 320
"""Draws that teaching and sliders stand on."""
FIRST = 20_000_000
"""First seed of the draws: apart from those that directions were fitted and measured on."""


def flat(latent: Floats) -> Floats:
    """A latent with its layers averaged, shape [D]; one without layers as it is."""
    found: Floats = latent.mean(axis=0) if latent.ndim > 1 else latent
    return found.reshape(-1).astype(np.float32)


def pixels_of(
    instrument: Instrument, requests: Sequence[Request], quality: Quality = "reference"
) -> Pixels:
    """What works look like, RGB in 0..255, shape [N, H, W, 3]."""
    return np.stack(
        [np.asarray(picture_of(instrument.render(r, quality=quality))) for r in requests]
    )


def seen_of(
    instrument: Instrument, requests: Sequence[Request], quality: Quality = "reference"
) -> Seen:
    """Render works and measure them."""
    medium = instrument.card.medium
    of = measures_of(medium)
    return look(medium, [of.seen(instrument.render(r, quality=quality)) for r in requests])


@dataclass(frozen=True)
class Seen:
    """Works as they are seen.

    Attributes:
        attributes: Measured, shape [N, A], in the order of ``names``.
        features: Shape [N, F].
        names: Of the attributes.
    """

    attributes: Floats
    features: Floats
    names: tuple[str, ...]


def look(medium: str, works: Sequence[Any] | Pixels) -> Seen:
    """Measure works, each as `pipelines.media.Measures.seen` gives it."""
    of, works = measures_of(medium), list(works)
    return Seen(of.attributes(works), of.features(works), of.names)


@dataclass(frozen=True)
class Draws:
    """Fresh draws of a model at its defaults.

    Attributes:
        latents: Layers averaged, shape [N, D].
        attributes: Shape [N, A].
        features: Shape [N, F].
        names: Of the attributes.
    """

    latents: Floats
    attributes: Floats
    features: Floats
    names: tuple[str, ...]

    @classmethod
    def of(
        cls, instrument: Instrument, *, count: int = COUNT, cached: Path | None = None
    ) -> Draws:
        """Draw and measure, or read what was measured before.

        Args:
            instrument: The model.
            count: How many.
            cached: Folder in which draws of every version are kept, by the sha256 of its weights.
        """
        place = cached / f"{instrument.pipeline.weights.base}-{count}.npz" if cached else None
        if place is not None and place.exists():
            return cls._load(place)
        requests = [instrument.request(seed=FIRST + i) for i in range(count)]
        latents = np.stack([flat(instrument.pipeline.place(r)) for r in requests])
        seen = seen_of(instrument, requests)
        found = cls(latents, seen.attributes, seen.features, seen.names)
        if place is not None:
            found._save(place)
        return found

    @property
    def unit(self) -> Floats:
        """Deviation of each attribute, shape [A]."""
        found: Floats = self.attributes.std(axis=0) + np.float32(1e-9)
        return found

    def _save(self, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        arrays = {n: getattr(self, n) for n in ("latents", "attributes", "features")}
        np.savez_compressed(buffer, names=np.array(self.names), **arrays)
        part = place.with_suffix(".part")
        part.write_bytes(buffer.getvalue())
        part.replace(place)

    @classmethod
    def _load(cls, place: Path) -> Draws:
        with np.load(place, allow_pickle=False) as stored:
            names = tuple(str(name) for name in stored["names"])
            return cls(stored["latents"], stored["attributes"], stored["features"], names)
