"""How well `pomona` finds pictures it never saw, and how far sliders still work from there.

    python -m benchmarks.inversion --data DIR [--cache DIR] [--num 48] [--steps N] [--workers 2]

Watercolours of the test split are found by the encoder alone and by the whole search, between two
floors measured in the same run: the nearest of 1,000 random works (by features), and the
autoencoder's round trip, which no search can beat. Figures are medians over the pictures:

- ``apart``: like LPIPS (Zhang et al. 2018, https://arxiv.org/abs/1801.03924), the squared distance
  of channel-normalised features, averaged over the plane and over the four layers of
  `orchard-features`. The search sees the last layer's mean, so this is related to what it
  minimises; PSNR (dB) and SSIM are not.
- ``editable``: how far +1 step of a named direction moves its own attribute from what was found,
  as a share of how far it does from random works. 1 is as good as from anywhere.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.__main__ import table
from pipelines import catalog
from pipelines.inverting import Search, inverter_of
from pipelines.run import never
from pipelines.training import features, measures
from pipelines.training.subject import BATCH, Subject, attributes_of, paint_pixels

if TYPE_CHECKING:
    from pipelines.networks.features import FeatureNetwork
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures

__all__ = ["apart", "run"]

MODEL = Path(__file__).resolve().parents[1] / "assets" / "models" / "pomona"
NUM = 48
RANDOM = 1000
Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Figures = dict[str, dict[str, Any]]


@dataclass
class Result:
    """What was found.

    Attributes:
        first: Latents of the encoder, each [L, D].
        whole: Latents of the search.
        seconds: Of the first guess and of the whole, per picture.
    """

    first: list[Floats] = field(default_factory=list)
    whole: list[Floats] = field(default_factory=list)
    seconds: list[tuple[float, float]] = field(default_factory=list)


def search(pixels: Pixels, steps: int, workers: int) -> Result:
    """Find every picture, seed 0, shared out among processes; in the order they were given."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        parts = list(pool.map(_search, np.array_split(pixels, workers), [steps] * workers))
    result = Result()
    for part in parts:
        result.first += part.first
        result.whole += part.whole
        result.seconds += part.seconds
    return result


def _search(pixels: Pixels, steps: int) -> Result:
    from PIL import Image

    instrument, result = catalog.load(MODEL), Result()
    inverter = inverter_of(instrument)
    inverter.see(Image.fromarray(pixels[0]))  # what is loaded when first used
    for one in pixels:
        began = time.perf_counter()
        first = last = None
        at_first = 0.0
        for found in inverter.encode(Image.fromarray(one), Search(steps), never):
            if first is None:
                first, at_first = found, time.perf_counter() - began
            last = found
        if first is None or last is None:
            raise RuntimeError("a search that found nothing")
        result.seconds.append((at_first, time.perf_counter() - began))
        result.first.append(instrument.pipeline.place(first.request))
        result.whole.append(instrument.pipeline.place(last.request))
    return result


def apart(network: FeatureNetwork, a: Pixels, b: Pixels) -> NDArray[np.float64]:
    """See the module's docstring; shape [N]."""
    import torch
    from torch.nn import functional

    def layers(pixels: Pixels) -> list[Any]:
        x = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
        x, found = functional.adaptive_avg_pool2d(x, network.side), []
        for part in network.body:
            x = part(x)
            if isinstance(part, torch.nn.ReLU):
                found.append(functional.normalize(x, dim=1, eps=1e-6))
        return found

    with torch.inference_mode():
        pairs = zip(layers(a), layers(b), strict=True)
        each = [(x - y).square().sum(dim=1).mean(dim=(1, 2)) for x, y in pairs]
        return np.asarray(torch.stack(each).mean(dim=0).double().numpy())


def likeness(
    network: FeatureNetwork, name: str, made: Pixels, wanted: Pixels
) -> dict[str, dict[str, Any]]:
    """Figures of one way to get from ``wanted`` to ``made``."""
    far = apart(network, made, wanted)
    each = [measures.fidelity(m[None], w[None]) for m, w in zip(made, wanted, strict=True)]
    seen = features.embed(network, made).vectors - features.embed(network, wanted).vectors
    felt = np.sqrt(np.square(seen).mean(axis=1))
    values = {
        "apart": (far, "", 4),
        "distance": (felt, "as the page says it", 3),
        "psnr": (np.array([one["psnr"] for one in each]), "dB", 2),
        "ssim": (np.array([one["ssim"] for one in each]), "", 3),
    }
    return {
        f"{name}_{what}": {
            "value": round(float(np.median(found)), digits),
            "unit": unit,
            "quartiles": [round(float(q), digits) for q in np.quantile(found, (0.25, 0.75))],
        }
        for what, (found, unit, digits) in values.items()
    }


def moves(instrument: Instrument, subject: Subject, w: Floats) -> dict[str, float]:
    """Mean change of its own attribute by +1 step of each named direction, from w [N, L, D]."""
    import torch

    found = {}
    for direction in instrument.latent_space.directions:
        if direction.name not in subject.names:
            continue
        row = subject.names.index(direction.name)
        changes = []
        with torch.inference_mode():
            for start in range(0, len(w), BATCH):
                here = torch.from_numpy(w[start : start + BATCH])
                there = here + torch.from_numpy(direction.vector)
                change = attributes_of(subject, there)[row] - attributes_of(subject, here)[row]
                changes.append(change.numpy())
        found[direction.name] = float(np.concatenate(changes).mean())
    return found


def run(
    data: Path, cache: Path | None = None, *, num: int = NUM, steps: int = 0, workers: int = 2
) -> Figures:
    """Measure.

    Args:
        data: Folder of the watercolours.
        cache: Folder for their decoded pixels.
        num: Pictures of the test split, evenly through it.
        steps: Of the search; 0 for as many as the studio takes.
        workers: Processes that search, each on one thread as the studio's.

    Returns:
        Figure -> ``value``, ``unit``, ...
    """
    from pipelines.training.data import load_pictures

    instrument, subject = catalog.load(MODEL), Subject.of(MODEL)
    network = features.load()
    test: Pictures = load_pictures(data, 128, cache).split("test")
    chosen = np.linspace(0, len(test.names) - 1, num).round().astype(int)
    wanted = test.pixels[chosen]
    result = search(wanted, steps or Search().steps, workers)
    first, whole = np.stack(result.first), np.stack(result.whole)
    drawn = subject.locate(range(RANDOM))
    library = paint_pixels(subject, drawn)
    there = features.embed(network, library).vectors
    here = features.embed(network, wanted).vectors
    nearest = [int(np.square(there - one).sum(axis=1).argmin()) for one in here]
    ways = {
        "nearest_of_1000": library[nearest],
        "encoder": paint_pixels(subject, first),
        "found": paint_pixels(subject, whole),
        "round_trip": _round_trip(instrument, wanted),
    }
    figures: Figures = {}
    for name, made in ways.items():
        figures |= likeness(network, name, made, wanted)
    usual = moves(instrument, subject, drawn[: 2 * num])
    for name, w in (("encoder", first), ("found", whole)):
        shares = {k: v / usual[k] for k, v in moves(instrument, subject, w).items()}
        figures[f"{name}_editable"] = {
            "value": round(float(np.mean(list(shares.values()))), 2),
            "unit": "of random works",
            **{k: round(v, 2) for k, v in shares.items()},
        }
    at_first, taken = np.median(np.array(result.seconds), axis=0)
    figures["first_seconds"] = {"value": round(float(at_first), 2), "unit": "s"}
    slow = max(one[1] for one in result.seconds)
    figures["found_seconds"] = {"value": round(float(taken), 1), "unit": "s", "aim": 30}
    figures["found_seconds"] |= {"met": bool(taken <= 30), "slowest": round(slow, 1)}
    figures["pictures"] = {"value": num, "unit": "of the test split"}
    return figures


def _round_trip(instrument: Instrument, wanted: Pixels) -> Pixels:
    from PIL import Image

    inverter = inverter_of(instrument)
    return np.stack([np.asarray(inverter.see(Image.fromarray(one))) for one in wanted])


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(description="How well pictures are found.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the watercolours")
    parser.add_argument("--cache", type=Path, help="folder for decoded pictures")
    parser.add_argument("--num", type=int, default=NUM, help="pictures of the test split")
    parser.add_argument("--steps", type=int, default=0, help="of the search; 0: the studio's")
    parser.add_argument("--workers", type=int, default=2, help="processes that search")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    figures = run(given.data, given.cache, num=given.num, steps=given.steps, workers=given.workers)
    print(json.dumps(figures) if given.json else table(figures))


if __name__ == "__main__":
    main()
