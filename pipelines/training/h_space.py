"""Sliders of a diffusion model: directions of its bottleneck, found by regression.

With h the bottleneck features of a work, averaged over places and steps, and a its measured
attributes in standard deviations,

    h = W a + rest    (least squares over many works),

the row of W that belongs to an attribute says how h differs where that attribute is one standard
deviation greater and the others are the same (h-space, Kwon et al. 2023,
https://arxiv.org/abs/2210.10960). A slider adds ``gain`` rows a step at every step of sampling.
What it does is then measured on fresh works; a slider stays only if it moves its own attribute
more than any other, by at least `LEAST` a step.

    python -m pipelines.training.h_space MODEL [--works 256]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from pipelines import attributes
from pipelines.image.diffusion_files import noise_schedule
from pipelines.image.diffusion_parts import SHIFTS, Parts, read
from pipelines.latents import normal
from pipelines.training.sheets import to_pixels

__all__ = ["Found", "find", "measure_effects", "write"]

Array = NDArray[np.float32]
NAMES = ("warmth", "lightness", "saturation", "size", "roundness", "hue_spread", "paper")
LEAST = 0.3
"""Smallest effect of a slider that stays, in standard deviations a step."""
STEPS, BATCH = 12, 32


@dataclass(frozen=True)
class Found:
    """Directions and what they do.

    Attributes:
        shifts: By attribute, shape [H].
        effects: By direction and attribute, in standard deviations of the works a step.
    """

    shifts: dict[str, Array]
    effects: dict[str, dict[str, float]]


class Studio:
    """Paints without words, and listens to the bottleneck."""

    def __init__(self, parts: Parts) -> None:
        """Take a model's parts."""
        self.parts = parts
        self.velocity = parts.networks["velocity"].module
        self.decoder = parts.networks["decoder"].module
        self.text = torch.from_numpy(parts.reader(""))
        self.width = parts.networks["velocity"].example["shift"].shape[1]
        self._heard: list[torch.Tensor] = []

    def paint(self, seeds: range, shift: Array | None = None) -> tuple[NDArray[np.uint8], Array]:
        """Pictures [N, R, R, 3] of seeds and their mean bottlenecks [N, H]."""
        hook = self.velocity.unet.mid_block.register_forward_hook(self._hear)  # type: ignore[union-attr]
        pictures, hidden = [], []
        try:
            for start in range(seeds.start, seeds.stop, BATCH):
                part = range(start, min(start + BATCH, seeds.stop))
                made, heard = self._batch(part, shift)
                pictures.append(made)
                hidden.append(heard)
        finally:
            hook.remove()
        return np.concatenate(pictures), np.concatenate(hidden)

    @torch.inference_mode()
    def _batch(self, seeds: range, shift: Array | None) -> tuple[NDArray[np.uint8], Array]:
        shape = self.parts.latent_space.shape
        noise = np.concatenate([normal(seed, shape, "noise") for seed in seeds])
        z = torch.from_numpy(noise.reshape(-1, *self.parts.latent))
        added = torch.zeros(self.width) if shift is None else torch.from_numpy(shift)
        self._heard.clear()
        scheduler = noise_schedule()
        scheduler.set_timesteps(STEPS)
        for t in scheduler.timesteps:
            count = len(z)
            v = self.velocity(
                z, t.expand(count), self.text.expand(count, -1, -1), added.expand(count, -1)
            )
            z = scheduler.step(v, t, z, return_dict=False)[0]
        heard: Array = torch.stack(self._heard).mean(dim=0).numpy()
        return to_pixels(self.decoder(z)), heard

    def _hear(self, _module: Any, _inputs: Any, output: torch.Tensor) -> None:  # noqa: ANN401
        self._heard.append(output.mean(dim=(2, 3)))


def _attributes(pixels: NDArray[np.uint8]) -> Array:
    measured = attributes.measure("picture", pixels)
    return np.stack([measured[name] for name in NAMES], axis=1)


def find(parts: Parts, *, works: int = 256, gain: float = 3.0) -> Found:
    """Fit directions on seeds 0 to ``works`` - 1 and measure them on a third as many others.

    Args:
        parts: The model.
        works: How many works are painted for the fit.
        gain: Rows of W that a step adds.
    """
    studio = Studio(parts)
    pixels, hidden = studio.paint(range(works))
    values = _attributes(pixels)
    spread = np.maximum(values.std(axis=0), 1e-6)
    scores = np.concatenate([(values - values.mean(axis=0)) / spread, np.ones((works, 1))], axis=1)
    rows = np.linalg.lstsq(scores, hidden, rcond=None)[0][: len(NAMES)]
    shifts = {name: (gain * row).astype(np.float32) for name, row in zip(NAMES, rows, strict=True)}
    effects = measure_effects(studio, shifts, spread, range(works, works + max(8, works // 3)))
    kept = [n for n in NAMES if effects[n][n] >= LEAST and effects[n][n] == _largest(effects[n])]
    return Found({n: shifts[n] for n in kept}, effects)


def measure_effects(
    studio: Studio, shifts: dict[str, Array], spread: Array, seeds: range
) -> dict[str, dict[str, float]]:
    """What one step does to every attribute: half of the way from one step back to one ahead."""
    found = {}
    for name, shift in shifts.items():
        back, ahead = (_attributes(studio.paint(seeds, sign * shift)[0]) for sign in (-1, 1))
        change = ((ahead - back) / 2 / spread).mean(axis=0)
        found[name] = {n: round(float(c), 3) for n, c in zip(NAMES, change, strict=True)}
    return found


def _largest(effect: dict[str, float]) -> float:
    return max(abs(value) for value in effect.values())


def write(found: Found, folder: Path) -> None:
    """Write the sliders into a model's folder; its weights then have another digest."""
    if found.shifts:
        save_file(found.shifts, folder / SHIFTS)
    place = folder / "shifts.json"
    place.write_text(json.dumps(found.effects, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.h_space")
    parser.add_argument("model", type=Path, help="folder of a diffusion model")
    parser.add_argument("--works", type=int, default=256, help="works that are painted")
    parser.add_argument("--gain", type=float, default=3.0, help="rows of W that a step adds")
    given = parser.parse_args(arguments)
    found = find(read(given.model), works=given.works, gain=given.gain)
    write(found, given.model)
    for name, effect in found.effects.items():
        kept = "kept" if name in found.shifts else "left out"
        sys.stdout.write(f"{name}: {kept}, {effect}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
