"""How well a translator translates: on pictures that no model was trained on.

    python -m benchmarks.star_gan --data DIR [--model DIR] [--quick] [--card] [--json]

Every target gets pictures of the test split as sources, each in the style of a seed of its own.

- Obeys: what the judge reads (`orchard-features`, trained on real pictures alone) in translations,
  as a share of what it reads in real pictures of the test split: the mean over targets, and the
  least.
- Layout: how alike the painted parts of two pictures are (the lesser over the greater of both,
  at 64 px), of a translation with its source and with a random test picture of the target.
- Style: how often the mean colour of the painted part is nearer to that of the reference than to
  that of another test picture of the same kind, the reference being one of the target.
- Diversity: the mean feature distance of one source's translations by several seeds, beside that
  of real pictures of the target.
- Distance (`benchmarks.quality`), with targets at the data's frequencies; copies; milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.obeying import SECTION, judged
from benchmarks.one_model import REFERENCE, bundled, frame, parser, report
from benchmarks.quality import distances, figure
from pipelines.attributes import Survey, survey
from pipelines.training import features, measures
from pipelines.training.reference import COUNT, QUICK_COUNT, Reference, hashed_order
from pipelines.training.star_gan_sheets import translate

if TYPE_CHECKING:
    from pipelines.engines import Quality
    from pipelines.image.star_gan import StarGAN
    from pipelines.networks.features import FeatureNetwork
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures

__all__ = ["run"]

EACH, QUICK_EACH = 200, 16
"""Translations to every target."""
MAX_MILLISECONDS = 40.0
Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Figures = dict[str, dict[str, Any]]


def run(
    data: Path, quick: bool = False, folder: Path | None = None, cache: Path | None = None
) -> tuple[Figures, str]:
    """Measure the model.

    Args:
        data: Folder of the real pictures.
        quick: Smaller numbers, same code.
        folder: The model; the first bundled one of its family without it.
        cache: Folder that keeps the decoded pictures.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``; and what the judge reads, as Markdown.

    Raises:
        ValueError: If no model of the family is here.
    """
    from pipelines import catalog
    from pipelines.image.star_gan import StarGAN
    from pipelines.training.data import load_pictures
    from pipelines.training.star_gan_pairs import only

    instrument = catalog.load(folder or bundled("star-gan"))
    model = instrument.pipeline
    if not isinstance(model, StarGAN):
        raise ValueError(f"model={folder} is no translator; give one")
    test = only(load_pictures(data, model.parts.side, cache), model.species).split("test")
    judge, each = features.load(), QUICK_EACH if quick else EACH
    kinds = len(model.species)
    labels = np.repeat(np.arange(kinds), each)
    order = hashed_order(test.names)
    sources = order[(np.arange(len(labels)) * 7) % len(order)]  # other sources for each target
    made = translate(model, test.pixels[sources], labels, np.arange(len(labels)))
    figures, read = judged(judge, model.species, made, labels, test)
    figures |= _layout(test, sources, made, labels)
    figures |= _style(model, test, each)
    figures |= _diversity(model, judge, test, 2 if quick else 8)
    count = QUICK_COUNT if quick else COUNT
    figures |= _distance(model, judge, test, count)
    return figures | _speed(instrument), read


def _seen(pixels: Pixels) -> list[Survey]:
    parts = np.array_split(pixels, max(1, len(pixels) // 64))
    return [survey(part.astype(np.float32) / np.float32(255)) for part in parts]


def _layout(test: Pictures, sources: Labels, made: Pixels, labels: Labels) -> Figures:
    """How alike painted parts are: of translations, their sources, and others of the target."""
    source = np.random.default_rng(0)
    others = [source.choice(np.flatnonzero(test.labels == label)) for label in labels]
    paint = np.concatenate([one.paint for one in _seen(made)])
    near, far = (
        _alike(paint, np.concatenate([one.paint for one in _seen(test.pixels[index])]))
        for index in (sources, np.array(others))
    )
    kept, other = float(near.mean()), float(far.mean())
    return {
        "layout_source": figure(kept, "shared with the source", "> layout_other", kept > other),
        "layout_other": figure(other, "shared with a random one of the target"),
        "layout_nearer": figure(float((near > far).mean()), "share nearer to the source"),
    }


def _alike(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    shared: NDArray[Any] = np.minimum(a, b).sum((1, 2)) / (np.maximum(a, b).sum((1, 2)) + 1e-6)
    return shared


def _style(model: StarGAN, test: Pictures, each: int) -> Figures:
    """How often translations have the colours of their reference."""
    source = np.random.default_rng(1)
    labels = np.repeat(np.arange(len(model.species)), each // 4)
    members = [np.flatnonzero(test.labels == i) for i in range(len(model.species))]
    first, second = (np.array([source.choice(members[i]) for i in labels]) for _ in range(2))
    apart = first != second
    labels, first, second = labels[apart], first[apart], second[apart]
    sources = test.pixels[source.integers(0, len(test.names), len(labels))]
    made = translate(model, sources, labels, references=test.pixels[first])
    colours = [_colour(pixels) for pixels in (made, test.pixels[first], test.pixels[second])]
    near, far = (np.linalg.norm(colours[0] - other, axis=1) for other in colours[1:])
    return {"style_nearer": figure(float((near < far).mean()), "share nearer to the reference")}


def _colour(pixels: Pixels) -> NDArray[Any]:
    means = [np.stack([s.mean(s.light), s.mean(s.a), s.mean(s.b)], axis=1) for s in _seen(pixels)]
    return np.concatenate(means)


def _diversity(model: StarGAN, judge: FeatureNetwork, test: Pictures, count: int) -> Figures:
    """Distance between the translations of one source by eight seeds, beside real ones."""
    seeds, shares = np.arange(8), []
    for label in range(len(model.species)):
        members = test.pixels[test.labels == label]
        real = measures.diversity(features.embed(judge, members).vectors)
        for i in range(count):
            sources = np.repeat(test.pixels[17 * i + label][None], len(seeds), axis=0)
            made = translate(model, sources, np.full(len(seeds), label), seeds + 8 * i)
            shares.append(measures.diversity(features.embed(judge, made).vectors) / real)
    return {"diversity": figure(float(np.mean(shares)), "of real ones of the target, one source")}


def _distance(model: StarGAN, judge: FeatureNetwork, test: Pictures, count: int) -> Figures:
    """Distance to kept-out pictures and copies, targets at the data's frequencies."""
    order = hashed_order(test.names)
    index = np.arange(count)
    labels = test.labels[order[(index * 11 + 5) % len(order)]]
    made = translate(model, test.pixels[order[index % len(order)]], labels, index)
    reference = Reference.load(REFERENCE)
    nearest = reference.nearest(judge, made)
    copies = float(np.percentile(nearest, 1)) / reference.figures["copies"]
    figures = distances(made, reference, count)
    return figures | {"copies": figure(copies, "of kept-out", ">= 0.9", copies >= 0.9)}


def _speed(instrument: Instrument) -> Figures:
    """Milliseconds of a frame while a slider moves; the source is read already."""
    instrument.engines.warm(instrument.pipeline)
    drag = [instrument.request(species="pear", strength=step / 25) for step in range(25)]
    qualities: tuple[Quality, ...] = ("reference", "fast")
    return {
        f"ms_{one}": frame(instrument, drag, MAX_MILLISECONDS, quality=one) for one in qualities
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    from pipelines.training.cards import replace_section

    options = parser("Measure a translator between domains.", cache=True).parse_args(arguments)
    figures, read = run(options.data, options.quick, options.model, options.cache)
    report(options, figures, read)
    if options.card and options.model:
        replace_section(options.model / "card.md", SECTION, read)


if __name__ == "__main__":
    main()
