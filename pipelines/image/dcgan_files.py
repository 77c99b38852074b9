"""Reads the folder of a deep convolutional GAN: generator and directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from safetensors import SafetensorError
from torch import Tensor, nn

from pipelines.errors import unfit
from pipelines.image.direction_files import read_directions
from pipelines.image.model_files import weights_of
from pipelines.latents import LatentSpace
from pipelines.networks.dcgan import WEIGHTS, Generator, load_generator

__all__ = ["Painter", "read"]


class Painter(nn.Module):
    """A generator that takes its z as a latent of one layer."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Float[Tensor, "N 1 Z"]) -> Float[Tensor, "N 3 R R"]:
        """Pictures in [-1, 1]."""
        picture: Tensor = self.generator(z[:, 0])
        return picture


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.dcgan.DCGAN` but for its card.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        generator = load_generator(folder)
        shape = (1, generator.sizes.z_dim)
        directions = read_directions(folder)
        if any(one.vector.shape != shape for one in directions):
            raise ValueError("a direction has another shape")
        weights = weights_of([folder / WEIGHTS])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    space = LatentSpace(
        shape=shape,
        interpolation="slerp",
        center=np.zeros(shape, np.float32),
        spread=np.ones(shape, np.float32),
        directions=directions,
    )
    return {"weights": weights, "painter": Painter(generator).eval(), "latent_space": space}
