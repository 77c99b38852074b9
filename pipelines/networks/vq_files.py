"""Files of a vector-quantised model: its autoencoder, and the prior over its codes.

``weights.safetensors`` has the autoencoder, ``prior.safetensors`` the Transformer, both in half
precision; ``config.json`` has their sizes under ``autoencoder`` and ``prior``.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.networks.code_transformer import CodeTransformer, TransformerSizes
from pipelines.networks.network_files import load_network, read_config, save_network
from pipelines.networks.vq_autoencoder import VQAutoencoder, VQSizes

__all__ = ["AUTOENCODER", "PRIOR", "from_kl", "load_prior", "load_vq", "save_prior", "save_vq"]

AUTOENCODER, PRIOR = "weights.safetensors", "prior.safetensors"


def save_vq(model: VQAutoencoder, folder: Path, config: dict[str, Any]) -> None:
    """Write the autoencoder's weights, and ``config`` with its sizes."""
    save_network(model, folder, AUTOENCODER, config | {"autoencoder": asdict(model.sizes)})


def save_prior(prior: CodeTransformer, folder: Path, config: dict[str, Any]) -> None:
    """Write the prior's weights, and ``config`` with its sizes."""
    save_network(prior, folder, PRIOR, config | {"prior": asdict(prior.sizes)})


def load_vq(folder: Path) -> VQAutoencoder:
    """Load an autoencoder, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    config = read_config(folder)
    try:
        sizes = config["autoencoder"]
        model = VQAutoencoder(VQSizes(**(sizes | {"channels": tuple(sizes["channels"])})))
    except (KeyError, TypeError) as error:
        raise ValueError(f"model={folder} has no autoencoder in its config: {error}") from error
    return load_network(model, folder / AUTOENCODER)


def from_kl(folder: Path, num_codes: int = 1) -> VQAutoencoder:
    """Return an autoencoder with the weights of a KL one and a codebook that knows nothing yet.

    Its latents are normalised, so that its encoder and decoder serve latent families as well.

    Raises:
        ValueError: If the folder can't be read, or its networks are of another kind.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = read_config(folder)
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
    config = read_config(folder)
    try:
        sizes = TransformerSizes(**config["prior"])
        heads, widths = sizes.num_heads, (sizes.width, sizes.context_width)
        if heads < 1 or any(width % heads for width in widths):
            raise ValueError(f"model={folder} has a prior whose heads do not divide its width")
        prior = CodeTransformer(sizes)
    except (KeyError, TypeError) as error:
        raise ValueError(f"model={folder} has no prior in its config: {error}") from error
    return load_network(prior, folder / PRIOR)
