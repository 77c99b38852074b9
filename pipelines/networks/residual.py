"""A small map that moves w a little: what latent prior adaptation learns.

    R(w) = s * V tanh(U (w - c) / s)

with c and s the mean and the deviation of w under the model as it came, U [H, D] random and
V [D, H] zero at first, so that an untaught map changes nothing. The generator then paints
w + R(w); a w that a recipe gives outright is never moved.
Legend: N batch, D width of w, H hidden width.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Residual"]


class Residual(nn.Module):
    """See the module's docstring."""

    center: Float[Tensor, " D"]
    scale: Float[Tensor, " D"]

    def __init__(self, width: int, hidden: int) -> None:
        """Build for w of ``width``; it does nothing until it is taught."""
        super().__init__()
        self.enter = nn.Linear(width, hidden)
        self.leave = nn.Linear(hidden, width)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def forward(self, w: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Return how far each w is moved."""
        moved: Tensor = self.leave(torch.tanh(self.enter((w - self.center) / self.scale)))
        return moved * self.scale
