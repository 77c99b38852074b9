"""How good a model of Tang verse is: bits a character, form, rhyme, copies, speed.

    python -m benchmarks.verse --data DIR --model DIR [--quick] [--card] [--json]

Bits are those of the characters of the test split (`pipelines.training.verse_data`), marks and
forms not counted, beside an interpolated 5-gram with modified Kneser-Ney smoothing on the same
tokens (`benchmarks.kneser_ney`), once with marks in its contexts and once without; the better one
counts. Poems are written at defaults, seeds 0, 1, 2, ..., an equal number of every form; `free`
ones without the rule of rhyme. Real ones are those of the test split, as many as are written.
Speed is beside ``transformers.LlamaForCausalLM.generate`` with the same weights, its cache on, one
thread, plain sampling, one poem at a time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.kneser_ney import KneserNey
from benchmarks.one_model import parser, report
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.verse_data import Poem
    from pipelines.verse.tang import Tang

__all__ = ["run"]

COUNT, QUICK_COUNT = 1000, 40
TIMED = 20
MARKS = ("，", "。")
MIN_BELOW, MIN_FORM, MIN_RHYME, MAX_COPIES = 22.0, 99.0, 0.5, 1.0
MIN_RATIO, MAX_FIRST = 3.0, 60.0
Lines = Sequence[str]


def run(data: Path, model: Path, quick: bool = False) -> Figures:
    """Measure the model.

    Args:
        data: The folder of poems that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.training.verse_data import load_poems
    from pipelines.verse.tang import Tang

    instrument = catalog.load(model)
    if not isinstance(instrument.pipeline, Tang):
        raise ValueError(f"model={model} writes no Tang verse; give one that does")
    poems = load_poems(data)
    train = [poem for poem in poems if poem.split == "train"]
    test = [poem for poem in poems if poem.split == "test"]
    if quick:
        train, test = train[:2000], test[:200]
    count = min(QUICK_COUNT if quick else COUNT, 4 * len(test))
    kept, free = (_written(instrument, count, rhyme) for rhyme in ("kept", "free"))
    real: list[Lines] = [poem.lines for poem in test[:count]]
    return (
        _bits(instrument.pipeline, train, test)
        | _shapes(instrument.pipeline, kept, free, real)
        | _copies(train, kept, real)
        | _speed(instrument, model)
    )


def _bits(model: Tang, train: Sequence[Poem], test: Sequence[Poem]) -> Figures:
    from pipelines.training.verse import bits_per_character
    from pipelines.training.verse_data import sequences

    tokens = model.parts.tokens
    ours = bits_per_character(model.parts.poet, sequences(test, tokens))
    rows = {
        name: [row for one in sequences(part, tokens).values() for row in one.tolist()]
        for name, part in (("train", train), ("test", test))
    }
    counted = model.parts.characters.copy()
    counted[model.parts.number("<unk>")] = True
    marks = {model.parts.number(sign) for sign in MARKS}
    five = min(_five_gram(rows, counted, dropped) for dropped in (set(), marks))
    below = 100 * (1 - ours / five)
    return {
        "bits": figure(ours, "a character"),
        "bits_5_gram": figure(five, "a character"),
        "below_5_gram": figure(below, "%", f">= {MIN_BELOW:g}", below >= MIN_BELOW),
    }


def _five_gram(
    rows: dict[str, list[list[int]]], counted: np.ndarray[Any, Any], dropped: set[int]
) -> float:
    """Bits a counted token of the test rows, without the dropped ones in either."""
    thin = {name: [[t for t in x if t not in dropped] for x in all] for name, all in rows.items()}
    baseline = KneserNey(thin["train"], len(counted))
    total, number = 0.0, 0
    for row in thin["test"]:
        for token, bits in zip(row[1:], baseline.bits(row), strict=True):
            if counted[token]:
                total, number = total + bits, number + 1
    return total / number


def _written(instrument: Instrument, count: int, rhyme: str) -> list[Lines]:
    from pipelines.verse.forms import FORMS, lines_of

    forms = list(FORMS)
    requests = (
        instrument.request(seed=seed, form=forms[seed % len(forms)], rhyme=rhyme)
        for seed in range(count)
    )
    return [lines_of(str(instrument.render(one).data)) for one in requests]


def _shapes(model: Tang, kept: list[Lines], free: list[Lines], real: list[Lines]) -> Figures:
    from pipelines.training.verse_rhymes import rhyming_share
    from pipelines.verse.forms import FORMS

    forms = list(FORMS.values())
    whole = [
        len(poem) == form.lines and all(len(line) == form.length for line in poem)
        for poem, form in zip(kept, (forms[i % len(forms)] for i in range(len(kept))), strict=True)
    ]
    groups: dict[int, str] = {}
    for token, group in zip(model.parts.tokens, model.parts.rhymes.tolist(), strict=True):
        if group >= 0:
            groups[group] = groups.get(group, "") + token
    found = [100 * rhyming_share(poems, list(groups.values())) for poems in (kept, free, real)]
    form, ratio = 100 * float(np.mean(whole)), found[1] / found[2]
    return {
        "form": figure(form, "%", f">= {MIN_FORM:g}", form >= MIN_FORM),
        "rhyme": figure(found[0], "%"),
        "rhyme_real": figure(found[2], "%"),
        "rhyme_free": figure(found[1], "%"),
        "rhyme_free_to_real": figure(ratio, "x", f">= {MIN_RHYME:g}", ratio >= MIN_RHYME),
    }


def _copies(train: Sequence[Poem], drawn: list[Lines], real: list[Lines]) -> Figures:
    """Poems with two or more lines of training poems, and whole ones."""
    known = {line for poem in train for line in poem.lines}
    whole = {tuple(poem.lines) for poem in train}

    def share(poems: Iterable[Lines]) -> float:
        return 100 * float(np.mean([sum(x in known for x in poem) > 1 for poem in poems]))

    made, usual = share(drawn), share(real)
    same = sum(tuple(poem) in whole for poem in drawn)
    return {
        "copied_lines": figure(made, "%", f"<= {MAX_COPIES:g}", made <= MAX_COPIES),
        "copied_lines_real": figure(usual, "%"),
        "copied_poems": figure(float(same), "poems", "<= 0", same == 0),
    }


def _speed(instrument: Instrument, model: Path) -> Figures:
    """Characters and marks a second, ours and theirs in turn, and time to the first line."""
    import torch
    from transformers import LlamaForCausalLM

    from pipelines.verse.forms import FORMS

    form = FORMS["7x8"]
    length = form.lines * (form.length + 1)
    llama = LlamaForCausalLM.from_pretrained(model).eval()
    begin = torch.tensor([[instrument.pipeline.parts.number(form.token)]])  # type: ignore[attr-defined]
    told = {
        "do_sample": True,
        "top_k": 0,
        "use_cache": True,
        "min_new_tokens": length,
        "max_new_tokens": length,
        "pad_token_id": 0,
    }
    ours, theirs, first = [], [], []
    torch.set_num_threads(1)
    for seed in range(TIMED):
        request = instrument.request(seed=seed, form=form.name)
        begun = time.perf_counter()
        for number, _ in enumerate(instrument.stream(request)):
            if number == 0:
                first.append(1000 * (time.perf_counter() - begun))
        ours.append(length / (time.perf_counter() - begun))
        begun = time.perf_counter()
        with torch.inference_mode():
            llama.generate(begin, attention_mask=torch.ones_like(begin), **told)
        theirs.append(length / (time.perf_counter() - begun))
    rate, usual, wait = (float(np.median(x)) for x in (ours, theirs, first))
    ratio = rate / usual if usual else math.inf
    return {
        "tokens_a_second": figure(rate, "1/s"),
        "tokens_a_second_generate": figure(usual, "1/s"),
        "faster": figure(ratio, "x", f">= {MIN_RATIO:g}", ratio >= MIN_RATIO),
        "first_line": figure(wait, "ms", f"<= {MAX_FIRST:g}", wait <= MAX_FIRST),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a model of Tang verse.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
