"""Sliders of a variational autoencoder from the labels of its data.

With J [A, Z] the mean slope of every label, as a reader trained on real pictures sees it
(`pipelines.training.labels`), by z, over what the model paints,

    d_a = row a of J^T (J J^T + r I)^-1, at the length of one standard deviation of z along it,

is the step that moves label a and, to first order, leaves all others where they are. Beside it
stands the plain regression of z on the labels of the training pictures (h-space, Kwon et al. 2023,
https://arxiv.org/abs/2210.10960). Each label takes the one of the two that moves it most beside
the others on seeds of its own; then what it does is measured on fresh seeds, and it is shipped if
a step

- moves its own label by at least 0.3 of the label's deviation over real pictures (over samples it
  would flatter: a model that hardly smiles has a small deviation),
- and more than any other label, each in its own deviations,
- and on at least 90 % of seeds the label ends higher at +2 than it was at -2 and never falls by
  more than a tenth of its deviation in between (with glasses on, more glasses do nothing).

The ten strongest dimensions of z follow (`pipelines.training.dimensions`).

    python -m pipelines.training.label_directions FOLDER --data DIR
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.image.vae import VAE
from pipelines.latents import Direction
from pipelines.networks.vae_files import load_decoder
from pipelines.training.cards import replace_section
from pipelines.training.data import load_pictures
from pipelines.training.dimensions import changes, effects, ordered, save_directions
from pipelines.training.direction_gate import OFFSETS, Probe, left_out, table
from pipelines.training.labels import Reader, load_reader, read_labels
from pipelines.training.mixture import encode
from pipelines.training.repainting import latents, painted

__all__ = ["apart", "holds", "probe", "regress", "solve", "table"]

Floats = NDArray[np.float32]
FIT, CHECK, FRESH = 1_000_000, 4_000_000, 3_000_000
"""First seeds of those that slopes are taken at, that choose, and that the verdict is from."""
RIDGE = 0.02
LEAST, MONOTONE, FALL = 0.3, 0.9, 0.1
BATCH = 32
USED = 4000
"""Training pictures that the regression takes, at most."""


def solve(model: VAE, reader: Reader, z: Floats) -> dict[str, Floats]:
    """Steps [1, Z] by label that leave the other labels where they are.

    Args:
        model: The model.
        reader: Reads labels.
        z: Latents that slopes are taken at, shape [N, 1, Z].
    """
    slopes = np.zeros((len(reader.labels), z.shape[-1]))
    for start in range(0, len(z), BATCH):
        point = torch.from_numpy(z[start : start + BATCH]).requires_grad_()
        read = reader.standard(model.painter(point))
        for i in range(len(reader.labels)):
            (slope,) = torch.autograd.grad(read[:, i].sum(), point, retain_graph=True)
            slopes[i] += slope[:, 0].sum(dim=0).numpy() / len(z)
    return apart(slopes, reader.labels, model.latent_space.spread[0])


def apart(slopes: NDArray[np.float64], labels: Sequence[str], spread: Floats) -> dict[str, Floats]:
    """Steps [1, Z] by label that leave the other labels where they are, from mean slopes.

    Args:
        slopes: J, shape [A, Z].
        labels: Names, A of them.
        spread: Deviation of z, shape [Z].
    """
    scaled = slopes * spread.astype(np.float64)  # in deviations of z
    square = scaled @ scaled.T
    level = RIDGE * np.trace(square) / len(square)
    rows = np.linalg.solve(square + level * np.eye(len(square)), scaled)
    return {name: _step(row, spread) for name, row in zip(labels, rows, strict=True)}


def regress(
    mean: Floats, values: Floats, labels: Sequence[str], spread: Floats
) -> dict[str, Floats]:
    """Steps [1, Z] by label: how z differs where one label is greater and the others are the same.

    Args:
        mean: z of pictures, shape [N, Z].
        values: Their labels, shape [N, A]; unknown ones count as the mean.
        labels: Names, A of them.
        spread: Deviation of z, shape [Z].
    """
    standard = (values - np.nanmean(values, axis=0)) / (np.nanstd(values, axis=0) + 1e-9)
    known = np.concatenate([np.nan_to_num(standard), np.ones((len(values), 1))], axis=1)
    rows = np.linalg.lstsq(known, mean / spread, rcond=None)[0]
    return {name: _step(rows[i], spread) for i, name in enumerate(labels)}


def _step(row: Floats, spread: Floats) -> Floats:
    """One step: the unit vector in deviations of z, back in z, shape [1, Z]."""
    unit: Floats = (row / (np.linalg.norm(row) + 1e-12) * spread).astype(np.float32)[None]
    return unit


def probe(
    model: VAE,
    reader: Reader,
    steps: Mapping[str, Floats],
    z: Floats,
    offsets: Sequence[int] = OFFSETS,
) -> list[Probe]:
    """Measure steps on the 8-bit pictures of latents z [N, 1, Z] at every offset."""

    def read(moved: Floats) -> Floats:
        return reader.read(painted(model, moved))

    base = read(z)
    spread = reader.spread
    found = []
    for name, step in steps.items():
        path = np.stack([base if o == 0 else read(z + np.float32(o) * step) for o in offsets])
        path /= spread
        change = (path[list(offsets).index(1)] - base / spread).mean(axis=0)
        effect = {one: float(value) for one, value in zip(reader.labels, change, strict=True)}
        monotone = float("nan")
        if name in reader.labels:
            own = path[:, :, reader.labels.index(name)]
            rising = (np.diff(own, axis=0) > -FALL).all(axis=0) & (own[-1] > own[0])
            monotone = float(rising.mean())
        found.append(Probe(name, step, effect, monotone))
    return found


def holds(one: Probe) -> bool:
    """Whether a direction passes all three rules."""
    return (
        one.own >= LEAST
        and one.own > abs(one.effect[one.strongest_other])
        and one.monotone >= MONOTONE
    )


def better(one: Probe, other: Probe) -> Probe:
    """The one that passes, or else that moves its own label most beside the others."""
    return max(one, other, key=lambda p: (holds(p), p.own - abs(p.effect[p.strongest_other])))


def section(
    named: Sequence[Probe], finer: Sequence[Direction], told: Mapping[str, float], count: int
) -> str:
    """The part of a model card on sliders."""
    lines = [
        "One step is one standard deviation of the latent along the direction. Effects are mean",
        f"changes of labels from 0 to +1 step over {count} seeds not used to fit, truncation 1,",
        "in standard deviations of the label over real drawings, as read by a small network",
        "trained on those alone (`reader.safetensors`). Monotone: from -2 to +2 the",
        f"label rises and never falls by more than {FALL} deviations on the way. Shipped are",
        f"those that move their own label by at least {LEAST} and more than any other, and are",
        f"monotone on at least {MONOTONE:.0%} of the seeds.",
        "",
        table(named, holds),
        "",
        "Dimensions of z, which nobody named, the one that changes the picture most first (root",
        "mean square change of one step, of 255):",
        "",
        "| dimension | changes the picture by |",
        "|---|---|",
        *(f"| {one.name} | {255 * told[one.name]:.1f} |" for one in finer),
    ]
    return "\n".join(lines)


def find(folder: Path, data: Path, *, seeds: int = 120, cache: Path | None = None) -> list[Probe]:
    """Fit, measure and write; returns every label's direction, shipped or not."""
    from pipelines import catalog

    model = catalog.load(folder).pipeline
    if not isinstance(model, VAE):
        raise ValueError(f"model={folder} is no variational autoencoder; give one")
    inverter, reader = model.inverter(), load_reader(folder)
    pictures = load_pictures(data, inverter.side, cache).split("train")
    labels, values = read_labels(data, pictures.names)
    spread = model.latent_space.spread[0]
    found, _ = encode(inverter.encoder, pictures.pixels[:USED])
    mean = found.astype(np.float32)
    ways = [
        solve(model, reader, latents(model, FIT, 128)),
        regress(mean, values[:USED], labels, spread),
    ]
    check = latents(model, CHECK, 32)
    pairs = zip(*(probe(model, reader, way, check) for way in ways), strict=True)
    chosen = {one.name: one.step for one in (better(*pair) for pair in pairs)}
    named = probe(model, reader, chosen, latents(model, FRESH, seeds))
    measured = effects(load_decoder(folder), draws=32)
    finer = ordered(measured)
    told = changes(finer, measured)
    shipped = [Direction(p.name, p.step, dict(p.effect)) for p in named if holds(p)]
    more = {"seeds": {"first": FRESH, "count": seeds}, "not_shipped": left_out(named, holds)}
    save_directions([*shipped, *finer], folder, changes=told, more=more)
    if (folder / "card.md").exists():
        replace_section(folder / "card.md", "Directions", section(named, finer, told, seeds))
    return named


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.label_directions")
    parser.add_argument("folder", type=Path, help="folder of a variational autoencoder")
    parser.add_argument("--data", type=Path, required=True, help="pictures and labels.csv")
    parser.add_argument("--seeds", type=int, default=120, help="fresh seeds of the verdict")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    given = parser.parse_args(arguments)
    found = find(given.folder, given.data, seeds=given.seeds, cache=given.cache)
    print(table(found, holds))


if __name__ == "__main__":
    main()
