"""Steps of a sequence model: matrices take Muon's, embeddings, places and biases Adam's.

Beside it what steers the weight of a KL divergence, so that a latent tells as much as it should
(ControlVAE, Shao et al. 2020, https://arxiv.org/abs/2004.05988).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pipelines.training.muon import Muon

__all__ = ["TwoRates", "divergence", "steered"]

STEER = 0.02
BOUNDS = (1e-3, 4.0)
"""Of the weight of the KL divergence."""


class TwoRates:
    """Both optimisers of some networks.

    Args:
        networks: What is trained.
        learning_rate: Peak rate of Muon.
        embedding_rate: Peak rate of Adam.
    """

    def __init__(
        self, networks: Sequence[nn.Module], learning_rate: float, embedding_rate: float
    ) -> None:
        self.parameters = [one for network in networks for one in network.parameters()]
        tables = {
            id(module.weight)
            for network in networks
            for module in network.modules()
            if isinstance(module, nn.Embedding)
        }
        plain = [p for p in self.parameters if p.ndim != 2 or id(p) in tables]  # noqa: PLR2004
        known = {id(p) for p in plain}
        self.muon = Muon([p for p in self.parameters if id(p) not in known], learning_rate)
        self.adam = torch.optim.AdamW(plain, embedding_rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.rates = learning_rate, embedding_rate

    def step(self, loss: Tensor, share: float) -> None:
        """Go down the gradient of ``loss`` at this share of the peak rates."""
        for optimiser, rate in zip((self.muon, self.adam), self.rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        for one in self.parameters:
            one.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.muon.step()
        self.adam.step()


def divergence(
    mean: Float[Tensor, "N Z"], log_variance: Float[Tensor, "N Z"]
) -> Float[Tensor, "N Z"]:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of every number of z, in nats."""
    found: Tensor = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
    return found


def steered(weight: float, ratio: float) -> float:
    """The weight of the KL divergence, moved so that ``ratio``, of what it is to its target, is 1.

    >>> steered(0.1, 2.0) > 0.1 > steered(0.1, 0.5)
    True
    """
    apart = max(-1.0, min(1.0, ratio - 1))
    return min(max(weight * math.exp(STEER * apart), BOUNDS[0]), BOUNDS[1])
