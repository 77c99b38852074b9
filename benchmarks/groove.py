"""How good a model of drum patterns is: what comes back, exactness, styles, copies, morphs, speed.

    python -m benchmarks.groove --data assets/grooves --model FOLDER [--quick] [--card] [--json]

Strokes are drums that are struck on a step, whatever the level. What comes back is that of the
test grooves (`pipelines.training.groove_data`). Patterns are drawn at defaults, seeds 0, 1, ...,
with no style told, and as many with each style in turn. A copy is a bar of 16 steps with the
strokes of a bar of a training groove as it is written, or of one of its variations by rule; unseen
real grooves are counted beside them. The style of a pattern is said to be that of the nearest
variation of a training groove. A morph goes in eight steps from a draw to the next. Times are
medians on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.music import random_requests
from benchmarks.one_model import frame, parser, report
from benchmarks.quality import Figures, figure
from pipelines.music.drum_attributes import measure
from pipelines.music.drum_grid import BAR, LANES, levels_of
from pipelines.training.groove_data import Groove, read
from pipelines.training.groove_varying import variations

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.request import Request

__all__ = ["run"]

Levels = NDArray[np.int64]
COUNT, QUICK_COUNT, VARIED = 1000, 60, 160
ASKED, TIMED, MORPHS, STEPS_OF_MORPH = 100, 20, 40, 8
MAX_COPIES, MAX_FRAME, MAX_SOUND = 1.0, 40.0, 300.0


def run(data: Path, model: Path, quick: bool = False) -> Figures:
    """Measure the model.

    Args:
        data: The folder of grooves that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.music.groove import Groove as Drummer

    instrument = catalog.load(model)
    drummer = instrument.pipeline
    if not isinstance(drummer, Drummer):
        raise ValueError(f"model={model} writes no drum patterns; give one that does")
    grooves = read(data)
    train, test = ([one for one in grooves if one.split == split] for split in ("train", "test"))
    count = QUICK_COUNT if quick else COUNT
    asked = [drummer.styles[i % len(drummer.styles)] for i in range(count)]
    draws = {
        "any": _drawn(instrument, ["any"] * count),
        "styled": _drawn(instrument, asked),
        "real": np.stack([one.levels for one in test]),
    }
    varied, numbers = variations(train, VARIED)
    return (
        _back(model, test)
        | _exact(instrument)
        | _means(draws)
        | _copies(draws, train, varied)
        | _styles(draws["styled"], asked, test, (varied, [train[i].style for i in numbers]))
        | _morphs(instrument)
        | _speed(instrument)
    )


def _drawn(instrument: Instrument, styles: Sequence[str]) -> Levels:
    """Patterns at defaults of seeds 0, 1, ..., shape [N, STEPS, lanes]."""
    requests = [instrument.request(seed=i, style=style) for i, style in enumerate(styles)]
    return np.stack([_levels(instrument, one) for one in requests])


def _levels(instrument: Instrument, request: Request) -> Levels:
    pipeline: Any = instrument.pipeline
    found: Levels = pipeline.write(pipeline.place(request), instrument.values(request))[0]
    return found


def _back(model: Path, test: Sequence[Groove]) -> Figures:
    from pipelines.networks.groove_files import load_decoder, load_encoder, read_styles
    from pipelines.training.groove_proof import Patterns, reconstruction

    real = Patterns.of(test, read_styles(model))
    found = reconstruction(load_encoder(model), load_decoder(model), real)
    return {f"back_{name}": figure(100 * value, "%") for name, value in found.items()}


def _exact(instrument: Instrument) -> Figures:
    """How often a recipe of random values is written as it says."""
    right = sum(_as_asked(instrument, one) for one in random_requests(instrument, ASKED))
    return {"exact": figure(100 * right / ASKED, "%", ">= 100", right == ASKED)}


def _as_asked(instrument: Instrument, request: Request) -> bool:
    from pipelines.scores import end_of

    values = instrument.values(request)
    score: Any = instrument.render(request).data
    (track,) = score.tracks
    return bool(
        end_of(score) == int(values["num_bars"]) * BAR * 120
        and score.tempos[0].mspq == round(60e6 / float(values["tempo"]))
        and track.is_drum
        and {note.pitch for note in track.notes} <= set(LANES.values())
        and all(note.time >= 0 and note.end <= end_of(score) for note in track.notes)
        and (levels_of(score) > 0).sum() == len(track.notes)
    )


def _means(draws: dict[str, Levels]) -> Figures:
    """What is measured of draws, beside unseen real grooves."""
    found = {}
    for kind, levels in draws.items():
        for name, values in measure(levels).items():
            found[f"{name}_{kind}"] = figure(float(values.mean()), "")
    return found


def _bars(levels: Levels) -> list[bytes]:
    return [bar.tobytes() for bar in (levels > 0).reshape(-1, BAR, levels.shape[2])]


def _copies(draws: dict[str, Levels], train: Sequence[Groove], varied: Levels) -> Figures:
    written, by_rule = set(_bars(np.stack([one.levels for one in train]))), set(_bars(varied))
    found = {}
    for kind, levels in draws.items():
        bars = _bars(levels)
        share = 100 * float(np.mean([bar in written for bar in bars]))
        own = kind != "real"
        aim = (f"<= {MAX_COPIES:g}", share <= MAX_COPIES) if own else ()
        found[f"copies_{kind}"] = figure(share, "%", *aim)
        ruled = 100 * float(np.mean([bar in by_rule for bar in bars]))
        found[f"copies_varied_{kind}"] = figure(ruled, "%")
        found[f"distinct_{kind}"] = figure(100 * len(set(bars)) / len(bars), "%")
    return found


def _styles(
    draws: Levels, asked: Sequence[str], test: Sequence[Groove], known: tuple[Levels, list[str]]
) -> Figures:
    """How often the nearest training pattern is of the style that was asked for."""
    table = (known[0] > 0).reshape(len(known[0]), -1).astype(np.float32)
    counts = table.sum(axis=1)
    found = {}
    real = np.stack([one.levels for one in test])
    for name, levels, styles in (
        ("style", draws, asked),
        ("style_real", real, [one.style for one in test]),
    ):
        flat = (levels > 0).reshape(len(levels), -1).astype(np.float32)
        apart = flat.sum(axis=1)[:, None] + counts - 2 * flat @ table.T
        right = [
            known[1][i] == style for i, style in zip(apart.argmin(axis=1), styles, strict=True)
        ]
        found[name] = figure(100 * float(np.mean(right)), "%")
        found[f"{name}_apart"] = figure(float(apart.min(axis=1).mean()), "strokes")
    return found


def _morphs(instrument: Instrument) -> Figures:
    """Whether neighbours on a morph are nearer than its ends, and no step is a leap."""
    from pipelines.explore import blend

    nearer, steady = 0, 0
    for seed in range(MORPHS):
        ends = (instrument.request(seed=seed), instrument.request(seed=seed + 1))
        shares = np.linspace(0, 1, STEPS_OF_MORPH + 1)
        path = [_levels(instrument, blend(instrument, *ends, float(t))) > 0 for t in shares]
        steps = [int((a != b).sum()) for a, b in pairwise(path)]
        nearer += float(np.mean(steps)) < int((path[0] != path[-1]).sum())
        steady += max(steps) <= 2 * max(float(np.mean(steps)), 1.0)
    return {
        "morph_nearer": figure(100 * nearer / MORPHS, "%", ">= 100", nearer == MORPHS),
        "morph_steady": figure(100 * steady / MORPHS, "%", ">= 100", steady == MORPHS),
    }


def _speed(instrument: Instrument) -> Figures:
    """A pattern of 4 bars, and its sound, while a slider moves."""
    import torch

    from pipelines.sound import render

    torch.set_num_threads(1)
    requests = [instrument.request(seed=1, num_bars="4", wander=i / TIMED) for i in range(TIMED)]
    took, peaks = [], []
    for request in requests:
        score: Any = instrument.render(request).data
        begun = time.perf_counter()
        sound = render(score)
        took.append(1000 * (time.perf_counter() - begun))
        peaks.append(float(np.abs(sound).max()))
    heard = float(np.median(took[2:]))
    return {
        "pattern": frame(instrument, requests, MAX_FRAME, quality="reference"),
        "sound": figure(heard, "ms", f"<= {MAX_SOUND:g}", heard <= MAX_SOUND),
        "peak": figure(max(peaks), "", "< 1", max(peaks) < 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a model of drum patterns.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    report(options, run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
