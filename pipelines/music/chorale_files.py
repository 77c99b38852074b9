"""Reads the folder of a chorale Transformer; see `pipelines.networks.chorale_files`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.networks.chorale_files import TOKENIZER, WEIGHTS, load_choir
from pipelines.networks.decoding import PoemDecoder
from pipelines.networks.network_files import weights_of

__all__ = ["read"]


def read(folder: Path) -> dict[str, Any]:
    """The parts of `pipelines.music.chorale.Chorale` but for its card.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    choir = PoemDecoder.of(load_choir(folder))
    weights = weights_of([folder / name for name in (WEIGHTS, TOKENIZER)])
    return {"weights": weights, "choir": choir}
