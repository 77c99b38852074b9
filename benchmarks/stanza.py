"""How good a model of English verse is: bits a character, form, rhyme, copies, speed.

    python -m benchmarks.stanza --data DIR --model DIR [--quick] [--card] [--json]

See `benchmarks.english`. Speed is beside ``transformers.LlamaForCausalLM.generate`` with the same
weights, its cache on, one thread, the same sampling, one stanza at a time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.english import MAX_FIRST, bits, copies, parted, shapes, verse_of, written
from benchmarks.one_model import parser, report
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.verse.stanza import EnglishVerse

__all__ = ["run"]

COUNT, QUICK_COUNT = 1000, 40
TIMED = 20
MIN_RATIO = 3.0


def run(data: Path, model: Path, quick: bool = False) -> Figures:
    """Measure the model.

    Args:
        data: The folder of stanzas that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog

    instrument = catalog.load(model)
    pipeline = verse_of(instrument, "stanza")
    stanzas = parted(data, quick)
    count = QUICK_COUNT if quick else COUNT
    drawn = written(instrument, count, "free")
    real = [one.lines for one in stanzas["test"]]
    return (
        bits(pipeline, stanzas)
        | shapes(instrument, drawn, real, count)
        | copies(stanzas, drawn)
        | _speed(instrument, model)
    )


def _speed(instrument: Instrument, model: Path) -> Figures:
    """Tokens a second, ours and theirs in turn, and time to the first line."""
    import torch
    from transformers import LlamaForCausalLM

    from pipelines.verse.stanza_forms import FORMS

    pipeline: EnglishVerse = instrument.pipeline  # type: ignore[assignment]
    parts, form = pipeline.parts, FORMS["octave"]
    llama = LlamaForCausalLM.from_pretrained(model).eval()
    begin = torch.tensor([[parts.number(form.token), parts.marks[0]]])
    told = {"do_sample": True, "top_k": 0, "temperature": 0.8, "use_cache": True}
    ours, theirs, first = [], [], []
    torch.set_num_threads(1)
    for seed in range(TIMED):
        request = instrument.request(seed=seed, form=form.name)
        begun = time.perf_counter()
        growing = instrument.stream(request)
        next(growing)
        first.append(1000 * (time.perf_counter() - begun))
        *_, poem = growing
        spent = time.perf_counter() - begun
        length = len(pipeline.reading(poem.words, form.name)) - 2
        ours.append(length / spent)
        ends = {"min_new_tokens": length, "max_new_tokens": length, "pad_token_id": 0}
        begun = time.perf_counter()
        with torch.inference_mode():
            llama.generate(begin, attention_mask=torch.ones_like(begin), **told, **ends)
        theirs.append(length / (time.perf_counter() - begun))
    rate, usual, wait = (float(np.median(x)) for x in (ours, theirs, first))
    return {
        "tokens_a_second": figure(rate, "1/s"),
        "tokens_a_second_generate": figure(usual, "1/s"),
        "faster": figure(rate / usual, "x", f">= {MIN_RATIO:g}", rate / usual >= MIN_RATIO),
        "first_line": figure(wait, "ms", f"<= {MAX_FIRST:g}", wait <= MAX_FIRST),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a model of English verse.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
