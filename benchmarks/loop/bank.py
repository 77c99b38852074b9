"""Works to learn from: fresh seeds of the shipped model, each rendered once by the fast engine.

A run never sees the same seed twice; different runs draw from the same bank in other orders, which
only saves rendering.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.atlas import Atlas, fit
from pipelines.attributes import ATTRIBUTES, measure

if TYPE_CHECKING:
    from pipelines.artifact import Artifact
    from pipelines.pipeline import Instrument

__all__ = ["FIRST", "Bank", "build", "instrument_of"]

FIRST = 20_000
CHUNK = 128
MODEL = "pomona"


@dataclass(frozen=True)
class Bank:
    """Works in the order of their seeds.

    Attributes:
        latents: Shape [N, ...] of the latent space.
        values: Attributes, shape [N, A].
        pixels: What the artist sees, shape [N, H, W, 3].
    """

    latents: NDArray[np.float32]
    values: NDArray[np.float64]
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        """How many works."""
        return len(self.latents)

    def artifacts(self, start: int, stop: int) -> list[Artifact]:
        """Some works as an artist receives them: the picture and its recipe, nothing measured."""
        from PIL import Image

        from pipelines.artifact import Artifact
        from pipelines.request import Request, Weights

        recipe = Request(MODEL, Weights("0" * 64))
        return [
            Artifact(
                "picture", Image.fromarray(self.pixels[i]), recipe.but(seed=FIRST + i), "fast"
            )
            for i in range(start, stop)
        ]

    def atlas(self, num: int) -> Atlas:
        """The atlas of the first ``num`` works."""
        names = tuple(ATTRIBUTES["picture"])
        return fit(
            self.latents[:num], self.values[:num], names, medium="picture", weights="0" * 64
        )


def instrument_of() -> Instrument:
    """The shipped model, its fast engine compiled."""
    from pipelines.catalog import Catalog
    from pipelines.engines import Engines

    root = Path(__file__).resolve().parents[2] / "assets" / "models"
    engines = Engines(device="cpu")
    instrument = Catalog((root,)).load(MODEL, engines)
    engines.warm(instrument.pipeline)
    return instrument


def build(
    num: int,
    instrument: Instrument,
    *,
    file: Path | None = None,
    say: Callable[[int], None] = lambda _done: None,
) -> Bank:
    """Render ``num`` works; with ``file`` go on where an earlier call stopped, and keep them."""
    done = _load(file)
    start = len(done) if done else 0
    parts: dict[str, list[Any]] = {"latents": [], "values": [], "pixels": []}
    if done:
        for name, part in parts.items():
            part.append(getattr(done, name))
    for first in range(start, num, CHUNK):
        seeds = range(FIRST + first, FIRST + min(first + CHUNK, num))
        requests = [instrument.request(seed=seed) for seed in seeds]
        made: list[Any] = [instrument.render(one, quality="fast").data for one in requests]
        pixels = np.stack([np.asarray(picture) for picture in made])
        found = measure("picture", pixels)
        parts["latents"].append(np.stack([instrument.pipeline.place(one) for one in requests]))
        parts["values"].append(np.stack(list(found.values()), axis=1).astype(np.float64))
        parts["pixels"].append(pixels)
        say(seeds.stop - FIRST)
        if file is not None and first // CHUNK % 4 == 3:
            _save(file, parts)
    if file is not None:
        _save(file, parts)
    return Bank(**{name: np.concatenate(part)[:num] for name, part in parts.items()})


def _save(file: Path, parts: dict[str, list[Any]]) -> None:
    draft = file.with_suffix(".part.npz")
    arrays: dict[str, Any] = {name: np.concatenate(part) for name, part in parts.items()}
    np.savez(draft, **arrays)
    draft.replace(file)


def _load(file: Path | None) -> Bank | None:
    if file is None or not file.exists():
        return None
    with np.load(file, allow_pickle=False) as stored:
        return Bank(**{name: stored[name] for name in ("latents", "values", "pixels")})
