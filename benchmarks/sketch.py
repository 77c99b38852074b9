"""How well a sketch is painted: nearness, texture, variety, obedience to hints, speed.

    python -m benchmarks.sketch --model DIR --data DIR [--split test] [--sheet FILE] [--json]

Sketches are drawn from paintings the model has not seen. A painting with a z from the prior is
one of many answers, so its nearness to the true painting is a floor; "read" takes the z that the
encoder reads off the true painting. ``--sheet`` writes what becomes of hand-made sketches.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.__main__ import table
from benchmarks.hand_sketches import sheet
from pipelines.latents import normal
from pipelines.networks.pix2pix import Painter
from pipelines.networks.pix2pix_files import load_encoder, load_painter
from pipelines.training import measures
from pipelines.training.data import load_pictures
from pipelines.training.sheets import to_pixels
from pipelines.training.sketches import SketchStyle, draw_pairs, find_edges

__all__ = ["measure"]

Figures = dict[str, dict[str, Any]]
Pixels = NDArray[np.uint8]
MIN_FOLLOWED, EDGES_OF, WITHIN = 0.7, 100, 2.0
"""Least share of the drawn length with a painted edge near it; sketches; pixels that are near."""
SMOOTHED, STRENGTH = 1.2, 0.25
"""Of the edges that are looked for in a painting; see `SketchStyle`."""
MAX_FRAME = 30.0
"""Milliseconds; two threads on the processor of a free Space."""


def measure(folder: Path, pixels: Pixels, train: Pixels) -> Figures:
    """Measure the model in ``folder`` on unseen paintings [N, R, R, 3].

    Args:
        folder: Model folder of the family.
        pixels: Paintings that were kept out of training.
        train: As many that were trained on: what real paintings differ by among themselves.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.
    """
    painter, encoder = load_painter(folder), load_encoder(folder)
    figures: Figures = {}
    for name, share in (("plain", 0.0), ("hinted", 1.0)):
        style = SketchStyle(hint_share=share, turn_share=0.0)
        sketches, paintings = draw_pairs(pixels, np.random.Generator(np.random.Philox(5)), style)
        real = to_pixels(paintings)
        drawn = [_z(painter, len(pixels), stream) for stream in ("one", "other")]
        with torch.inference_mode():
            read = torch.cat([encoder(part)[0] for part in torch.split(paintings, 16)])
        made = [_paint(painter, sketches, z) for z in (*drawn, read)]
        for way, picture in (("prior", made[0]), ("read", made[2])):
            near = measures.fidelity(picture, real)
            figures[f"{name}_{way}_l1"] = _figure(_l1(picture, real), "of 255")
            figures[f"{name}_{way}_ssim"] = _figure(near["ssim"], "")
            distance = measures.sliced_wasserstein(picture, real)
            levels = {level: round(value, 1) for level, value in distance.items()}
            figures[f"{name}_{way}_swd"] = _figure(levels.pop("mean"), "x 1000") | levels
        figures[f"{name}_variety"] = _figure(_l1(made[0], made[1]), "of 255")
        if share:
            figures |= _obedience(painter, sketches, drawn[0])
        else:
            followed = _followed(sketches[:EDGES_OF], made[0][:EDGES_OF])
            figures["edges_followed"] = _figure(
                followed, "of the drawn length", aim=MIN_FOLLOWED, met=followed >= MIN_FOLLOWED
            )
    real_swd = measures.sliced_wasserstein(train, pixels)
    figures["real_swd"] = _figure(real_swd["mean"], "x 1000")
    frame = _milliseconds(painter)
    return figures | {"frame": _figure(frame, "ms", aim=MAX_FRAME, met=frame <= MAX_FRAME)}


def _figure(value: float, unit: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"value": round(value, 3), "unit": unit, **more}


def _l1(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())


def _z(painter: Painter, count: int, stream: str) -> Tensor:
    return torch.from_numpy(normal(0, (count, painter.sizes.z_dim), f"benchmark {stream}"))


def _paint(painter: Painter, sketches: Tensor, z: Tensor) -> Pixels:
    with torch.inference_mode():
        parts = [
            painter(*part)
            for part in zip(torch.split(sketches, 16), torch.split(z, 16), strict=True)
        ]
        return to_pixels(torch.cat(parts))


def _followed(sketches: Tensor, made: Pixels) -> float:
    """The share of what is drawn that has an edge of its painting within `WITHIN` pixels."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    drawn = near = 0
    for sketch, picture in zip(sketches.numpy(), made, strict=True):
        colours = gaussian_filter(picture.astype(np.float32) / 255, (SMOOTHED, SMOOTHED, 0))
        edges = find_edges(colours, STRENGTH)
        ink = sketch[0] > 0.5
        drawn += int(ink.sum())
        if edges.any():
            near += int((distance_transform_edt(~edges)[ink] <= WITHIN).sum())
    return near / max(1, drawn)


def _obedience(painter: Painter, sketches: Tensor, z: Tensor) -> Figures:
    """How far the paint under a hint is from the hint, and would be without it."""
    bare = sketches.clone()
    bare[:, 1:] = 0
    figures = {}
    hint = sketches[:, 4] > 0
    asked = ((sketches[:, 1:4] + 1) * 127.5).permute(0, 2, 3, 1)[hint]
    for name, given in (("hint_kept", sketches), ("hint_unknown", bare)):
        painted = torch.from_numpy(_paint(painter, given, z)).float()[hint]
        figures[name] = _figure((painted - asked).abs().mean().item(), "of 255")
    return figures


def _milliseconds(painter: Painter, count: int = 40) -> float:
    """Median time of one sketch in torch, float32, with the threads that torch has."""
    sizes = painter.sizes
    sketch = torch.zeros(1, sizes.in_channels, sizes.resolution, sizes.resolution)
    z = torch.zeros(1, sizes.z_dim)
    taken = []
    with torch.inference_mode():
        for _ in range(count):
            before = time.perf_counter()
            painter(sketch, z)
            taken.append(1000 * (time.perf_counter() - before))
    return float(np.median(taken[5:]))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sketch", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--data", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--count", type=int, default=700, help="pictures at most")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    parser.add_argument("--sheet", type=Path, help="write what becomes of hand-made sketches")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    painter = load_painter(given.model)
    if given.sheet:
        with torch.inference_mode():
            sheet(painter).save(given.sheet)
    pictures = load_pictures(given.data, painter.sizes.resolution, given.cache)
    unseen = pictures.split(given.split).pixels[: given.count]
    figures = measure(given.model, unseen, pictures.split("train").pixels[: len(unseen)])
    sys.stdout.write((json.dumps(figures) if given.json else table(figures)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
