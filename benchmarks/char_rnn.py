"""How good a model of verse letter by letter is: bits, form, rhyme, copies, speed.

    python -m benchmarks.char_rnn --data DIR --model DIR [--quick] [--card] [--json]

See `benchmarks.english`. The discounts of the 5-gram of letters are chosen on the validation
stanzas. Beside it stand the bits a character, of the same stanzas, of the Transformer that is
bundled (the family `stanza`), and those of stanzas that the model was trained on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.english import (
    MAX_FIRST,
    bits,
    bits_of,
    copies,
    parted,
    shapes,
    verse_of,
    written,
)
from benchmarks.one_model import bundled, parser, report
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument

__all__ = ["run"]

COUNT, QUICK_COUNT = 1000, 40
TIMED = 20
SCALES = (0.7, 0.85, 1.0, 1.15)
"""What discounts are multiplied by."""


def run(data: Path, model: Path, quick: bool = False, count: int = COUNT) -> Figures:
    """Measure the model.

    Args:
        data: The folder of stanzas that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.
        count: How many stanzas are written.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog

    instrument = catalog.load(model)
    pipeline = verse_of(instrument, "char-rnn")
    stanzas = parted(data, quick)
    transformer = verse_of(catalog.load(bundled("stanza")), "stanza")
    theirs = bits_of(transformer, stanzas["test"])
    known = bits_of(pipeline, stanzas["train"][: len(stanzas["test"])])
    drawn = written(instrument, QUICK_COUNT if quick else count, "free")
    real = [one.lines for one in stanzas["test"]]
    return (
        bits(pipeline, stanzas, SCALES)
        | {
            "bits_of_training_stanzas": figure(known, "a character"),
            f"bits_of_{transformer.card.id}": figure(theirs, "a character"),
        }
        | shapes(instrument, drawn, real, len(drawn))
        | copies(stanzas, drawn)
        | _speed(instrument)
    )


def _speed(instrument: Instrument) -> Figures:
    """Letters a second of an octave, and time to the first line."""
    rates, first = [], []
    for seed in range(TIMED):
        begun = time.perf_counter()
        growing = instrument.stream(instrument.request(seed=seed, form="octave"))
        next(growing)
        first.append(1000 * (time.perf_counter() - begun))
        *_, poem = growing
        rates.append(len(poem.words) / (time.perf_counter() - begun))
    rate, wait = float(np.median(rates)), float(np.median(first))
    return {
        "letters_a_second": figure(rate, "1/s"),
        "first_line": figure(wait, "ms", f"<= {MAX_FIRST:g}", wait <= MAX_FIRST),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    made = parser("Measure a model of verse letter by letter.")
    made.add_argument("--count", type=int, default=COUNT, help="how many stanzas are written")
    options = made.parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick, options.count))


if __name__ == "__main__":
    main()
