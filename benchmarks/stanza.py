"""How good a model of English verse is: bits a character, form, rhyme, copies, speed.

    python -m benchmarks.stanza --data DIR --model DIR [--quick] [--card] [--json]

Bits are those of everything after the form of the stanzas of the test split
(`pipelines.training.stanza_data`), marks of rhymes and ends too, over their characters; beside an
interpolated 5-gram with modified Kneser-Ney smoothing on the same tokens
(`benchmarks.kneser_ney`). Stanzas are written at defaults, seeds 0, 1, 2, ..., an equal number of
every form; those that have to rhyme with every scheme. Real ones are those of the test split.
Speed is beside ``transformers.LlamaForCausalLM.generate`` with the same weights, its cache on, one
thread, the same sampling, one stanza at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.kneser_ney import KneserNey
from benchmarks.one_model import parser, report
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.stanza_data import Stanza
    from pipelines.verse.stanza import EnglishVerse

__all__ = ["run"]

COUNT, QUICK_COUNT = 1000, 40
TIMED = 20
MIN_BELOW, MIN_FORM, MAX_COPIES = 15.0, 100.0, 1.0
MIN_RATIO, MAX_FIRST = 3.0, 60.0
Lines = Sequence[str]


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
    from pipelines.training.stanza_data import load_stanzas
    from pipelines.verse.stanza import EnglishVerse

    instrument = catalog.load(model)
    if not isinstance(instrument.pipeline, EnglishVerse):
        raise ValueError(f"model={model} writes no English verse; give one that does")
    stanzas = load_stanzas(data)
    train = [one for one in stanzas if one.split == "train"]
    test = [one for one in stanzas if one.split == "test"]
    if quick:
        train, test = train[:2000], test[:200]
    count = QUICK_COUNT if quick else COUNT
    drawn = _written(instrument, count, "free")
    return (
        _bits(instrument.pipeline, train, test)
        | _shapes(instrument, drawn, [one.lines for one in test], count)
        | _copies(train, drawn, [one.lines for one in stanzas if one.split != "train"])
        | _speed(instrument, model)
    )


def _bits(model: EnglishVerse, train: Sequence[Stanza], test: Sequence[Stanza]) -> Figures:
    from pipelines.training.stanza import bits_per_character, characters
    from pipelines.training.stanza_data import PAD, sequences

    parts, letters = model.parts, characters(test)
    rows = {
        name: [
            [token for token in row if token != PAD]
            for some in sequences(part, parts.tokenizer, parts.rhymes).values()
            for row in some.tolist()
        ]
        for name, part in (("train", train), ("test", test))
    }
    ours = bits_per_character(parts.poet, sequences(test, parts.tokenizer, parts.rhymes), letters)
    baseline = KneserNey(rows["train"], len(parts.tokens))
    five = sum(sum(baseline.bits(row)) for row in rows["test"]) / letters
    below = 100 * (1 - ours / five)
    return {
        "bits": figure(ours, "a character"),
        "bits_5_gram": figure(five, "a character"),
        "below_5_gram": figure(below, "%", f">= {MIN_BELOW:g}", below >= MIN_BELOW),
    }


def _written(instrument: Instrument, count: int, rhyme: str) -> list[Lines]:
    from pipelines.verse.stanza_forms import FORMS, lines_of

    forms = list(FORMS)
    requests = (
        instrument.request(seed=seed, form=forms[seed % len(forms)], rhyme=rhyme)
        for seed in range(count)
    )
    return [lines_of(str(instrument.render(one).data)) for one in requests]


def _shapes(instrument: Instrument, drawn: list[Lines], real: list[Lines], count: int) -> Figures:
    from pipelines.training.stanza_rhymes import rhyming_share
    from pipelines.verse.endings import last_word
    from pipelines.verse.stanza_forms import FORMS, SCHEMES, scheme

    pipeline: EnglishVerse = instrument.pipeline  # type: ignore[assignment]
    rhymes = pipeline.parts.rhymes
    wanted = [form.lines for form in FORMS.values()]
    form = 100 * float(
        np.mean([len(one) == wanted[i % len(wanted)] for i, one in enumerate(drawn)])
    )
    kept = []
    for name in SCHEMES:
        for lines in _written(instrument, max(5, count // 10), name):
            words = [last_word(line) for line in lines]
            kept += [
                rhymes.hold(words[i - back], words[i])
                for i, back in enumerate(scheme(name, len(lines)))
                if back
            ]
    shares = [100 * rhyming_share(some, rhymes) for some in (drawn, real)]
    return {
        "form": figure(form, "%", f">= {MIN_FORM:g}", form >= MIN_FORM),
        "rhyme_asked": figure(100 * float(np.mean(kept)), "%"),
        "rhyme_free": figure(shares[0], "%"),
        "rhyme_real": figure(shares[1], "%"),
    }


def _copies(train: Sequence[Stanza], drawn: list[Lines], real: list[Lines]) -> Figures:
    """Stanzas with two or more lines of training stanzas, and whole ones."""
    known = {line for one in train for line in one.lines}
    whole = {one.lines for one in train}

    def share(stanzas: Iterable[Lines]) -> float:
        return 100 * float(np.mean([sum(x in known for x in one) > 1 for one in stanzas]))

    made, usual = share(drawn), share(real[: len(drawn)])
    same = sum(tuple(one) in whole for one in drawn)
    return {
        "copied_lines": figure(made, "%", f"<= {MAX_COPIES:g}", made <= MAX_COPIES),
        "copied_lines_real": figure(usual, "%"),
        "copied_stanzas": figure(float(same), "stanzas", "<= 0", same == 0),
    }


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
