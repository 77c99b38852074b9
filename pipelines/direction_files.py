"""Measured directions of a model: ``directions.json`` and ``directions.safetensors``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pipelines.latents import Direction

__all__ = ["read_directions"]


def read_directions(folder: Path, shape: tuple[int, ...] | None = None) -> tuple[Direction, ...]:
    """Measured directions beside the weights; a model without any has none.

    Args:
        folder: Of the model.
        shape: Of every direction; None leaves that to the caller.

    Raises:
        OSError: If one of the two files is missing.
        ValueError: If they do not belong together, have another shape, or cannot be read.
        KeyError: If a field is missing.
    """
    from safetensors.numpy import load_file

    table = folder / "directions.json"
    if not table.exists():
        return ()
    vectors = load_file(folder / "directions.safetensors")
    listed = json.loads(table.read_text(encoding="utf-8"))["directions"]
    directions = []
    for entry in listed:
        direction = Direction(
            entry["name"],
            vectors[entry["name"]].astype(np.float32),
            effect={k: float(v) for k, v in entry.get("effect", {}).items()},
            kind=entry["kind"],
        )
        if direction.id != entry["id"]:
            raise ValueError(entry["name"])
        if shape is not None and direction.vector.shape != shape:
            raise ValueError("a direction has another shape")
        directions.append(direction)
    return tuple(directions)
