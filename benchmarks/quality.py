"""How good the pictures of `pomona` are: distance to real ones, diversity, copies, the judge.

    python -m benchmarks.quality [--quick] [--data DIR] [--card] [--json]

Measured against ``reference.npz`` beside the weights (see `pipelines.training.reference`). With
``--data`` also against the pictures themselves: copies with flips and small crops, in features and
in pixels, and what the autoencoder alone loses. Samples are drawn at defaults, seeds 0, 1, 2, ...
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.training import features, measures
from pipelines.training.reference import COUNT, QUICK_COUNT, Reference, build, crops, hashed_order

if TYPE_CHECKING:
    from pipelines.engines import Quality
    from pipelines.networks.features import FeatureNetwork
    from pipelines.pipeline import Instrument
    from pipelines.request import Request
    from pipelines.training.data import Pictures

__all__ = [
    "Figures",
    "Samples",
    "distances",
    "figure",
    "run",
    "streamed",
    "variety",
    "write_quality",
]

MODEL = Path(__file__).resolve().parents[1] / "assets" / "models" / "pomona"
COPY_COUNT = 1000
MAX_SWD_RATIO = 2.0
MIN_DIVERSITY = 0.85
MIN_COPIES = 0.9
LAB_SIDE = 32
Pixels = NDArray[np.uint8]
Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Samples:
    """Pictures at defaults.

    Attributes:
        pixels: RGB in 0..255, shape [N, R, R, 3].
        species: Class that each was drawn as, shape [N].
    """

    pixels: Pixels
    species: NDArray[np.int64]


def sample(folder: Path, count: int) -> Samples:
    """Pictures of seeds 0 to ``count`` - 1 at defaults, in batches."""
    from pipelines import catalog
    from pipelines.training.subject import Subject, paint_pixels

    instrument = catalog.load(folder)
    pipeline: Any = instrument.pipeline
    names = [pipeline.resolve(instrument.request(seed=seed)) for seed in range(count)]
    known = list(pipeline.species)
    species = [known.index(found["species"]) if found else 0 for found in names]
    subject = Subject.of(folder)
    return Samples(paint_pixels(subject, subject.locate(range(count))), np.array(species))


def run(quick: bool = False, data: Path | None = None, folder: Path = MODEL) -> Figures:
    """Measure the model.

    Args:
        quick: 128 samples instead of 1,000.
        data: Folder of the real pictures, for the figures that need them.
        folder: The model.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.
    """
    network = features.load()
    reference = Reference.load(folder / "reference.npz")
    count = QUICK_COUNT if quick else COUNT
    drawn = sample(folder, QUICK_COUNT if quick else COPY_COUNT)
    figures = distances(drawn.pixels[:count], reference, count)
    figures |= variety(drawn, network, reference, count)
    if data is not None:
        from pipelines.training.data import load_pictures

        figures |= _against(load_pictures(data), drawn.pixels, network, folder)
    return figures


def figure(value: float, unit: str, aim: str = "", met: bool | None = None) -> dict[str, Any]:
    """A figure with its aim, and whether it is met."""
    return {"value": round(value, 4), "unit": unit, "aim": aim, "met": met}


def distances(pixels: Pixels, reference: Reference, count: int) -> Figures:
    """Sliced Wasserstein distances to the kept-out pictures, beside those of training pictures."""
    found = measures.quantile_distance(measures.patch_quantiles(pixels), reference.patches)
    real = reference.real[count]
    ratio = found["mean"] / real["mean"]
    figures = {
        "swd_ratio": figure(ratio, "x", f"<= {MAX_SWD_RATIO:g}", ratio <= MAX_SWD_RATIO),
        "swd_samples": figure(found["mean"], "x 1000"),
        "swd_training_pictures": figure(real["mean"], "x 1000"),
    }
    for level in (name for name in found if name != "mean"):
        figures[f"swd_ratio_{level}px"] = figure(found[level] / real[level], "x")
    return figures


def variety(drawn: Samples, network: FeatureNetwork, reference: Reference, count: int) -> Figures:
    """Diversity, copies by the shipped library, and what the judge reads."""
    found = features.embed(network, drawn.pixels)
    spread = measures.diversity(found.vectors[:count]) / reference.figures["diversity"]
    nearest = reference.nearest(network, drawn.pixels)
    copies = float(np.percentile(nearest, 1)) / reference.figures["copies"]
    judged = float((found.classes.argmax(axis=1) == drawn.species).mean())
    real = reference.figures["accuracy"]
    return {
        "diversity": figure(spread, "of real", f">= {MIN_DIVERSITY}", spread >= MIN_DIVERSITY),
        "copies": figure(copies, "of kept-out", f">= {MIN_COPIES}", copies >= MIN_COPIES),
        "species_read_by_judge": figure(judged, f"share (real pictures: {real:.2f})"),
    }


def _against(pictures: Pictures, pixels: Pixels, network: FeatureNetwork, folder: Path) -> Figures:
    """Copies with flips and crops, and the autoencoder alone, against the pictures themselves."""
    train, test = pictures.split("train"), pictures.split("test")
    library = crops(train.pixels)
    figures = {}
    for name, describe in (
        ("copies_features", lambda x: features.embed(network, x).vectors),
        ("copies_pixels", _tiny_lab),
    ):
        nearest, own = np.full(len(pixels), np.inf), np.full(len(test.pixels), np.inf)
        samples, kept_out = describe(pixels), describe(test.pixels)
        for part in library:  # one view at a time bounds the memory
            known = describe(part)
            nearest = np.minimum(nearest, measures.nearest_distances(samples, known))
            own = np.minimum(own, measures.nearest_distances(kept_out, known))
        ratio = float(np.percentile(nearest, 1) / np.percentile(own, 1))
        met = ratio >= MIN_COPIES
        figures[name] = figure(ratio, "of kept-out, flips and crops in", f">= {MIN_COPIES}", met)
    return figures | _autoencoder(pictures, folder)


def _tiny_lab(pixels: Pixels) -> NDArray[np.float32]:
    """Pictures as 32 x 32 L*a*b* colours, shape [N, 3072]; a mean distance per pixel."""
    from pipelines.attributes import lab

    factor = pixels.shape[1] // LAB_SIDE
    parts = []
    for batch in np.array_split(pixels, max(1, len(pixels) // 256)):
        blocks = batch.reshape(len(batch), LAB_SIDE, factor, LAB_SIDE, factor, 3)
        planes = lab(blocks.mean(axis=(2, 4), dtype=np.float32) / np.float32(255))
        parts.append(np.stack(planes, axis=-1).reshape(len(batch), -1) / LAB_SIDE)
    return np.concatenate(parts).astype(np.float32)


def _autoencoder(pictures: Pictures, folder: Path) -> Figures:
    """What the autoencoder alone loses on kept-out pictures: the floor of every latent model."""
    import torch

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if not config.get("autoencoder"):
        return {}
    from pipelines.image.autoencoder import LatentCodec, load_autoencoder

    codec = LatentCodec(load_autoencoder(folder.parent / config["autoencoder"])).eval()
    train, test = pictures.split("train"), pictures.split("test")
    kept_out = test.pixels[hashed_order(test.names)[:COUNT]]
    other = train.pixels[hashed_order(train.names)[:COUNT]]
    restored = []
    with torch.inference_mode():
        for batch in np.array_split(kept_out, len(kept_out) // 16 + 1):
            planes = torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 127.5 - 1
            again = codec.decode(codec.encode(planes)).clamp(-1, 1).permute(0, 2, 3, 1)
            restored.append((again * 127.5 + 127.5).round().to(torch.uint8).numpy())
    rebuilt = np.concatenate(restored)
    close = measures.fidelity(rebuilt, kept_out)
    # Against other real pictures, as samples are: a set is always near its own reconstruction.
    far = measures.sliced_wasserstein(rebuilt, other)["mean"]
    real = measures.sliced_wasserstein(kept_out, other)["mean"]
    return {
        "autoencoder_psnr": figure(close["psnr"], "dB on kept-out pictures"),
        "autoencoder_ssim": figure(close["ssim"], "on kept-out pictures"),
        "autoencoder_swd_ratio": figure(far / real, "x, the floor of swd_ratio"),
    }


def streamed(instrument: Instrument, requests: Sequence[Request], most: float) -> Figures:
    """Seconds of a whole work and until its first preview, medians; the first request warms up."""
    instrument.engines.warm(instrument.pipeline)
    figures = {}
    qualities: tuple[Quality, ...] = ("reference", "fast")
    for quality in qualities:
        first, whole = [], []
        for request in requests:
            begun = time.perf_counter()
            took = [
                time.perf_counter() - begun for _ in instrument.stream(request, quality=quality)
            ]
            first.append(took[0])
            whole.append(took[-1])
        median = float(np.median(whole[1:]))
        figures[f"seconds_{quality}"] = figure(median, "s", f"<= {most:g}", median <= most)
        figures[f"seconds_{quality}_preview"] = figure(float(np.median(first[1:])), "s")
    return figures


def write_quality(
    folder: Path, figures: Figures, *, heading: str = "Quality", more: str = ""
) -> None:
    """Put the figures of a model's own benchmark into its card, and ``more`` below them."""
    from pipelines.training.cards import replace_section, table

    rows = [(n, f"{f['value']:.3f}", f["unit"], f["aim"]) for n, f in figures.items()]
    shown = table(("figure", "value", "unit", "aim"), rows)
    replace_section(folder / "card.md", heading, f"{shown}\n\n{more}")


def _table(figures: Figures) -> str:
    """The figures as Markdown."""
    from pipelines.training.cards import table

    met = {True: "yes", False: "no", None: ""}
    rows = [
        (name, f"{one['value']:.3f}", one["unit"], one["aim"], met[one["met"]])
        for name, one in figures.items()
    ]
    return table(("figure", "value", "unit", "aim", "met"), rows)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(description="Measure picture quality.")
    parser.add_argument("--model", type=Path, default=MODEL, help="folder of the model")
    parser.add_argument("--quick", action="store_true", help="128 samples")
    parser.add_argument("--data", type=Path, help="folder of the real pictures")
    parser.add_argument("--card", action="store_true", help="write the table into the card")
    parser.add_argument("--json", action="store_true", help="print one object, not a table")
    parser.add_argument("--reference", action="store_true", help="write reference.npz from --data")
    options = parser.parse_args(arguments)
    if options.reference:
        from pipelines.training.data import load_pictures

        build(load_pictures(options.data), features.load()).save(options.model / "reference.npz")
        return
    figures = run(options.quick, options.data, options.model)
    if options.card:
        from pipelines.training.cards import replace_section

        replace_section(options.model / "card.md", "Quality", _table(figures))
    print(json.dumps(figures, indent=2) if options.json else _table(figures))


if __name__ == "__main__":
    main()
