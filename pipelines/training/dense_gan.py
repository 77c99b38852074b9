"""The GAN of the textbooks, learning to write figures in about a minute.

    min_d  E softplus(-d(x)) + E softplus(d(g(z))),    min_g  E softplus(-d(g(z)))

Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, with the generator's loss that does not
saturate and Adam. It is meant to be watched: the same z are painted again and again while both
sides learn. A seed decides everything, from the figures to the last weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from pipelines.latents import normal, slerp
from pipelines.networks.dense_gan import DenseSizes, Discriminator, Generator
from pipelines.training.glyphs import SIDE, draw_glyphs

__all__ = ["DenseRecipe", "DenseTraining", "Painter"]


@dataclass(frozen=True)
class DenseRecipe:
    """Settings of a run.

    Attributes:
        num_steps: Steps in all; the rates fall over the second half of them.
        num_pictures: Figures to learn from.
        batch_size: Figures a step, real and painted each.
        generator_rate: Rate of Adam of the generator.
        discriminator_rate: Rate of Adam of the discriminator; slower, so that neither wins.
        beta1: Momentum of Adam on both sides.
    """

    num_steps: int = 3000
    num_pictures: int = 10_000
    batch_size: int = 64
    generator_rate: float = 1e-3
    discriminator_rate: float = 4e-4
    beta1: float = 0.5


class Painter:
    """A generator and the z that are looked at, the same from the first step to the last.

    Args:
        generator: The network; it may be learning.
        seed: Draws the z.
    """

    def __init__(self, generator: Generator, seed: int) -> None:
        self.generator, self.seed = generator, seed

    def z(self, number: int) -> NDArray[np.float32]:
        """The z of a sample, shape [Z]."""
        return normal(self.seed, (self.generator.sizes.z_dim,), f"sample {number}")

    def samples(self, count: int) -> NDArray[np.uint8]:
        """What the first ``count`` z are painted as now, ink 255, shape [count, 28, 28]."""
        return self._painted([self.z(number) for number in range(count)])

    def between(self, first: int, second: int, count: int) -> NDArray[np.uint8]:
        """The way from one sample to another in ``count`` pictures, both ends among them."""
        a, b = self.z(first), self.z(second)
        return self._painted([slerp(a, b, i / (count - 1)) for i in range(count)])

    def _painted(self, z: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
        learning = self.generator.training
        self.generator.eval()
        with torch.inference_mode():
            made: Tensor = self.generator(torch.from_numpy(np.stack(z)))
        self.generator.train(learning)
        grey: NDArray[np.uint8] = ((made + 1) * 127.5).round().to(torch.uint8).numpy()
        return grey.reshape(len(z), SIDE, SIDE)


class DenseTraining:
    """One run, taken step by step.

    Args:
        recipe: Settings.
        seed: Decides everything.
    """

    def __init__(self, recipe: DenseRecipe | None = None, seed: int = 0) -> None:
        self.recipe = recipe or DenseRecipe()
        self.taken = 0
        pictures, _ = draw_glyphs(self.recipe.num_pictures, seed)
        flat = torch.from_numpy(pictures.reshape(len(pictures), -1))
        self._real = flat.float() / 127.5 - 1
        self._source = torch.Generator().manual_seed(seed)
        self.sizes = DenseSizes(side=SIDE)
        self.generator = Generator(self.sizes, self._source)
        self.painter = Painter(self.generator, seed)
        self.discriminator = Discriminator(self.sizes, self._source)
        betas = (self.recipe.beta1, 0.999)
        self._maker = torch.optim.Adam(self.generator.parameters(), betas=betas)
        self._opponent = torch.optim.Adam(self.discriminator.parameters(), betas=betas)

    @property
    def over(self) -> bool:
        """Whether all steps are taken."""
        return self.taken >= self.recipe.num_steps

    def step(self) -> tuple[float, float]:
        """One step of each side; the losses of discriminator and generator before it.

        An even fight has losses of 2 log 2 = 1.39 and log 2 = 0.69.
        """
        self._set_rates()
        count = self.recipe.batch_size
        index = torch.randint(0, len(self._real), (count,), generator=self._source)
        z = torch.randn(count, self.sizes.z_dim, generator=self._source)
        fake = self.generator(z)
        told = self.discriminator(torch.cat([self._real[index], fake.detach()]))
        judged = softplus(-told[:count]).mean() + softplus(told[count:]).mean()
        _descend(judged, self._opponent)
        fooled = softplus(-self.discriminator(fake)).mean()
        _descend(fooled, self._maker)
        self.taken += 1
        return judged.item(), fooled.item()

    def _set_rates(self) -> None:
        share = min(1.0, 2 * (1 - self.taken / self.recipe.num_steps))
        for optimiser, rate in (
            (self._maker, self.recipe.generator_rate),
            (self._opponent, self.recipe.discriminator_rate),
        ):
            optimiser.param_groups[0]["lr"] = rate * share


def _descend(loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
    """One step of the optimiser's own parameters, whatever else the loss depends on."""
    parameters = optimiser.param_groups[0]["params"]
    for parameter, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = slope
    optimiser.step()
