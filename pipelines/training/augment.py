"""Differentiable augmentation, the same for real and generated (Zhao et al. 2020).

https://arxiv.org/abs/2006.10738. Legend: N batch, C channels, R resolution.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def augment(x: Float[Tensor, "N C R R"], strength: float) -> Float[Tensor, "N C R R"]:
    """Shift, and cut a square out of, the share ``strength`` of the batch."""
    return _cut(_shift(x, strength), strength)


def _chosen(count: int, strength: float, like: Tensor) -> Float[Tensor, " N"]:
    return (torch.rand(count, device=like.device) < strength).to(like.dtype)


def _shift(x: Tensor, strength: float) -> Tensor:
    """Shift by up to an eighth of the side, edges repeated."""
    count, _, side, _ = x.shape
    reach = max(1, side // 8)
    padded = functional.pad(x, (reach, reach, reach, reach), "replicate")
    amounts = torch.randint(0, 2 * reach + 1, (2, count), device=x.device)
    chosen = _chosen(count, strength, x).long()
    rows, columns = (reach + (amount - reach) * chosen for amount in amounts)
    steps = torch.arange(side, device=x.device)
    picture = torch.arange(count, device=x.device)[:, None, None]
    grid_rows = (rows[:, None] + steps)[:, :, None]
    grid_columns = (columns[:, None] + steps)[:, None, :]
    return padded.permute(0, 2, 3, 1)[picture, grid_rows, grid_columns].permute(0, 3, 1, 2)


def _cut(x: Tensor, strength: float) -> Tensor:
    """Set a square of three eighths of the side to zero."""
    count, _, side, _ = x.shape
    half = max(1, 3 * side // 16)
    centres = torch.randint(0, side, (2, count), device=x.device)
    steps = torch.arange(side, device=x.device)
    near = [(steps[None] - centre[:, None]).abs() < half for centre in centres]
    square = (near[0][:, :, None] & near[1][:, None, :]).to(x.dtype)
    square = square * _chosen(count, strength, x)[:, None, None]
    kept: Tensor = 1 - square[:, None]
    return x * kept
