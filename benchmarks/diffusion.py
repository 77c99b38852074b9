"""How good a latent diffusion model is: pictures, obedience to words, seconds a picture.

    python -m benchmarks.diffusion --model DIR [--quick] [--card] [--json]

Pictures are drawn at defaults (no words, seeds 0, 1, 2, ...) and measured against pictures that no
model was trained on, through the ``reference.npz`` of `pomona` (see `benchmarks.quality`). Then
every word is asked for with the same seeds as the same prompt without it, and looked for by what
captions are made from (`pipelines.training.captions.look`); the share beside it is how often the
word fits when nobody asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.one_model import REFERENCE, bundled, parser, report
from benchmarks.quality import figure, streamed
from pipelines.training import features, measures
from pipelines.training.captions import Facts, look
from pipelines.training.reference import COUNT, QUICK_COUNT, Reference

if TYPE_CHECKING:
    from pipelines.image.diffusion import Diffusion
    from pipelines.pipeline import Instrument

__all__ = ["draw", "run"]

BATCH = 32
MAX_SECONDS = 4.0
MAX_SWD_RATIO = 2.0
MIN_DIVERSITY = 0.85
MIN_COPIES = 0.9
Pixels = NDArray[np.uint8]
Figures = dict[str, dict[str, Any]]
ASKED: Sequence[tuple[str, str, str, Callable[[Facts], bool]]] = (
    ("red", "an apple", "a red apple", lambda f: f.colour in {"red", "dark red"}),
    ("yellow", "an apple", "a yellow apple", lambda f: f.colour == "yellow"),
    ("green", "an apple", "a green apple", lambda f: f.colour == "green"),
    ("orange", "a peach", "an orange peach", lambda f: f.colour == "orange"),
    ("dark", "an apple", "a dark apple", lambda f: f.tone == "dark"),
    ("light", "an apple", "a light apple", lambda f: f.tone == "light"),
    ("small", "an apple", "a small apple", lambda f: f.size == "small"),
    ("large", "an apple", "a large apple", lambda f: f.size == "large"),
    ("long", "a pear", "a long pear", lambda f: f.form == "long"),
    ("half", "an apple", "an apple with a cut half", lambda f: f.parts == "both"),
    ("whole", "an apple", "an apple alone", lambda f: f.parts == "whole"),
)
"""Word, the prompt without it, the prompt with it, and whether a picture fits."""


def draw(instrument: Instrument, count: int, **values: object) -> Pixels:
    """Pictures of seeds 0 to ``count`` - 1, shape [N, R, R, 3], sampled in batches."""
    from pipelines.image.diffusion_sampling import sample, scheduler_named, start_at
    from pipelines.image.pixels import to_image

    pipeline: Diffusion = instrument.pipeline  # type: ignore[assignment]
    parts, asked = pipeline.parts, instrument.values(instrument.request(**values))
    run = instrument.engines.run(pipeline, "reference")
    made = []
    for start in range(0, count, BATCH):
        seeds = range(start, min(start + BATCH, count))
        places = [pipeline.place(instrument.request(seed=seed)) for seed in seeds]
        noise = np.concatenate(places).reshape(-1, *parts.latent)
        guidance = pipeline.guidance(asked, len(noise))
        scheduler = scheduler_named(str(asked["scheduler"]))
        steps = start_at(scheduler, int(asked["num_inference_steps"]), 1.0)
        *_, last = sample(run, noise, guidance, scheduler, steps=steps)
        pictures = run("decoder", {"z": last.x0})["picture"]
        made += [np.asarray(to_image(picture)) for picture in pictures]
    return np.stack(made)


def run(quick: bool = False, folder: Path | None = None) -> Figures:
    """Measure the model.

    Args:
        quick: Smaller numbers, same code.
        folder: The model; the first bundled diffusion model without it.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If no diffusion model is here.
    """
    from pipelines import catalog

    instrument = catalog.load(folder or bundled("diffusion"))
    count = QUICK_COUNT if quick else COUNT
    figures = _pictures(draw(instrument, count), count)
    figures |= _obedience(instrument, 16 if quick else 48)
    requests = [
        instrument.request(seed=seed, prompt="a red apple") for seed in range(4 if quick else 10)
    ]
    return figures | streamed(instrument, requests, MAX_SECONDS)


def _pictures(pixels: Pixels, count: int) -> Figures:
    """Distance to kept-out pictures, diversity and copies, as `benchmarks.quality` has them."""
    network, reference = features.load(), Reference.load(REFERENCE)
    found = measures.quantile_distance(measures.patch_quantiles(pixels), reference.patches)
    real = reference.real[count]
    ratio = found["mean"] / real["mean"]
    figures = {"swd_ratio": figure(ratio, "x", f"<= {MAX_SWD_RATIO:g}", ratio <= MAX_SWD_RATIO)}
    for level in (name for name in found if name != "mean"):
        figures[f"swd_ratio_{level}px"] = figure(found[level] / real[level], "x")
    vectors = features.embed(network, pixels).vectors
    spread = measures.diversity(vectors) / reference.figures["diversity"]
    nearest = reference.nearest(network, pixels)
    copies = float(np.percentile(nearest, 1)) / reference.figures["copies"]
    figures["diversity"] = figure(
        spread, "of real", f">= {MIN_DIVERSITY}", spread >= MIN_DIVERSITY
    )
    figures["copies"] = figure(copies, "of kept-out", f">= {MIN_COPIES}", copies >= MIN_COPIES)
    return figures


def _obedience(instrument: Instrument, count: int) -> Figures:
    """How often a word fits when it is asked for, and when it is not."""
    seen: dict[str, list[Facts]] = {}
    for prompt in dict.fromkeys(prompt for _, *both, _ in ASKED for prompt in both):
        seen[prompt] = look(draw(instrument, count, prompt=prompt))
    figures = {}
    for word, without, given, fits in ASKED:
        base, found = (float(np.mean([fits(f) for f in seen[p]])) for p in (without, given))
        figures[f"asked_{word}"] = figure(
            found, f"share ({base:.2f} unasked)", "> unasked", found > base
        )
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a latent diffusion model.", data="unused").parse_args(arguments)
    report(options, run(options.quick, options.model))


if __name__ == "__main__":
    main()
