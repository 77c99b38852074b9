"""Files of a vector-quantised model: its autoencoder, and the prior over its codes.

``weights.safetensors`` has the autoencoder, ``prior.safetensors`` the Transformer, both in half
precision; ``config.json`` has their sizes under ``autoencoder`` and ``prior``.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from pipelines.networks.code_transformer import CodeTransformer, TransformerSizes
from pipelines.networks.vq_autoencoder import VQAutoencoder, VQSizes

__all__ = ["AUTOENCODER", "PRIOR", "from_kl", "load_prior", "load_vq", "save_prior", "save_vq"]

ModelT = TypeVar("ModelT", bound=nn.Module)
AUTOENCODER, PRIOR = "weights.safetensors", "prior.safetensors"


def save_vq(model: VQAutoencoder, folder: Path, config: dict[str, Any]) -> None:
    """Write the autoencoder's weights, and ``config`` with its sizes."""
    _save(model, folder, AUTOENCODER, config | {"autoencoder": asdict(model.sizes)})


def save_prior(prior: CodeTransformer, folder: Path, config: dict[str, Any]) -> None:
    """Write the prior's weights, and ``config`` with its sizes."""
    _save(prior, folder, PRIOR, config | {"prior": asdict(prior.sizes)})


def load_vq(folder: Path) -> VQAutoencoder:
    """Load an autoencoder, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    config = _config(folder)
    try:
        sizes = config["autoencoder"]
        model = VQAutoencoder(VQSizes(**(sizes | {"channels": tuple(sizes["channels"])})))
    except (KeyError, TypeError) as error:
        raise ValueError(f"model={folder} has no autoencoder in its config: {error}") from error
    return _load(model, folder / AUTOENCODER)


def from_kl(folder: Path, num_codes: int = 1) -> VQAutoencoder:
    """Return an autoencoder with the weights of a KL one and a codebook that knows nothing yet.

    Its latents are normalised, so that its encoder and decoder serve latent families as well.

    Raises:
        ValueError: If the folder can't be read, or its networks are of another kind.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        sizes = VQSizes(
            channels=tuple(config["block_out_channels"]),
            num_layers=int(config["layers_per_block"]),
            num_groups=int(config["norm_num_groups"]),
            num_codes=num_codes,
            code_width=int(config["latent_channels"]),
        )
        weights = load_file(folder / "diffusion_pytorch_model.safetensors")
        model = VQAutoencoder(sizes)
        width = sizes.code_width
        model.start_from(
            {key: value.float() for key, value in weights.items()},
            config.get("latents_mean") or [0.0] * width,
            config.get("latents_std") or [1.0] * width,
        )
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"autoencoder={folder} can't start this one: {error}") from error
    return model


def load_prior(folder: Path) -> CodeTransformer:
    """Load a prior; errors as :func:`load_vq`."""
    config = _config(folder)
    try:
        prior = CodeTransformer(TransformerSizes(**config["prior"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"model={folder} has no prior in its config: {error}") from error
    return _load(prior, folder / PRIOR)


def _config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"model={folder} can't be read: {error}; fetch it again") from error
    return config


def _save(model: nn.Module, folder: Path, name: str, config: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    kept = {key: value.detach().half().contiguous() for key, value in model.state_dict().items()}
    save_file(kept, folder / name)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _load(model: ModelT, file: Path) -> ModelT:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = {key: value.float() for key, value in load_file(file).items()}
        model.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(f"{file} doesn't match config.json: {error}; fetch it again") from error
    return model.eval().requires_grad_(requires_grad=False)
