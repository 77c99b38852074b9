"""Files of a network that writes verse character by character.

``config.json`` has its sizes, ``weights.safetensors`` the weights in half precision,
``tokenizer.json`` its characters as a fast tokenizer.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.networks.char_rnn import CharLSTM, CharSizes
from pipelines.networks.network_files import WEIGHTS, load_network, read_config, save_network
from pipelines.networks.verse_files import TOKENIZER, save_tokenizer_config

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["load_char_rnn", "save_char_rnn"]


def save_char_rnn(
    model: CharLSTM, tokenizer: Tokenizer, folder: Path, config: dict[str, Any]
) -> None:
    """Write weights, characters, and ``config`` with the sizes."""
    save_network(model, folder, WEIGHTS, config | {"network": asdict(model.sizes)})
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    save_tokenizer_config(folder)


def load_char_rnn(folder: Path) -> CharLSTM:
    """The network in ``folder``, in float32 and ready for inference.

    Raises:
        ValueError, KeyError, TypeError: If a file is missing, broken or of another network.
    """
    sizes = CharSizes(**read_config(folder)["network"])
    return load_network(CharLSTM(sizes), folder / WEIGHTS)
