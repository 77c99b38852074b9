"""Networks in the folder of a model: ``config.json`` and weights as safetensors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from pipelines.request import Weights

__all__ = [
    "ENCODER",
    "WEIGHTS",
    "digest_of",
    "load_network",
    "read_config",
    "save_halves",
    "save_network",
    "weights_of",
]

ModelT = TypeVar("ModelT", bound=nn.Module)
WEIGHTS, ENCODER = "weights.safetensors", "encoder.safetensors"
"""Files of a decoder, and of the encoder beside it."""


def read_config(folder: Path) -> dict[str, Any]:
    """Read ``config.json``.

    Raises:
        ValueError: If it is missing or broken.
    """
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"model={folder} can't be read: {error}; fetch it again") from error
    return config


def save_network(model: nn.Module, folder: Path, name: str, config: dict[str, Any]) -> None:
    """Write the weights in half precision as the file ``name``, and ``config``."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    kept = {key: value.detach().half().contiguous() for key, value in model.state_dict().items()}
    save_file(kept, folder / name)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def save_halves(
    encoder: nn.Module, decoder: nn.Module, folder: Path, config: dict[str, Any]
) -> None:
    """Write both halves of an autoencoder in half precision, and ``config``."""
    save_network(encoder, folder, ENCODER, config)
    save_network(decoder, folder, WEIGHTS, config)


def load_network(model: ModelT, file: Path) -> ModelT:
    """Give a network the weights in a file, in float32, and make it ready for inference.

    Raises:
        ValueError: If the file is missing or broken, or has the weights of another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = {key: value.float() for key, value in load_file(file).items()}
        model.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(f"{file} doesn't match config.json: {error}; fetch it again") from error
    return model.eval().requires_grad_(requires_grad=False)


def digest_of(file: Path) -> str:
    """sha256 of a file in hexadecimal.

    Raises:
        OSError: If it is missing.
    """
    return hashlib.sha256(file.read_bytes()).hexdigest()


def weights_of(files: Iterable[Path]) -> Weights:
    """What tells apart weights that lie in several files.

    Raises:
        OSError: If one is missing.
    """
    digests = b"".join(bytes.fromhex(digest_of(file)) for file in files)
    return Weights(hashlib.sha256(digests).hexdigest())
