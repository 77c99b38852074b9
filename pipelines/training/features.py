"""Train and load the feature network that diversity, copies and the judge rely on.

    python -m pipelines.training.features --data DIR --out assets/models/orchard-features

Nothing is downloaded: the network learns the classes of the training split, and to know a picture
again after a flip, a small crop and a change of light (loss = cross entropy + 0.5 x NT-Xent). It
never sees the kept-out pictures, whose accuracy the card gives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from pipelines.networks.features import FeatureNetwork
    from pipelines.training.data import Pictures

__all__ = ["FOLDER", "Features", "classes", "embed", "load", "main", "train", "views"]

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "models" / "orchard-features"
"""Where the shipped network is."""
TEMPERATURE = 0.2
CROP = 0.9
"""Side of the smallest crop seen as the same picture."""


@dataclass(frozen=True)
class Features:
    """What the network says of a set of pictures.

    Attributes:
        vectors: Standardised features, shape [N, D].
        classes: Class probabilities, shape [N, C].
    """

    vectors: NDArray[np.float32]
    classes: NDArray[np.float32]


def _to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    import torch

    array = np.require(pixels, requirements=("C", "W"))  # torch warns of what it can't write to
    return torch.from_numpy(array).permute(0, 3, 1, 2).float() / 127.5 - 1


def embed(network: FeatureNetwork, pixels: NDArray[np.uint8], batch: int = 128) -> Features:
    """Run the network over pictures, RGB in 0..255, shape [N, R, R, 3]."""
    import torch

    vectors, classes = [], []
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(pixels), batch):
            found, scores = network(_to_tensor(pixels[start : start + batch]))
            vectors.append(found.numpy())
            classes.append(scores.softmax(dim=1).numpy())
    return Features(np.concatenate(vectors), np.concatenate(classes))


def classes(folder: Path = FOLDER) -> tuple[str, ...]:
    """What the network can read a picture as, in the order of its scores."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return tuple(config["classes"])


def load(folder: Path = FOLDER) -> FeatureNetwork:
    """Load a trained feature network."""
    from safetensors.torch import load_file

    from pipelines.networks.features import FeatureNetwork

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    network = FeatureNetwork(len(config["classes"]), tuple(config["channels"]), config["side"])
    state = {k: v.float() for k, v in load_file(folder / "weights.safetensors").items()}
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, value)
    network.load_state_dict(state)
    return network.eval()


def views(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """One random view of each picture [N, 3, R, R]: flip, crop of at least 90 %, light."""
    import torch
    from torch.nn import functional

    count = len(pictures)
    random = torch.rand(count, 6, generator=generator)
    scale = CROP + (1 - CROP) * random[:, 0]
    flip = torch.where(random[:, 1] < 0.5, -1.0, 1.0)  # noqa: PLR2004 - fair coin
    room = 1 - scale
    affine = torch.zeros(count, 2, 3)
    affine[:, 0, 0], affine[:, 1, 1] = scale * flip, scale
    affine[:, 0, 2], affine[:, 1, 2] = room * (2 * random[:, 2] - 1), room * (2 * random[:, 3] - 1)
    grid = functional.affine_grid(affine, list(pictures.shape), align_corners=False)
    seen = functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    gain = 0.9 + 0.2 * random[:, 4].view(-1, 1, 1, 1)
    shift = 0.2 * (random[:, 5] - 0.5).view(-1, 1, 1, 1)
    return torch.clamp(seen * gain + shift, -1, 1)


def _loss(network: FeatureNetwork, pair: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy + half of NT-Xent over two views, stacked in ``pair`` [2N, 3, R, R]."""
    import torch
    from torch.nn import functional

    unit, scores = network.contrast(pair)
    count = len(labels)
    alike = unit @ unit.T / TEMPERATURE
    alike = alike.masked_fill(torch.eye(2 * count, dtype=torch.bool), float("-inf"))
    partner = torch.arange(2 * count).roll(count)
    contrast = functional.cross_entropy(alike, partner)
    species = functional.cross_entropy(scores, labels.repeat(2), label_smoothing=0.1)
    return species + 0.5 * contrast


def train(
    pictures: Pictures, *, epochs: int = 16, batch: int = 96, seed: int = 0
) -> FeatureNetwork:
    """Train on the pictures given (hand in the training split only)."""
    import torch
    from torch.nn import functional

    from pipelines.networks.features import FeatureNetwork

    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = FeatureNetwork(len(pictures.classes)).train()
    small = functional.adaptive_avg_pool2d(_to_tensor(pictures.pixels), network.side)
    labels = torch.from_numpy(pictures.labels)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.02)
    steps = epochs * (len(small) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    began = time.monotonic()
    for epoch in range(epochs):
        order = torch.randperm(len(small), generator=generator)
        losses = []
        for index in order[: len(small) // batch * batch].view(-1, batch):
            chosen = small[index]
            pair = torch.cat([views(chosen, generator), views(chosen, generator)])
            loss = _loss(network, pair, labels[index])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        taken = time.monotonic() - began
        print(f"epoch {epoch + 1}/{epochs} loss {np.mean(losses):.3f} {taken:.0f} s", flush=True)
    _standardise(network, small)
    return network.eval()


def _standardise(network: FeatureNetwork, pictures: Tensor) -> None:
    import torch

    network.eval()
    with torch.inference_mode():
        raw = torch.cat([network.embed(part) for part in torch.split(pictures, 256)])
    network.mean.copy_(raw.mean(dim=0))
    network.spread.copy_(raw.std(dim=0).clamp_min(1e-3))


def accuracy(network: FeatureNetwork, pictures: Pictures) -> float:
    """Share of pictures whose most probable class is their own."""
    found = embed(network, pictures.pixels).classes.argmax(axis=1)
    return float((found == pictures.labels).mean())


def _save(network: FeatureNetwork, pictures: Pictures, folder: Path) -> dict[str, Any]:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v for k, v in network.state_dict().items() if v.is_floating_point()}
    save_file({k: v.half().contiguous() for k, v in state.items()}, folder / "weights.safetensors")
    channels = [m.out_channels for m in network.body if hasattr(m, "out_channels")]
    place = folder / "config.json"
    written = (folder / "weights.safetensors").read_bytes()
    config: dict[str, Any] = {
        "family": "features",
        "classes": list(pictures.classes),
        "channels": channels,
        "side": network.side,
        "weights_sha256": hashlib.sha256(written).hexdigest(),
    }
    place.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    test = pictures.split("test")
    # Measured on what was written: half precision is what everyone else will load.
    config["accuracy"] = round(accuracy(load(folder), test), 4)
    config["largest_class"] = round(float(np.bincount(test.labels).max() / len(test.labels)), 4)
    place.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return config


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    from pipelines.training.data import load_pictures

    parser = argparse.ArgumentParser(description="Train the feature network.")
    parser.add_argument("--data", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the weights")
    parser.add_argument("--cache", type=Path, default=None, help="folder for decoded pictures")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    pictures = load_pictures(options.data, 128, options.cache)
    network = train(pictures.split("train"), epochs=options.epochs, seed=options.seed)
    print(json.dumps(_save(network, pictures, options.out), indent=2))


if __name__ == "__main__":
    main()
