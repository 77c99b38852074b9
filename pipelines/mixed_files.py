"""Reads what models hold alike whose seeds are drawn from N(0, I) or a mixture that was taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.direction_files import read_directions
from pipelines.networks.mixture import MIXTURE, load_mixture, mixed_space
from pipelines.networks.network_files import weights_of

__all__ = ["read_mixed"]


def read_mixed(folder: Path, weights: str, width: int) -> dict[str, Any]:
    """The parts of such a pipeline but for its card and its network.

    Args:
        folder: Of the model.
        weights: Name of the file of its weights.
        width: Of z.

    Raises:
        OSError, ValueError, KeyError, SafetensorError: If a file is missing or damaged, or is for
            a z of another width.
    """
    directions = read_directions(folder, (1, width))
    mixture = load_mixture(folder, width)
    files = [folder / name for name in (weights, MIXTURE) if (folder / name).is_file()]
    return {
        "weights": weights_of(files),
        "latent_space": mixed_space(width, mixture, directions),
        "mixture": mixture,
    }
