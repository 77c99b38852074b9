"""Training of tileable patterns: a transform is fitted, and the designs are kept as its latents.

    min over A, S of |S^T A y - y|^2

over parts y of the pictures at several scales, by Adam (:class:`pipelines.networks.pattern.Lapped`
has the transform). Any invertible C x C matrix between A and S changes nothing, so what is
exported is turned to the principal axes of the latents and scaled by lambda^(-1/4): halfway
between as they are and all alike, so that outlines are heard when patches are compared, but do
not drown the rest. Weaving itself learns nothing (:mod:`pipelines.image.pattern_weaving`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipelines.networks.pattern import Lapped, PatternSizes
from pipelines.networks.pattern_files import save_pattern
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor
from pipelines.training.swatches import Swatch, load_swatches

__all__ = ["PatternRecipe", "PatternTraining"]

SCALES = (0.7, 0.85, 1.0, 1.2, 1.4)
MEASURED = 256
"""Parts that the principal axes are found from."""
PLACE = 16
"""Sides of designs are multiples of this, in pixels."""


@dataclass(frozen=True)
class PatternRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Parts a step.
        crop: Their side, in pixels, a multiple of 4.
        learning_rate: Rate of Adam at the start; it falls to nothing.
        latent_channels: Numbers kept of every 4 x 4 pixels.
        compared: How many of them matter when patches are compared.
    """

    batch_size: int = 8
    crop: int = 64
    learning_rate: float = 5e-3
    latent_channels: int = 16
    compared: int = 8


class PatternTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: PatternRecipe) -> None:
        """Read the pictures, whole and at several scales."""
        self.recipe = recipe
        self.sizes = PatternSizes(recipe.latent_channels, recipe.compared)
        self.swatches = load_swatches(data)
        self.pictures = [_at_scales(swatch, recipe.crop) for swatch in self.swatches]
        self.lapped = Lapped(self.sizes)
        self.optimiser = torch.optim.Adam(self.lapped.parameters(), recipe.learning_rate)

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of Adam; return the error in decibels (peak signal to noise)."""
        self.optimiser.param_groups[0]["lr"] = self.recipe.learning_rate * (1 - progress) + 1e-5
        pictures = self.draw(self.recipe.batch_size)
        again = self.lapped(self.lapped.read(pictures), wrap=False)
        error = (again - pictures).square().mean()
        self.optimiser.zero_grad()
        error.backward()
        self.optimiser.step()
        return {"psnr": float(-10 * torch.log10(error.detach() / 4))}

    def draw(self, count: int) -> Tensor:
        """Return random parts [N, 3, R, R] of what is trained on, some of them mirrored."""
        return to_tensor(np.stack([self._part() for _ in range(count)]))

    def _part(self) -> NDArray[np.uint8]:
        scales = self.pictures[int(torch.randint(len(self.pictures), ()))]
        picture, side = scales[int(torch.randint(len(scales), ()))], self.recipe.crop
        top, left = (int(torch.randint(n - side + 1, ())) for n in picture.shape[:2])
        part = picture[top : top + side, left : left + side]
        return part[:, ::-1] if torch.rand(()) < 0.5 else part  # noqa: PLR2004 - half

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return {"lapped": self.lapped.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.lapped.load_state_dict(state["lapped"])
        self.optimiser.load_state_dict(state["optimiser"])

    @torch.inference_mode()
    def sheet(self) -> Image.Image:
        """Return every design, each above what the transform keeps of it."""
        side, rows = self.recipe.crop, []
        for scales in self.pictures:
            real = to_tensor(scales[len(scales) // 2][None, :side, :side])
            rows += [real, self.lapped(self.lapped.read(real), wrap=False)]
        return contact_sheet(to_pixels(torch.cat(rows)), 8)

    @torch.inference_mode()
    def export(self, folder: Path) -> None:
        """Write the model folder: the transform, turned, and the designs without their feet."""
        lapped = copy.deepcopy(self.lapped)
        kept = torch.get_rng_state()
        torch.manual_seed(0)
        turn(lapped, self.draw(MEASURED))
        torch.set_rng_state(kept)
        designs = []
        for swatch in self.swatches:
            part = swatch.scaled(1.0)
            height, width = (side // PLACE * PLACE for side in part.shape[:2])
            latents = lapped.read(to_tensor(part[None, :height, :width]))[0]
            designs.append((Path(swatch.name).stem, latents))
        save_pattern(folder, self.sizes, lapped, designs)


def turn(lapped: Lapped, pictures: Tensor) -> None:
    """Turn the latents of a transform to their principal axes in place; see the module."""
    lapped.mean.zero_()
    flat = lapped.read(pictures).transpose(0, 1).flatten(1)
    values, vectors = torch.linalg.eigh(torch.cov(flat))
    forth = (vectors * values.clamp_min(1e-6) ** -0.25).flip(1).T
    back = torch.linalg.inv(forth).T
    lapped.analysis.copy_(torch.einsum("ij,jcab->icab", forth, lapped.analysis))
    lapped.synthesis.copy_(torch.einsum("ij,jcab->icab", back, lapped.synthesis))
    lapped.mean.copy_(forth @ flat.mean(dim=1))


def _at_scales(swatch: Swatch, least: int) -> list[NDArray[np.uint8]]:
    """What is trained on of a picture at every scale, none smaller than a part."""
    small = min(swatch.part(foot=False).size)
    return [swatch.scaled(max(scale, (least + 1) / small)) for scale in SCALES]
