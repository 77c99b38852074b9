"""How good a model of dance tunes is: bits, exactness, key, copies, speed.

    python -m benchmarks.tune --data DIR --model DIR [--quick] [--card] [--json]

Bits are those of the events of the test tunes (`pipelines.training.tune_data`), each bar once,
with nothing told ahead, beside the best interpolated 5-gram with modified Kneser-Ney smoothing on
the same events (`benchmarks.tune_bits`). Tunes are written at defaults, seeds 0, 1, ..., each of
the dance and mode of a test tune, in turn; with those music21's analysis of the key is compared.
Bars that say what stood 4 or 8 bars earlier are counted in both. A copy is a run of notes, as
intervals and lengths, that a training tune has. Exactness is that of random values of all
controls. Times are medians on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.music import random_requests
from benchmarks.one_model import parser, report
from benchmarks.quality import Figures, figure
from benchmarks.tune_bits import bits
from pipelines.music.grid import LOWEST, METRES, SCALES, Note, notes_of
from pipelines.music.tune_grid import DANCES, LOOKS, MOST_BARS, bars_of
from pipelines.music.tune_writing import SHAPE

if TYPE_CHECKING:
    from pipelines.music.tune import Tune
    from pipelines.pipeline import Instrument
    from pipelines.request import Request
    from pipelines.training.tune_data import Part

__all__ = ["run"]

Tokens = NDArray[np.int64]
COUNT, QUICK_COUNT = 1000, 40
ASKED, TIMED = 100, 20
COPIED = (8, 16, 32)
MIN_KEY, MAX_FIRST, MAX_SECONDS = 5.0, 60.0, 1.0
MAX_COPIES = 1.0
MINOR = ("minor", "dorian")


def run(data: Path, model: Path, quick: bool = False) -> Figures:
    """Measure the model.

    Args:
        data: The folder of tunes that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.music.tune import Tune
    from pipelines.networks.tune_files import load_tune
    from pipelines.training.tune_data import load_tunes, parts

    instrument = catalog.load(model)
    if not isinstance(instrument.pipeline, Tune):
        raise ValueError(f"model={model} writes no tunes; give one that does")
    tunes = load_tunes(data)
    some = {
        split: parts([one for one in tunes if one.split == split])
        for split in ("train", "validation", "test")
    }
    real = [one for one in some["test"] if DANCES[one.tune.dance] == one.tune.metre]
    written = _written(instrument, real, QUICK_COUNT if quick else COUNT)
    return (
        bits(load_tune(model), some)
        | _exact(instrument)
        | _keys(written, real)
        | _phrases(written, real)
        | _copies(written, some["train"], real)
        | _speed(instrument)
    )


def _written(instrument: Instrument, real: Sequence[Part], count: int) -> list[Tokens]:
    """Tunes at defaults, in C, of the dances and modes of real ones."""
    pipeline: Tune = instrument.pipeline  # type: ignore[assignment]
    found = []
    for seed in range(count):
        tune = real[seed % len(real)].tune
        request = instrument.request(seed=seed, dance=tune.dance, mode=tune.mode)
        noise = pipeline.place(request).reshape(SHAPE)
        *_, tokens = pipeline.write(instrument.values(request), noise)
        found.append(tokens)
    return found


def _exact(instrument: Instrument) -> Figures:
    """How often a recipe of random values is written as it says, and ends on its keynote."""
    asked = random_requests(instrument, ASKED)
    right = sum(_as_asked(instrument, one) for one in asked)
    return {"exact": figure(100 * right / ASKED, "%", ">= 100", right == ASKED)}


def _as_asked(instrument: Instrument, request: Request) -> bool:
    from pipelines.music.grid import KEYS
    from pipelines.music.writing import STEP, sharps
    from pipelines.scores import end_of
    from pipelines.sound import PROGRAMS

    values = instrument.values(request)
    score: Any = instrument.render(request).data
    metre, bars = METRES[DANCES[str(values["dance"])]], int(values["num_bars"])
    key, mode = str(values["key"]), str(values["mode"])
    (track,) = score.tracks
    notes = sorted(track.notes, key=lambda one: one.time)
    scale = {(KEYS.index(key) + x) % 12 for x in SCALES[mode]}
    filled = np.zeros(end_of(score), dtype=np.int64)
    for note in notes:
        filled[note.time : note.end] += 1
    last = notes[-1]
    closed = last.end == end_of(score) and (last.pitch - KEYS.index(key)) % 12 == 0
    return bool(
        end_of(score) == bars * metre.steps * STEP
        and score.tempos[0].mspq == round(60e6 / float(values["tempo"]))
        and (score.time_signatures[0].numerator, score.time_signatures[0].denominator)
        == (metre.beats, metre.unit)
        and score.key_signatures[0].key == sharps(key, mode)
        and track.program == PROGRAMS[str(values["instrument"])]
        and filled.max() == 1
        and all(note.time % STEP == note.duration % STEP == 0 for note in notes)
        and (values["accidentals"] == "free" or {one.pitch % 12 for one in notes} <= scale)
        and (closed or values["cadence"] == "open")
    )


def _keys(written: Sequence[Tokens], real: Sequence[Part]) -> Figures:
    """How often music21 finds the keynote and the third, and a tune ends on the keynote."""
    rates = {}
    for name, lines in (
        ("", [notes_of(one) for one in written[: len(real)]]),
        ("_real", [notes_of(bars_of(one.bars)) for one in real]),
    ):
        right = [
            _key_of(notes) == (0, "minor" if one.tune.mode in MINOR else "major")
            for notes, one in zip(lines, real, strict=False)
        ]
        rates[f"key{name}"] = 100 * float(np.mean(right))
        closes = [notes[-1].pitch % 12 == 0 for notes in lines]
        rates[f"ends_on_keynote{name}"] = 100 * float(np.mean(closes))
    least = rates["key_real"] - MIN_KEY
    found = {name: figure(value, "%") for name, value in rates.items()}
    found["key"] = figure(rates["key"], "%", f">= {least:.1f}", rates["key"] >= least)
    ends = rates["ends_on_keynote"]
    found["ends_on_keynote"] = figure(ends, "%", ">= 100", ends == 100)
    return found


def _key_of(notes: Sequence[Note]) -> tuple[int, str]:
    """Keynote and mode as music21 finds them (Krumhansl and Schmuckler)."""
    from music21 import note, stream

    part = stream.Stream()
    for one in notes:
        part.insert(one.step / 4, note.Note(one.pitch, quarterLength=one.length / 4))
    found = part.analyze("key")
    return int(found.tonic.pitchClass), str(found.mode)


def _phrases(written: Sequence[Tokens], real: Sequence[Part]) -> Figures:
    """How many bars of 16 say what stood 4 and 8 bars earlier, beside real ones of 16 bars."""
    groups: dict[str, list[list[Any]]] = {
        "": [tokens.reshape(MOST_BARS, -1).tolist() for tokens in written],
        "_real": [list(one.bars) for one in real if len(one.bars) == MOST_BARS],
    }
    return {
        f"bars_of_{back}_earlier{name}": figure(
            100
            * float(np.mean([a == b for x in some for a, b in zip(x, x[back:], strict=False)])),
            "%",
        )
        for back in LOOKS[2:]
        for name, some in groups.items()
    }


def _copies(written: Sequence[Tokens], train: Sequence[Part], real: Sequence[Part]) -> Figures:
    """Runs of notes that a training tune has, and tunes with one, beside real ones."""
    known = [notes_of(bars_of(one.bars)) for one in train]
    groups = {
        "": [notes_of(one) for one in written],
        "_real": [notes_of(bars_of(one.bars)) for one in real],
    }
    found = {}
    for length in COPIED:
        there = set().union(*(_runs(notes, length) for notes in known))
        for name, some in groups.items():
            share = [
                len(mine & there) / max(1, len(mine))
                for mine in (_runs(notes, length) for notes in some)
            ]
            runs, tunes = 100 * float(np.mean(share)), 100 * float(np.mean(np.array(share) > 0))
            found[f"copied_{length}{name}"] = figure(runs, "% of runs")
            found[f"with_copy_of_{length}{name}"] = figure(tunes, "% of tunes")
    first = found["with_copy_of_8"]["value"]
    aim = (f"<= {MAX_COPIES:g}", first <= MAX_COPIES)
    return found | {"with_copy_of_8": figure(first, "% of tunes", *aim)}


def _runs(notes: Sequence[Note], length: int) -> set[tuple[int, ...]]:
    """Every run of so many notes: intervals from its first note, and lengths."""
    pitches = [one.pitch - LOWEST for one in notes]
    lengths = [one.length for one in notes]
    return {
        (
            *(pitch - pitches[at] for pitch in pitches[at : at + length]),
            *lengths[at : at + length],
        )
        for at in range(len(notes) - length + 1)
    }


def _speed(instrument: Instrument) -> Figures:
    """The time to the first bar, and to 16 bars of the dance with most notes."""
    import torch

    from pipelines.sound import render

    torch.set_num_threads(1)
    first, whole, peaks = [], [], []
    for seed in range(TIMED):
        request = instrument.request(seed=seed, dance="reel", num_bars="16")
        begun = time.perf_counter()
        for number, _ in enumerate(instrument.stream(request)):
            if number == 0:
                first.append(1000 * (time.perf_counter() - begun))
        whole.append(time.perf_counter() - begun)
        if seed % 4 == 0:
            score: Any = instrument.render(request).data
            peaks.append(float(np.abs(render(score)).max()))
    wait, took = float(np.median(first)), float(np.median(whole))
    return {
        "first_bar": figure(wait, "ms", f"<= {MAX_FIRST:g}", wait <= MAX_FIRST),
        "sixteen_bars": figure(took, "s", f"<= {MAX_SECONDS:g}", took <= MAX_SECONDS),
        "quietest_peak": figure(min(peaks), "of 1", "> 0.05", min(peaks) > 0.05),
        "loudest_peak": figure(max(peaks), "of 1", "< 1", max(peaks) < 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a model of dance tunes.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
