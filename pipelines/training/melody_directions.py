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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

__all__ = ["Draws", "chosen", "find", "main", "read", "section", "shipped", "ways"]

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

    def look(z: Floats) -> dict[str, Floats]:
        return read(model, z, metre)

    drawn = [
        Draws(z, read(model, z, name))
        for name in METRES
        for z in [normal(0, (draws, *shape), f"melody directions, {name}")]
    ]
    check = quieted(normal(0, (CHECK, *shape), "melody directions, check"))
    fresh = quieted(normal(0, (count, *shape), "melody directions, fresh"))
    steps = chosen(look, check, ways(drawn, ATTRIBUTES))
    found = gate.trace(look, fresh, steps, stays=True)
    told = section(found, count, "four bars of 4/4", "pipelines.music.attributes")
    gate.record(folder, shipped(found), found, weights=WEIGHTS, section=told)
    return found


@dataclass(frozen=True)
class Draws:
    """Latents and what is measured of what is written of them.

    Attributes:
        z: Shape [N, 1, Z].
        seen: By attribute, shape [N].
    """

    z: Floats
    seen: Mapping[str, Floats]


def ways(drawn: Sequence[Draws], names: Sequence[str]) -> list[dict[str, Floats]]:
    """The three kinds of step [1, Z] of every attribute; see the module.

    Args:
        drawn: Draws of every kind, such as metres.
        names: Of the attributes, in the order in which numbers of z are tied to them.
    """
    width = drawn[0].z.shape[2]
    slopes = np.zeros((len(names), width))
    latents, standard = [], []
    for one in drawn:
        values = np.stack([one.seen[name] for name in names], axis=1)
        values = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
        slopes += np.linalg.lstsq(one.z[:, 0], values, rcond=None)[0].T / len(drawn)
        latents.append(one.z[:, 0])
        standard.append(values)
    spread = np.ones(width, np.float32)
    axes = np.eye(width, dtype=np.float32)[:, None]
    return [
        apart(slopes, names, spread),
        regress(np.concatenate(latents), np.concatenate(standard), names, spread),
        {name: axes[i] for i, name in enumerate(names)},
    ]


def chosen(
    look: Callable[[Floats], Mapping[str, Floats]],
    check: Floats,
    tried: Sequence[dict[str, Floats]],
) -> dict[str, Floats]:
    """Of the steps of every attribute the one that moves it most beside the others."""
    found = [gate.trace(look, check, steps, stays=True) for steps in tried]
    return {one.name: one.step for one in map(_best, zip(*found, strict=True))}


def shipped(found: Sequence[gate.Probe]) -> list[Direction]:
    """Those that pass the gate."""
    return [Direction(p.name, p.step, dict(p.effect)) for p in found if gate.holds(p)]


def _best(tried: Sequence[gate.Probe]) -> gate.Probe:
    """The one that passes, or else that moves its own attribute most beside the others."""
    return max(tried, key=lambda p: (gate.holds(p), p.own - abs(p.effect[p.strongest_other])))


def section(found: Sequence[gate.Probe], count: int, what: str, measured: str) -> str:
    """The part of a model card on sliders; ``what`` is measured by the module ``measured``."""
    lines = [
        "One step is one standard deviation of the latent along the direction. Effects are mean",
        f"changes of attributes (`{measured}`) from 0 to +1 step over {count}",
        f"draws not used to fit, {what}, in standard deviations of the attribute over",
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
