"""How well pictures are enlarged: against bicubic and Lanczos, on pictures that were kept out.

    python -m benchmarks.upscaling --data DIR [--model DIR] [--quick] [--card] [--json]

Pictures of the test split (`pipelines.training.data.split_of`), whole but for their outermost
pixels, are made 2 or 4 times smaller by Pillow's antialiased bicubic filter and enlarged again by
the network, by bicubic and by Lanczos. PSNR and SSIM (Wang et al. 2004,
https://doi.org/10.1109/TIP.2003.819861) are of RGB in 8 bits, without a border of 4 pixels of the
small picture, and are means over pictures. ``grid`` is a regular pattern of dots, which sub-pixel
shuffles are known for: how far the mean of what the network adds differs between the four pixels
of a shuffle. Times are of one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.one_model import MODELS, frame, parser, report
from benchmarks.quality import Figures, figure
from pipelines.training.upscaling import Folder, load_folders

__all__ = ["run"]

MODEL = MODELS / "loupe"
WATERCOLOURS = "pomological"
COUNT, QUICK_COUNT = 792, 60
BORDER = 4
LEAST = 64
MIN_GAIN, MAX_GRID, MAX_DRAG = 0.5, 0.1, 40.0
Pixels = NDArray[np.uint8]
Enlarge = Callable[[Image.Image, int], Image.Image]


def run(data: Path, quick: bool = False, folder: Path = MODEL) -> Figures:
    """Measure the network.

    Args:
        data: Folder of folders of pictures, one of them the watercolours.
        quick: Fewer pictures, same code.
        folder: The model.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.
    """
    count = QUICK_COUNT if quick else COUNT
    ways = ways_of(folder)
    figures: Figures = {}
    for one in load_folders(data, "test", LEAST):
        for factor in (2, 4):
            figures |= compared(one, ways, factor, count)
    return figures | _grid(data, ways, count) | _speed(ways, 5 if quick else 15)


def ways_of(folder: Path) -> dict[str, Enlarge]:
    """The network in a folder, and what it is held against."""
    from pipelines.finishing.enlarging import enlarged_by, read_upscaler
    from pipelines.run import never

    network = read_upscaler(folder)

    def by(resampling: Image.Resampling) -> Enlarge:
        return lambda picture, factor: picture.resize(
            (picture.width * factor, picture.height * factor), resampling
        )

    return {
        "network": lambda p, factor: enlarged_by(network, p, factor, wraps=False, pause=never),
        "bicubic": by(Image.Resampling.BICUBIC),
        "lanczos": by(Image.Resampling.LANCZOS),
    }


def compared(one: Folder, ways: dict[str, Enlarge], factor: int, count: int) -> Figures:
    """PSNR and SSIM of every way on one folder, and what is gained over bicubic."""
    from skimage.metrics import structural_similarity

    psnr: dict[str, list[float]] = {way: [] for way in ways}
    ssim: dict[str, list[float]] = {way: [] for way in ways}
    edge = BORDER * factor
    for picture in one.pictures[:count]:
        small, large = pair(picture, factor)
        inner = large[edge:-edge, edge:-edge]
        for way, enlarge in ways.items():
            made = np.asarray(enlarge(small, factor))[edge:-edge, edge:-edge]
            error = np.square(made.astype(np.float64) - inner).mean()
            psnr[way].append(float(10 * np.log10(255**2 / max(error, 1e-6))))
            ssim[way].append(float(structural_similarity(inner, made, channel_axis=2)))
    place = f"{one.name}_{factor}x"
    gain = float(np.mean(psnr["network"]) - np.mean(psnr["bicubic"]))
    found = {}
    for way in ways:
        found[f"{place}_{way}"] = figure(float(np.mean(psnr[way])), "dB") | {
            "ssim": round(float(np.mean(ssim[way])), 4),
            "pictures": len(psnr[way]),
        }
    aimed = one.name == WATERCOLOURS and factor == 2
    aim = (f">= {MIN_GAIN:g}", gain >= MIN_GAIN) if aimed else ()
    return found | {f"{place}_gain": figure(gain, "dB over bicubic", *aim)}


def pair(picture: Pixels, factor: int) -> tuple[Image.Image, Pixels]:
    """A picture made small, and what it was, cut to whole multiples of the factor."""
    height, width = (side // factor * factor for side in picture.shape[:2])
    large = np.ascontiguousarray(picture[:height, :width])
    size = (width // factor, height // factor)
    return Image.fromarray(large).resize(size, Image.Resampling.BICUBIC), large


def _grid(data: Path, ways: dict[str, Enlarge], count: int) -> Figures:
    """The largest difference of a pixel of a shuffle from the others, in 1/255."""
    total, number = np.zeros((2, 2, 3)), 0
    for one in load_folders(data, "test", LEAST):
        for picture in one.pictures[: count // 4]:
            small, _ = pair(picture, 2)
            made, plain = (
                np.asarray(ways[w](small, 2), np.float64) for w in ("network", "bicubic")
            )
            added = (made - plain).reshape(small.height, 2, small.width, 2, 3)
            total += added.mean(axis=(0, 2))
            number += 1
    phases = total / number
    value = float(np.abs(phases - phases.mean(axis=(0, 1))).max())
    return {"grid": figure(value, "of 255", f"<= {MAX_GRID:g}", value <= MAX_GRID)}


def _speed(ways: dict[str, Enlarge], count: int) -> Figures:
    """Milliseconds of an enlargement of 128 pixels, and of a drag of each finishing slider."""
    from pipelines import catalog
    from pipelines.finishing import OPERATIONS
    from pipelines.request import Step

    figures: Figures = {}
    picture = Image.radial_gradient("L").resize((128, 128)).convert("RGB")
    for factor in (2, 4):
        took = []
        for _ in range(count):
            begun = time.perf_counter()
            ways["network"](picture, factor)
            took.append(1000 * (time.perf_counter() - begun))
        figures[f"enlarge_{factor}x"] = figure(float(np.median(took)), "ms")
    instrument = catalog.load("pomona")
    instrument.engines.warm(instrument.pipeline)
    plain = instrument.request(seed=8)
    for name, operation in OPERATIONS["picture"].items():
        control = next(c for c in operation.controls if c.name == operation.strengths[0])
        top = getattr(control, "maximum", None)
        if top is not None:
            drag = [
                plain.but(steps=(Step(name, {control.name: top * i / 60}),)) for i in range(1, 61)
            ]
            figures[f"drag_{name}"] = frame(instrument, drag, MAX_DRAG, quality="draft")
    return figures


def write(folder: Path, figures: Figures) -> None:
    """Put the figures into the card: a row for each folder and factor, then the rest."""
    from pipelines.training.cards import replace_section

    places = [name.removesuffix("_gain") for name in figures if name.endswith("_gain")]
    lines = ["| unseen pictures | network | bicubic | Lanczos | gain |", "|---|---|---|---|---|"]
    for place in places:
        ways = [figures[f"{place}_{way}"] for way in ("network", "bicubic", "lanczos")]
        cells = " | ".join(f"{one['value']:.2f} dB, {one['ssim']:.3f}" for one in ways)
        title = f"{place.replace('_', ', ')} ({ways[0]['pictures']})"
        lines.append(f"| {title} | {cells} | {figures[f'{place}_gain']['value']:+.2f} dB |")
    told = {
        f"{place}_{way}" for place in places for way in ("network", "bicubic", "lanczos", "gain")
    }
    rest = {name: one for name, one in figures.items() if name not in told}
    lines += ["", "PSNR and SSIM, means over pictures.", "", "| figure | value | unit | aim |"]
    lines += ["|---|---|---|---|"]
    lines += [f"| {n} | {f['value']:.3f} | {f['unit']} | {f['aim']} |" for n, f in rest.items()]
    replace_section(folder / "card.md", "Quality", "\n".join(lines))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure an upscaler.", model=MODEL).parse_args(arguments)
    figures = run(options.data, options.quick, options.model)
    if options.card:
        write(options.model, figures)
        options.card = False  # it is written already
    report(options, figures)


if __name__ == "__main__":
    main()
