"""Files of a poem Transformer, which ``transformers`` reads as they are.

``config.json`` says what it is to Duet (``family``) and to ``LlamaConfig`` alike,
``model.safetensors`` has the weights in half precision, ``tokenizer.json`` the characters as a
fast tokenizer. ``AutoModelForCausalLM.from_pretrained(folder)`` and
``AutoTokenizer.from_pretrained(folder)`` need nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.networks.network_files import load_network, read_config
from pipelines.networks.verse import PoemSizes, PoemTransformer

__all__ = [
    "TOKENIZER",
    "WEIGHTS",
    "llama_config",
    "load_poet",
    "read_tokens",
    "save_poet",
    "save_sizes_and_weights",
    "save_tokenizer_config",
]

LONGEST = 1 << 14
"""Tokens of the longest sequence that a network may read: its tables have a row for each."""
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"


def llama_config(sizes: PoemSizes) -> dict[str, Any]:
    """The sizes as ``transformers.LlamaConfig`` names them."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": sizes.num_tokens,
        "hidden_size": sizes.width,
        "intermediate_size": sizes.hidden,
        "num_hidden_layers": sizes.num_layers,
        "num_attention_heads": sizes.num_heads,
        "num_key_value_heads": sizes.num_heads,
        "max_position_embeddings": sizes.length,
        "rms_norm_eps": sizes.epsilon,
        "rope_parameters": {"rope_type": "default", "rope_theta": sizes.theta},
        "rope_theta": sizes.theta,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 2,
        "dtype": "float32",
    }


def save_poet(
    model: PoemTransformer, tokens: Sequence[str], folder: Path, config: dict[str, Any]
) -> None:
    """Write weights, tokenizer, and ``config`` with the sizes."""
    save_sizes_and_weights(model, folder, config)
    _save_tokenizer(tokens, folder)
    save_tokenizer_config(folder)


def save_sizes_and_weights(model: PoemTransformer, folder: Path, config: dict[str, Any]) -> None:
    """Write weights, and ``config`` with the sizes."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.detach().half().contiguous() for k, v in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    whole = llama_config(model.sizes) | config
    (folder / "config.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _save_tokenizer(tokens: Sequence[str], folder: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
    from tokenizers.pre_tokenizers import Split

    numbers = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="<unk>"))  # noqa: S106 - no password
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), "")
    tokenizer.pre_tokenizer = Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(
        [AddedToken(t, special=True) for t in tokens if t.startswith("<") and len(t) > 1]
    )
    tokenizer.save(str(folder / TOKENIZER), pretty=False)


def save_tokenizer_config(folder: Path) -> None:
    """Write what ``AutoTokenizer`` reads beside the tokenizer."""
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "clean_up_tokenization_spaces": False,
    }
    text = json.dumps(told, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def read_tokens(folder: Path) -> tuple[str, ...]:
    """All tokens in the order of their numbers.

    Raises:
        ValueError: If the file is missing or broken.
    """
    try:
        told = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
        numbers: dict[str, int] = told["model"]["vocab"]
        tokens = tuple(sorted(numbers, key=lambda token: numbers[token]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"model={folder} has no {TOKENIZER} that can be read: {error}") from error
    if sorted(numbers.values()) != list(range(len(tokens))):
        raise ValueError(f"model={folder} has a {TOKENIZER} with gaps; fetch it again")
    return tokens


def load_poet(folder: Path) -> PoemTransformer:
    """Load the network, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    config = read_config(folder)
    try:
        sizes = PoemSizes(
            num_tokens=int(config["vocab_size"]),
            width=int(config["hidden_size"]),
            hidden=int(config["intermediate_size"]),
            num_layers=int(config["num_hidden_layers"]),
            num_heads=int(config["num_attention_heads"]),
            length=int(config["max_position_embeddings"]),
            theta=float(config["rope_theta"]),
            epsilon=float(config["rms_norm_eps"]),
        )
        if sizes.num_heads < 1 or sizes.width % (2 * sizes.num_heads):
            raise ValueError("heads do not divide the width into even parts")
        if not 1 <= sizes.length <= LONGEST or sizes.theta <= 0 or sizes.epsilon <= 0:
            raise ValueError("length, theta or epsilon is not one that a network has")
        model = PoemTransformer(sizes)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"model={folder} has no sizes in its config: {error}") from error
    return load_network(model, folder / WEIGHTS)
