"""Reads and writes models of sprites: ``config.json`` and ``weights.safetensors``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors import safe_open

from pipelines.bounds import bounded
from pipelines.networks.network_files import load_network, read_config
from pipelines.networks.sprites import SpriteField, SpriteSizes

__all__ = ["WEIGHTS", "StoredField", "load_field", "save_field", "stored_field"]

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


LARGEST = 512
"""Pixels of a side: the latent grows with their square, and no weights say how many they are."""


@dataclass(frozen=True)
class StoredField:
    """A network on the disk, read when it is first asked for: what builds it imports slowly.

    Attributes:
        folder: The model's folder.
        sizes: Of the network.
    """

    folder: Path
    sizes: SpriteSizes

    @cached_property
    def field(self) -> SpriteField:
        """The network, in float32 and ready for inference.

        Raises:
            WeightsError: If the weights are damaged or don't fit the configuration.
        """
        with bounded(self.folder, {}):
            return load_network(SpriteField(self.sizes), self.folder / WEIGHTS)


def stored_field(folder: Path) -> tuple[StoredField, dict[str, Any]]:
    """The network of a model folder, not yet read, and the configuration.

    Raises:
        OSError: If there are no weights.
        ValueError, KeyError, TypeError: If the configuration can't be read.
        SafetensorError: If the file of weights is cut short.
    """
    config = read_config(folder)
    sizes = dict(config["network"])
    sizes["channels"] = tuple(sizes["channels"])
    if not 1 <= sizes["resolution"] <= LARGEST:
        raise ValueError("sprites are not so large")
    with safe_open(folder / WEIGHTS, "numpy"):
        pass
    return StoredField(folder, SpriteSizes(**sizes)), config


def load_field(folder: Path) -> tuple[SpriteField, dict[str, Any]]:
    """The network and the configuration of a model folder.

    Raises:
        WeightsError: See `StoredField.field`; and what `stored_field` raises.
    """
    stored, config = stored_field(folder)
    return stored.field, config
