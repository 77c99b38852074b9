"""Is what was asked for painted? A judge that only ever saw real pictures reads the species.

    python -m benchmarks.obeying --model DIR --data DIR [--quick] [--card] [--json]

The judge is `orchard-features`: it learnt from real pictures of the training split, and no model
learns from it. Each of the eight commonest species is asked for with 200 seeds, by the choice of
species where a model has one, in words where it has a prompt, all else at defaults. What the judge
reads in them counts as a share of what it reads in real pictures of the test split: the mean over
species, each counting alike, and the least. The table below says what was read, a row a species.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.one_model import parser, report
from benchmarks.quality import figure, write_quality
from pipelines.controls import Choice, Prompt, Value
from pipelines.training import features
from pipelines.training.cards import table

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.networks.features import FeatureNetwork
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures

__all__ = ["SECTION", "judged", "run"]

COMMONEST = ("apple", "peach", "pear", "plum", "grape", "strawberry", "orange", "cherry")
EACH, QUICK_EACH = 200, 16
MIN_OBEYS, MIN_LEAST = 0.85, 0.6
SECTION = "What the judge reads"
KEY = (
    "`python -m benchmarks.obeying --model FOLDER --data DIR`: a row is what was asked for, "
    f"{EACH} seeds, all else at defaults; a column what `orchard-features` reads, which saw real "
    "pictures alone."
)
PROMPT, VOWELS = "prompt", "aeiou"
Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Figures = dict[str, dict[str, Any]]


def run(data: Path, quick: bool = False, folder: Path | None = None) -> tuple[Figures, str]:
    """Measure a model.

    Args:
        data: Folder of the real pictures.
        quick: Fewer seeds.
        folder: The model; `pomona` without it.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``; and what the judge reads, as Markdown.

    Raises:
        ValueError: If a model can't be asked for a species.
    """
    from pipelines import catalog
    from pipelines.training.data import load_pictures

    instrument = catalog.load(folder or "pomona")
    each = QUICK_EACH if quick else EACH
    made = np.stack(
        [painted(instrument, name, seed) for name in COMMONEST for seed in range(each)]
    )
    labels = np.repeat(np.arange(len(COMMONEST)), each)
    test = load_pictures(data).split("test")
    return judged(features.load(), COMMONEST, made, labels, test)


def painted(instrument: Instrument, name: str, seed: int) -> Pixels:
    """A picture that a species was asked for, shape [R, R, 3].

    Raises:
        ValueError: If the model has neither that choice nor a prompt.
    """
    request = instrument.request(seed=seed, **wish(instrument, name))
    return np.asarray(instrument.render(request).data)


def wish(instrument: Instrument, name: str) -> dict[str, Value]:
    """The controls that ask for a species.

    Raises:
        ValueError: See `painted`.
    """
    for one in instrument.controls:
        if isinstance(one, Choice) and name in one.options:
            return {one.name: name}
    if any(isinstance(one, Prompt) and one.name == PROMPT for one in instrument.controls):
        return {PROMPT: f"{'an' if name[0] in VOWELS else 'a'} {name}"}
    raise ValueError(f"model={instrument.card.id} can't be asked for a species; give another")


def judged(
    judge: FeatureNetwork, species: Sequence[str], made: Pixels, labels: Labels, test: Pictures
) -> tuple[Figures, str]:
    """What the judge reads, beside what it reads in real pictures; and the whole table.

    Args:
        judge: It knows the classes of its own config.
        species: Names of the species that were asked for, among those classes.
        made: Pictures, shape [N, R, R, 3].
        labels: Place among ``species`` of what each was asked to be, shape [N].
        test: Real pictures that the judge did not see; their classes hold ``species``.
    """
    names = features.classes()
    found = features.embed(judge, made).classes.argmax(axis=1)
    real = features.embed(judge, test.pixels).classes.argmax(axis=1)
    ours, theirs, rows = [], [], []
    for place, name in enumerate(species):
        read = found[labels == place]
        known = real[test.labels == test.classes.index(name)]
        ours.append(float((read == names.index(name)).mean()))
        theirs.append(float((known == names.index(name)).mean()))
        rows.append((name, *np.bincount(read, minlength=len(names)).tolist()))
    share = sum(ours) / sum(theirs)
    least = min(a / b for a, b in zip(ours, theirs, strict=True))
    figures = {
        "obeys": figure(share, "of real", f">= {MIN_OBEYS}", share >= MIN_OBEYS),
        "obeys_least": figure(least, "of real", f">= {MIN_LEAST}", least >= MIN_LEAST),
    }
    for name, a, b in zip(species, ours, theirs, strict=True):
        figures[f"read_{name}"] = figure(a, f"read as such (real pictures: {b:.2f})")
    return figures, table(("asked for", *names), rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure whether a species that is asked for is painted.").parse_args(
        arguments
    )
    figures, read = run(options.data, options.quick, options.model)
    if options.card and options.model:
        write_quality(options.model, figures, heading=SECTION, more=f"{KEY}\n\n{read}")
    options.card = False  # the section of its own has them
    report(options, figures, read)


if __name__ == "__main__":
    main()
