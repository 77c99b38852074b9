"""Sliders of an autoencoder of couplets from what is measured on words.

    python -m pipelines.training.couplet_directions FOLDER

Named ones are found as `pipelines.training.tied_directions` has it; mood is measured by VADER. The
finer ones, which nobody named, are those in which the decoder hears z most: with S the matrix by
which it does (`Decoder.seen`), the leading right singular vectors of S without the numbers that
are tied, as GANSpace takes principal directions of a layer (Harkonen et al. 2020,
https://arxiv.org/abs/2004.02546).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import Direction, normal
from pipelines.networks.couplet_files import WEIGHTS
from pipelines.training import direction_gate as gate
from pipelines.training import tied_directions
from pipelines.training.couplet_sounds import mood
from pipelines.training.tied_directions import candidates, chosen
from pipelines.verse.couplet import CoupletVAE
from pipelines.verse.couplet_attributes import ATTRIBUTES, measured, told_apart
from pipelines.verse.couplet_tilt import quieted

__all__ = ["find", "finer", "main", "read", "section"]

Floats = NDArray[np.float32]
DRAWS, CHECK, FRESH = 2048, 128, 200
"""Draws to fit on, draws that choose, and draws of the verdict."""
FINER = 4
"""Directions that nobody named."""


def read(model: CoupletVAE, z: Floats) -> dict[str, Floats]:
    """The attributes of couplets of latents [N, 1, Z], at a temperature of 0."""
    rows = []
    for tokens in model.write(z[:, 0]):
        found = measured(told_apart(model.lexicon, tokens))
        rows.append(found | {"mood": mood(model.lexicon.text(tokens))})
    return {name: np.array([row[name] for row in rows], np.float32) for name in ATTRIBUTES}


def finer(model: CoupletVAE, count: int = FINER) -> list[Direction]:
    """Directions ``pca_1``, ``pca_2``, ... of unit length; see the module."""
    heard = model.decoder.seen.weight.detach().numpy().astype(np.float64).copy()
    heard[:, : len(ATTRIBUTES)] = 0
    rows = np.linalg.svd(heard, full_matrices=False)[2][:count]
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    vectors = (rows * signs[:, None]).astype(np.float32)[:, None]
    return [
        Direction(f"pca_{place}", vector.copy(), kind="pca")
        for place, vector in enumerate(vectors, start=1)
    ]


def find(folder: Path, count: int = FRESH, draws: int = DRAWS) -> list[gate.Probe]:
    """Fit, measure and write; returns every attribute's direction, shipped or not.

    Raises:
        ValueError: If the model is of another family.
    """
    from pipelines import catalog

    model = catalog.load(folder).pipeline
    if not isinstance(model, CoupletVAE):
        raise ValueError(f"model={folder} is no autoencoder of couplets; give one")
    shape = model.latent_space.shape
    z = normal(0, (draws, *shape), "couplet directions")
    check = quieted(normal(0, (CHECK, *shape), "couplet directions, check"))
    fresh = quieted(normal(0, (count, *shape), "couplet directions, unseen"))
    ways = candidates([(z[:, 0], read(model, z))], ATTRIBUTES)
    found = chosen(lambda z: read(model, z), ways, check, fresh)
    shown = [Direction(p.name, p.step, dict(p.effect)) for p in found if gate.holds(p)]
    every = [*shown, *_measured(model, check)]
    gate.record(folder, every, found, weights=WEIGHTS, section=section(found, count))
    return found


def _measured(model: CoupletVAE, z: Floats) -> list[Direction]:
    """The finer directions, with what they do."""
    found = {one.name: one.vector for one in finer(model)}
    probes = gate.trace(lambda z: read(model, z), z, found)
    return [Direction(one.name, one.step, dict(one.effect), kind="pca") for one in probes]


def section(found: Sequence[gate.Probe], count: int) -> str:
    """The part of a model card on sliders."""
    return tied_directions.section(found, count, module="pipelines.verse.couplet_attributes")


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.couplet_directions")
    parser.add_argument("folder", type=Path, help="folder of an autoencoder of couplets")
    parser.add_argument("--seeds", type=int, default=FRESH, help="fresh draws of the verdict")
    given = parser.parse_args(arguments)
    print(gate.table(find(given.folder, given.seeds)))


if __name__ == "__main__":
    main()
