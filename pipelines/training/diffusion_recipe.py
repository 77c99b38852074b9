"""Settings of the training of a latent diffusion model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pipelines.image.diffusion_files import NUM_TRAIN_TIMESTEPS, DiffusionSizes

__all__ = ["DiffusionRecipe", "draw_timesteps"]


@dataclass(frozen=True)
class DiffusionRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Latents a step.
        learning_rate: Peak rate of Muon, after a warm-up and before a decay to nothing.
        snr_limit: The g of the loss.
        ema: Decay of the averaged weights, which are what is exported.
        least: Times a word must occur in the captions to be a word of its own.
        variants: Variants of every picture; 2 is with its mirror image.
        empty: Share of captions without a word, for guidance and for pictures without words.
        fold: Guidance scale that becomes the model's own answer to words; 1 for none.
        bare: Share of captions that name the kind alone, each kind as often as the others.
        precision: What the U-Net computes in, "float32" or "bfloat16".
        channels: See :class:`DiffusionSizes`.
        num_heads: See there.
        layers_per_block: See there.
        text_width: See there.
    """

    batch_size: int = 32
    learning_rate: float = 2e-3
    snr_limit: float = 5.0
    ema: float = 0.998
    least: int = 8
    variants: int = 2
    empty: float = 0.2
    fold: float = 1.0
    bare: float = 0.0
    precision: str = "float32"
    channels: tuple[int, ...] = (64, 128, 128)
    num_heads: int = 4
    layers_per_block: int = 1
    text_width: int = 128

    def sizes(self) -> DiffusionSizes:
        """Return the sizes of the networks."""
        return DiffusionSizes(
            self.channels, self.num_heads, self.layers_per_block, self.text_width
        )


def draw_timesteps(count: int) -> Tensor:
    """Timesteps [count], one from each part of the schedule.

    Rounding can take the last one to the very end, where no step is.
    """
    spread = (torch.arange(count) + torch.rand(count)) / count
    return (spread * NUM_TRAIN_TIMESTEPS).long().clamp(max=NUM_TRAIN_TIMESTEPS - 1)
