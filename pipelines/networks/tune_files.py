"""Files of a network that writes tunes: ``config.json`` and ``weights.safetensors``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pipelines.networks.network_files import load_network, read_config, save_network
from pipelines.networks.tune import TuneLSTM, TuneSizes

__all__ = ["WEIGHTS", "load_tune", "save_tune"]

WEIGHTS = "weights.safetensors"


def save_tune(model: TuneLSTM, folder: Path) -> None:
    """Write ``config.json`` and the weights, in half precision."""
    config = {"id": folder.name, "family": "tune", "network": asdict(model.sizes)}
    save_network(model, folder, WEIGHTS, config)


def load_tune(folder: Path) -> TuneLSTM:
    """The network in ``folder``, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing, broken or of another network.
    """
    sizes = TuneSizes(**read_config(folder)["network"])
    return load_network(TuneLSTM(sizes), folder / WEIGHTS)
