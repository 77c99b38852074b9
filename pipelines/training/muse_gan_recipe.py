"""Settings of a training of `pipelines.training.muse_gan`."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MuseRecipe"]


@dataclass(frozen=True)
class MuseRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Windows a step, real and generated each.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: Peak rate of Adam, for embeddings, places and biases.
        critic_rate: Rate of Adam of the critic.
        adversary_from: Share of the time after which the critic is heard.
        adversary_weight: Length of its slope, in that of the reconstruction.
        penalty: Weight g of the critic's penalty.
        noise: Deviation s of the noise that it is measured with.
        kl_target: How much z says of four bars, in nats.
        kl_weight: Weight b at the start.
        attribute_weight: Weight a of an attribute's square error.
        obedience_weight: Weight o of the part that makes what is written of random z follow z;
            it rises from a tenth of the time on, as the next does.
        habit_weight: Weight h of feature matching.
        dropout: Share of what the encoder's blocks add that is left out.
        ema: Decay of the averaged weights, which are what is exported.
        shared: See `MuseSizes`, as all that follow.
        private: Numbers of z that one voice hears.
        width: Of a beat.
        heads: Of attention.
        blocks: Of the generator.
    """

    batch_size: int = 32
    learning_rate: float = 2.5e-3
    embedding_rate: float = 2e-3
    critic_rate: float = 1e-3
    adversary_from: float = 0.3
    adversary_weight: float = 1.5
    penalty: float = 0.05
    noise: float = 0.05
    kl_target: float = 80.0
    kl_weight: float = 0.2
    attribute_weight: float = 10.0
    obedience_weight: float = 10.0
    habit_weight: float = 80.0
    dropout: float = 0.1
    ema: float = 0.998
    shared: int = 32
    private: int = 8
    width: int = 96
    heads: int = 4
    blocks: int = 3
