"""Direct preference optimisation of a model that writes one thing after another.

With y+ and y- a better and a worse work made for the same s (`pipelines.training.pairs`), p the
network and p_0 as it was (Rafailov et al. 2023, https://arxiv.org/abs/2305.18290),

    r(y)  = log p(y|s) - log p_0(y|s)
    loss  = -log sigmoid(b (r(y+) - r(y-))) - a log p(y+|s) / L

The second term keeps the better works likely, where the first alone is content with making both
unlikely (Pang et al. 2024, https://arxiv.org/abs/2404.19733). b is the plan's beta times a scale,
since a log probability of L places is L times that of one.
Legend: N works, P pairs, L places of a work.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.pairs import descend
from pipelines.training.placing import load_optimiser, optimiser_state, place_for

if TYPE_CHECKING:
    from pipelines.training.plans import Plan

__all__ = ["DirectPreference"]

BATCH = 4
"""Pairs a step."""
AT_ONCE = 16
"""Works that are weighed side by side."""
ANCHOR = 1.0
"""Weight a."""


class DirectPreference(ABC):
    """See `pipelines.training.teaching.Teaching`; a family says how likely a work is.

    Args:
        plan: What to teach.
        network: A copy that learns; `device` of the plan is where.
        parameters: What of it learns.
        pairs: Of works, the better first, shape [P, 2].
        count: N.
    """

    name: ClassVar[str]
    """Of the network, in a checkpoint."""
    scale: ClassVar[float]
    """What b is of the plan's beta."""

    def __init__(
        self,
        plan: Plan,
        network: nn.Module,
        parameters: Sequence[Tensor],
        pairs: Int[Tensor, "P 2"],
        count: int,
    ) -> None:
        self.plan, self.place = plan, place_for(plan.device)
        self.network = network.to(self.place.device)
        self.parameters = list(parameters)
        self.pairs = pairs.long().to(self.place.device)
        self.optimiser = torch.optim.Adam(self.parameters, plan.learning_rate, (0.9, 0.99))
        every = torch.arange(count, device=self.place.device)
        with torch.no_grad():
            self.before = torch.cat(
                [self.log_likelihood(at) for at in torch.split(every, AT_ONCE)]
            )
        self.gained = torch.zeros(())
        """Nats a place by which better works have become likelier than worse ones, averaged."""

    @abstractmethod
    def log_likelihood(self, at: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Of some works, log p now."""

    @abstractmethod
    def lengths(self, at: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """L of some works."""

    @abstractmethod
    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """See `Teaching`."""

    def step(self, index: int) -> float:
        """Take a step; returns the nats a place by which better works gained on worse ones."""
        chosen = self.pairs[torch.randint(0, len(self.pairs), (BATCH,)).to(self.pairs.device)]
        at = chosen.T.flatten()  # the better ones first
        with self.place.computing():
            now = self.log_likelihood(at)
        better, worse = (now - self.before[at]).chunk(2)
        length = self.lengths(at[:BATCH])
        margin = self.scale * self.plan.beta * (better - worse)
        loss = -functional.logsigmoid(margin).mean() - ANCHOR * (now[:BATCH] / length).mean()
        rate = self.plan.learning_rate * (1 - index / self.plan.steps)
        descend(self.optimiser, loss, self.parameters, place=self.place, rate=rate)
        gained = ((better - worse).detach() / length).mean().cpu()
        self.gained = self.gained.lerp(gained, 1 / min(index + 1, 12))
        return float(self.gained) if bool(torch.isfinite(loss)) else math.nan

    def state(self) -> dict[str, Tensor]:
        """See `Teaching`."""
        kept = {f"{self.name}.{key}": value for key, value in self.network.state_dict().items()}
        return kept | {"gained": self.gained} | optimiser_state(self.optimiser)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See `Teaching`."""
        first = f"{self.name}."
        self.network.load_state_dict(
            {k.removeprefix(first): v for k, v in state.items() if k.startswith(first)}
        )
        self.gained = state["gained"]
        load_optimiser(self.optimiser, state)
