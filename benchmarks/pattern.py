"""How good patterns are: likeness to unseen feet, variety, copies, the seam, milliseconds.

    python -m benchmarks.pattern --data DIR [--model DIR] [--quick] [--card] [--json]

Of every picture the foot is kept out (`pipelines.training.swatches`). Squares of 64 pixels of
woven tiles, at truncation 0 so that colours are the designs' own, are measured against squares of
the feet as `benchmarks.quality` does, beside squares of what was trained on. Copies are told in
features and in pixels: how near each square is to the nearest square of the same side in the
training pictures, at any offset of 4 pixels.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.one_model import MODELS, frame, parser, report
from benchmarks.quality import figure
from pipelines.training import features, measures
from pipelines.training.swatches import Swatch, load_swatches

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["run"]

MODEL = MODELS / "trellis"
COUNT, QUICK_COUNT = 480, 96
SIDE, STRIDE = 64, 4
MAX_SWD_RATIO, MIN_DIVERSITY, MAX_SEAM, MAX_MILLISECONDS = 2.0, 0.85, 1.25, 40.0
Pixels = NDArray[np.uint8]
Figures = dict[str, dict[str, Any]]


def run(data: Path, quick: bool = False, folder: Path = MODEL) -> Figures:
    """Measure the model.

    Args:
        data: The pictures it was trained on.
        quick: Smaller numbers, same code.
        folder: The model.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.
    """
    from pipelines import catalog

    instrument, swatches = catalog.load(folder), load_swatches(data)
    count = QUICK_COUNT if quick else COUNT
    return (
        _samples(instrument, swatches, count)
        | _seams(instrument, max(8, count // 16))
        | _speed(instrument, 10 if quick else 30)
    )


def tile(instrument: Instrument, seed: int, side: int = 256, **more: object) -> Pixels:
    """One tile, shape [side, side, 3]."""
    request = instrument.request(seed=seed, resolution=str(side), repeat="1", **more)
    return np.asarray(instrument.render(request).data)


def squares(picture: Pixels, count: int, chance: np.random.Generator) -> list[Pixels]:
    """Random squares of a picture; a foot that is lower than a square is enlarged."""
    from PIL import Image

    least = min(picture.shape[:2])
    if least < SIDE:
        size = tuple(round(side * SIDE / least) for side in picture.shape[1::-1])
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    found = []
    for _ in range(count):
        top, left = (chance.integers(side - SIDE + 1) for side in picture.shape[:2])
        found.append(picture[top : top + SIDE, left : left + SIDE])
    return found


def _samples(instrument: Instrument, swatches: list[Swatch], count: int) -> Figures:
    chance = np.random.Generator(np.random.Philox(0))
    each = count // len(swatches) + 1
    tops = [swatch.scaled(1.0) for swatch in swatches]
    feet = [np.asarray(swatch.part(foot=True)) for swatch in swatches]
    real, kept = (
        np.stack([one for picture in pictures for one in squares(picture, each, chance)])
        for pictures in (tops, feet)
    )
    tiles = [tile(instrument, seed, truncation_psi=0.0) for seed in range(count // 4)]
    drawn = np.stack([one for made in tiles for one in squares(made, 4, chance)])
    quantiles = [measures.patch_quantiles(x) for x in (drawn, real, kept)]
    found, usual = (measures.quantile_distance(one, quantiles[2]) for one in quantiles[:2])
    ratio = found["mean"] / usual["mean"]
    figures = {"swd_ratio": figure(ratio, "x", f"<= {MAX_SWD_RATIO:g}", ratio <= MAX_SWD_RATIO)}
    network = features.load()
    made, own = (features.embed(network, _doubled(x)).vectors for x in (drawn, kept))
    spread = measures.diversity(made) / measures.diversity(own)
    aim = f">= {MIN_DIVERSITY}"
    figures["diversity"] = figure(spread, "of real", aim, spread >= MIN_DIVERSITY)
    return figures | _copies(drawn, kept, tops)


def _doubled(pictures: Pixels) -> Pixels:
    """Pictures at the side that the feature network knows."""
    return pictures.repeat(2, axis=1).repeat(2, axis=2)


def _copies(drawn: Pixels, kept: Pixels, tops: list[Pixels]) -> Figures:
    """Median distance in pixels to the nearest training square, beside that of the feet."""
    library = np.concatenate([_thumbs(_every(top)) for top in tops])
    nearest, usual = (
        float(np.median(measures.nearest_distances(_thumbs(x), library)))
        for x in (drawn[:QUICK_COUNT], kept[:QUICK_COUNT])
    )
    return {"copies": figure(nearest / usual, "of kept-out")}


def _every(picture: Pixels) -> Pixels:
    windows = np.lib.stride_tricks.sliding_window_view(picture, (SIDE, SIDE), axis=(0, 1))
    some = windows[::STRIDE, ::STRIDE].transpose(0, 1, 3, 4, 2)
    return some.reshape(-1, SIDE, SIDE, 3)


def _thumbs(pictures: Pixels) -> NDArray[np.float32]:
    """Means of 8 x 8 pixels, flat, shape [N, 192]."""
    parts = pictures.reshape(len(pictures), 8, 8, 8, 8, 3)
    means: NDArray[np.float32] = parts.mean(axis=(2, 4), dtype=np.float32)
    return means.reshape(len(pictures), -1)


def _seams(instrument: Instrument, count: int) -> Figures:
    """Mean step across the seam beside the median step inside, the worst of both ways."""
    ratios = []
    for seed in range(count):
        made = tile(instrument, seed).astype(np.float32)
        for way in (made, made.transpose(1, 0, 2)):
            steps = np.abs(way - np.roll(way, 1, axis=1)).mean(axis=(0, 2))
            ratios.append(float(steps[0] / np.median(steps)))
    value = float(np.mean(ratios))
    return {"seam": figure(value, "of steps inside", f"<= {MAX_SEAM:g}", value <= MAX_SEAM)}


def _speed(instrument: Instrument, count: int) -> Figures:
    """Milliseconds of a frame while a colour is dragged and while the weave is; large pictures."""
    instrument.engines.warm(instrument.pipeline)
    figures = {}
    for name, control in (("colour", "lightness"), ("weave", "wander")):
        drag = [instrument.request(seed=1, **{control: i / count}) for i in range(count)]
        figures[f"frame_{name}"] = frame(instrument, drag, MAX_MILLISECONDS)
    for name, repeat in (("repeat_2048", "8"), ("tile_2048", "1")):
        begun = time.perf_counter()
        instrument.render(instrument.request(seed=2, resolution="2048", repeat=repeat))
        figures[name] = figure(time.perf_counter() - begun, "s")
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure patterns.", model=MODEL).parse_args(arguments)
    report(options, run(options.data, options.quick, options.model))


if __name__ == "__main__":
    main()
