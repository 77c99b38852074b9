"""How good a GAN of four voices is: draws beside unseen real windows, exactness, copies, speed.

    python -m benchmarks.muse_gan --data DIR --model DIR [--quick] [--card] [--json]

Draws are those of seeds 0, 1, ... at defaults, in the modes of the test windows, in turn
(`pipelines.training.muse_gan_data`). Beside them stand the test windows, and as many training
windows, measured against the same test windows: pitch classes and lengths of notes as total
variations, means of attributes, harmony as in `pipelines.training.muse_gan_proof`. A copy is a run
of more than eight notes of a voice, in C, that the same voice has in a training window: with their
lengths, or pitches alone. The key is music21's. Exactness is that of random values of all
controls. Times are medians on one thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.chorale_measures import chords, crossings, full, key_of, runs
from benchmarks.music import random_requests
from benchmarks.one_model import bundled, frame, parser, report
from benchmarks.quality import Figures, figure
from pipelines.latents import normal
from pipelines.music.chorale_grid import MODE_NAMES
from pipelines.music.muse_roll import BARS, LOWEST, NUM_VOICES, SILENT, STEPS, Rolls, rows_of
from pipelines.networks.muse_measures import measure
from pipelines.training import muse_gan_proof as proof
from pipelines.training.muse_gan_data import Windows, load_windows

if TYPE_CHECKING:
    from pipelines.music.muse_gan import MuseGAN
    from pipelines.pipeline import Instrument
    from pipelines.request import Request
    from pipelines.training.direction_gate import Probe

__all__ = ["run"]

COUNT, QUICK_COUNT = 1000, 60
SLIDERS, QUICK_SLIDERS, KEYED, QUICK_KEYED = 200, 40, 179, 12
ASKED, TIMED, MORPHS, STEPS_OF_MORPH = 100, 20, 40, 8
RUN, MAX_COPIES, MAX_FRAME, MAX_SOUND, MIN_SLIDERS = 9, 1.0, 40.0, 300.0, 5
WHITE = (0, 2, 4, 5, 7, 9, 11)
TONICS = {"major": 0, "minor": 9}


def run(data: Path, model: Path, quick: bool = False) -> tuple[Figures, str]:
    """Measure the model.

    Args:
        data: The folder of chorales that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``; and the table of sliders.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.music.muse_gan import MuseGAN
    from pipelines.training.direction_gate import table

    instrument = catalog.load(model)
    if not isinstance(instrument.pipeline, MuseGAN):
        raise ValueError(f"model={model} writes no four voices at once; give one that does")
    windows = load_windows(data)
    train, test = windows["train"], windows.get("test", windows["train"])
    draws = _drawn(instrument, test.modes, QUICK_COUNT if quick else COUNT)
    some = train.some(np.linspace(0, len(train.modes) - 1, len(test.modes)).astype(int))
    probes = _sliders(instrument.pipeline, QUICK_SLIDERS if quick else SLIDERS)
    figures = (
        _back(model, test)
        | _exact(instrument)
        | _near({"draws": draws, "train": some, "real": test}, test)
        | _keys({"draws": draws, "real": test}, QUICK_KEYED if quick else KEYED)
        | _copies({"draws": draws, "real": test}, train)
        | _held(probes)
        | _morphs(instrument)
        | _speed(instrument)
    )
    return figures, table(probes) if probes else "No sliders."


def _drawn(instrument: Instrument, modes: Sequence[int] | Any, count: int) -> Windows:  # noqa: ANN401
    """Works at defaults of seeds 0, 1, ..., in the modes of real windows, in turn."""
    told = np.resize(np.asarray(modes, np.int64), count)
    works = [
        _rolls(instrument, instrument.request(seed=i, mode=MODE_NAMES[mode]))
        for i, mode in enumerate(told.tolist())
    ]
    pitches, begins = (
        np.concatenate([getattr(one, name) for one in works]) for name in ("pitches", "begins")
    )
    return Windows(Rolls(pitches, begins), told)


def _rolls(instrument: Instrument, request: Request) -> Rolls:
    pipeline: Any = instrument.pipeline
    found: Rolls = pipeline.write(pipeline.place(request), instrument.values(request))
    return found


def _back(model: Path, test: Windows) -> Figures:
    from pipelines.networks.muse_gan_files import load_encoder, load_generator

    found = proof.reconstruction(load_encoder(model), load_generator(model), test)
    return {
        name.replace("held", "back"): figure(100 * value, "%") for name, value in found.items()
    }


def _exact(instrument: Instrument) -> Figures:
    """How often a recipe of random values is written as it says."""
    right = sum(_as_asked(instrument, one) for one in random_requests(instrument, ASKED))
    return {"exact": figure(100 * right / ASKED, "%", ">= 100", right == ASKED)}


def _as_asked(instrument: Instrument, request: Request) -> bool:
    from pipelines.music.writing import STEP, sharps
    from pipelines.scores import end_of
    from pipelines.sound import PROGRAMS

    values = instrument.values(request)
    score: Any = instrument.render(request).data
    signature, key = score.time_signatures[0], score.key_signatures[0]
    return bool(
        end_of(score) == STEPS * STEP
        and (signature.numerator, signature.denominator) == (4, 4)
        and score.tempos[0].mspq == round(60e6 / float(values["tempo"]))
        and key.key == sharps(str(values["key"]), str(values["mode"]))
        and key.tonality == (values["mode"] == "minor")
        and len(score.tracks) == NUM_VOICES
        and all(one.program == PROGRAMS[str(values["instrument"])] for one in score.tracks)
        and all(_single(one.notes, STEPS * STEP) for one in score.tracks)
    )


def _single(notes: Sequence[Any], end: int) -> bool:
    """Whether notes come one at a time and, with their silences, fill the bars to the end."""
    spans = [(one.time, one.duration) for one in notes]
    ends = [0, *(start + length for start, length in spans)]
    starts = [*(start for start, _ in spans), end]
    gaps = [(a, b - a) for a, b in zip(ends, starts, strict=True)]
    return min(length for _, length in gaps) >= 0 and full([*spans, *gaps], end // BARS, BARS)


def _near(works: dict[str, Windows], test: Windows) -> Figures:
    """What is measured of draws and of training windows, beside the test windows."""
    found: Figures = {}
    for kind, one in works.items():
        rolls = one.rolls
        for name, value in proof.figures_of(rolls, test.rolls).items():
            if kind != "real" and name in ("classes", "lengths"):
                found[f"{name}_{kind}"] = figure(100 * value, "%")
        for name, values in measure(rolls).items():
            found[f"{name}_{kind}"] = figure(float(values.mean()), "")
        sounds = (rolls.pitches[rolls.pitches != SILENT] + LOWEST) % 12
        found[f"white_{kind}"] = figure(100 * float(np.isin(sounds, WHITE).mean()), "%")
        found[f"harmony_{kind}"] = figure(proof.harmony(rolls), "")
        rows = rows_of(rolls)
        found[f"chords_{kind}"] = figure(100 * float(np.mean([chords(x) for x in rows])), "%")
        found[f"crossed_{kind}"] = figure(100 * float(np.mean([crossings(x) for x in rows])), "%")
    return found


def _keys(works: dict[str, Windows], count: int) -> Figures:
    """How often music21 hears the key that a window is in."""
    share = {}
    for kind, one in works.items():
        rows = rows_of(one.rolls.some(slice(0, count)))
        modes = [MODE_NAMES[mode] for mode in one.modes[:count].tolist()]
        right = [key_of(x) == (TONICS[m], m) for x, m in zip(rows, modes, strict=True)]
        share[kind] = 100 * float(np.mean(right))
    least = share["real"] - 5
    return {
        "key": figure(share["draws"], "%", f">= {least:.0f}", share["draws"] >= least),
        "key_real": figure(share["real"], "%"),
    }


def _copies(works: dict[str, Windows], train: Windows) -> Figures:
    """Works with a run of notes of a voice that a training window has in that voice."""
    found: Figures = {}
    for name, long in (("copies", True), ("copied_pitches", False)):
        known = [
            set().union(*(runs(x, RUN) for x in voice)) for voice in _lines(train.rolls, long)
        ]
        for kind, one in works.items():
            lines = zip(*_lines(one.rolls, long), strict=True)
            copied = [
                any(runs(x, RUN) & have for x, have in zip(voices, known, strict=True))
                for voices in lines
            ]
            share = 100 * float(np.mean(copied))
            aim = (f"<= {MAX_COPIES:g}", share <= MAX_COPIES) if kind == "draws" and long else ()
            found[f"{name}_{kind}"] = figure(share, "%", *aim)
    same = len({row.tobytes() for row in works["draws"].rolls.pitches})
    found["distinct"] = figure(100 * same / len(works["draws"].modes), "%")
    return found


def _lines(rolls: Rolls, long: bool) -> Iterator[list[list[int]]]:
    """Of every voice the notes of all works as numbers, with their lengths or without."""
    for voice in range(NUM_VOICES):
        lines = []
        for pitches, begins in zip(rolls.pitches[:, voice], rolls.begins[:, voice], strict=True):
            at = np.flatnonzero(begins)
            lengths = np.diff([*at, STEPS])
            lines.append((pitches[at] * (STEPS + 1) + long * lengths).tolist())
        yield lines


def _sliders(model: MuseGAN, count: int) -> list[Probe]:
    from pipelines.training.direction_gate import trace
    from pipelines.training.muse_gan_directions import read

    space, usual = model.latent_space, MODE_NAMES[0]
    steps = {one.name: one.vector for one in space.directions}
    z = normal(0, (count, *space.shape), "muse benchmark")
    return trace(lambda moved: read(model, moved, usual), z, steps, stays=True)


def _held(probes: Sequence[Probe]) -> Figures:
    from pipelines.training.direction_gate import holds

    held = sum(map(holds, probes))
    own = {f"slider_{one.name}": figure(one.own, "sd", "", holds(one)) for one in probes}
    aim = (f">= {MIN_SLIDERS}", held >= MIN_SLIDERS)
    return {"sliders": figure(held, f"of {MIN_SLIDERS}", *aim)} | own


def _morphs(instrument: Instrument) -> Figures:
    """Whether neighbours on a morph are nearer than its ends, and no step is a leap."""
    from pipelines.explore import blend

    nearer, steady = 0, 0
    for seed in range(MORPHS):
        ends = (instrument.request(seed=seed), instrument.request(seed=seed + 1))
        shares = np.linspace(0, 1, STEPS_OF_MORPH + 1)
        path = [_rolls(instrument, blend(instrument, *ends, float(t))).pitches for t in shares]
        steps = [int((a != b).sum()) for a, b in pairwise(path)]
        nearer += float(np.mean(steps)) < int((path[0] != path[-1]).sum())
        steady += max(steps) <= 2 * max(float(np.mean(steps)), 1.0)
    return {
        "morph_nearer": figure(100 * nearer / MORPHS, "%", ">= 100", nearer == MORPHS),
        "morph_steady": figure(100 * steady / MORPHS, "%", ">= 100", steady == MORPHS),
    }


def _speed(instrument: Instrument) -> Figures:
    """Four bars, and their sound, while a slider moves."""
    import torch

    from pipelines.sound import render

    torch.set_num_threads(1)
    requests = [instrument.request(seed=1, wander=i / TIMED) for i in range(TIMED)]
    took, peaks = [], []
    for request in requests:
        score: Any = instrument.render(request).data
        begun = time.perf_counter()
        sound = render(score)
        took.append(1000 * (time.perf_counter() - begun))
        peaks.append(float(np.abs(sound).max()))
    heard = float(np.median(took[2:]))
    return {
        "voices": frame(instrument, requests, MAX_FRAME, quality="reference"),
        "sound": figure(heard, "ms", f"<= {MAX_SOUND:g}", heard <= MAX_SOUND),
        "peak": figure(max(peaks), "", "< 1", max(peaks) < 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a GAN of four voices.").parse_args(arguments)
    options.model = options.model or bundled("muse-gan")
    report(options, *run(options.data, options.model, options.quick))


if __name__ == "__main__":
    main()
