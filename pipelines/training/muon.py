"""Muon: momentum whose steps are orthogonal matrices.

With M the running mean of the gradient of a weight, seen as a matrix, the step is the nearest
orthogonal matrix U V^T of M = U S V^T, found by a few Newton-Schulz iterations; every direction
of the weight then learns at the same pace, which needs far fewer steps than Adam (Jordan 2024,
https://kellerjordan.github.io/posts/muon/). Steps are scaled to the size of Adam's (Liu et al.
2025, https://arxiv.org/abs/2502.16982). Biases and scales, which are no matrices, take Adam's
step (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
SCALE = 0.2


def orthogonalise(m: Float[Tensor, "O I"]) -> Float[Tensor, "O I"]:
    """Return about the nearest matrix with singular values of 1.

    Each iteration is X <- p(X X^T) X with p(G) = a + b G + c G^2. All the p commute with G, so
    only the small square G is iterated on and their product is applied once.
    """
    a, b, c = COEFFICIENTS
    tall = m.shape[0] > m.shape[1]
    x = m.T if tall else m
    x = x / (x.norm() + 1e-8)
    square = x @ x.T
    product = one = torch.eye(len(x), device=x.device, dtype=x.dtype)
    for _ in range(ITERATIONS):
        factor = a * one + b * square + c * square @ square
        product = factor @ product
        square = factor @ square @ factor
    x = product @ x
    turned: Tensor = x.T if tall else x
    return turned


class Muon(torch.optim.Optimizer):
    """Muon for weights, Adam for the rest; one learning rate for both."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.98),
        vector_scale: float = 1.0,
    ) -> None:
        """Take the parameters and settings.

        Args:
            parameters: What to train.
            lr: Learning rate of both kinds of step.
            betas: Decays of the first moment and of Adam's second.
            vector_scale: Factor of Adam's steps.
        """
        settings = {"lr": lr, "betas": betas, "vector_scale": vector_scale}
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step along the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    change = self._change(parameter, parameter.grad, group)
                    parameter.add_(change, alpha=-group["lr"])

    def _change(self, parameter: Tensor, slope: Tensor, group: dict[str, Any]) -> Tensor:
        state: dict[str, Any] = self.state[parameter]
        first, second = group["betas"]
        if not state:
            state["taken"] = torch.zeros(())
            state["mean"] = torch.zeros_like(parameter)
        state["taken"] += 1
        mean: Tensor = state["mean"].lerp_(slope, 1 - first)
        if parameter.ndim > 1 and min(parameter.shape[0], parameter[0].numel()) > 1:
            ahead = slope.lerp(mean, first).flatten(1)
            size = SCALE * max(ahead.shape) ** 0.5
            turned: Tensor = (orthogonalise(ahead) * size).view_as(parameter)
            return turned
        square: Tensor = state.setdefault("square", torch.zeros_like(parameter))
        square.lerp_(slope.square(), 1 - second)
        taken = float(state["taken"])
        scale = (square / (1 - second**taken)).sqrt() + 1e-8
        step: Tensor = mean / (1 - first**taken) / scale * group["vector_scale"]
        return step
