"""Sliders of a GAN of four voices from what is measured on its notes.

    python -m pipelines.training.muse_gan_directions FOLDER

As `pipelines.training.tied_directions` has it: for each attribute
(`pipelines.networks.muse_measures`) three steps of one standard deviation of z are tried, on draws
in both modes, and the one that moves it most beside the others is measured on fresh draws, at the
defaults of every control, and shipped if it passes `pipelines.training.direction_gate.holds`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.controls import Value, defaults
from pipelines.latents import normal
from pipelines.music.chorale_grid import MODE_NAMES
from pipelines.music.muse_gan import MuseGAN
from pipelines.networks.muse_gan_files import WEIGHTS
from pipelines.networks.muse_measures import ATTRIBUTES, measure
from pipelines.training import direction_gate as gate
from pipelines.training.melody_directions import CHECK, FRESH
from pipelines.training.tied_directions import candidates, chosen, section, shipped

__all__ = ["find", "main", "read"]

Floats = NDArray[np.float32]
DRAWS, PART = 2048, 128
"""Draws of a mode to fit on, and how many are written at once."""


def read(model: MuseGAN, z: Floats, mode: str) -> Mapping[str, Floats]:
    """The attributes of works of latents [N, 1, Z] at the defaults of other controls."""
    values: dict[str, Value] = defaults(model.controls) | {"mode": mode}
    parts = [measure(model.write(z[at : at + PART, 0], values)) for at in range(0, len(z), PART)]
    return {name: np.concatenate([part[name] for part in parts]) for name in ATTRIBUTES}


def find(folder: Path, count: int = FRESH, draws: int = DRAWS) -> list[gate.Probe]:
    """Fit, measure and write; returns every attribute's direction, shipped or not.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog

    model = catalog.load(folder).pipeline
    if not isinstance(model, MuseGAN):
        raise ValueError(f"model={folder} is no GAN of four voices; give one")
    shape, usual = model.latent_space.shape, MODE_NAMES[0]
    drawn = []
    for mode in MODE_NAMES:
        z = normal(0, (draws, *shape), f"muse directions, {mode}")
        drawn.append((z[:, 0], read(model, z, mode)))
    check = normal(0, (CHECK, *shape), "muse directions, check")
    fresh = normal(0, (count, *shape), "muse directions, fresh")
    ways = candidates(drawn, ATTRIBUTES)
    found = chosen(lambda z: read(model, z, usual), ways, check, fresh)
    told = section(
        found, count, module="pipelines.networks.muse_measures", what=f", in {usual} keys"
    )
    gate.record(folder, shipped(found), found, weights=WEIGHTS, section=told)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.muse_gan_directions")
    parser.add_argument("folder", type=Path, help="folder of a GAN of four voices")
    parser.add_argument("--seeds", type=int, default=FRESH, help="fresh draws of the verdict")
    given = parser.parse_args(arguments)
    print(gate.table(find(given.folder, given.seeds)))


if __name__ == "__main__":
    main()
