"""Write a taught model as a version: a model folder that says where it comes from."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save

from pipelines.catalog import VERSION

if TYPE_CHECKING:
    from pipelines.networks.style_gan2 import Generator
    from pipelines.training.plans import Plan

__all__ = ["begin_version", "stamp", "write_version"]

MEANS = 1024
"""Draws that the mean w of a class is measured on."""


@torch.no_grad()
def remeasure(generator: Generator, frequency: tuple[float, ...]) -> None:
    """Bring the means of w, the centres of truncation, up to what the mapping gives now."""
    for label in range(generator.sizes.num_classes):
        source = torch.Generator().manual_seed(label)
        z = torch.randn(MEANS, generator.z_dim, generator=source)
        w = generator.mapping.one(z, torch.full((MEANS,), label))
        generator.w_mean[label] = w.mean(dim=0)
    share = torch.tensor(frequency, dtype=torch.float32)[:, None]
    generator.w_mean_all.copy_((share * generator.w_mean).sum(dim=0))


def write_version(
    plan: Plan, frequency: tuple[float, ...], generator: Generator, folder: Path
) -> None:
    """Write weights, configuration, directions and card, and `VERSION` beside them.

    Raises:
        OSError: If there is no room; the folder is then not whole.
    """
    remeasure(generator, frequency)
    start = plan.folder()
    # The encoder goes with it unchanged: teaching again starts its judge from it.
    kept = {k: v for k, v in load_file(start / "weights.safetensors").items() if "encoder." in k}
    kept |= {k: v.detach().half().contiguous() for k, v in generator.state_dict().items()}
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(save(kept))
    config: dict[str, Any] = json.loads((start / "config.json").read_text(encoding="utf-8"))
    config |= {"network": asdict(generator.sizes)}
    _text(folder / "config.json", config)
    for name in ("card.md", "directions.json", "directions.safetensors"):
        if (start / name).exists():
            shutil.copyfile(start / name, folder / name)
    stamp(plan, folder)


PLAYED = frozenset({".json", ".safetensors", ".md"})
"""Kinds of files that a model is played from; a version goes without pictures and indexes."""


def begin_version(plan: Plan, folder: Path) -> None:
    """Copy what the model is played from; whoever taught it writes its own weights over that.

    Raises:
        OSError: If there is no room; the folder is then not whole.
    """
    start = plan.folder()
    for path in sorted(start.rglob("*")):
        if path.is_file() and path.suffix in PLAYED:
            place = folder / path.relative_to(start)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    stamp(plan, folder)


def stamp(plan: Plan, folder: Path) -> None:
    """Write `VERSION`: where a version comes from."""
    told = {
        "schema": 1,
        "model": plan.model,
        "parent": plan.base,
        "method": plan.method,
        "steps": plan.steps,
        "learning_rate": plan.learning_rate,
        "beta": plan.beta,
        "seed": plan.seed,
        "works": len(plan.favourites) + len(plan.held_out),
    }
    _text(folder / VERSION, told)


def _text(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
