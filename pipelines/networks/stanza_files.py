"""Files of a Transformer of English verse; see `pipelines.networks.verse_files`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.networks.verse import PoemTransformer
from pipelines.networks.verse_files import TOKENIZER, save_sizes_and_weights, save_tokenizer_config

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["read_tokenizer", "save_stanza_poet"]


def save_stanza_poet(
    model: PoemTransformer, tokenizer: Tokenizer, folder: Path, config: dict[str, Any]
) -> None:
    """Write weights, tokenizer, and ``config`` with the sizes."""
    save_sizes_and_weights(model, folder, config)
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    save_tokenizer_config(folder)


def read_tokenizer(folder: Path) -> Tokenizer:
    """The pieces of words.

    Raises:
        ValueError: If the file is missing or broken.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # tokenizers raises nothing narrower
        raise ValueError(f"model={folder} has no {TOKENIZER} that can be read: {error}") from error
