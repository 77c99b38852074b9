"""Settings of :mod:`pipelines.training.star_gan`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StarGanRecipe:
    """Settings of one training run.

    Attributes:
        num_domains: The most frequent classes, which are the domains.
        reading_share: Share of the run spent on reading; the rest is play.
        reading_batch: Painted pictures a step of reading.
        batch_size: Real pictures a step of playing, and painted pairs beside them.
        fresh: Pictures painted anew in every step.
        reading_rate: Learning rate of reading (Adam), falling.
        learning_rate: Rate of both sides when playing (Adam); falls in the second half.
        style_weight: Weight of styles and arrangements that are read back. Without an adversary
            the translator pleases its own reader with glowing blots: at 0.3 all fruit was lost.
        cycle_weight: Weight of pictures that come back.
        diversity_weight: Weight w of the distance between two styles; falls to nothing. What it
            starts from paints as many as the data has, so that it may be 0.
        anchor_weight: Weight of pairs when playing.
        texture_weight: Weight of the distance between the patches of pairs.
        duel_weight: Weight of the adversary; 0 leaves it out. In batches of 8 on a processor a
            few hundred steps of it tore the shapes of the fruit.
        penalty_weight: Weight of the gradient penalties.
        penalty_every: Steps between penalties, which are scaled up to match.
        augment: Share of pictures augmented before the discriminator.
        ema: Half-life of the averaged networks, in steps.
        shift: Largest shift of a pair, source and target alike, in cells of the latents.
        num_sources: Sources that the model brings along.
    """

    num_domains: int = 8
    reading_share: float = 1.0
    reading_batch: int = 32
    batch_size: int = 8
    fresh: int = 4
    reading_rate: float = 2e-3
    learning_rate: float = 3e-4
    style_weight: float = 0.0
    cycle_weight: float = 0.2
    diversity_weight: float = 0.0
    anchor_weight: float = 1.0
    texture_weight: float = 0.5
    duel_weight: float = 0.0
    penalty_weight: float = 0.3
    penalty_every: int = 8
    augment: float = 0.5
    ema: float = 60.0
    shift: int = 3
    num_sources: int = 8
