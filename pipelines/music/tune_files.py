"""Reads the folder of a network that writes tunes; see `pipelines.networks.tune_files`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.music.tune_decoding import Fiddler
from pipelines.networks.network_files import weights_of
from pipelines.networks.tune_files import WEIGHTS, load_tune

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.music.tune.Tune` but for its card.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    fiddler = Fiddler.of(load_tune(folder))
    weights = weights_of([folder / WEIGHTS])
    return {"weights": weights, "fiddler": fiddler}
