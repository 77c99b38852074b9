"""How far what a generator paints is from a picture that was brought.

    |G(w) - e(x)|^2 + p sum_k |L_k d(G(w)) - L_k x| + f |phi(d(G(w))) - phi(x)|^2 + r(w)

with the symbols of `pipelines.image.inversion`; r(w) pulls back what lies beyond the mapping's own
draws (Zhu et al. 2020, https://arxiv.org/abs/2012.09036) and what the layers do not share (e4e,
Tov et al. 2021, https://arxiv.org/abs/2102.02766).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.style_inverter import Prior
from pipelines.training.losses import laplacian_pyramid, pyramid_l1

__all__ = ["Goal", "Likeness", "Weighing"]

LEVELS = 4
"""Bands of the pyramid."""


@dataclass(frozen=True)
class Weighing:
    """What counts how much.

    Attributes:
        pixels: p, of the pyramid.
        features: f.
        far: Of the mean square of whitened w beyond 1.
        typical: Of that mean square itself, the pull to the mean.
        own: Of what the layers do not share, in spreads.
    """

    pixels: float = 1.0
    features: float = 0.2
    far: float = 0.05
    typical: float = 0.01
    own: float = 0.1


@dataclass(frozen=True)
class Goal:
    """What is looked for.

    Attributes:
        code: Latents of the picture, or the picture itself in pixel mode, shape [1, C, r, r].
        bands: Its Laplacian pyramid.
        features: Its features, shape [1, F].
        scores: Class scores (logits) of the features' network, shape [1, K].
    """

    code: Tensor
    bands: list[Tensor]
    features: Tensor
    scores: Tensor


@dataclass(frozen=True)
class Likeness:
    """See the module's docstring.

    Attributes:
        features: Pictures [N, 3, R, R] in -1..1 -> features [N, F] and class scores.
        prior: How far w is from what the mapping gives.
        spread: Deviation of w, shape [L, D].
        weighing: The weights of the terms.
    """

    features: nn.Module
    prior: Prior
    spread: Tensor
    weighing: Weighing

    def goal(self, picture: Tensor, code: Tensor) -> Goal:
        """The goal that a picture [1, 3, R, R] in -1..1 with these latents makes."""
        seen, scores = self.features(picture)
        return Goal(code, laplacian_pyramid(picture, LEVELS), seen, scores)

    def apart(self, picture: Tensor, code: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
        """The loss without its pulls, and the distance of the features."""
        felt = (self.features(picture)[0] - goal.features).square().mean()
        loss = (code - goal.code).square().mean()
        bands = laplacian_pyramid(picture, LEVELS)
        loss = loss + self.weighing.pixels * pyramid_l1(bands, goal.bands)
        return loss + self.weighing.features * felt, felt.clamp(min=1e-12).sqrt()

    def pull(self, w: Tensor) -> Tensor:
        """r(w) of w [1, L, D]."""
        weighing = self.weighing
        reach = self.prior.reach(w).mean()
        own = ((w - w.mean(dim=1, keepdim=True)) / self.spread).square().mean()
        far = functional.relu(reach - 1)
        total: Tensor = weighing.far * far + weighing.typical * reach + weighing.own * own
        return total
