"""Sliders of a groove autoencoder from what is measured on its patterns.

    python -m pipelines.training.groove_directions FOLDER

As `pipelines.training.tied_directions` has it: for each attribute
(`pipelines.music.drum_attributes`) three steps of one standard deviation of z are tried, and the
one that moves it most beside the others is measured on fresh seeds, at the defaults of every
control (so that no style is told), and shipped if it passes
`pipelines.training.direction_gate.holds`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import defaults
from pipelines.latents import normal
from pipelines.music.drum_attributes import ATTRIBUTES, measure
from pipelines.music.groove import Groove
from pipelines.networks.groove_files import WEIGHTS
from pipelines.training import direction_gate as gate
from pipelines.training.melody_directions import CHECK, DRAWS, FRESH
from pipelines.training.tied_directions import candidates, chosen, section, shipped

__all__ = ["find", "main", "read"]

Floats = NDArray[np.float32]


def read(model: Groove, z: Floats) -> dict[str, Floats]:
    """The attributes of patterns of latents [N, 1, Z] at the defaults of other controls."""
    return measure(model.write(z[:, 0], defaults(model.controls)))


def find(folder: Path, count: int = FRESH, draws: int = DRAWS) -> list[gate.Probe]:
    """Fit, measure and write; returns every attribute's direction, shipped or not.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog

    model = catalog.load(folder).pipeline
    if not isinstance(model, Groove):
        raise ValueError(f"model={folder} is no groove autoencoder; give one")
    shape = model.latent_space.shape

    def look(z: Floats) -> dict[str, Floats]:
        return read(model, z)

    z = normal(0, (draws, *shape), "groove directions")
    check = normal(0, (CHECK, *shape), "groove directions, check")
    fresh = normal(0, (count, *shape), "groove directions, fresh")
    found = chosen(look, candidates([(z[:, 0], look(z))], ATTRIBUTES), check, fresh)
    told = section(
        found, count, module="pipelines.music.drum_attributes", what=", two bars, no style told"
    )
    gate.record(folder, shipped(found), found, weights=WEIGHTS, section=told)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.groove_directions")
    parser.add_argument("folder", type=Path, help="folder of a groove autoencoder")
    parser.add_argument("--seeds", type=int, default=FRESH, help="fresh draws of the verdict")
    given = parser.parse_args(arguments)
    print(gate.table(find(given.folder, given.seeds)))


if __name__ == "__main__":
    main()
