"""What is measured of every model that writes English verse: bits, form, rhyme, copies.

Bits are those of everything after the form of the stanzas of the test split
(`pipelines.training.stanza_data`), marks of rhymes and ends too, over their characters; beside an
interpolated 5-gram with modified Kneser-Ney smoothing on the same tokens
(`benchmarks.kneser_ney`). Stanzas are written at defaults, seeds 0, 1, 2, ..., an equal number of
every form; those that have to rhyme with every scheme. Real ones are those of the test split.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.kneser_ney import KneserNey
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.splits import Split
    from pipelines.training.stanza_data import Stanza
    from pipelines.verse.stanza import EnglishVerse

__all__ = ["MAX_FIRST", "bits", "bits_of", "copies", "parted", "shapes", "verse_of", "written"]

MIN_BELOW, MIN_FORM, MAX_COPIES = 15.0, 100.0, 1.0
MAX_FIRST = 60.0
QUICK_TRAIN, QUICK_TEST = 2000, 200
Lines = Sequence[str]


def verse_of(instrument: Instrument, family: str) -> EnglishVerse:
    """The pipeline of a model of English verse.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines.verse.stanza import EnglishVerse

    pipeline = instrument.pipeline
    if not isinstance(pipeline, EnglishVerse) or pipeline.card.family != family:
        raise ValueError(f"model={pipeline.card.id} is not of the family {family}; give one")
    return pipeline


def parted(data: Path, quick: bool) -> dict[Split, list[Stanza]]:
    """The stanzas of each split, a few of them for a quick run."""
    from pipelines.training.stanza_data import load_stanzas

    found: dict[Split, list[Stanza]] = {"train": [], "validation": [], "test": []}
    for one in load_stanzas(data):
        found[one.split].append(one)
    if quick:
        found = {k: v[: QUICK_TRAIN if k == "train" else QUICK_TEST] for k, v in found.items()}
    return found


def bits_of(model: EnglishVerse, stanzas: Sequence[Stanza]) -> float:
    """Bits a character under a model."""
    from pipelines.training.english_training import bits_per_character, characters
    from pipelines.training.stanza_data import sequences

    parts = model.parts
    rows = sequences(stanzas, parts.tokenizer, parts.rhymes)
    return bits_per_character(parts.poet, rows, characters(stanzas))


def bits(
    model: EnglishVerse, stanzas: dict[Split, list[Stanza]], scales: Sequence[float] = (1.0,)
) -> Figures:
    """Bits a character of the test stanzas, beside the 5-gram.

    Args:
        model: What is measured.
        stanzas: Of each split.
        scales: What discounts of the 5-gram are multiplied by; the best on the validation stanzas
            counts.
    """
    from pipelines.training.english_training import characters
    from pipelines.training.stanza_data import PAD, sequences

    parts = model.parts

    def rows(split: Split) -> list[list[int]]:
        some = sequences(stanzas[split], parts.tokenizer, parts.rhymes).values()
        return [[one for one in row if one != PAD] for part in some for row in part.tolist()]

    def told(baseline: KneserNey, split: Split) -> float:
        return sum(sum(baseline.bits(row)) for row in rows(split)) / characters(stanzas[split])

    counted = KneserNey(rows("train"), len(parts.tokens))
    tried = [counted.scaled(scale) for scale in scales]
    best = min(tried, key=lambda one: told(one, "validation")) if len(tried) > 1 else tried[0]
    five, ours = told(best, "test"), bits_of(model, stanzas["test"])
    below = 100 * (1 - ours / five)
    return {
        "bits": figure(ours, "a character"),
        "bits_5_gram": figure(five, "a character"),
        "below_5_gram": figure(below, "%", f">= {MIN_BELOW:g}", below >= MIN_BELOW),
    }


def written(instrument: Instrument, count: int, rhyme: str) -> list[Lines]:
    """Stanzas at defaults, an equal number of every form."""
    from pipelines.verse.stanza_forms import FORMS, lines_of

    forms = list(FORMS)
    requests = (
        instrument.request(seed=seed, form=forms[seed % len(forms)], rhyme=rhyme)
        for seed in range(count)
    )
    return [lines_of(str(instrument.render(one).data)) for one in requests]


def shapes(
    instrument: Instrument, drawn: Sequence[Lines], real: Sequence[Lines], count: int
) -> Figures:
    """How many have their lines, and rhyme where they have to and where they need not.

    Args:
        instrument: What is measured.
        drawn: What it wrote at defaults.
        real: Stanzas of the test split.
        count: A tenth of it is written for every scheme.
    """
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
        for lines in written(instrument, max(5, count // 10), name):
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


def copies(stanzas: dict[Split, list[Stanza]], drawn: Sequence[Lines]) -> Figures:
    """Lines that training stanzas have, stanzas with two or more of them, and whole ones."""
    known = {line for one in stanzas["train"] for line in one.lines}
    whole = {one.lines for one in stanzas["train"]}
    real = [one.lines for one in (*stanzas["validation"], *stanzas["test"])][: len(drawn)]

    def share(some: Iterable[Lines]) -> float:
        return 100 * float(np.mean([sum(x in known for x in one) > 1 for one in some]))

    def lines(some: Iterable[Lines]) -> float:
        return 100 * float(np.mean([x in known for one in some for x in one]))

    made, usual, (ours, theirs) = share(drawn), share(real), map(lines, (drawn, real))
    same = sum(tuple(one) in whole for one in drawn)
    return {
        "repeated_lines": figure(ours, "%", f"<= {theirs:.2g}", ours <= theirs),
        "repeated_lines_real": figure(theirs, "%"),
        "copied_lines": figure(made, "%", f"<= {MAX_COPIES:g}", made <= MAX_COPIES),
        "copied_lines_real": figure(usual, "%"),
        "copied_stanzas": figure(float(same), "stanzas", "<= 0", same == 0),
    }
