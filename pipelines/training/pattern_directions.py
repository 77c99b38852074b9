"""Measure the sliders of colour of a pattern model, and write them beside its weights.

    python -m pipelines.training.pattern_directions FOLDER

The last numbers of a style are steps of :data:`pipelines.networks.pattern.COLOURS`, so nothing is
fitted; what a step does to every attribute is measured as for any other model
(:mod:`pipelines.training.direction_gate`), on tiles that are woven once and painted again. A
direction is shipped if it moves its own attribute enough, more than any other and at every step;
``hue`` turns all hues, which no attribute measures, and is shipped as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines import catalog
from pipelines.latents import Direction
from pipelines.networks.pattern import COLOURS
from pipelines.networks.pattern_files import WEIGHTS
from pipelines.training import direction_gate as gate
from pipelines.training.subject import Subject

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.image.pattern import Pattern

__all__ = ["main", "subject_of"]

SEEDS = range(4_000_000, 4_000_040)
"""Seeds that are measured on."""


def subject_of(model: Pattern) -> Subject:
    """A pattern model as directions see it; a tile is woven once, whatever its colours."""
    from pipelines.image.pattern import LIVE
    from pipelines.request import Request

    fresh = Request(model.card.id, model.weights)
    woven: dict[bytes, Tensor] = {}

    def locate(seeds: Sequence[int]) -> NDArray[np.float32]:
        return np.stack([model.locate(fresh.but(seed=seed)) for seed in seeds])

    def tile(latent: NDArray[np.float32]) -> Tensor:
        drawn = latent.copy()
        drawn[-1, -len(COLOURS) :] = 0.0
        name = drawn.tobytes()
        if name not in woven:
            woven[name] = torch.from_numpy(model.loom.tile(drawn, LIVE, 0.0, {}))
        return woven[name]

    def paint(latents: Tensor) -> Tensor:
        tiles = torch.stack([tile(one.numpy()) for one in latents])
        picture = model.loom.painter(tiles, latents[:, -1, -len(COLOURS) :])
        rgb: Tensor = (picture.clamp(-1, 1) * 0.5 + 0.5).permute(0, 2, 3, 1)
        return rgb

    return Subject(locate, paint)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(description="Measure the sliders of a pattern model.")
    parser.add_argument("folder", type=Path, help="folder of a pattern model")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="seeds measured on")
    options = parser.parse_args(arguments)
    model = catalog.load(options.folder).pipeline
    subject, seeds = subject_of(model), SEEDS[: options.seeds]  # type: ignore[arg-type]
    steps = {name: np.zeros(model.latent_space.shape, np.float32) for name in COLOURS}  # type: ignore[union-attr]
    for i, name in enumerate(COLOURS):
        steps[name][-1, i - len(COLOURS)] = 1.0
    measured = [name for name in COLOURS if name in subject.names]
    found = gate.probe(subject, {name: steps[name] for name in measured}, seeds)
    print(gate.table(found))
    shown = [Direction(p.name, p.step, dict(p.effect)) for p in found if gate.holds(p)]
    shown.append(Direction("hue", steps["hue"]))
    section = _section(found, len(seeds))
    gate.record(options.folder, shown, found, weights=WEIGHTS, section=section)


def _section(found: Sequence[gate.Probe], count: int) -> str:
    """The part of a model card on directions."""
    lines = [
        "One step is one of the number that the slider moves; nothing is fitted. Effects are mean",
        f"changes of attributes (`pipelines.attributes`) from 0 to +1 step over {count} seeds, in",
        "standard deviations of the attribute over samples. Monotone: the attribute rises at",
        "every step from -2 to +2. `hue` turns all hues by 0.3 radians a step; no attribute",
        "measures it.",
        "",
        gate.table(found),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
