"""Training of a variational autoencoder with one vector per picture.

    loss = L1 at four sizes + e * edges + b * KL(q(z | x) || N(0, I)) + c * duel

Kingma and Welling 2014, https://arxiv.org/abs/1312.6114. L1 of the slopes between neighbouring
pixels asks for lines where lines are. How much is told through z is set directly: b is steered so
that the KL divergence comes to ``kl_target`` nats (ControlVAE, Shao et al. 2020,
https://arxiv.org/abs/2004.05988); too much and random z paint nothing known, too little and
everyone looks alike. Late in the run a judge of patches sees both what was read and painted again
and what is painted from random z (Larsen et al. 2016, https://arxiv.org/abs/1512.09300), so that
both are drawn and not blurred.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from pipelines.networks.discriminator import draw
from pipelines.networks.patch_discriminator import PatchDiscriminator
from pipelines.networks.vae import Decoder, Encoder, VAESizes
from pipelines.networks.vae_files import load_decoder, load_encoder, save_vae
from pipelines.training import losses
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.data import Pictures
from pipelines.training.dimensions import write_dimensions
from pipelines.training.loop import begin_from, states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

__all__ = ["VAERecipe", "VAETraining"]

NETWORKS = (
    "encoder", "decoder", "average_encoder", "average", "judge", "optimiser", "opponent",
)  # fmt: skip
SHOWN = 24
STEER = 0.01
BOUNDS = (1e-6, 1e-2)
"""Of b, the weight of the KL divergence."""


@dataclass(frozen=True)
class VAERecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Pictures a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        judge_rate: Rate of the judge (Adam).
        kl_target: How much z says of a picture, in nats.
        kl_weight: Weight b at the start, per nat.
        edge_weight: Weight e of the slopes.
        adversary_weight: Weight c of the duel.
        adversary_from: Share of the run after which the judge counts.
        penalty_weight: Weight of the judge's gradient penalty.
        crop: Side of the squares that the judge sees, in pixels.
        judge_width: Channels of the judge's first convolution.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What convolutions compute in, "float32" or "bfloat16".
        z_dim: See `VAESizes`, as all that follow.
        patch: Side of a patch.
        channels: Channels of the levels.
        hidden: Width of the dense layers.
        num_groups: Groups of the group norms.
    """

    batch_size: int = 16
    learning_rate: float = 4e-3
    judge_rate: float = 1e-3
    kl_target: float = 70.0
    kl_weight: float = 1e-4
    edge_weight: float = 1.0
    adversary_weight: float = 0.1
    adversary_from: float = 0.7
    penalty_weight: float = 0.1
    crop: int = 64
    judge_width: int = 20
    ema: float = 0.997
    precision: str = "float32"
    z_dim: int = 64
    patch: int = 4
    channels: tuple[int, ...] = (48, 64, 96)
    hidden: int = 256
    num_groups: int = 8


class VAETraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: VAERecipe,
        workers: int = 1,
        start: Path | None = None,
    ) -> None:
        """Build for pictures of one size, or go on from both halves of the model ``start``."""
        self.recipe, self.workers = recipe, Workers(workers)
        self.train = pictures.split("train")
        held = pictures.split("validation")
        self.held = held if len(held.names) else self.train
        sizes = VAESizes(
            recipe.z_dim,
            pictures.pixels.shape[1],
            recipe.patch,
            recipe.channels,
            recipe.hidden,
            recipe.num_groups,
        )
        self.encoder, self.decoder = Encoder(sizes), Decoder(sizes)
        if start is not None:
            begin_from(start, ((self.encoder, load_encoder), (self.decoder, load_decoder)))
        self.average_encoder, self.average = copy.deepcopy((self.encoder, self.decoder))
        for kept in (self.average_encoder, self.average):
            kept.requires_grad_(requires_grad=False).eval()
        self.judge = PatchDiscriminator(recipe.judge_width)
        self.parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.optimiser = Muon(self.parameters, recipe.learning_rate)
        self.opponent = torch.optim.Adam(self.judge.parameters(), recipe.judge_rate, (0.5, 0.98))
        self.taken, self.kl_weight = 0, recipe.kl_weight

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of both halves and, late in the run, of the judge."""
        recipe = self.recipe
        self.taken += 1
        judged = progress >= recipe.adversary_from and recipe.adversary_weight > 0
        for optimiser, rate in (
            (self.optimiser, recipe.learning_rate * schedule(progress, self.taken)),
            (self.opponent, recipe.judge_rate),
        ):
            for group in optimiser.param_groups:
                group["lr"] = rate
        index = torch.randint(0, len(self.train.names), (recipe.batch_size,)).numpy()
        real = to_tensor(self.train.pixels[index])
        figures: dict[str, float] = {}
        if judged and self.taken % 2 == 0:
            judges = list(self.judge.parameters())
            figures |= self.workers.gradients(self._judge, (real,), judges)
            self.opponent.step()
        figures |= self.workers.gradients(
            self._judged_loss if judged else self._loss, (real,), self.parameters
        )
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        decay = min(recipe.ema, 1 - 1 / (1 + self.taken))
        update_average(self.average_encoder, self.encoder, decay)
        update_average(self.average, self.decoder, decay)
        self._steer(figures["kl"])
        return figures | {"kl_weight": self.kl_weight}

    def _steer(self, kl: float) -> None:
        """Move b so that the KL divergence comes to its target."""
        apart = max(-1.0, min(1.0, kl / self.recipe.kl_target - 1))
        self.kl_weight = min(max(self.kl_weight * math.exp(STEER * apart), BOUNDS[0]), BOUNDS[1])

    def _loss(self, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss before the judge counts."""
        loss, _, figures = self._likeness(real)
        return loss, figures

    def _likeness(self, real: Tensor) -> tuple[Tensor, Tensor, dict[str, float]]:
        """Return L1 + edges + KL, the pictures painted again, and figures."""
        with computing_in(self.recipe.precision):
            mean, log_variance = (value.float() for value in self.encoder(real))
            again = self.decoder(draw(mean, log_variance)).float()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
        l1, edges = losses.strokes(again, real)
        figures = {"l1": l1.item(), "edges": edges.item(), "kl": kl.item()}
        return l1 + self.recipe.edge_weight * edges + self.kl_weight * kl, again, figures

    def _judged_loss(self, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the whole loss."""
        loss, again, figures = self._likeness(real)
        fake = torch.cat([again, self._dreamt(len(real) // 2)])
        with torch.no_grad():
            on_real = self.judge(self._seen(_as_many(real, fake))).float()
        duel = losses.relativistic(self.judge(self._seen(fake)).float(), on_real)
        figures["duel"] = duel.item()
        return loss + self.recipe.adversary_weight * duel, figures

    def _judge(self, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the judge, with its penalty now and then."""
        with torch.no_grad():
            mean, log_variance = self.encoder(real)
            fake = torch.cat(
                [self.decoder(draw(mean, log_variance)), self._dreamt(len(real) // 2)]
            )
        penalised = self.taken % 16 == 0
        seen = self._seen(_as_many(real, fake)).detach().requires_grad_(penalised)
        on_real, on_fake = self.judge(seen), self.judge(self._seen(fake))
        loss = losses.relativistic(on_real, on_fake)
        figures = {"judge": loss.item(), "margin": (on_real - on_fake).mean().item()}
        if penalised:
            penalty = losses.gradient_penalty(on_real, seen) / on_real[0].numel()
            figures["r1"] = penalty.item()
            loss = loss + self.recipe.penalty_weight * penalty
        return loss, figures

    def _dreamt(self, count: int) -> Tensor:
        """Return pictures painted from random z."""
        with computing_in(self.recipe.precision):
            picture: Tensor = self.decoder(torch.randn(max(1, count), self.recipe.z_dim))
        return picture.float()

    def _seen(self, pictures: Tensor) -> Tensor:
        """Return the square that the judge looks at, the same of every picture."""
        spare = max(0, pictures.shape[2] - self.recipe.crop)
        top, left = (int(place) for place in torch.randint(0, spare + 1, (2,)))
        return pictures[:, :, top : top + self.recipe.crop, left : left + self.recipe.crop]

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, NETWORKS) | {"taken": self.taken, "kl_weight": self.kl_weight}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        take_back(self, state, NETWORKS)
        self.taken, self.kl_weight = int(state["taken"]), float(state["kl_weight"])

    def sheet(self) -> Image.Image:
        """Return held-out pictures, each above what is painted of it, and random pictures."""
        real = self.held.pixels[:SHOWN]
        with torch.inference_mode():
            again = to_pixels(self.average(self.average_encoder(to_tensor(real))[0]))
            source = torch.Generator().manual_seed(1)
            z = torch.randn(2 * SHOWN, self.recipe.z_dim, generator=source)
            dreamt = to_pixels(self.average(z))
        pairs = np.stack([real, again], axis=1).reshape(-1, *real.shape[1:])
        return contact_sheet(np.concatenate([pairs, dreamt]), 12)

    def export(self, folder: Path) -> None:
        """Write the model folder: both halves and the dimensions that matter most."""
        save_vae(self.average_encoder, self.average, folder)
        write_dimensions(self.average, folder)


def _as_many(real: Tensor, fake: Tensor) -> Tensor:
    """Return as many real pictures as there are painted ones."""
    return real.repeat(-(-len(fake) // len(real)), 1, 1, 1)[: len(fake)]
