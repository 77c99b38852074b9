"""How good sprites are: likeness to unseen ones, variety, copies, milliseconds.

    python -m benchmarks.sprites --data DIR [--model DIR] [--quick] [--card] [--json]

Draws at defaults, seeds 0, 1, 2, ..., as many as there are sprites in the test split
(`pipelines.training.data.split_of`), are measured against that split as `benchmarks.quality` does,
beside as many sprites that were trained on; all of them laid on the page's mat. Copies are told in
features and in pixels (premultiplied OKLab and coverage, also mirrored): how near the nearest of
all training sprites is, beside how near it is to sprites of the test split. ``own_kind`` is the
share of draws whose five nearest training sprites in pixels are mostly of the kind that was asked
for, beside that of the test split.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.one_model import MODELS, frame, parser, report
from benchmarks.quality import figure
from pipelines.image.pixels import flat
from pipelines.training import features, measures
from pipelines.training.reference import hashed_order
from pipelines.training.sprite_data import Sprites, load_sprites, premultiplied

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["nearest", "run"]

MODEL = MODELS / "bestiary"
QUICK_COUNT, NEAREST, ENLARGED = 32, 5, 4
MAX_SWD_RATIO, MIN_DIVERSITY, MIN_COPIES = 2.0, 0.85, 0.9
MAX_MILLISECONDS, MAX_WHOLE = 40.0, 400.0
Pixels = NDArray[np.uint8]
Figures = dict[str, dict[str, Any]]


def run(data: Path, quick: bool = False, folder: Path = MODEL) -> Figures:
    """Measure the model.

    Args:
        data: The sprites it was trained on, with their test split.
        quick: Smaller numbers, same code.
        folder: The model.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.
    """
    from pipelines import catalog

    instrument = catalog.load(folder)
    sprites = load_sprites(data, instrument.pipeline.velocity.sizes.resolution)  # type: ignore[attr-defined]
    test, train = sprites.split("test"), sprites.split("train")
    instrument.engines.warm(instrument.pipeline)
    count = min(QUICK_COUNT, len(test.names)) if quick else len(test.names)
    kept, drawn, kinds = test.pixels[:count], *_drawn(instrument, count)
    return (
        _samples(drawn, kept, train)
        | _copies(drawn, kept, train)
        | _kinds(drawn, kinds, test, train)
        | _speed(instrument, 12 if quick else 30)
    )


def _drawn(instrument: Instrument, count: int) -> tuple[Pixels, list[str]]:
    """Draws, RGBA [N, R, R, 4], and the kind of each."""
    requests = [instrument.request(seed=seed) for seed in range(count)]
    pictures = [instrument.render(one, quality="fast").data for one in requests]
    kinds = [str(instrument.pipeline.resolve(one)["species"]) for one in requests]
    return np.stack([np.asarray(one) for one in pictures]), kinds


def _laid(pixels: Pixels) -> Pixels:
    """RGB on the mat."""
    return np.stack([np.asarray(flat(Image.fromarray(one, "RGBA"))) for one in pixels])


def _samples(drawn: Pixels, kept: Pixels, train: Sprites) -> Figures:
    """Distance to kept-out sprites beside that of trained ones, diversity, copies in features."""
    own = train.pixels[hashed_order(train.names)]
    sets = [_laid(x) for x in (drawn, own[: len(kept)], kept)]
    quantiles = [measures.patch_quantiles(x) for x in sets]
    found, real = (measures.quantile_distance(one, quantiles[2]) for one in quantiles[:2])
    ratio = found["mean"] / real["mean"]
    figures = {"swd_ratio": figure(ratio, "x", f"<= {MAX_SWD_RATIO:g}", ratio <= MAX_SWD_RATIO)}
    for level in (name for name in found if name != "mean"):
        figures[f"swd_ratio_{level}px"] = figure(found[level] / real[level], "x")
    network = features.load()
    made, real_, library = (
        features.embed(network, _enlarged(x)).vectors for x in (sets[0], sets[2], _laid(own))
    )
    spread = measures.diversity(made) / measures.diversity(real_)
    aim = f">= {MIN_DIVERSITY}"
    figures["diversity"] = figure(spread, "of real", aim, spread >= MIN_DIVERSITY)
    near, usual = (
        float(np.percentile(measures.nearest_distances(x, library), 1)) for x in (made, real_)
    )
    copies = near / usual
    aim = f">= {MIN_COPIES}"
    figures["copies_features"] = figure(copies, "of kept-out", aim, copies >= MIN_COPIES)
    return figures


def _enlarged(pictures: Pixels) -> Pixels:
    """Pictures at the side that the feature network knows."""
    return pictures.repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)


def _flat(pixels: Pixels) -> NDArray[np.float32]:
    return premultiplied(pixels).reshape(len(pixels), -1)


def nearest(pixels: Pixels, train: Sprites) -> NDArray[np.float64]:
    """Distance in pixels of each [N, R, R, 4] to every training sprite or its mirror; [N, M]."""
    given, library = _flat(pixels), _flat(train.pixels)
    mirrored = _flat(np.ascontiguousarray(train.pixels[:, :, ::-1]))
    apart = [
        np.stack([((one - other) ** 2).sum(axis=1, dtype=np.float64) for one in given])
        for other in (library, mirrored)
    ]
    found: NDArray[np.float64] = np.sqrt(np.minimum(apart[0], apart[1]))
    return found


def _copies(drawn: Pixels, kept: Pixels, train: Sprites) -> Figures:
    """The median and the nearest hundredth of the distances, beside those of kept-out sprites."""
    made, own = (nearest(x, train).min(axis=1) for x in (drawn, kept))
    usual = float(np.median(made) / np.median(own))
    close = float(np.mean(made < np.percentile(own, 1)))
    return {
        "copies_pixels": figure(usual, "of kept-out", f">= {MIN_COPIES}", usual >= MIN_COPIES),
        "closer_than_kept_out": figure(close, "of draws (0.01 of kept-out)"),
    }


def _kinds(drawn: Pixels, kinds: list[str], test: Sprites, train: Sprites) -> Figures:
    asked = np.array([train.kinds.index(kind) for kind in kinds])
    shares = []
    for pixels, labels in ((drawn, asked), (test.pixels, test.labels)):
        near = train.labels[nearest(pixels, train).argsort(axis=1)[:, :NEAREST]]
        votes = np.stack([np.bincount(row, minlength=len(train.kinds)) for row in near])
        shares.append(float((votes.argmax(axis=1) == labels).mean()))
    return {"own_kind": figure(shares[0], f"of draws ({shares[1]:.2f} of kept-out)")}


def _speed(instrument: Instrument, count: int) -> Figures:
    """Median milliseconds of a frame, from a slider's value to the picture."""
    figures = {}
    for name, control in (("form", "size"), ("colour", "lightness"), ("seed", "seed")):
        known = {one.name for one in instrument.controls}
        moved = control if control in known else "truncation_psi"
        drag = [
            instrument.request(**{"seed": 1, moved: i if moved == "seed" else i / count})
            for i in range(count)
        ]
        figures[f"frame_{name}"] = frame(instrument, drag, MAX_MILLISECONDS, quality="draft")
    whole = [instrument.request(seed=seed) for seed in range(count // 2)]
    figures["whole_fast"] = frame(instrument, whole, MAX_WHOLE)
    figures["whole_reference"] = frame(instrument, whole, MAX_WHOLE, quality="reference")
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure sprites.", model=MODEL).parse_args(arguments)
    report(options, run(options.data, options.quick, options.model))


if __name__ == "__main__":
    main()
