"""Reads and writes models of sprites: ``config.json`` and ``weights.safetensors``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from pipelines.networks.sprites import SpriteField, SpriteSizes

__all__ = ["WEIGHTS", "load_field", "save_field"]

WEIGHTS = "weights.safetensors"


def save_field(folder: Path, field: SpriteField, told: Mapping[str, Any]) -> None:
    """Write the model folder, its weights in half precision.

    Args:
        folder: Where to.
        field: The network.
        told: More for ``config.json``: kinds, their shares, how attributes go together.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: x.detach().half().contiguous() for name, x in field.state_dict().items()}
    save_file(kept, folder / WEIGHTS)
    config = {"id": folder.name, "family": "sprites", **told, "network": asdict(field.sizes)}
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")


def load_field(folder: Path) -> tuple[SpriteField, dict[str, Any]]:
    """The network, in float32 and ready for inference, and the configuration.

    Raises:
        OSError: If a file is missing.
        ValueError, KeyError, TypeError: If the configuration can't be read.
        RuntimeError, SafetensorError: If the weights are damaged or don't fit it.
    """
    from safetensors.torch import load_file

    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    sizes = dict(config["network"])
    sizes["channels"] = tuple(sizes["channels"])
    stored = load_file(folder / WEIGHTS)
    field = SpriteField(SpriteSizes(**sizes))
    field.load_state_dict({name: x.to(torch.float32) for name, x in stored.items()})
    return field.eval().requires_grad_(requires_grad=False), config
