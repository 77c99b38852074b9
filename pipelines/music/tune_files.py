"""Reads the folder of a network that writes tunes; see `pipelines.networks.tune_files`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from pipelines.errors import unfit
from pipelines.music.tune_decoding import Fiddler
from pipelines.networks.network_files import weights_of
from pipelines.networks.tune_files import WEIGHTS, load_tune

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.music.tune.Tune` but for its card.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    try:
        fiddler = Fiddler.of(load_tune(folder))
        weights = weights_of([folder / WEIGHTS])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unfit(folder.name, error) from error
    return {"weights": weights, "fiddler": fiddler}
