"""Training of a deep convolutional GAN.

    min_d  E softplus(-d(x)) + E softplus(d(g(z))),    min_g  E softplus(-d(g(z)))

Goodfellow et al. 2014, https://arxiv.org/abs/1406.2661, with the generator's loss that does not
saturate, on the networks and with the settings of Radford et al. 2015,
https://arxiv.org/abs/1511.06434: Adam at 2e-4 with beta1 of 0.5, batches of 128, real and painted
pictures in batches of their own. What is exported is the moving average of the generator, whose
batch norms are measured anew, since the average of weights has other statistics than the weights.
For a small folder there are pictures mirrored, and differentiable augmentation (Zhao et al. 2020,
https://arxiv.org/abs/2006.10738), which is off unless it is asked for.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import softplus

from pipelines.networks.dcgan import (
    DCGANSizes,
    Discriminator,
    Generator,
    load_generator,
    save_generator,
)
from pipelines.training.augment import augment
from pipelines.training.data import Pictures
from pipelines.training.loop import begin_from, states_of, take_back, update_average
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

__all__ = ["DCGANRecipe", "DCGANTraining", "measure_norms"]

NETWORKS = ("generator", "average", "judge", "painter", "opponent")
SHOWN = 80
NORM_BATCHES, NORM_BATCH = 16, 128


@dataclass(frozen=True)
class DCGANRecipe:
    """Settings of one training run; the defaults are the paper's.

    Attributes:
        batch_size: Pictures a step, real and painted each.
        learning_rate: Rate of Adam on both sides.
        beta1: Momentum of Adam on both sides; beta2 is 0.999.
        z_dim: Width of z.
        width: Channels of the finest hidden level; the paper's generator has 128.
        mirror: Share of the real pictures that are mirrored.
        augment: Share of pictures that are augmented before the discriminator.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What convolutions compute in, "float32" or "bfloat16".
    """

    batch_size: int = 128
    learning_rate: float = 2e-4
    beta1: float = 0.5
    z_dim: int = 100
    width: int = 64
    mirror: float = 0.5
    augment: float = 0.0
    ema: float = 0.995
    precision: str = "float32"


class DCGANTraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(self, pictures: Pictures, recipe: DCGANRecipe, start: Path | None = None) -> None:
        """Build for pictures of one size, or go on from the generator of the model ``start``."""
        self.recipe = recipe
        self.train = pictures.split("train")
        sizes = DCGANSizes(recipe.z_dim, pictures.pixels.shape[1], recipe.width)
        self.generator, self.judge = Generator(sizes), Discriminator(sizes)
        if start is not None:
            begin_from(start, ((self.generator, load_generator),))
        for network in (self.generator, self.judge):  # the faster layout on a CPU
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.generator).requires_grad_(requires_grad=False).eval()
        betas = (recipe.beta1, 0.999)
        self.painter = torch.optim.Adam(self.generator.parameters(), recipe.learning_rate, betas)
        self.opponent = torch.optim.Adam(self.judge.parameters(), recipe.learning_rate, betas)
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of the discriminator, then one of the generator on the same paintings."""
        self.taken += 1
        real = self._real()
        fake = self._painted(torch.randn(len(real), self.recipe.z_dim))
        on_real, on_fake = self._judged(real), self._judged(fake.detach())
        judge = softplus(-on_real).mean() + softplus(on_fake).mean()
        _descend(judge, self.judge, self.opponent)
        duel = softplus(-self._judged(fake)).mean()
        _descend(duel, self.generator, self.painter)
        decay = min(self.recipe.ema, 1 - 1 / (1 + self.taken))
        update_average(self.average, self.generator, decay)
        return {
            "judge": judge.item(),
            "duel": duel.item(),
            "on_real": on_real.sigmoid().mean().item(),
            "on_fake": on_fake.sigmoid().mean().item(),
        }

    def _real(self) -> Float[Tensor, "N 3 R R"]:
        """Return a batch of training pictures, some mirrored."""
        index = torch.randint(0, len(self.train.names), (self.recipe.batch_size,)).numpy()
        real = to_tensor(self.train.pixels[index])
        mirrored = torch.rand(len(real)) < self.recipe.mirror
        return torch.where(mirrored[:, None, None, None], real.flip(3), real)

    def _painted(self, z: Tensor) -> Tensor:
        with computing_in(self.recipe.precision):
            made: Tensor = self.generator(z)
        return made.float()

    def _judged(self, x: Tensor) -> Tensor:
        with computing_in(self.recipe.precision):
            logits: Tensor = self.judge(augment(x, self.recipe.augment))
        return logits.float()

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, NETWORKS) | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        take_back(self, state, NETWORKS)
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return 80 random pictures, the same z every time."""
        source = torch.Generator().manual_seed(1)
        z = torch.randn(SHOWN, self.recipe.z_dim, generator=source)
        with torch.inference_mode():
            return contact_sheet(to_pixels(measure_norms(self.average)(z)), 16)

    def export(self, folder: Path) -> None:
        """Write the model folder: the averaged generator."""
        measured = measure_norms(self.average)
        save_generator(measured, folder, {"id": folder.name, "family": "dcgan"})


def _descend(loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Take one step of ``network`` alone, whatever else the loss depends on."""
    parameters = list(network.parameters())
    for parameter, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = slope
    optimiser.step()


@torch.no_grad()
def measure_norms(generator: Generator) -> Generator:
    """A copy in evaluation mode whose batch norms know the statistics of its own paintings.

    Measured on the same 2,048 z every time, so that a model exported twice is the same.
    """
    measured = copy.deepcopy(generator).train()
    for layer in measured.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # a plain mean over all batches
    source = torch.Generator().manual_seed(0)
    for _ in range(NORM_BATCHES):
        measured(torch.randn(NORM_BATCH, generator.sizes.z_dim, generator=source))
    return measured.eval()
