"""Gradients of one batch from several threads.

On a few cores that other programs use as well, splitting every small operation over threads makes
each wait for the slowest. Splitting the batch instead waits once a step, and is faster even on an
idle machine. Each thread differentiates the mean loss of its part; the parts' gradients are
averaged, which is the gradient of the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor, nn

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
Parts = tuple[Tensor, ...]
LossOf = Callable[..., tuple[Tensor, dict[str, float]]]


class Workers:
    """A fixed number of threads that share one set of networks."""

    def __init__(self, count: int = 1) -> None:
        """Make ``count`` threads; 1 runs in the calling thread and is repeatable."""
        self.count = count
        self.pool = ThreadPoolExecutor(count) if count > 1 else None

    def map(self, function: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> list[ResultT]:
        """Return the function of every item, in order."""
        return list(self.pool.map(function, items) if self.pool else map(function, items))

    def gradients(
        self, loss_of: LossOf, batch: Parts, parameters: Sequence[nn.Parameter]
    ) -> dict[str, float]:
        """Set ``grad`` of the parameters to the gradient of the batch's mean loss.

        Args:
            loss_of: Takes the tensors of one part; returns its loss and figures to report.
            batch: Tensors whose first dimension is the batch, at least ``count`` long.
            parameters: What to differentiate by; one that plays no part gets zero.

        Returns:
            The figures, averaged over the parts.
        """

        def run(part: Parts) -> tuple[tuple[Tensor | None, ...], dict[str, float]]:
            with torch.enable_grad():
                loss, figures = loss_of(*part)
                return torch.autograd.grad(loss, parameters, allow_unused=True), figures

        parts = list(zip(*(tensor.chunk(self.count) for tensor in batch), strict=True))
        done = self.map(run, parts)
        for i, parameter in enumerate(parameters):
            found = [slopes[i] for slopes, _ in done]
            present = [slope for slope in found if slope is not None]
            total = torch.stack(present).sum(dim=0) if present else torch.zeros_like(parameter)
            parameter.grad = total / len(done)
        return {name: sum(figures[name] for _, figures in done) / len(done) for name in done[0][1]}
