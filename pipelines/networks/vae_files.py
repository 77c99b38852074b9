"""Reads and writes the two halves of a variational autoencoder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipelines.networks.vae import Decoder, Encoder, VAESizes

__all__ = [
    "ENCODER",
    "MIXTURE",
    "WEIGHTS",
    "Mixture",
    "load_decoder",
    "load_encoder",
    "load_mixture",
    "save_mixture",
    "save_vae",
]

ModuleT = TypeVar("ModuleT", bound=nn.Module)
WEIGHTS, ENCODER, MIXTURE = (
    "weights.safetensors",
    "encoder.safetensors",
    "mixture.safetensors",
)


@dataclass(frozen=True)
class Mixture:
    """A mixture of K Gaussians over z; see `pipelines.training.mixture`.

    Attributes:
        share: pi, shape [K], summing to one.
        mean: m, shape [K, Z].
        factor: Lower triangular L, shape [K, Z, Z].
    """

    share: NDArray[np.float32]
    mean: NDArray[np.float32]
    factor: NDArray[np.float32]

    def land(self, draw: float, noise: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where a draw in (0, 1] and normal noise [Z] land, shape [Z]."""
        k = int(np.searchsorted(np.cumsum(self.share.astype(np.float64))[:-1], draw))
        z: NDArray[np.float32] = (self.mean[k] + (self.factor[k] * noise).sum(axis=1)).astype(
            np.float32
        )
        return z

    @property
    def center(self) -> NDArray[np.float32]:
        """Mean of the mixture, shape [Z]."""
        center: NDArray[np.float32] = (self.share[:, None] * self.mean).sum(axis=0)
        return center

    @property
    def spread(self) -> NDArray[np.float32]:
        """Standard deviation of each dimension, shape [Z]."""
        own = (self.factor**2).sum(axis=2) + (self.mean - self.center) ** 2
        spread: NDArray[np.float32] = np.sqrt((self.share[:, None] * own).sum(axis=0))
        return spread


def save_vae(encoder: Encoder, decoder: Decoder, folder: Path) -> None:
    """Write ``config.json`` and the weights of both halves, in half precision."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    for module, name in ((decoder, WEIGHTS), (encoder, ENCODER)):
        kept = {k: v.detach().half().contiguous() for k, v in module.state_dict().items()}
        save_file(kept, folder / name)
    config = {"id": folder.name, "family": "vae", "network": asdict(decoder.sizes)}
    text = json.dumps(config, indent=2) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")


def load_decoder(folder: Path) -> Decoder:
    """The decoder in ``folder``, in float32 and ready for inference.

    Raises:
        OSError: If a file is missing.
        ValueError, KeyError, TypeError: If the configuration can't be read.
        RuntimeError, SafetensorError: If the weights are damaged or don't fit it.
    """
    return _filled(Decoder(_sizes(folder)), folder / WEIGHTS)


def load_encoder(folder: Path) -> Encoder:
    """The encoder in ``folder``; see `load_decoder`."""
    return _filled(Encoder(_sizes(folder)), folder / ENCODER)


def _sizes(folder: Path) -> VAESizes:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))["network"]
    return VAESizes(**(config | {"channels": tuple(config["channels"])}))


def _filled(module: ModuleT, place: Path) -> ModuleT:
    from safetensors.torch import load_file

    module.load_state_dict({k: v.to(torch.float32) for k, v in load_file(place).items()})
    return module.eval().requires_grad_(requires_grad=False)


def save_mixture(mixture: Mixture, folder: Path) -> None:
    """Write ``mixture.safetensors``, in half precision."""
    from safetensors.numpy import save_file

    kept = {
        name: getattr(mixture, name).astype(np.float16) for name in ("share", "mean", "factor")
    }
    save_file(kept, folder / MIXTURE)


def load_mixture(folder: Path) -> Mixture | None:
    """What `save_mixture` wrote; None where there is none and seeds are drawn from N(0, I).

    Raises:
        SafetensorError, KeyError: If the file is damaged.
    """
    from safetensors.numpy import load_file

    place = folder / MIXTURE
    if not place.is_file():
        return None
    stored = {name: value.astype(np.float32) for name, value in load_file(place).items()}
    share = stored["share"] / stored["share"].sum()
    return Mixture(share, stored["mean"], stored["factor"])
