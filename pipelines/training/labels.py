"""Labels of pictures, and a small network that reads them off.

``labels.csv`` beside the pictures has a column ``file`` and one for every label, numbers; an empty
cell is a label that can't be said. The reader is trained on real pictures alone, half of them
blurred a little, so that it can judge what a model paints.

    python -m pipelines.training.labels --data DIR --out FOLDER --steps 400
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.networks.vae import Encoder, VAESizes
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.data import Pictures, load_pictures, split_of
from pipelines.training.losses import blur
from pipelines.training.sheets import to_tensor

__all__ = ["FILE", "Reader", "load_reader", "read_labels", "train_reader"]

Floats = NDArray[np.float32]
TABLE, FILE = "labels.csv", "reader.safetensors"
BATCH = 64
CHANNELS = (32, 48, 64)
HIDDEN = 96
SIDE = 64
"""What it looks at: pictures averaged down to this side."""
RATE = 2e-3


def read_labels(folder: Path, names: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
    """Names of the labels, A of them, and their values [N, A] for files of these names.

    Raises:
        ValueError: If there is no table, a file is not in it, or a cell is no number.
    """
    place = folder / TABLE
    if not place.is_file():
        raise ValueError(f"data={folder} has no {TABLE}; make one with a column file and labels")
    with place.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    labels = tuple(name for name in (rows[0] if rows else {}) if name != "file")
    known = {row["file"]: row for row in rows}
    missing = next((name for name in names if name not in known), None)
    if missing is not None:
        raise ValueError(f"{place} has no row for {missing}; add it")
    try:
        values = [[float(known[n][label] or "nan") for label in labels] for n in names]
    except ValueError as error:
        raise ValueError(f"{place} holds what is no number: {error}; correct it") from error
    return labels, np.array(values, dtype=np.float32).reshape(len(names), len(labels))


@dataclass(frozen=True)
class Reader:
    """Reads labels off pictures.

    Attributes:
        network: Pictures -> labels, standardised (its mean; the variance is not used).
        labels: Their names.
        mean: Mean of each over the data, shape [A].
        spread: Standard deviation of each, shape [A].
    """

    network: Encoder
    labels: tuple[str, ...]
    mean: Floats
    spread: Floats

    def standard(self, pictures: Tensor) -> Tensor:
        """Labels of pictures [N, 3, R, R] in deviations from the mean, [N, A]; differentiable."""
        read: Tensor = self.network(_smaller(pictures.clamp(-1, 1), self.network.sizes))[0]
        return read

    def read(self, pixels: NDArray[np.uint8]) -> Floats:
        """Labels of pictures [N, R, R, 3] in their own units, shape [N, A]."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(pixels), BATCH):
                part = to_tensor(pixels[start : start + BATCH])
                found.append(self.standard(part).numpy())
        values: Floats = np.concatenate(found) * self.spread + self.mean
        return values

    def save(self, folder: Path) -> None:
        """Write one file, in half precision, with names and sizes as metadata."""
        from safetensors.torch import save_file

        words = {
            "labels": self.labels,
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
            "sizes": asdict(self.network.sizes),
        }
        kept = {k: v.detach().half().contiguous() for k, v in self.network.state_dict().items()}
        save_file(kept, folder / FILE, metadata={"words": json.dumps(words)})


def load_reader(folder: Path) -> Reader:
    """Read what `Reader.save` wrote.

    Raises:
        ValueError: If it is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / FILE, framework="pt") as stored:
            words = json.loads((stored.metadata() or {})["words"])
            weights = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118 - not a dict
        sizes = words["sizes"] | {"channels": tuple(words["sizes"]["channels"])}
        network = Encoder(VAESizes(**sizes))
        network.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"reader={folder / FILE} can't be read: {error}; train it") from error
    mean, spread = (np.array(words[name], dtype=np.float32) for name in ("mean", "spread"))
    network.eval().requires_grad_(requires_grad=False)
    return Reader(network, tuple(words["labels"]), mean, spread)


def train_reader(
    pictures: Pictures,
    labels: tuple[str, ...],
    values: Floats,
    *,
    steps: int = 400,
    sizes: VAESizes | None = None,
) -> Reader:
    """Train on the training split; labels that can't be said play no part.

    Args:
        pictures: All of the data; the split is by name.
        labels: Names, A of them.
        values: Shape [N, A], NaN where unknown.
        steps: Steps of ``BATCH`` pictures, Adam.
        sizes: Of the network; as it fits 128 px without.

    Raises:
        ValueError: If a label is known of no training picture.
    """
    chosen = [i for i, name in enumerate(pictures.names) if split_of(name) == "train"]
    unknown = np.isnan(values[chosen]).all(axis=0)
    if unknown.any():
        name = labels[int(unknown.argmax())]
        raise ValueError(f"label {name} is known of no training picture; leave it out")
    mean = np.nanmean(values[chosen], axis=0)
    spread = np.nanstd(values[chosen], axis=0) + np.float32(1e-6)
    goals = torch.from_numpy((values - mean) / spread)
    side = pictures.pixels.shape[1]
    network = Encoder(sizes or VAESizes(len(labels), min(side, SIDE), 4, CHANNELS, HIDDEN))
    adam = torch.optim.Adam(network.parameters(), RATE)
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = RATE * schedule(step / steps, step + 1)
        index = np.asarray(chosen)[torch.randint(0, len(chosen), (BATCH,)).numpy()]
        seen, goal = to_tensor(pictures.pixels[index]), goals[index]
        seen = torch.where(torch.rand(len(seen), 1, 1, 1) < 0.5, blur(seen), seen)  # noqa: PLR2004
        known = torch.isfinite(goal)
        apart = (network(_smaller(seen, network.sizes))[0] - goal.nan_to_num()) * known
        adam.zero_grad(set_to_none=True)
        (apart.square().sum() / known.sum()).backward()
        adam.step()
    return Reader(network.eval().requires_grad_(requires_grad=False), labels, mean, spread)


def _smaller(pictures: Tensor, sizes: VAESizes) -> Tensor:
    """Average pictures down to the side that the network knows."""
    factor = pictures.shape[2] // sizes.resolution
    return functional.avg_pool2d(pictures, factor) if factor > 1 else pictures


def main(arguments: list[str] | None = None) -> int:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.labels")
    parser.add_argument("--data", type=Path, required=True, help="pictures and labels.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the reader")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--size", type=int, default=128, help="side of the pictures, pixels")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    given = parser.parse_args(arguments)
    try:
        torch.manual_seed(0)
        pictures = load_pictures(given.data, given.size, given.cache)
        labels, values = read_labels(given.data, pictures.names)
        reader = train_reader(pictures, labels, values, steps=given.steps)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    reader.save(given.out)
    held = pictures.split("test")
    _, wanted = read_labels(given.data, held.names)
    for name, share in zip(labels, explained(reader.read(held.pixels), wanted), strict=True):
        sys.stdout.write(f"{name}: {share:.3f} of the variance of unseen pictures\n")
    return 0


def explained(found: Floats, wanted: Floats) -> Floats:
    """Share of each label's variance that is read rightly, shape [A]."""
    left = np.nanmean((found - wanted) ** 2, axis=0) / (np.nanvar(wanted, axis=0) + 1e-9)
    share: Floats = (1 - left).astype(np.float32)
    return share


if __name__ == "__main__":
    sys.exit(main())
