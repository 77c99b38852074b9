"""Sliders of a melody autoencoder from what is measured on notes.

    python -m pipelines.training.melody_directions FOLDER

They are found as `pipelines.training.tied_directions` has it, from draws in every metre, and
measured at the defaults of every control.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Value, defaults
from pipelines.latents import normal
from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import METRES
from pipelines.music.melody_vae import MelodyVAE
from pipelines.music.tilt import quieted
from pipelines.networks.melody_files import WEIGHTS
from pipelines.training import direction_gate as gate
from pipelines.training import tied_directions
from pipelines.training.tied_directions import candidates, chosen, shipped

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
    drawn = []
    for one in METRES:
        z = normal(0, (draws, *shape), f"melody directions, {one}")
        drawn.append((z[:, 0], read(model, z, one)))
    check = quieted(normal(0, (CHECK, *shape), "melody directions, check"))
    fresh = quieted(normal(0, (count, *shape), "melody directions, fresh"))
    ways = candidates(drawn, ATTRIBUTES)
    found = chosen(lambda z: read(model, z, metre), ways, check, fresh)
    gate.record(folder, shipped(found), found, weights=WEIGHTS, section=section(found, count))
    return found


def section(found: Sequence[gate.Probe], count: int) -> str:
    """The part of a model card on sliders."""
    what = ", four bars of 4/4"
    return tied_directions.section(found, count, module="pipelines.music.attributes", what=what)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.melody_directions")
    parser.add_argument("folder", type=Path, help="folder of a melody autoencoder")
    parser.add_argument("--seeds", type=int, default=FRESH, help="fresh draws of the verdict")
    given = parser.parse_args(arguments)
    print(gate.table(find(given.folder, given.seeds)))


if __name__ == "__main__":
    main()
