"""How good pictures from codes are: what codes keep, what is drawn, how it is completed.

    python -m benchmarks.vq --model DIR --data DIR [--quick] [--card] [--json]

Codes: pictures of the test split, to codes and back. Pictures: seeds 0, 1, 2, ... at defaults,
against pictures that no model was trained on, through the ``reference.npz`` of `pomona` (see
`benchmarks.quality`). Completion: nats a code of the upper half of test pictures with nothing
kept, and with the lower half kept, which comes later in raster order; the difference is what the
kept cells tell of the others. Seconds: a whole picture, and its first preview.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.one_model import REFERENCE, bundled, parser, report
from benchmarks.quality import Samples, distances, figure, streamed, variety
from pipelines.training import features, measures
from pipelines.training.reference import COUNT, QUICK_COUNT, Reference, hashed_order
from pipelines.training.vq_sheets import draw, paint

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.image.vq_files import Parts
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures

__all__ = ["run"]

MIN_PSNR, MIN_USE, MAX_SECONDS = 21.0, 0.8, 1.5
SEEN = 200
"""Test pictures that completion is measured on."""
Figures = dict[str, dict[str, Any]]


def run(quick: bool = False, folder: Path | None = None, data: Path | None = None) -> Figures:
    """Measure the model.

    Args:
        quick: Smaller numbers, same code.
        folder: The model; the first bundled one of its family without it.
        data: Folder of the real pictures, for the figures of codes and completion.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If no model of the family is here.
    """
    from pipelines import catalog

    instrument = catalog.load(folder or bundled("vq"))
    count = QUICK_COUNT if quick else COUNT
    figures: Figures = {}
    if data is not None:
        from pipelines.training.data import load_pictures

        test = load_pictures(data).split("test")
        figures |= _codes(instrument, test, count)
    drawn, reference = Samples(*draw(instrument, range(count))), Reference.load(REFERENCE)
    figures |= distances(drawn.pixels, reference, count)
    figures |= variety(drawn, features.load(), reference, count)
    requests = [instrument.request(seed=seed) for seed in range(4 if quick else 10)]
    return figures | streamed(instrument, requests, MAX_SECONDS)


def _codes(instrument: Instrument, test: Pictures, count: int) -> Figures:
    """What comes back of pictures, which codes they use, and what kept cells tell."""
    import torch

    from pipelines.training.vq_prior import encode

    parts: Parts = instrument.pipeline.parts  # type: ignore[attr-defined]
    chosen = hashed_order(test.names)[:count]
    kept_out = test.pixels[chosen]
    labels = torch.from_numpy(test.labels[chosen])
    codes = encode(parts.vq, type(test)(tuple(np.array(test.names)[chosen]), kept_out,
                                        test.labels[chosen], test.classes), 1)  # fmt: skip
    close = measures.fidelity(paint(parts, codes), kept_out)
    counts = torch.bincount(codes.flatten(), minlength=parts.vq.sizes.num_codes).double()
    share = counts / counts.sum()
    perplexity = float((-(share * (share + 1e-12).log()).sum()).exp())
    use, psnr = float((counts > 0).double().mean()), close["psnr"]
    figures = {
        "psnr": figure(psnr, "dB on kept-out pictures", f">= {MIN_PSNR:g}", psnr >= MIN_PSNR),
        "ssim": figure(close["ssim"], "on kept-out pictures"),
        "codebook_use": figure(use, "share", f">= {MIN_USE}", use >= MIN_USE),
        "perplexity": figure(perplexity, f"of {len(counts)} codes"),
    }
    return figures | _completion(parts, codes[:SEEN], labels[:SEEN])


def _completion(parts: Parts, codes: Tensor, labels: Tensor) -> Figures:
    """Nats a code of the upper half, without and with the lower half kept."""
    import torch
    from torch.nn import functional

    half = codes.shape[1] // 2
    found = []
    for lower in (False, True):
        nats = []
        for start in range(0, len(codes), 8):
            part, label = codes[start : start + 8], labels[start : start + 8]
            kept = torch.zeros_like(part, dtype=torch.bool)
            kept[:, half:] = lower
            with torch.inference_mode():
                logits = parts.prior(part, label, kept)[:, :half].flatten(0, 1)
            nats.append(functional.cross_entropy(logits, part[:, :half].flatten()) * len(part))
        found.append(float(torch.stack(nats).sum()) / len(codes))
    free, told = found
    return {
        "nats_upper_half": figure(free, "a code, nothing kept"),
        "nats_upper_half_told": figure(told, "a code, lower half kept", "< free", told < free),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    described = "Measure a model that paints from codes."
    options = parser(described, data="taken").parse_args(arguments)
    report(options, run(options.quick, options.model, options.data))


if __name__ == "__main__":
    main()
