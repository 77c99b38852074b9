"""Settings of :mod:`pipelines.training.style_gan`."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.networks.style_gan2 import GeneratorSizes


@dataclass(frozen=True)
class StyleGanRecipe:
    """Settings of one training run.

    Attributes:
        pretrain_share: Share of the run spent on autoencoding.
        batch_size: Latents a step.
        pretrain_rate: Peak learning rate of autoencoding (Muon), with cosine decay.
        learning_rate: Rate of both sides when sharpening (Adam); falls in the second half.
        judge_rate: Rate of the discriminator, as a multiple of it.
        kl_weight: Weight of the KL divergence, summed over z and divided by the values of x.
        penalty_weight: Weight of the gradient penalties on real (R1) and generated (R2).
        penalty_every: Steps between penalties, which are scaled up to match.
        texture_weight: Weight of the distance between the patches of latents.
        anchor_weight: Weight of painting back while sharpening.
        head_start: Steps that the discriminator learns alone, where a run starts from a model.
        augment: Share of pictures augmented before the discriminator.
        ema: Half-life of the averaged generator, in latents seen.
        variants: Latents per picture: as it is, mirrored, then shifted.
        z_dim: Width of z.
        w_dim: Width of w.
        mapping_rate: Learning rate multiplier of the mapping network; 0.01 needs far longer runs.
        precision: What convolutions compute in, "float32" or "bfloat16" (weights, losses and
            penalties stay float32); the second is faster on processors that have it.
        channels: Generator channels at 4, 8, ...
        judge: Discriminator: "residual", or "local", which judges place by place.
        judge_channels: Discriminator and encoder channels at R, R/2, ..., 4.
    """

    pretrain_share: float = 0.35
    batch_size: int = 32
    pretrain_rate: float = 3e-2
    learning_rate: float = 2e-3
    judge_rate: float = 1.0
    kl_weight: float = 2e-3
    penalty_weight: float = 0.3
    penalty_every: int = 4
    texture_weight: float = 0.5
    anchor_weight: float = 0.5
    head_start: int = 1000
    augment: float = 0.5
    ema: float = 8000.0
    variants: int = 1
    z_dim: int = 128
    w_dim: int = 128
    mapping_rate: float = 0.5
    precision: str = "float32"
    channels: tuple[int, ...] = (192, 192, 96)
    judge: str = "residual"
    judge_channels: tuple[int, ...] = (48, 96, 192)

    def generator_sizes(self, side: int, channels: int, classes: int) -> GeneratorSizes:
        """Return the sizes for pictures or latents of ``channels`` x ``side`` x ``side``."""
        return GeneratorSizes(
            self.z_dim,
            self.w_dim,
            classes,
            side,
            channels,
            self.channels,
            mapping_rate=self.mapping_rate,
        )
