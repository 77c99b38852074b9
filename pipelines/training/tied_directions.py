"""Sliders of an autoencoder whose first numbers of z are tied to attributes.

With z from the prior and s_a the attributes of what is written of it, in their own deviations,
J [A, Z] is the mean slope of all s by z: least squares over draws, the mean over kinds of work.
For each attribute three steps are tried, each one standard deviation of z long:

- the row of J^T (J J^T + r I)^-1 that moves it and, to first order, no other
  (`pipelines.training.label_directions.apart`);
- the regression of z on all attributes (`pipelines.training.label_directions.regress`);
- the number of z that the training tied to it.

The one is taken that moves it most beside the others on draws of their own. Then what it does is
measured on fresh draws, and it is shipped if it passes
`pipelines.training.direction_gate.holds`; an attribute that is counted may stay where it is from
one offset to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import Direction
from pipelines.training import direction_gate as gate
from pipelines.training.label_directions import apart, regress

__all__ = ["candidates", "chosen", "section", "shipped"]

Floats = NDArray[np.float32]
Read = Callable[[Floats], Mapping[str, Floats]]


def candidates(
    draws: Sequence[tuple[Floats, Mapping[str, Floats]]], names: Sequence[str]
) -> list[dict[str, Floats]]:
    """The three kinds of step of every attribute; see the module.

    Args:
        draws: By kind of work: latents [N, Z], and each attribute of what is written of them [N].
        names: The attributes, in the order of the numbers of z.
    """
    width = draws[0][0].shape[1]
    slopes = np.zeros((len(names), width))
    latents, standard = [], []
    for z, seen in draws:
        values = np.stack([seen[name] for name in names], axis=1)
        values = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
        slopes += np.linalg.lstsq(z, values, rcond=None)[0].T / len(draws)
        latents.append(z)
        standard.append(values)
    spread = np.ones(width, np.float32)
    axes = np.eye(width, dtype=np.float32)[:, None]
    return [
        apart(slopes, names, spread),
        regress(np.concatenate(latents), np.concatenate(standard), names, spread),
        {name: axes[i] for i, name in enumerate(names)},
    ]


def chosen(
    read: Read, tried: Sequence[Mapping[str, Floats]], check: Floats, fresh: Floats
) -> list[gate.Probe]:
    """The best step of every attribute, measured on fresh draws.

    Args:
        read: Latents [N, 1, Z] -> attributes by name, shape [N].
        tried: See `candidates`.
        check: Latents that choose, shape [N, 1, Z].
        fresh: Latents of the verdict, shape [N, 1, Z].
    """
    probes = [gate.trace(read, check, way, stays=True) for way in tried]
    best = {one.name: one.step for one in map(_best, zip(*probes, strict=True))}
    return gate.trace(read, fresh, best, stays=True)


def _best(tried: Sequence[gate.Probe]) -> gate.Probe:
    """The one that passes, or else that moves its own attribute most beside the others."""
    return max(tried, key=lambda p: (gate.holds(p), p.own - abs(p.effect[p.strongest_other])))


def shipped(found: Sequence[gate.Probe]) -> list[Direction]:
    """Those that pass the gate, as directions."""
    return [Direction(p.name, p.step, dict(p.effect)) for p in found if gate.holds(p)]


def section(found: Sequence[gate.Probe], count: int, *, module: str, what: str = "") -> str:
    """The part of a model card on sliders.

    Args:
        found: What was measured.
        count: Fresh draws.
        module: Where the attributes are defined.
        what: Of which works, where there are several kinds.
    """
    lines = [
        "One step is one standard deviation of the latent along the direction. Effects are mean",
        f"changes of attributes (`{module}`) from 0 to +1 step over {count}",
        f"draws not used to fit{what}, in standard deviations of the attribute over",
        "draws. Monotone: from -2 to +2 the attribute never falls and ends higher. Shipped are",
        f"those that move their own attribute by at least {gate.MIN_EFFECT} and more than any",
        f"other, and are monotone on at least {gate.MIN_MONOTONE:.0%} of the draws.",
        "",
        gate.table(found),
    ]
    return "\n".join(lines)
