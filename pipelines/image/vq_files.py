"""Reads the folder of a vector-quantised model; see `pipelines.networks.vq_files`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from pipelines.image.model_files import read_kinds
from pipelines.image.vq_keeping import CELL
from pipelines.networks.code_transformer import CodeTransformer
from pipelines.networks.network_files import weights_of
from pipelines.networks.vq_autoencoder import VQAutoencoder
from pipelines.networks.vq_files import AUTOENCODER, PRIOR, load_prior, load_vq
from pipelines.pipeline import Network
from pipelines.request import Weights
from pipelines.run import steady

__all__ = ["Parts", "read"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Parts:
    """What a model's folder holds.

    Attributes:
        weights: Digests of the weights.
        species: Names of the classes.
        frequency: Share of each in the training data.
        vq: The autoencoder.
        prior: The Transformer over its codes.
        blank: The commonest code, bare paper, which stands where no code is yet.
    """

    weights: Weights
    species: tuple[str, ...]
    frequency: tuple[float, ...]
    vq: VQAutoencoder
    prior: CodeTransformer
    blank: int

    @property
    def decoder(self) -> Network:
        """Vectors of codes [N, D, r, r] -> pictures, as engines run it."""
        side = self.prior.sizes.side
        example = np.zeros((1, self.vq.sizes.code_width, side, side), np.float32)
        return Network(self.vq.decoder, {"z": example}, ("picture",))

    def encode(self, picture: Array) -> Int[Tensor, "N L"]:
        """Codes of pictures [N, 3, R, R] in [-1, 1], always in torch on the CPU."""
        with torch.inference_mode(), steady():
            found = self.vq.encode(torch.from_numpy(picture)).flatten(1)
        return found.clone()

    def vectors(self, codes: Int[Tensor, "N L"]) -> Array:
        """The vectors of codes, shape [N, D, r, r]."""
        side = self.prior.sizes.side
        found: Array = self.vq.codebook.look_up(codes.view(-1, side, side)).numpy()
        return np.ascontiguousarray(found)


def read(folder: Path) -> Parts:
    """Read a model's folder.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    vq, prior = load_vq(folder), load_prior(folder)
    if (vq.sizes.num_codes, vq.sizes.scale) != (prior.sizes.num_codes, CELL):
        raise ValueError("the prior is one over other codes")
    files = [folder / name for name in (AUTOENCODER, PRIOR)]
    weights, blank = weights_of(files), int(config["blank"])
    species, frequency = read_kinds(config, prior.sizes.num_classes)
    return Parts(weights, species, frequency, vq, prior, blank)
