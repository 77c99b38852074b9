"""Reads the folder of a painter of sketches: weights, directions, example sketches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from pipelines.direction_files import read_directions
from pipelines.latents import LatentSpace
from pipelines.networks.network_files import digest_of
from pipelines.networks.pix2pix import Painter
from pipelines.networks.pix2pix_files import load_painter
from pipelines.request import Weights

__all__ = ["LayeredPainter", "read"]


class LayeredPainter(nn.Module):
    """A painter whose layers may each have a latent of their own.

    Args:
        painter: The U-Net; its latent has a width above 0.
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.painter = painter
        self.num_layers = len(painter.bottom) + len(painter.ups)

    def forward(
        self, sketch: Float[Tensor, "N S H W"], x: Float[Tensor, "N L Z"]
    ) -> Float[Tensor, "N C H W"]:
        """Pictures in (-1, 1); with one latent in all layers those of the painter itself."""
        return self.painter.painted(sketch, self.painter.styles(x))


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.image.pix2pix.Pix2Pix` but for its card.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    painter = load_painter(folder)
    if not painter.sizes.z_dim:
        raise ValueError("z_dim is 0")
    layered = LayeredPainter(painter)
    shape = (layered.num_layers, painter.sizes.z_dim)
    directions = read_directions(folder, shape)
    examples = tuple(path.read_bytes() for path in sorted(folder.glob("sketches/*.png")))
    space = LatentSpace.of_noise(shape, directions)
    return {
        "weights": Weights(digest_of(folder / "weights.safetensors")),
        "painter": layered.eval().requires_grad_(requires_grad=False),
        "side": painter.sizes.resolution,
        "latent_space": space,
        "examples": examples,
    }
