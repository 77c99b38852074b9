"""Walking down the slope of a loss to the latent of a picture: what all inversions share.

Adam in units of the latent's spread, with a rate that rises quickly and falls, and a noise on the
latent that is gone after half of the steps (Image2StyleGAN, Abdal et al. 2019,
https://arxiv.org/abs/1904.03189; Karras et al. 2020, https://arxiv.org/abs/1912.04958).
Legend: L layers, D width of the latent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from pipelines.inverting import Search
from pipelines.latents import normal
from pipelines.run import steady

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Best", "Ended", "refine", "sized", "to_tensor"]

Ended = Literal["", "done", "cancelled", "not_finite"]
RATE = 0.06
"""Largest step of Adam, in spreads of the latent."""
WANDER = 0.05
"""Noise on the latent at the start, in spreads."""


@dataclass(frozen=True)
class Best:
    """The best latent so far.

    Attributes:
        w: Shape [1, L, D].
        loss: Its loss.
        distance: See `pipelines.inverting.Found`.
        step: Steps taken, 0 for the first guess.
        ended: Why this is the last one; empty before the end.
    """

    w: Tensor
    loss: float
    distance: float
    step: int = 0
    ended: Ended = ""


def refine(
    start: Tensor,
    spread: Tensor,
    search: Search,
    loss_of: Callable[[Tensor], tuple[Tensor, float]],
    stopped: Callable[[], bool],
) -> Iterator[Best]:
    """The first guess at once, then the best after every step; the last has ``ended`` set.

    On one thread, so that the same seed finds the same on any number of cores, and that live
    frames keep a core.

    Args:
        start: First guess, shape [1, L, D].
        spread: Deviation of the latent, shape [L, D].
        search: See `pipelines.inverting.Search`.
        loss_of: Latent -> loss and distance.
        stopped: Whether somebody asked to stop.
    """
    with steady(), torch.no_grad():
        loss, distance = loss_of(start)
    best = Best(start.clone(), float(loss), distance)
    yield best
    walk = _Walk(start, spread, search)
    ended: Ended = "done"
    while walk.taken < search.steps:
        if stopped():
            ended = "cancelled"
            break
        with steady():
            here = walk.look()
            loss, distance = loss_of(here)
            if not torch.isfinite(loss):
                ended = "not_finite"
                break
            if float(loss.detach()) < best.loss:
                best = Best(here.detach().clone(), float(loss.detach()), distance)
            walk.step(loss)
        yield Best(best.w, best.loss, best.distance, walk.taken)
    yield Best(best.w, best.loss, best.distance, walk.taken, ended)


class _Walk:
    """Steps of Adam in units of the spread.

    Adam moves every number alike; a latent has wide and narrow ones.
    """

    def __init__(self, w: Tensor, spread: Tensor, search: Search) -> None:
        """Start at w [1, L, D]."""
        self.start, self.spread, self.steps = w, spread, search.steps
        self.moved = torch.zeros_like(w).requires_grad_()
        self.adam = torch.optim.Adam([self.moved], betas=(0.9, 0.95))
        self.noise = torch.from_numpy(normal(search.seed, (64, w.shape[-1]), "inversion"))
        self.taken = 0

    def look(self) -> Tensor:
        """Where the loss is taken: w with a noise that is gone after half of the steps."""
        strength = WANDER * max(0.0, 1 - 2 * self.taken / self.steps) ** 2
        noise = self.noise[self.taken % len(self.noise)]
        return self.start + (self.moved + strength * noise) * self.spread

    def step(self, loss: Tensor) -> None:
        """Move down the slope of ``loss``."""
        share = self.taken / self.steps
        for group in self.adam.param_groups:
            rise, fall = min(1.0, 10 * share + 0.1), 0.5 + 0.5 * float(np.cos(np.pi * share))
            group["lr"] = RATE * rise * fall
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.adam.step()
        self.taken += 1


def sized(work: Image, side: int) -> Image:
    """The picture as RGB with ``side`` pixels a side."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    small = work.convert("RGB")
    if small.size == (side, side):
        return small
    return small.resize((side, side), pil.Resampling.LANCZOS)


def to_tensor(picture: Image) -> Tensor:
    """RGB picture -> [1, 3, R, R] in [-1, 1]."""
    pixels = np.asarray(picture, dtype=np.float32).transpose(2, 0, 1)[None]
    return torch.from_numpy(pixels / 127.5 - 1)
