"""Weighted ELBO: what seeds are drawn from moves towards what is liked.

What the model draws is decoded from a mixture p over z (`pipelines.training.mixture`). With u a
utility of deviation 1 over draws, the works it makes are weighed by how much they are liked, and

    L = E_{z ~ p_0}[ w(z) ( log g(x|z) - KL(q(z|x) || p) ) ],    w(z) = exp(u(z) / beta) / Z

is maximised. This is reward-weighted regression (Peters and Schaal 2007,
https://doi.org/10.1145/1273496.1273590) on the evidence lower bound: its optimum is p_0 exp(u /
beta), that of a KL-regularised utility. A work of the model is decoded from its very z, so q sits
on z and the first term stands still; what moves is p: the means m_k and factors L_k of its
components. Their shares stay, so that a seed stays with its component and goes on painting
something akin. A GAN has no bound on evidence, and the part of it that moves here is its prior
alone: N(0, I) becomes a mixture of one in the same way (``gan-prior``).

u is laid over z as for a latent prior (`pipelines.training.prior.favour`).
Legend: N batch, K components, Z width of z.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from pipelines.networks.mixture import Mixture, save_mixture
from pipelines.training.exporting import begin_version
from pipelines.training.placing import Place, load_optimiser, optimiser_state, place_for
from pipelines.training.prior import Utility, utility_of

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["WeightedELBOTeaching", "prepare", "standard"]

BATCH = 256
HEAVIEST = 20.0
"""Largest weight of one draw, in mean weights: a few must not decide alone."""


def standard(width: int) -> Mixture:
    """The prior N(0, I) as a mixture of one; seeds land where they did without it."""
    mean, factor = np.zeros((1, width), np.float32), np.eye(width, dtype=np.float32)[None]
    return Mixture(np.ones(1, np.float32), mean, factor)


class WeightedELBOTeaching:
    """See `pipelines.training.teaching.Teaching`.

    Args:
        plan: What to teach.
        instrument: The model to start from.
        utility: z [N, Z] -> [N], deviation about 1 over draws.
    """

    def __init__(self, plan: Plan, instrument: Instrument, utility: Utility) -> None:
        self.plan, self.instrument, self.utility = plan, instrument, utility
        self.pipeline = cast(Any, instrument.pipeline)
        self.place: Place = place_for(plan.device)
        self.before: Mixture = self.pipeline.mixture or standard(
            self.pipeline.latent_space.shape[-1]
        )
        self.share, self.mean0, self.factor0 = (
            torch.from_numpy(np.ascontiguousarray(x)).to(self.place.device)
            for x in (self.before.share, self.before.mean, self.before.factor)
        )
        self.mean = self.mean0.clone().requires_grad_()
        self.grown = torch.zeros_like(self.mean0).requires_grad_()
        """Logarithms by which the rows of each L_k have grown, shape [K, Z]."""
        self.optimiser = torch.optim.Adam([self.mean, self.grown], plan.learning_rate, (0.9, 0.99))

    def _factor(self) -> Float[Tensor, "K Z Z"]:
        return self.grown.exp()[:, :, None] * self.factor0

    def _draw(
        self, component: Int[Tensor, " N"], noise: Float[Tensor, "N Z"], *, before: bool
    ) -> Float[Tensor, "N Z"]:
        """Where noise lands in its component."""
        mean, factor = (self.mean0, self.factor0) if before else (self.mean, self._factor())
        landed: Tensor = mean[component] + (factor[component] @ noise[:, :, None])[:, :, 0]
        return landed

    def _log_density(self, z: Float[Tensor, "N Z"]) -> Float[Tensor, " N"]:
        """Return the logarithm of p(z), less a constant."""
        factor = self._factor()
        away = (z[:, None] - self.mean[None]).permute(1, 2, 0)  # [K, Z, N]
        white = torch.linalg.solve_triangular(factor, away, upper=False)
        volume = factor.diagonal(dim1=1, dim2=2).abs().log().sum(dim=1)
        each = self.share.log()[:, None] - volume[:, None] - white.square().sum(dim=1) / 2
        found: Tensor = each.logsumexp(dim=0)
        return found

    def step(self, index: int) -> float:
        """Take a step; returns the utility gained, in deviations."""
        del index  # the seed of the step is set by whoever calls
        component = torch.multinomial(self.share, BATCH, replacement=True)
        noise = torch.randn(BATCH, self.mean0.shape[1]).to(self.place.device)
        with torch.no_grad():
            z = self._draw(component, noise, before=True)
            liked = self.utility(z)
            weight = (liked / self.plan.beta).softmax(dim=0) * BATCH
            weight = weight.clamp(max=HEAVIEST)
        loss = -(weight * self._log_density(z)).sum() / weight.sum()
        self.place.differentiate(loss, self.optimiser)
        self.optimiser.step()
        with torch.no_grad():
            gained = (self.utility(self._draw(component, noise, before=False)) - liked).mean()
        return float(gained) if bool(torch.isfinite(loss)) else math.nan

    def state(self) -> dict[str, Tensor]:
        """See `Teaching`."""
        return {"mean": self.mean, "grown": self.grown} | optimiser_state(self.optimiser)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See `Teaching`."""
        with torch.no_grad():
            self.mean.copy_(state["mean"])
            self.grown.copy_(state["grown"])
        load_optimiser(self.optimiser, state)

    def mixture(self) -> Mixture:
        """The mixture as it is now."""
        mean, factor = (x.detach().cpu().numpy() for x in (self.mean, self._factor()))
        return Mixture(self.before.share, mean, factor)

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`."""
        from pipelines.training.draws import pixels_of

        now = self.mixture()
        space = replace(
            self.pipeline.latent_space, center=now.center[None], spread=now.spread[None]
        )
        pipeline = replace(self.pipeline, mixture=now, latent_space=space)
        player = replace(self.instrument, pipeline=pipeline)
        return pixels_of(player, [player.request(seed=seed) for seed in seeds])

    def export(self, folder: Path) -> None:
        """See `Teaching`."""
        begin_version(self.plan, folder)
        save_mixture(self.mixture(), folder)


def prepare(plan: Plan, folder: JobFolder) -> WeightedELBOTeaching:
    """Load the model; what favourites say is worked out once and kept with the job."""
    instrument = plan.instrument()
    return WeightedELBOTeaching(plan, instrument, utility_of(plan, instrument, folder))
