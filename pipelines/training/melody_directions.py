"""Sliders of a melody autoencoder from what is measured on notes.

    python -m pipelines.training.melody_directions FOLDER

With z from the prior and s_a the attributes (`pipelines.music.attributes`) of what is written of
it, in their own deviations, J [A, Z] is the mean slope of all s by z: least squares over draws in
every metre. For each attribute three steps are tried, each one standard deviation of z long:

- the row of J^T (J J^T + r I)^-1 that moves it and, to first order, no other
  (`pipelines.training.label_directions.apart`);
- the regression of z on all attributes (`pipelines.training.label_directions.regress`);
- the number of z that the training tied to it (`pipelines.training.melody_scores`).

It takes the one that moves it most beside the others on seeds of its own. Then what it does is
measured on fresh seeds, at the defaults of every control, and it is shipped if it passes
`pipelines.training.direction_gate.holds`; an attribute that is counted may stay where it is from
one offset to the next.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Value, defaults
from pipelines.latents import Direction, normal
from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import METRES
from pipelines.music.melody_vae import MelodyVAE
from pipelines.music.tilt import quieted
from pipelines.networks.melody_files import WEIGHTS
from pipelines.training import direction_gate as gate
from pipelines.training.label_directions import apart, regress

__all__ = ["find", "main", "read", "section"]

Floats = NDArray[np.float32]
DRAWS, CHECK, FRESH = 4096, 128, 200
"""Draws a metre to fit on, draws that choose, and draws of the verdict."""


def read(model: MelodyVAE, z: Floats, metre: str) -> dict[str, Floats]:
    """The attributes of melodies of latents [N, 1, Z] at the defaults of other controls."""
    values: dict[str, Value] = defaults(model.controls) | {"time_signature": metre}
    return measure(model.write(z[:, 0], values), metre)


def find(folder: Path, count: int = FRESH, draws: int = DRAWS) -> list[gate.Probe]:
    """Fit, measure and write; returns every attribute's direction, shipped or not.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog

    model = catalog.load(folder).pipeline
    if not isinstance(model, MelodyVAE):
        raise ValueError(f"model={folder} is no melody autoencoder; give one")
    shape = model.latent_space.shape
    metre = next(iter(METRES))
    ways = _ways(model, draws)
    check = quieted(normal(0, (CHECK, *shape), "melody directions, check"))
    tried = [gate.trace(lambda z: read(model, z, metre), check, way, stays=True) for way in ways]
    chosen = {one.name: one.step for one in map(_best, zip(*tried, strict=True))}
    fresh = quieted(normal(0, (count, *shape), "melody directions, fresh"))
    found = gate.trace(lambda z: read(model, z, metre), fresh, chosen, stays=True)
    shown = [Direction(p.name, p.step, dict(p.effect)) for p in found if gate.holds(p)]
    gate.record(folder, shown, found, weights=WEIGHTS, section=section(found, count))
    return found


def _ways(model: MelodyVAE, draws: int) -> list[dict[str, Floats]]:
    """The three kinds of step of every attribute; see the module."""
    width = model.latent_space.shape[1]
    slopes = np.zeros((len(ATTRIBUTES), width))
    latents, standard = [], []
    for metre in METRES:
        z = normal(0, (draws, 1, width), f"melody directions, {metre}")
        seen = read(model, z, metre)
        values = np.stack([seen[name] for name in ATTRIBUTES], axis=1)
        values = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
        slopes += np.linalg.lstsq(z[:, 0], values, rcond=None)[0].T / len(METRES)
        latents.append(z[:, 0])
        standard.append(values)
    spread = np.ones(width, np.float32)
    axes = np.eye(width, dtype=np.float32)[:, None]
    return [
        apart(slopes, ATTRIBUTES, spread),
        regress(np.concatenate(latents), np.concatenate(standard), ATTRIBUTES, spread),
        {name: axes[i] for i, name in enumerate(ATTRIBUTES)},
    ]


def _best(tried: Sequence[gate.Probe]) -> gate.Probe:
    """The one that passes, or else that moves its own attribute most beside the others."""
    return max(tried, key=lambda p: (gate.holds(p), p.own - abs(p.effect[p.strongest_other])))


def section(found: Sequence[gate.Probe], count: int) -> str:
    """The part of a model card on sliders."""
    lines = [
        "One step is one standard deviation of the latent along the direction. Effects are mean",
        f"changes of attributes (`pipelines.music.attributes`) from 0 to +1 step over {count}",
        "draws not used to fit, four bars of 4/4, in standard deviations of the attribute over",
        "draws. Monotone: from -2 to +2 the attribute never falls and ends higher. Shipped are",
        f"those that move their own attribute by at least {gate.MIN_EFFECT} and more than any",
        f"other, and are monotone on at least {gate.MIN_MONOTONE:.0%} of the draws.",
        "",
        gate.table(found),
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.melody_directions")
    parser.add_argument("folder", type=Path, help="folder of a melody autoencoder")
    parser.add_argument("--seeds", type=int, default=FRESH, help="fresh draws of the verdict")
    given = parser.parse_args(arguments)
    print(gate.table(find(given.folder, given.seeds)))


if __name__ == "__main__":
    main()
