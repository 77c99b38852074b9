"""Settings of the training of a Transformer over codes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VQPriorRecipe"]


@dataclass(frozen=True)
class VQPriorRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Maps a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        dropout: Share of the codes around a place that its step does not see.
        ema: Decay of the averaged weights, which are what is exported.
        variants: Variants of every picture; 2 is with its mirror image.
        balance: Power by which rare classes are drawn more often: 0 draws pictures as they are,
            1 every class as often as the others.
        unlabelled: Share of maps whose class is not told, which is what guidance compares with.
        fold: Guidance scale that becomes the model's own answer to a class; 1 for none.
        precision: What the Transformer computes in, "float32" or "bfloat16".
        width: See :class:`TransformerSizes`.
        num_layers: See there.
        num_heads: See there.
        context_width: See there.
        context_layers: See there.
    """

    batch_size: int = 16
    learning_rate: float = 3e-3
    dropout: float = 0.05
    ema: float = 0.998
    variants: int = 2
    balance: float = 0.0
    unlabelled: float = 0.0
    fold: float = 1.0
    precision: str = "float32"
    width: int = 160
    num_layers: int = 5
    num_heads: int = 5
    context_width: int = 80
    context_layers: int = 2
