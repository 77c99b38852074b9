"""Which dimensions of a vector latent change the picture, and how much.

    effect_i = E_z sqrt(mean over pixels of ((g(z + e_i) - g(z - e_i)) / 2)^2),    z ~ N(0, I)

A variational autoencoder leaves dimensions unused (Lucas et al. 2019,
https://arxiv.org/abs/1911.02469), so they are shown by what they do, the strongest first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.latents import Direction, normal
from pipelines.networks.vae import Decoder

__all__ = ["SHOWN", "changes", "effects", "ordered", "save_directions", "write_dimensions"]

SHOWN = 10
"""Dimensions that become sliders."""
DRAWS = 8


def effects(decoder: Decoder, draws: int = DRAWS) -> NDArray[np.float32]:
    """How much one step of each dimension changes the picture, shape [Z].

    Args:
        decoder: In evaluation mode.
        draws: Random pictures that it is measured on.

    Returns:
        Root mean square change for one standard deviation, in parts of the range 0..1.
    """
    width = decoder.sizes.z_dim
    steps = torch.eye(width)
    total = torch.zeros(width)
    with torch.inference_mode():
        for z in torch.from_numpy(normal(0, (draws, width), "dimensions")):
            for chosen in torch.split(torch.arange(width), 16):
                up, down = decoder(z + steps[chosen]), decoder(z - steps[chosen])
                change = (up.clamp(-1, 1) - down.clamp(-1, 1)) / 4
                total[chosen] += change.square().mean(dim=(1, 2, 3)).sqrt()
    measured: NDArray[np.float32] = (total / draws).numpy()
    return measured


def ordered(measured: NDArray[np.float32], shown: int = SHOWN) -> list[Direction]:
    """The strongest dimensions as directions ``dimension_1``, ``dimension_2``, ..."""
    axes = np.eye(len(measured), dtype=np.float32)
    strongest = np.argsort(-measured, kind="stable")[:shown]
    return [
        Direction(f"dimension_{place}", axes[i : i + 1], kind="dimension")
        for place, i in enumerate(strongest, start=1)
    ]


def write_dimensions(decoder: Decoder, folder: Path) -> None:
    """Measure and write the directions of a model that has no labels."""
    measured = effects(decoder)
    chosen = ordered(measured)
    save_directions(chosen, folder, changes=changes(chosen, measured))


def changes(directions: list[Direction], measured: NDArray[np.float32]) -> dict[str, float]:
    """The measured effect of the dimensions among ``directions``, by name."""
    return {
        one.name: float(measured[int(one.vector.argmax())])
        for one in directions
        if one.kind == "dimension"
    }


def save_directions(
    directions: list[Direction],
    folder: Path,
    *,
    changes: Mapping[str, float] | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write ``directions.json`` and ``directions.safetensors``.

    Args:
        directions: In the order of their sliders.
        folder: The model's.
        changes: `effects` of the dimensions by name.
        more: What else the table should tell.
    """
    from safetensors.numpy import save_file

    listed = [
        {
            "name": one.name,
            "kind": one.kind,
            "id": one.id,
            "effect": {name: round(value, 3) for name, value in one.effect.items()},
        }
        | ({"change": round(changes[one.name], 5)} if changes and one.name in changes else {})
        for one in directions
    ]
    save_file({one.name: one.vector for one in directions}, folder / "directions.safetensors")
    text = json.dumps({"schema": 1, **(more or {}), "directions": listed}, indent=1) + "\n"
    (folder / "directions.json").write_text(text, encoding="utf-8")
