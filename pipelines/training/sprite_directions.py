"""Measure the sliders of a model of sprites, and write them beside its weights.

    python -m pipelines.training.sprite_directions FOLDER

The numbers of a style that a slider moves are known: steps of colours
(`pipelines.image.sprite_pixels.COLOURS`) and attributes that the network was told
(`pipelines.networks.sprites.ATTRIBUTES`), so nothing is fitted. What a step does is measured as
for any other model (:mod:`pipelines.training.direction_gate`), on sprites laid on the page's mat;
one is shipped if it moves its own attribute enough, more than any other and at nearly every step.
``hue`` turns all hues, which no attribute measures, and is shipped as it is.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pipelines import catalog
from pipelines.image.pixels import flat
from pipelines.image.sprite_pixels import COLOURS, to_rgba
from pipelines.image.sprite_sampling import condition, noise_of, times
from pipelines.latents import Direction
from pipelines.networks.sprites import ATTRIBUTES
from pipelines.networks.sprites_files import WEIGHTS
from pipelines.request import Request
from pipelines.training import direction_gate as gate
from pipelines.training.subject import Subject

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.image.sprites import Sprites

__all__ = ["grown", "main", "subject_of"]

SEEDS = range(4_100_000, 4_100_048)
"""Seeds that are measured on."""
NUM_STEPS = 12
FARTHER = 1.3
"""A step of an attribute, in its deviations: of what the network is told it does a part."""
Floats = NDArray[np.float32]


def grown(model: Sprites, latents: Floats, num_steps: int = NUM_STEPS) -> Floats:
    """What grows out of latents [N, L, V] before their colours, in one batch: [N, 4, R, R]."""
    sizes = model.velocity.sizes
    x = torch.from_numpy(np.stack([noise_of(one[:-1]) for one in latents]))
    told = torch.from_numpy(
        np.stack([condition(one[-1], sizes.num_kinds, sizes.condition) for one in latents])
    )
    before, last = None, 0.0
    with torch.inference_mode():
        for t, s in zip(times(num_steps), times(num_steps)[1:], strict=False):
            v = model.velocity.field(x, torch.full((len(x),), t), told)
            way = v if before is None else v + (s - t) / (2 * (t - last)) * (v - before)
            x, before, last = x + (s - t) * way, v, t
    found: Floats = x.numpy()
    return found


def subject_of(model: Sprites) -> Subject:
    """A model of sprites as directions see it; a sprite is grown once, whatever its colours."""
    fresh = Request(model.card.id, model.weights)
    known: dict[bytes, Floats] = {}

    def locate(seeds: Sequence[int]) -> Floats:
        return np.stack([model.locate(fresh.but(seed=seed)) for seed in seeds])

    def name(latent: Floats) -> bytes:
        return latent[:-1].tobytes() + latent[-1, : -len(COLOURS)].tobytes()

    def paint(latents: Tensor) -> Tensor:
        wanted = [one for one in latents.numpy() if name(one) not in known]
        if wanted:
            made = grown(model, np.stack(wanted))
            known.update((name(one), x) for one, x in zip(wanted, made, strict=True))
        pictures = [to_rgba(known[name(one)], one[-1, -len(COLOURS) :]) for one in latents.numpy()]
        laid = [np.asarray(flat(Image.fromarray(one, "RGBA"))) for one in pictures]
        return torch.from_numpy(np.stack(laid).astype(np.float32) / 255)

    return Subject(locate, paint)


def steps_of(model: Sprites) -> dict[str, Floats]:
    """One step of every slider, by name: colours first, which follow the hand at once."""
    steps = {}
    first = len(model.species)
    places = {name: i - len(COLOURS) for i, name in enumerate(COLOURS)}
    places |= {name: first + i for i, name in enumerate(ATTRIBUTES)}
    for name, place in places.items():
        steps[name] = np.zeros(model.latent_space.shape, np.float32)
        steps[name][-1, place] = FARTHER if name in ATTRIBUTES else 1.0
    return steps


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(description="Measure the sliders of a model of sprites.")
    parser.add_argument("folder", type=Path, help="folder of a model of sprites")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="seeds measured on")
    options = parser.parse_args(arguments)
    model = catalog.load(options.folder).pipeline
    subject, seeds = subject_of(model), SEEDS[: options.seeds]  # type: ignore[arg-type]
    steps = steps_of(model)  # type: ignore[arg-type]
    measured = {name: step for name, step in steps.items() if name in subject.names}
    found = [_without_paper(one) for one in gate.probe(subject, measured, seeds)]
    print(gate.table(found))
    shown = [Direction(p.name, p.step, dict(p.effect)) for p in found if gate.holds(p)]
    place = sum(one.name in COLOURS for one in shown)
    shown.insert(place, Direction("hue", steps["hue"]))
    section = _section(found, len(seeds))
    gate.record(options.folder, shown, found, weights=WEIGHTS, section=section)


def _without_paper(one: gate.Probe) -> gate.Probe:
    """The probe without the colour of paper: the mat's, which no sprite changes."""
    kept = {name: value for name, value in one.effect.items() if name != "paper"}
    return dataclasses.replace(one, effect=kept)


def _section(found: Sequence[gate.Probe], count: int) -> str:
    """The part of a model card on directions."""
    lines = [
        "One step is one of the number that a colour moves, and",
        f"{FARTHER} of an attribute's; nothing is fitted. Effects are mean",
        f"changes of attributes (`pipelines.attributes`) from 0 to +1 step over {count} seeds, in",
        "standard deviations of the attribute over samples. Monotone: the attribute rises at",
        "every step from -2 to +2. `hue` turns all hues by half a radian a step; no attribute",
        "measures it.",
        "",
        gate.table(found),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
