"""Reads and writes pattern models: the transform, and the designs as latents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from pipelines.networks.pattern import COLOURS, Lapped, PatternSizes

__all__ = ["WEIGHTS", "load_pattern", "save_pattern"]

WEIGHTS = "weights.safetensors"
STEP = 1 / 32
"""Latents of designs are stored as multiples of this, in 8 bits."""


def save_pattern(
    folder: Path, sizes: PatternSizes, lapped: Lapped, designs: Sequence[tuple[str, Tensor]]
) -> None:
    """Write ``config.json`` and ``weights.safetensors``.

    Args:
        folder: Where to.
        sizes: Sizes of the model.
        lapped: The fitted transform; stored in half precision.
        designs: Names and latents [C, h, w], h and w multiples of 4; stored in 8 bits.

    Raises:
        ValueError: If there are more designs than a style has numbers for.
    """
    from safetensors.torch import save_file

    room = sizes.style_dim - len(COLOURS)
    if not 1 <= len(designs) <= room:
        raise ValueError(f"designs={len(designs)} are not 1 to {room}; take fewer pictures")
    folder.mkdir(parents=True, exist_ok=True)
    kept = {f"lapped.{k}": v.detach().half().contiguous() for k, v in lapped.state_dict().items()}
    for i, (_, latents) in enumerate(designs):
        steps = (latents.detach() / STEP).round().clamp(-127, 127)
        kept[f"design.{i}"] = steps.to(torch.int8).contiguous()
    save_file(kept, folder / WEIGHTS)
    names = [name for name, _ in designs]
    config = {"id": folder.name, "family": "pattern", "designs": names, "network": asdict(sizes)}
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")


def load_pattern(folder: Path) -> tuple[PatternSizes, Lapped, dict[str, Tensor]]:
    """Sizes, transform and designs by name, in float32 and ready for inference.

    Raises:
        OSError: If a file is missing.
        ValueError, KeyError, TypeError: If the configuration can't be read, or the designs are
            not what it says.
        RuntimeError, SafetensorError: If the weights are damaged or don't fit it.
    """
    from safetensors.torch import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    sizes, names = PatternSizes(**config["network"]), [str(name) for name in config["designs"]]
    stored = load_file(folder / WEIGHTS)
    lapped = Lapped(sizes)
    lapped.load_state_dict(
        {k[len("lapped.") :]: v.float() for k, v in stored.items() if k.startswith("lapped.")}
    )
    designs = {name: stored[f"design.{i}"].float() * STEP for i, name in enumerate(names)}
    if not 1 <= len(names) <= sizes.style_dim - len(COLOURS):
        raise ValueError("there are no designs, or more than a style has numbers for")
    if any(x.ndim != 3 or len(x) != sizes.latent_channels for x in designs.values()):  # noqa: PLR2004
        raise ValueError("a design has another shape")
    return sizes, lapped.eval().requires_grad_(requires_grad=False), designs
