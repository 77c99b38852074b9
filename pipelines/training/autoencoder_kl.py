"""Training of the shared KL autoencoder.

    loss = pyramid L1 + a * KL + b * texture + c * adversary

The pyramid L1 alone blurs; from ``texture_from`` on, the sliced Wasserstein distance of the
patches asks for the texture of real pictures at every scale; from ``adversary_from`` on, a light
patch discriminator asks for edges that look drawn.

:mod:`pipelines.training.latent_decoder` then goes on with the decoder alone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image
from torch import Tensor, nn

from pipelines.image.autoencoder import AutoencoderSizes, LatentCodec, build_autoencoder
from pipelines.networks.patch_discriminator import PatchDiscriminator
from pipelines.training.data import Pictures
from pipelines.training.loop import update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.patch_judged import PatchJudged
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

if TYPE_CHECKING:
    from diffusers import AutoencoderKL


@dataclass(frozen=True)
class AutoencoderRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Pictures a step, or crops that cover as much.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        kl_weight: Weight of the mean KL divergence per latent value.
        texture_weight: Weight of the texture distance.
        adversary_weight: Weight of the patch discriminator.
        adversary_rate: Its learning rate (Adam).
        texture_from: Share of the run after which textures count.
        adversary_from: Share of the run after which the discriminator counts.
        penalty_weight: Weight of the gradient penalty of the discriminator.
        crop: Side of the squares of the first part of the run, in pixels.
        crop_until: Share of the run after which whole pictures are trained on.
        shift: Largest random shift of a picture, in pixels.
        judge_width: Channels of the discriminator's first convolution.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What convolutions compute in, "float32" or "bfloat16" (with float32 weights and
            losses); the second is faster on processors and accelerators that have it.
        block_out_channels: See :class:`AutoencoderSizes`.
    """

    batch_size: int = 4
    learning_rate: float = 4e-3
    kl_weight: float = 3e-4
    texture_weight: float = 0.05
    adversary_weight: float = 0.15
    adversary_rate: float = 8e-4
    texture_from: float = 0.3
    adversary_from: float = 0.4
    penalty_weight: float = 0.1
    crop: int = 64
    crop_until: float = 0.65
    shift: int = 6
    judge_width: int = 24
    ema: float = 0.995
    precision: str = "float32"
    block_out_channels: tuple[int, ...] = (16, 32, 64, 64)


class AutoencoderTraining(PatchJudged):
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, pictures: Pictures, recipe: AutoencoderRecipe, workers: int = 1) -> None:
        """Build for pictures of one size."""
        self.recipe: AutoencoderRecipe = recipe
        self.workers = Workers(workers)
        self.train = pictures.split("train")
        held = pictures.split("validation")
        self.held = held if len(held.names) else self.train
        self.model = _untrained(recipe, size=pictures.pixels.shape[1])
        self.painters = list(self.model.parameters())
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.adversary = PatchDiscriminator(recipe.judge_width)
        self.optimiser = Muon(self.painters, recipe.learning_rate)
        self.opponent = torch.optim.Adam(
            self.adversary.parameters(), recipe.adversary_rate, (0.5, 0.98)
        )
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of the autoencoder and, late in the run, of its adversary."""
        recipe = self.recipe
        self.taken += 1
        rate = recipe.learning_rate * schedule(progress, self.taken)
        for optimiser, value in ((self.optimiser, rate), (self.opponent, recipe.adversary_rate)):
            for group in optimiser.param_groups:
                group["lr"] = value
        textured = progress >= recipe.texture_from and self.taken % 2 == 0
        judged = progress >= recipe.adversary_from and recipe.adversary_weight > 0

        def loss_of(real: Tensor) -> tuple[Tensor, dict[str, float]]:
            return self._loss(real, textured=textured, judged=judged)

        figures: dict[str, float] = {}
        real = self.batch(progress)
        if judged and self.taken % 2 == 0:
            figures |= self.workers.gradients(
                self._judge, (real,), list(self.adversary.parameters())
            )
            self.opponent.step()
        figures |= self.workers.gradients(loss_of, (real,), self.painters)
        nn.utils.clip_grad_norm_(self.painters, 1.0)
        self.optimiser.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 1 / (1 + self.taken)))
        return figures

    def _drawn(self, real: Tensor) -> tuple[Any, Tensor]:
        """Return the posterior of the latents and the picture painted from a draw of it."""
        with computing_in(self.recipe.precision):
            moments = self.model.quant_conv(self.model.encoder(real))
        posterior = DiagonalGaussianDistribution(moments.float())
        latents = posterior.sample()
        with computing_in(self.recipe.precision):
            fake: Tensor = self.model.decode(latents, return_dict=False)[0]
        return posterior, fake.float()

    def _regularised(self, told: Any) -> tuple[Tensor, dict[str, float]]:  # noqa: ANN401
        """Return the weighted divergence of a posterior."""
        kl = told.kl().mean() / told.mean[0].numel()
        return self.recipe.kl_weight * kl, {"kl": kl.item()}

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "adversary": self.adversary.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "opponent": self.opponent.state_dict(),
            "taken": self.taken,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        for name in ("model", "average", "adversary", "optimiser", "opponent"):
            getattr(self, name).load_state_dict(state[name])
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return held-out pictures (upper rows) over their reconstructions (lower rows)."""
        real = to_tensor(self.held.pixels[:24])
        with torch.inference_mode():
            codec = LatentCodec(self.average)
            drawn = to_pixels(codec.decode(codec.encode(real)))
        rows = [self.held.pixels[:12], drawn[:12], self.held.pixels[12:24], drawn[12:24]]
        return contact_sheet(np.concatenate(rows), 12)

    def export(self, folder: Path) -> None:
        """Write the model folder, with the latents' mean and deviation."""
        self._measure_latents()
        self.average.save_pretrained(folder)

    def _measure_latents(self) -> None:
        index = torch.randperm(len(self.train.names))[:512].numpy()
        codec = LatentCodec(self.average)
        with torch.inference_mode():
            parts = [
                to_tensor(part)
                for part in np.array_split(self.train.pixels[index], 32)
                if len(part)
            ]
            raw = torch.cat([codec.autoencoder.encode(p).latent_dist.mean for p in parts])
        self.average.register_to_config(
            latents_mean=[round(v, 6) for v in raw.mean(dim=(0, 2, 3)).tolist()],
            latents_std=[round(max(v, 1e-6), 6) for v in raw.std(dim=(0, 2, 3)).tolist()],
        )


def _untrained(recipe: AutoencoderRecipe, *, size: int) -> AutoencoderKL:
    sizes = AutoencoderSizes(recipe.block_out_channels, sample_size=size)
    model = build_autoencoder(sizes)
    with torch.no_grad():  # sigma starts small, so that the decoder hears the mean
        model.quant_conv.bias[sizes.latent_channels :] = -4.0
    return model


def schedule(progress: float, taken: int, warm_up: int = 50) -> float:
    """Return the share of the peak learning rate: linear warm-up, cosine decay to 2 %."""
    decay = 0.51 + 0.49 * float(np.cos(np.pi * min(1.0, progress)))
    return min(1.0, taken / warm_up) * decay
