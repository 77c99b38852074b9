"""How good a variational autoencoder is: unseen pictures, samples, labels, milliseconds.

    python -m benchmarks.vae --data DIR [--model DIR] [--quick] [--card] [--json]

Pictures of the test split (`pipelines.training.data.split_of`) are read and painted again: PSNR,
SSIM, and how well their labels survive, as a reader trained on real pictures sees it. Samples are
drawn at defaults, seeds 0, 1, 2, ..., and measured against the test split as `benchmarks.quality`
does: sliced Wasserstein distance beside that of training pictures, diversity, copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.one_model import MODELS, frame, parser, report
from benchmarks.quality import figure
from pipelines.training import features, measures
from pipelines.training.reference import hashed_order
from pipelines.training.repainting import again, latents, painted

if TYPE_CHECKING:
    from pipelines.engines import Quality
    from pipelines.image.vae import VAE
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures

__all__ = ["run", "samples", "speed"]

MODEL = MODELS / "commedia"
COUNT, QUICK_COUNT, LIBRARY = 700, 128, 4000
MAX_SWD_RATIO, MIN_DIVERSITY, MIN_COPIES = 2.0, 0.85, 0.9
MAX_MILLISECONDS, MIN_AGREEMENT = 40.0, 0.8
Pixels = NDArray[np.uint8]
Figures = dict[str, dict[str, Any]]


def run(
    data: Path, quick: bool = False, folder: Path = MODEL, cache: Path | None = None
) -> Figures:
    """Measure the model.

    Args:
        data: The pictures it was trained on, with their test split.
        quick: Smaller numbers, same code.
        folder: The model.
        cache: Folder that keeps the decoded pictures.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.image.vae import VAE
    from pipelines.training.data import load_pictures

    instrument = catalog.load(folder)
    model = instrument.pipeline
    if not isinstance(model, VAE):
        raise ValueError(f"model={folder} is no variational autoencoder; give one")
    pictures = load_pictures(data, model.inverter().side, cache)
    count = QUICK_COUNT if quick else COUNT
    test = pictures.split("test")
    kept = test.pixels[hashed_order(test.names)[:count]]
    names = tuple(np.array(test.names)[hashed_order(test.names)[:count]])
    figures = _unseen(model, kept)
    if (folder / "reader.safetensors").is_file() and (data / "labels.csv").is_file():
        figures |= _labels(model, folder, data, names, kept)
    return (
        figures
        | samples(painted(model, latents(model, 0, count)), kept, pictures)
        | speed(instrument)
    )


def _unseen(model: VAE, kept: Pixels) -> Figures:
    """How near unseen pictures come back."""
    close = measures.fidelity(again(model, kept), kept)
    return {
        "unseen_psnr": figure(close["psnr"], "dB"),
        "unseen_ssim": figure(close["ssim"], ""),
    }


def _labels(model: VAE, folder: Path, data: Path, names: tuple[str, ...], kept: Pixels) -> Figures:
    """Share of each label's variance that is still read off what is painted again."""
    from pipelines.training.labels import explained, load_reader, read_labels

    reader = load_reader(folder)
    labels, wanted = read_labels(data, names)
    found = explained(reader.read(again(model, kept)), wanted)
    real = explained(reader.read(kept), wanted)
    figures = {}
    for name, share, best in zip(labels, found, real, strict=True):
        figures[f"label_{name}"] = figure(float(share), f"of variance ({best:.2f} on originals)")
    mean = float(found.mean())
    return figures | {
        "labels": figure(mean, "of variance", f">= {MIN_AGREEMENT}", mean >= MIN_AGREEMENT)
    }


def samples(drawn: Pixels, kept: Pixels, pictures: Pictures) -> Figures:
    """Distance to kept-out pictures beside that of training pictures, diversity, copies."""
    train = pictures.split("train")
    chosen = hashed_order(train.names)
    quantiles = [
        measures.patch_quantiles(x) for x in (drawn, train.pixels[chosen[: len(kept)]], kept)
    ]
    found, real = (measures.quantile_distance(one, quantiles[2]) for one in quantiles[:2])
    ratio = found["mean"] / real["mean"]
    figures = {"swd_ratio": figure(ratio, "x", f"<= {MAX_SWD_RATIO:g}", ratio <= MAX_SWD_RATIO)}
    for level in (name for name in found if name != "mean"):
        figures[f"swd_ratio_{level}px"] = figure(found[level] / real[level], "x")
    network = features.load()
    library = features.embed(network, train.pixels[chosen[:LIBRARY]]).vectors
    made, own = (features.embed(network, x).vectors for x in (drawn, kept))
    spread = measures.diversity(made) / measures.diversity(own)
    nearest, usual = (
        float(np.percentile(measures.nearest_distances(x, library), 1)) for x in (made, own)
    )
    copies = nearest / usual
    figures["diversity"] = figure(
        spread, "of real", f">= {MIN_DIVERSITY}", spread >= MIN_DIVERSITY
    )
    figures["copies"] = figure(copies, "of kept-out", f">= {MIN_COPIES}", copies >= MIN_COPIES)
    return figures


def speed(instrument: Instrument, count: int = 40) -> Figures:
    """Median milliseconds of a frame, from a slider's value to the picture."""
    instrument.engines.warm(instrument.pipeline)
    drag = [instrument.request(seed=1, truncation_psi=1 - i / count) for i in range(count)]
    qualities: tuple[Quality, ...] = ("reference", "fast")
    return {
        f"frame_{one}": frame(instrument, drag, MAX_MILLISECONDS, quality=one) for one in qualities
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    described = "Measure a variational autoencoder."
    options = parser(described, model=MODEL, cache=True).parse_args(arguments)
    report(options, run(options.data, options.quick, options.model, options.cache))


if __name__ == "__main__":
    main()
