"""How good a deep convolutional GAN is: distance to unseen pictures, variety, copies, speed.

    python -m benchmarks.dcgan --data DIR [--model DIR] [--quick] [--card] [--json]

Samples are drawn at defaults, seeds 0, 1, 2, ..., and measured against the test split
(`pipelines.training.data.split_of`) at the model's own size, as `benchmarks.vae` does: sliced
Wasserstein distance beside that of training pictures, diversity, copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.one_model import bundled, parser, report
from benchmarks.vae import samples, speed
from pipelines.training.reference import hashed_order
from pipelines.training.repainting import latents, painted

__all__ = ["run"]

COUNT, QUICK_COUNT = 700, 128
Figures = dict[str, dict[str, Any]]


def run(data: Path, quick: bool = False, folder: Path | None = None) -> Figures:
    """Measure the model.

    Args:
        data: The pictures it was trained on, with their test split.
        quick: Smaller numbers, same code.
        folder: The model; the first bundled one if left out.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.image.dcgan import DCGAN
    from pipelines.training.data import load_pictures

    instrument = catalog.load(folder or bundled("dcgan"))
    model = instrument.pipeline
    if not isinstance(model, DCGAN):
        raise ValueError(f"model={folder} is no deep convolutional GAN; give one")
    drawn = painted(model, latents(model, 0, QUICK_COUNT if quick else COUNT))
    pictures = load_pictures(data, drawn.shape[1])
    test = pictures.split("test")
    kept = test.pixels[hashed_order(test.names)[: len(drawn)]]
    return samples(drawn, kept, pictures) | speed(instrument)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a deep convolutional GAN.").parse_args(arguments)
    report(options, run(options.data, options.quick, options.model))


if __name__ == "__main__":
    main()
