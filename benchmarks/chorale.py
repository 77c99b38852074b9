"""How good a model of chorales is: bits, key, cadence, voice leading, copies, speed.

    python -m benchmarks.chorale --data DIR --model DIR [--quick] [--card] [--json]

Bits are those of the drawn tokens (notes, and whether a beat has a fermata) of the chorales of the
test split (`pipelines.training.chorale_data`), whole and with nothing given, beside an
interpolated 5-gram with modified Kneser-Ney smoothing on the same tokens
(`benchmarks.kneser_ney`): once with the tokens that are not drawn in its contexts and once
without; the better one counts. Beside them, bits of alto, tenor and bass when the soprano is told
ahead, and of every third bar when the others are, each with the same notes when nothing is told.
Chorales are written at defaults, seeds 0, 1, ..., keys and modes in turn; `free` ones without the
rule against parallels. Real ones are those of the test split. A copy has 8 (or 32) notes in a row,
all voices together, that stand in a training chorale in any key. `chords` is the share of beats
that are a triad or a seventh chord: of free chorales, of those to real sopranos, of every third
bar when the others stay. Speed is beside ``transformers.LlamaForCausalLM.generate`` with the same
weights, its cache on, one thread, plain sampling, one chorale at a time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import chorale_measures as measures
from benchmarks.chorale_bits import bits, bits_told
from benchmarks.one_model import parser, report
from benchmarks.quality import Figures, figure
from pipelines.latents import normal
from pipelines.music.chorale_controls import DARING
from pipelines.music.chorale_grid import BEAT, MOST_BARS, Row, vocabulary
from pipelines.music.chorale_walk import Plan, Told
from pipelines.music.chorale_writing import SHAPE, write
from pipelines.music.drawing import Chances
from pipelines.music.grid import KEYS, METRES, transposition

if TYPE_CHECKING:
    from pipelines.music.chorale import Chorale
    from pipelines.pipeline import Instrument
    from pipelines.training.chorale_data import Piece

__all__ = ["run"]

COUNT, QUICK_COUNT = 1000, 40
JUDGED, TIMED, SPOKEN = 100, 20, 400
"""Chorales whose key is found and score is read; rounds of timing; tokens of ``generate``."""
COPIED = (8, 32)
MIN_KEY = 5.0
Written = tuple[dict[str, str], Row]
"""Settings of a chorale, and its rows in C."""
MIN_RATIO, MAX_SECONDS, MAX_FIRST = 3.0, 2.0, 60.0


def run(data: Path, model: Path, quick: bool = False) -> Figures:
    """Measure the model.

    Args:
        data: The folder of chorales that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.music.chorale import Chorale
    from pipelines.networks.chorale_files import load_choir
    from pipelines.training.chorale_data import load_pieces, whole

    instrument = catalog.load(model)
    if not isinstance(instrument.pipeline, Chorale):
        raise ValueError(f"model={model} writes no chorales; give one that does")
    pieces = load_pieces(data)
    train = [piece for piece in pieces if piece.split == "train"]
    test = [whole(piece) for piece in pieces if piece.split == "test"]
    if quick:
        train, test = train[:60], test[:8]
    written = _written(instrument, QUICK_COUNT if quick else COUNT)
    free = _written(instrument, len(written) // 5, parallels=True)
    network = load_choir(model)
    return (
        bits(network, train, test)
        | bits_told(network, test)
        | _shapes(instrument, written, test)
        | _leading(written, free, test)
        | _chords(instrument.pipeline, written, test)
        | _copies(written, train, test)
        | _speed(instrument, model)
    )


def _written(instrument: Instrument, count: int, *, parallels: bool = False) -> list[Written]:
    """Chorales as rows in C, with their settings."""
    pipeline: Chorale = instrument.pipeline  # type: ignore[assignment]
    found = []
    for seed in range(count):
        asked = {
            "key": KEYS[seed % len(KEYS)],
            "mode": ("major", "minor")[seed % 2],
            "num_bars": ("8", "12", "16", "4")[seed % 4],
            "time_signature": "3/4" if seed % 8 == 0 else "4/4",  # as often as in the corpus
        }
        request = instrument.request(seed=seed, **asked)
        noise = pipeline.place(request).reshape(SHAPE)
        *_, rows = pipeline.write(instrument.values(request), noise, parallels=parallels)
        found.append((asked, rows))
    return found


def _shapes(instrument: Instrument, written: Sequence[Written], test: Sequence[Piece]) -> Figures:
    """Exactness of scores, keys and cadences, the latter two beside real ones."""
    from pipelines.music.chorale import score
    from pipelines.music.writing import STEP, sharps
    from pipelines.scores import end_of

    some = written[:JUDGED]
    exact, keys, ends = 0, [], []
    for number, (asked, rows) in enumerate(some):
        tempo = 30 + 7 * number % 200
        values = instrument.values(instrument.request(tempo=tempo, **asked))
        made, metre = score(rows, values), METRES[asked["time_signature"]]
        bar, bars = metre.steps * STEP, int(asked["num_bars"])
        full = [
            measures.full([(n.time, n.duration) for n in one.notes], bar, bars)
            for one in made.tracks
        ]
        exact += (
            all(full)
            and end_of(made) == bar * bars
            and made.tempos[0].mspq == round(60e6 / tempo)
            and made.time_signatures[0].numerator == metre.beats
            and made.key_signatures[0].key == sharps(asked["key"], asked["mode"])
        )
        keys.append(measures.key_of(rows) == (0, asked["mode"]))
        ends.append(measures.closes(rows, 0, asked["mode"]))
    real = [measures.key_of(one.rows) == (one.tonic, one.mode) for one in test]
    closed = [measures.closes(one.rows, one.tonic, one.mode) for one in test]
    rates = [100 * float(np.mean(x)) for x in (keys, real, ends, closed)]
    share = 100 * exact / len(some)
    return {
        "exact": figure(share, "%", ">= 100", exact == len(some)),
        "key": figure(
            rates[0], "%", f">= {rates[1] - MIN_KEY:.1f}", rates[0] >= rates[1] - MIN_KEY
        ),
        "key_real": figure(rates[1], "%"),
        "cadence": figure(rates[2], "%", ">= 100", all(ends)),
        "cadence_real": figure(rates[3], "%"),
    }


def _leading(
    written: Sequence[Written], free: Sequence[Written], test: Sequence[Piece]
) -> Figures:
    """Parallels a bar, and crossings, beside real ones."""
    real = [(one.rows, one.bars) for one in test]
    groups = {"_real": real}
    for name, some in (("", written), ("_free", free)):
        groups[name] = [(rows, int(asked["num_bars"])) for asked, rows in some]
    found = {}
    for name, pairs in groups.items():
        counts = [measures.parallels(rows, bars) for rows, bars in pairs]
        for kind in ("fifths", "octaves"):
            value = float(np.mean([one[kind] for one in counts]))
            found[f"parallel_{kind}{name}"] = figure(value, "a bar")
        crossed = 100 * float(np.mean([measures.crossings(rows) for rows, _ in pairs]))
        found[f"crossings{name}"] = figure(crossed, "%")
    return dict(sorted(found.items()))


def _chords(model: Chorale, written: Sequence[Written], test: Sequence[Piece]) -> Figures:
    """Beats that are chords: free, real, to real sopranos, and between real bars."""
    found: dict[str, list[bool]] = {}
    found[""] = [one for _, rows in written[:JUDGED] for one in measures.chords(rows)]
    for seed, piece in enumerate(test):
        part = piece.part(0, min(MOST_BARS, piece.bars))
        shift, bars = transposition(part.tonic), part.bars
        rows = np.where(part.rows >= 0, part.rows - shift, part.rows)
        plan = Plan(part.metre, part.mode, shift, bars, piece.bars)
        thirds = range(1, bars, 3)
        soprano, others = np.zeros((4, bars), dtype=bool), np.ones((4, bars), dtype=bool)
        soprano[0], others[:, list(thirds)] = True, False
        found.setdefault("_real", []).extend(measures.chords(rows))
        for name, given, some in (("_to_soprano", soprano, ()), ("_third_bars", others, thirds)):
            told = Told(list(rows), np.repeat(given, plan.beats, axis=1).tolist())
            noise, chances = normal(seed, SHAPE, model.noise), Chances(DARING)
            *_, made = write(model.choir, plan, told, noise, chances, closes=False)
            found.setdefault(name, []).extend(measures.chords(made, some, part.bar))
    return {
        f"chords{name}": figure(100 * float(np.mean(each)), "% of beats")
        for name, each in found.items()
    }


def _copies(written: Sequence[Written], train: Sequence[Piece], test: Sequence[Piece]) -> Figures:
    known = [tokens for one in train for tokens in _readings(one)]
    drawn = [measures.note_tokens(rows) for _, rows in written]
    real = [_readings(one)[0] for one in test]
    found = {}
    for length in COPIED:
        there = set().union(*(measures.runs(one, length) for one in known))
        for name, some in (("", drawn), ("_real", real)):
            share = [
                100 * len(mine & there) / max(1, len(mine))
                for mine in (measures.runs(one, length) for one in some)
            ]
            found[f"copied_{length}{name}"] = figure(float(np.mean(share)), "% of runs")
            whole = 100 * float(np.mean([one > 0 for one in share]))
            found[f"with_copy_of_{length}{name}"] = figure(whole, "% of chorales")
    return found


def _readings(piece: Piece) -> list[list[int]]:
    """The notes of a chorale in C, and an octave lower: in every key it is one of these."""
    low, found = transposition(piece.tonic), []
    for by in (low, low + 12, low - 12):
        rows = np.where(piece.rows >= 0, piece.rows - by, piece.rows)
        try:
            found.append(measures.note_tokens(rows))
        except KeyError:  # no voice has it there
            continue
    return found


def _speed(instrument: Instrument, model: Path) -> Figures:
    """Seconds of 16 bars, tokens a second beside ``generate``, and the time to the first bar."""
    import torch
    from transformers import LlamaForCausalLM

    llama = LlamaForCausalLM.from_pretrained(model).eval()
    begin = torch.tensor([[vocabulary().numbers["<begin>"]]])
    asked = {"do_sample": True, "top_k": 0, "use_cache": True, "pad_token_id": 0}
    asked |= {"min_new_tokens": SPOKEN, "max_new_tokens": SPOKEN}
    ours, theirs, first, whole = [], [], [], []
    torch.set_num_threads(1)
    pipeline: Chorale = instrument.pipeline  # type: ignore[assignment]
    for seed in range(TIMED):
        request = instrument.request(seed=seed, num_bars="16")
        begun = time.perf_counter()
        for number, _ in enumerate(instrument.stream(request)):
            if number == 0:
                first.append(1000 * (time.perf_counter() - begun))
        whole.append(time.perf_counter() - begun)
        ours.append(_said(pipeline, instrument, seed) / whole[-1])
        begun = time.perf_counter()
        with torch.inference_mode():
            llama.generate(begin, attention_mask=torch.ones_like(begin), **asked)
        theirs.append(SPOKEN / (time.perf_counter() - begun))
    rate, usual, wait, took = (float(np.median(x)) for x in (ours, theirs, first, whole))
    ratio = rate / usual if usual else math.inf
    return {
        "sixteen_bars": figure(took, "s", f"<= {MAX_SECONDS:g}", took <= MAX_SECONDS),
        "tokens_a_second": figure(rate, "1/s"),
        "tokens_a_second_generate": figure(usual, "1/s"),
        "faster": figure(ratio, "x", f">= {MIN_RATIO:g}", ratio >= MIN_RATIO),
        "first_bar": figure(wait, "ms", f"<= {MAX_FIRST:g}", wait <= MAX_FIRST),
    }


def _said(pipeline: Chorale, instrument: Instrument, seed: int) -> int:
    """Tokens of a chorale of 16 bars: notes, beats, bars and the head."""
    request = instrument.request(seed=seed, num_bars="16")
    noise = pipeline.place(request).reshape(SHAPE)
    *_, rows = pipeline.write(instrument.values(request), noise)
    beats = int(rows.shape[1]) // BEAT
    return len(measures.note_tokens(rows)) + beats + 16 + 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a model of chorales.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
