"""How good a model of melodies is: what comes back, draws beside real ones, sliders, speed.

    python -m benchmarks.music --data DIR --model DIR [--quick] [--card] [--json]

Melodies of the test split (`pipelines.training.melody_data`) are read into the mean of z and
written again: share of sixteenths, of notes (F1) and of bars that come back. Draws, as many as
there are test melodies of a shape, are measured beside these: the mean of every attribute apart,
in deviations of real melodies, and the ratio of deviations; draws and test melodies of 4 bars with
two bars in a row that stand in a training tune. Sliders are judged as in
`pipelines.training.melody_directions`, on 200 draws of their own. Recipes with random values of
all controls say how often metre, bars, tempo, key and instrument are what was asked for. Times are
medians on one thread while a slider moves.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.one_model import frame, parser, report
from benchmarks.quality import Figures, figure

if TYPE_CHECKING:
    from pipelines.music.melody_vae import MelodyVAE
    from pipelines.networks.melody import Shape
    from pipelines.pipeline import Instrument
    from pipelines.request import Request
    from pipelines.training.direction_gate import Probe
    from pipelines.training.melody_data import Melodies

__all__ = ["random_requests", "run"]

DRAWS, QUICK_DRAWS = 200, 40
ASKED, TIMED = 200, 60
MIN_STEPS, MIN_SLIDERS, MAX_APART = 0.9, 6, 0.25
MAX_MILLISECONDS, MAX_SOUND = 20.0, 300.0


def run(data: Path, model: Path, quick: bool = False) -> tuple[Figures, str]:
    """Measure the model.

    Args:
        data: The folder of tunes that it was trained on, with their test split.
        model: Its folder.
        quick: Smaller numbers, same code.

    Returns:
        Figure -> ``value``, ``unit``, ``aim``, ``met``; and the table of sliders.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog
    from pipelines.music.melody_vae import MelodyVAE
    from pipelines.training.direction_gate import table
    from pipelines.training.melody_data import load_songs, melodies

    instrument = catalog.load(model)
    if not isinstance(instrument.pipeline, MelodyVAE):
        raise ValueError(f"model={model} writes no melodies; give one that does")
    songs = load_songs(data)
    train, test = (
        melodies(one for one in songs if one.split == split) for split in ("train", "test")
    )
    probes = _sliders(instrument.pipeline, QUICK_DRAWS if quick else DRAWS)
    figures = (
        _again(instrument.pipeline, test)
        | _draws(instrument.pipeline, train, test)
        | _held(probes)
        | _obeyed(instrument, ASKED // 10 if quick else ASKED)
        | _speed(instrument)
    )
    return figures, table(probes) if probes else "No sliders."


def _again(model: MelodyVAE, test: Mapping[Shape, Melodies]) -> Figures:
    from pipelines.training.melody_proof import reconstruction

    encoder = model.inverter().encoder
    found = reconstruction(encoder, model.decoder, test)
    told = {
        f"again_{name}": figure(100 * value, "%")
        for name, value in found.items()
        if name != "steps"
    }
    least = 100 * MIN_STEPS
    steps = 100 * found["steps"]
    return {"again_steps": figure(steps, "%", f">= {least:g}", steps >= least)} | told


def _draws(
    model: MelodyVAE, train: Mapping[Shape, Melodies], test: Mapping[Shape, Melodies]
) -> Figures:
    """Statistics of draws beside those of test melodies of 4 bars, and copies."""
    from pipelines.training.melody_proof import drawn, statistics

    apart: dict[str, list[float]] = {}
    ratio: dict[str, list[float]] = {}
    copied, usual = [], []
    for shape, real in test.items():
        if shape.bars != max(one.bars for one in test):
            continue
        made, truth = drawn(model.decoder, shape, real.modes), real.tokens.numpy()
        for name, (mean, spread, mean_real, spread_real) in statistics(made, truth, shape).items():
            apart.setdefault(name, []).append(abs(mean - mean_real) / spread_real)
            ratio.setdefault(name, []).append(spread / spread_real)
        known = _passages(train[shape].tokens.numpy(), shape)
        copied += [bool(_passages(row[None], shape) & known) for row in made]
        usual += [bool(_passages(row[None], shape) & known) for row in truth]
    worst = max(float(np.mean(values)) for values in apart.values())
    return {
        "worst_mean_apart": figure(worst, "sd", f"<= {MAX_APART:g}", worst <= MAX_APART),
        **{f"apart_{name}": figure(float(np.mean(x)), "sd") for name, x in apart.items()},
        **{f"spread_{name}": figure(float(np.mean(x)), "x") for name, x in ratio.items()},
        "two_bars_of_a_tune": figure(100 * float(np.mean(copied)), "%"),
        "two_bars_of_a_tune_real": figure(100 * float(np.mean(usual)), "%"),
    }


def _passages(tokens: np.ndarray[tuple[int, int], np.dtype[np.int64]], shape: Shape) -> set[bytes]:
    """Every two bars in a row."""
    step = shape.bar_steps
    starts = range(0, tokens.shape[1] - step, step)
    return {row[at : at + 2 * step].tobytes() for row in tokens for at in starts}


def _sliders(model: MelodyVAE, count: int) -> list[Probe]:
    from pipelines.latents import normal
    from pipelines.music.attributes import ATTRIBUTES
    from pipelines.music.grid import METRES
    from pipelines.music.tilt import quieted
    from pipelines.training.direction_gate import trace
    from pipelines.training.melody_directions import read

    space, metre = model.latent_space, next(iter(METRES))
    steps = {one.name: one.vector for one in space.directions if one.name in ATTRIBUTES}
    z = quieted(normal(0, (count, *space.shape), "melody benchmark"))
    return trace(lambda moved: read(model, moved, metre), z, steps, stays=True)


def _held(probes: Sequence[Probe]) -> Figures:
    from pipelines.training.direction_gate import holds

    held = sum(map(holds, probes))
    own = {f"slider_{one.name}": figure(one.own, "sd", "", holds(one)) for one in probes}
    return {"sliders": figure(held, "of 6", f">= {MIN_SLIDERS}", held >= MIN_SLIDERS)} | own


def _obeyed(instrument: Instrument, count: int) -> Figures:
    """How often a recipe of random values is written as it says."""
    from pipelines.music.grid import KEYS, METRES, SCALES
    from pipelines.scores import TICKS, end_of
    from pipelines.sound import PROGRAMS

    right = 0
    for request in random_requests(instrument, count):
        values = instrument.values(request)
        score: Any = instrument.render(request).data
        metre = METRES[str(values["time_signature"])]
        scale = {(KEYS.index(str(values["key"])) + x) % 12 for x in SCALES[str(values["mode"])]}
        (track,) = score.tracks
        right += (
            end_of(score) == int(values["num_bars"]) * metre.steps * TICKS // 4
            and score.tempos[0].mspq == round(60e6 / float(values["tempo"]))
            and score.time_signatures[0].numerator == metre.beats
            and track.program == PROGRAMS[str(values["instrument"])]
            and (values["accidentals"] == "free" or {n.pitch % 12 for n in track.notes} <= scale)
        )
    share = 100 * right / count
    return {"obeyed": figure(share, "%", ">= 100", right == count)}


def random_requests(instrument: Instrument, count: int) -> list[Request]:
    """Recipes with a random value of every control."""
    from pipelines.controls import Choice, Slider

    drawn = np.random.Generator(np.random.Philox(0))
    found = []
    for _ in range(count):
        values: dict[str, object] = {"seed": int(drawn.integers(2**32))}
        for control in instrument.controls:
            if isinstance(control, Choice):
                values[control.name] = str(drawn.choice(control.options))
            elif isinstance(control, Slider):
                value = drawn.uniform(control.minimum, control.maximum)
                values[control.name] = round(value) if control.whole else float(value)
        found.append(instrument.request(**values))
    return found


def _speed(instrument: Instrument) -> Figures:
    """A melody of 4 bars of 4/4, and its sound, while a slider moves."""
    import torch

    from pipelines.sound import render

    torch.set_num_threads(1)
    requests = [instrument.request(seed=1, wander=i / TIMED) for i in range(TIMED)]
    took = []
    for request in requests[:12]:
        score: Any = instrument.render(request).data
        begun = time.perf_counter()
        render(score)
        took.append(1000 * (time.perf_counter() - begun))
    sound = float(np.median(took[2:]))
    return {
        "melody": frame(instrument, requests, MAX_MILLISECONDS, quality="reference"),
        "sound": figure(sound, "ms", f"<= {MAX_SOUND:g}", sound <= MAX_SOUND),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see the module."""
    options = parser("Measure a model of melodies.").parse_args(arguments)
    if options.model is None:
        raise SystemExit("--model: give the folder of a model")
    figures, sliders = run(options.data, options.model, options.quick)
    report(options, figures, sliders)


if __name__ == "__main__":
    main()
