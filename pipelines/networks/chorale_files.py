"""Files of a chorale Transformer, which ``transformers`` reads as they are.

The network is that of `pipelines.networks.verse`, a small Llama, over the tokens of
`pipelines.music.chorale_grid`. ``config.json`` says what it is to Duet and to ``LlamaConfig``
alike; ``tokenizer.json`` has the tokens, told apart by spaces (``<beat1> S64:4 B48:4``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pipelines.music.chorale_grid import vocabulary
from pipelines.networks.verse import PoemTransformer
from pipelines.networks.verse_files import (
    TOKENIZER,
    WEIGHTS,
    llama_config,
    load_poet,
    read_tokens,
)

__all__ = ["LENGTH", "TOKENIZER", "WEIGHTS", "load_choir", "save_choir"]

LENGTH = 2048
"""Tokens of the longest sequence; 16 bars of sixteenths in four voices have 1,700 at most."""


def save_choir(model: PoemTransformer, folder: Path) -> None:
    """Write weights, in half precision, config and tokenizer."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.detach().half().contiguous() for k, v in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    config = llama_config(model.sizes) | {"family": "chorale", "id": folder.name}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    _save_tokenizer(vocabulary().names, folder)


def _save_tokenizer(names: Sequence[str], folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    numbers = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="<unk>"))  # noqa: S106 - no password
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "clean_up_tokenization_spaces": False,
    }
    text = json.dumps(told, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def load_choir(folder: Path) -> PoemTransformer:
    """Load the network, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the network does not read these tokens.
    """
    model = load_poet(folder)
    if read_tokens(folder) != vocabulary().names or model.sizes.length < LENGTH:
        raise ValueError(f"model={folder} has other tokens than this version writes")
    if model.sizes.num_tokens != len(vocabulary().names):
        raise ValueError(f"model={folder} has another number of tokens than its tokenizer")
    return model
