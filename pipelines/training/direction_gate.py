"""Measure what directions do, on seeds they were not fitted on, and write those that hold.

A named direction is shipped if, over the held-out seeds at truncation 1,

- one step moves its own attribute by at least 0.5 of that attribute's deviation over the samples,
- and more than it moves any other attribute, each in its own deviations,
- and the attribute rises at every step from -2 to +2 on at least 90 % of the seeds.

All of it is read from 8-bit pixels, as anyone else would see them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.attributes import measure
from pipelines.latents import Direction
from pipelines.networks.network_files import digest_of
from pipelines.training.subject import Subject, paint_pixels

__all__ = [
    "OFFSETS",
    "SEEDS",
    "Probe",
    "holds",
    "left_out",
    "probe",
    "record",
    "section",
    "table",
    "trace",
    "write",
]

Floats = NDArray[np.float32]
SEEDS = range(3_000_000, 3_000_200)
"""Seeds that no direction is fitted on."""
OFFSETS = (-2, -1, 0, 1, 2)
MIN_EFFECT = 0.5
MIN_MONOTONE = 0.9
WANTED = 7


@dataclass(frozen=True)
class Probe:
    """What one direction does.

    Attributes:
        name: Its name; for an attribute's direction that of the attribute.
        step: One step, shape [L, D].
        effect: Mean change of each attribute from 0 to +1 step, in deviations of the attribute.
        monotone: Share of seeds on which the own attribute rises from each offset to the next;
            NaN where it was not measured.
    """

    name: str
    step: Floats
    effect: Mapping[str, float]
    monotone: float = float("nan")

    @property
    def own(self) -> float:
        """Change of the own attribute, in its deviations; NaN for one without."""
        return self.effect.get(self.name, float("nan"))

    @property
    def strongest_other(self) -> str:
        """The other attribute that changes most."""
        others = [name for name in self.effect if name != self.name]
        return max(others, key=lambda name: abs(self.effect[name]))


def holds(probe: Probe) -> bool:
    """Whether a named direction passes all three rules."""
    return (
        probe.own >= MIN_EFFECT
        and probe.own > abs(probe.effect[probe.strongest_other])
        and probe.monotone >= MIN_MONOTONE
    )


def probe(
    subject: Subject,
    steps: Mapping[str, Floats],
    seeds: Sequence[int],
    offsets: Sequence[int] = OFFSETS,
) -> list[Probe]:
    """Measure directions on the pictures of ``seeds`` at every offset.

    Args:
        subject: The generator.
        steps: One step by name, shape [L, D].
        seeds: Seeds that were not fitted on.
        offsets: Numbers of steps, rising, with 0 and 1 among them.
    """
    return trace(
        lambda w: measure(subject.medium, paint_pixels(subject, w)),
        subject.locate(seeds),
        steps,
        offsets,
    )


def trace(
    read: Callable[[Floats], Mapping[str, Floats]],
    w: Floats,
    steps: Mapping[str, Floats],
    offsets: Sequence[int] = OFFSETS,
    *,
    stays: bool = False,
) -> list[Probe]:
    """Measure directions at given latents, by any reading of what is made of them.

    Args:
        read: Latents [N, L, D] -> attributes by name, shape [N].
        w: Latents, shape [N, L, D].
        steps: One step by name, shape [L, D].
        offsets: Numbers of steps, rising, with 0 and 1 among them.
        stays: Whether an attribute also rises that stays at some offsets, falls at none and ends
            higher than it began, as one that is counted must be allowed to.
    """
    base = read(w)
    spread = {name: float(values.std()) or 1.0 for name, values in base.items()}
    found = []
    for name, step in steps.items():
        at = {0: base}
        for offset in offsets:
            if offset not in at:
                at[offset] = read(w + np.float32(offset) * step)
        effect = {
            key: float((at[1][key] - base[key]).mean(dtype=np.float64)) / spread[key]
            for key in base
        }
        monotone = float("nan")
        if name in base:
            change = np.diff(np.stack([at[offset][name] for offset in offsets]), axis=0)
            up = (change >= 0).all(axis=0) & (change.sum(axis=0) > 0) if stays else change > 0
            monotone = float(np.atleast_2d(up).all(axis=0).mean())
        found.append(Probe(name, step, effect, monotone))
    return found


def table(probes: Sequence[Probe], passes: Callable[[Probe], bool] | None = None) -> str:
    """A Markdown table of directions: what a step does, and the verdict (that of `holds`)."""
    shipped = passes or holds
    lines = [
        "| direction | one step moves it by | strongest other | monotone on | shipped |",
        "|---|---|---|---|---|",
    ]
    for one in probes:
        other = one.strongest_other
        lines.append(
            f"| {one.name} | {one.own:+.2f} sd | {other} {one.effect[other]:+.2f} sd "
            f"| {one.monotone:.0%} of seeds | {'yes' if shipped(one) else 'no'} |"
        )
    return "\n".join(lines)


def section(named: Sequence[Probe], components: Sequence[Probe], count: int) -> str:
    """The part of a model card on directions, from what was measured on ``count`` seeds."""
    lines = [
        "One step is one standard deviation of the latent along the direction. Effects are mean",
        f"changes of attributes (`pipelines.attributes`) from 0 to +1 step over {count} seeds",
        "not used to fit, at truncation 1, in standard deviations of the attribute over samples.",
        "Monotone: the attribute rises at every step from -2 to +2. Shipped are the first",
        f"{WANTED} that move their own attribute by at least {MIN_EFFECT} and more than any",
        f"other, and are monotone on at least {MIN_MONOTONE:.0%} of the seeds.",
        "",
        table(named),
        "",
        "Principal directions of w, which nobody named, do what they do:",
        "",
        "| direction | strongest effects of one step |",
        "|---|---|",
    ]
    for one in components:
        strongest = sorted(one.effect, key=lambda name: -abs(one.effect[name]))[:3]
        words = ", ".join(f"{name} {one.effect[name]:+.2f} sd" for name in strongest)
        lines.append(f"| {one.name} | {words} |")
    return "\n".join(lines)


def write(
    folder: Path, named: Sequence[Probe], components: Sequence[Probe], *, seeds: Sequence[int]
) -> list[Probe]:
    """Write ``directions.safetensors`` and ``directions.json``; returns what was shipped.

    The first seven named directions that hold come first, in the order given, then the components.
    """
    from safetensors.numpy import save_file

    shipped = [one for one in named if holds(one)][:WANTED]
    listed = [_entry(one, "attribute") for one in shipped]
    listed += [_entry(one, "pca") for one in components]
    steps = {one.name: np.ascontiguousarray(one.step) for one in (*shipped, *components)}
    save_file(steps, folder / "directions.safetensors")
    document = {
        "schema": 1,
        "generator_sha256": digest_of(folder / "weights.safetensors"),
        "seeds": {"first": min(seeds), "count": len(seeds)},
        "directions": listed,
        "not_shipped": [_entry(one, "attribute") for one in named if one not in shipped],
    }
    text = json.dumps(document, indent=1) + "\n"
    (folder / "directions.json").write_text(text, encoding="utf-8")
    return shipped


def record(
    folder: Path, shown: list[Direction], found: Sequence[Probe], *, weights: str, section: str
) -> None:
    """Write what a model ships beside its weights, and what was measured into its card.

    Args:
        folder: Of the model.
        shown: What is shipped, in order.
        found: All that was measured.
        weights: Name of the file that it was measured on.
        section: Of the card, where there is one.
    """
    from pipelines.training.cards import replace_section
    from pipelines.training.dimensions import save_directions

    more = {"weights_sha256": digest_of(folder / weights), "not_shipped": left_out(found, holds)}
    save_directions(shown, folder, more=more)
    if (folder / "card.md").exists():
        replace_section(folder / "card.md", "Directions", section)


def left_out(found: Sequence[Probe], passes: Callable[[Probe], bool]) -> list[dict[str, Any]]:
    """What was measured of those that do not pass, for the table of a model's directions."""
    return [
        {"name": one.name, "effect": dict(one.effect), "monotone": one.monotone}
        for one in found
        if not passes(one)
    ]


def _entry(one: Probe, kind: Literal["attribute", "pca"]) -> dict[str, Any]:
    vector = np.ascontiguousarray(one.step, dtype=np.float32)
    moved = np.linalg.norm(vector, axis=1)
    entry: dict[str, Any] = {
        "name": one.name,
        "kind": kind,
        "id": Direction(one.name, vector, kind=kind).id,
        "effect": {name: round(value, 3) for name, value in one.effect.items()},
        "layers": [i for i, length in enumerate(moved) if length > 0.05 * moved.max()],
    }
    if kind == "attribute":
        entry["monotone"] = round(one.monotone, 3)
    return entry
