"""Reads and writes the two halves of a variational autoencoder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from pipelines.networks.vae import Decoder, Encoder, VAESizes

__all__ = [
    "ENCODER",
    "WEIGHTS",
    "load_decoder",
    "load_encoder",
    "save_vae",
]

ModuleT = TypeVar("ModuleT", bound=nn.Module)
WEIGHTS, ENCODER = "weights.safetensors", "encoder.safetensors"


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
