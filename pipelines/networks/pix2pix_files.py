"""Files of sketch to picture: ``weights.safetensors`` and ``config.json``.

Both networks lie in one file of weights, the encoder's under ``encoder.``.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from pipelines.networks.pix2pix import Painter, PainterSizes, PaintingEncoder

__all__ = ["load_encoder", "load_painter", "save_painter"]

ENCODER = "encoder."


def save_painter(
    painter: Painter, folder: Path, config: dict[str, Any], encoder: PaintingEncoder | None = None
) -> None:
    """Write the weights in half precision, and ``config`` with the sizes of the networks."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = dict(painter.state_dict())
    whole = config | {"network": asdict(painter.sizes)}
    if encoder is not None:
        tensors |= {ENCODER + key: value for key, value in encoder.state_dict().items()}
        whole["encoder"] = {"in_channels": encoder.in_channels, "width": encoder.width}
    kept = {key: value.detach().half().contiguous() for key, value in tensors.items()}
    save_file(kept, folder / "weights.safetensors")
    (folder / "config.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def load_painter(folder: Path) -> Painter:
    """Load a painter, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    painter, _ = _load(folder)
    return painter


def load_encoder(folder: Path) -> PaintingEncoder:
    """Load the encoder that reads z off a painting; errors as :func:`load_painter`."""
    _, encoder = _load(folder)
    if encoder is None:
        raise ValueError(f"model={folder} has no encoder; take one whose z_dim is not 0")
    return encoder


def _load(folder: Path) -> tuple[Painter, PaintingEncoder | None]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        network, kept = config["network"], config.get("encoder")
        sizes = PainterSizes(**(network | {"channels": tuple(network["channels"])}))
        encoder = PaintingEncoder(z_dim=sizes.z_dim, **kept) if kept and sizes.z_dim else None
        weights = load_file(folder / "weights.safetensors")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"model={folder} can't be read: {error}; fetch it again") from error
    painter = Painter(sizes)
    parts: dict[bool, dict[str, Tensor]] = {True: {}, False: {}}
    for name, value in weights.items():
        parts[name.startswith(ENCODER)][name.removeprefix(ENCODER)] = value.float()
    try:
        painter.load_state_dict(parts[False])
        if encoder is not None:
            encoder.load_state_dict(parts[True])
    except RuntimeError as error:
        raise ValueError(f"model={folder}: weights don't match config.json: {error}") from error
    painter.eval().requires_grad_(requires_grad=False)
    return painter, encoder and encoder.eval().requires_grad_(requires_grad=False)
