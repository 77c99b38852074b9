"""Training of sketch to watercolour, on pairs drawn from the paintings themselves.

    loss = pyramid L1 + a * KL + b * duel + c * recovery

pix2pix (Isola et al. 2017, https://arxiv.org/abs/1611.07004), with a choice of painting: most of
a batch is painted with the z that an encoder reads off the true painting, which is then what L1
asks for, and KL holds that z to the prior. The rest is painted with a z from the prior, where
only the judge has a say, and the encoder has to read that z off again, so that z is not ignored
(BicycleGAN, Zhu et al. 2017, https://arxiv.org/abs/1711.11586). Where a sketch has colour hints, z
comes from the prior although L1 counts, so that colour is taken from the hints and not from z.
The judge is the relativistic one with a penalty on real pairs that the other families use.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from pipelines.networks.patch_discriminator import PatchDiscriminator
from pipelines.networks.pix2pix import Painter, PainterSizes, PaintingEncoder
from pipelines.networks.pix2pix_files import save_painter
from pipelines.training import losses
from pipelines.training.augment import augment
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.data import Pictures
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels
from pipelines.training.sketches import CHANNELS, SketchStyle, draw_pairs, show

__all__ = ["Pix2PixRecipe", "Pix2PixTraining"]

NETWORKS = ("painter", "average", "encoder", "judge", "optimiser", "opponent")
SHOWN = 24


@dataclass(frozen=True)
class Pix2PixRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Pairs a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        judge_rate: Rate of the judge (Adam).
        adversary_weight: Weight b of the duel.
        adversary_from: Share of the run after which the judge counts.
        judge_every: Steps of the painter to one of the judge.
        penalty_weight: Weight of the gradient penalty on real pairs.
        penalty_every: Steps of the judge between penalties.
        kl_weight: Weight a of the KL divergence, summed over z; it grows from 0 until
            ``adversary_from``, so that z is of use before it costs.
        recovery_weight: Weight c of the mean distance between z and what is read off again.
        free_every: One in so many sketches is painted with a z from the prior.
        augment: Share of pairs augmented before the judge.
        judge_width: Channels of the judge's first convolution.
        encoder_width: Channels of the encoder's first convolution.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What convolutions compute in, "float32" or "bfloat16".
        z_dim: Width of z; 0 trains plain pix2pix.
        channels: See :class:`PainterSizes`.
        num_groups: Groups of the group norms.
    """

    batch_size: int = 8
    learning_rate: float = 4e-3
    judge_rate: float = 1e-3
    adversary_weight: float = 0.25
    adversary_from: float = 0.3
    judge_every: int = 2
    penalty_weight: float = 0.1
    penalty_every: int = 8
    kl_weight: float = 1.5e-3
    recovery_weight: float = 0.05
    free_every: int = 4
    augment: float = 0.3
    judge_width: int = 24
    encoder_width: int = 24
    ema: float = 0.998
    precision: str = "float32"
    z_dim: int = 16
    channels: tuple[int, ...] = (16, 32, 64, 96, 128, 160)
    num_groups: int = 8


class Pix2PixTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: Pix2PixRecipe,
        workers: int = 1,
        style: SketchStyle | None = None,
    ) -> None:
        """Build for pictures of one size, at least 32 px a side."""
        self.recipe, self.style = recipe, style or SketchStyle()
        self.workers = Workers(workers)
        self.train = pictures.split("train")
        held = pictures.split("validation")
        self.held = held if len(held.names) else self.train
        sizes = PainterSizes(
            in_channels=len(CHANNELS),
            z_dim=recipe.z_dim,
            resolution=pictures.pixels.shape[1],
            channels=recipe.channels,
            num_groups=recipe.num_groups,
        )
        self.painter = Painter(sizes)
        self.average = copy.deepcopy(self.painter).requires_grad_(requires_grad=False).eval()
        self.encoder = PaintingEncoder(3, max(1, recipe.z_dim), recipe.encoder_width)
        self.judge = PatchDiscriminator(recipe.judge_width, beside=len(CHANNELS))
        self.painters = [*self.painter.parameters(), *self.encoder.parameters()]
        self.optimiser = Muon(self.painters, recipe.learning_rate)
        self.opponent = torch.optim.Adam(self.judge.parameters(), recipe.judge_rate, (0.5, 0.98))
        self.taken, self.kl_weight = 0, 0.0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of the painter and its encoder and, when it counts, of the judge."""
        recipe = self.recipe
        self.taken += 1
        judged = progress >= recipe.adversary_from and recipe.adversary_weight > 0
        grown = progress / recipe.adversary_from if recipe.adversary_from else 1.0
        self.kl_weight = recipe.kl_weight * min(1.0, grown)
        batch = self.batch(judged=judged)
        rate = recipe.learning_rate * schedule(progress, self.taken)
        for optimiser, value in ((self.optimiser, rate), (self.opponent, recipe.judge_rate)):
            for group in optimiser.param_groups:
                group["lr"] = value
        figures: dict[str, float] = {}
        if judged and self.taken % recipe.judge_every == 0:
            figures |= self.workers.gradients(self._judge, batch, list(self.judge.parameters()))
            self.opponent.step()
        figures |= self.workers.gradients(
            self._judged_loss if judged else self._loss, batch, self.painters
        )
        nn.utils.clip_grad_norm_(self.painters, 1.0)
        self.optimiser.step()
        update_average(self.average, self.painter, min(recipe.ema, 1 - 1 / (1 + self.taken)))
        return figures

    def batch(self, *, judged: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Draw sketches, paintings, and which of them take a z from the prior [B, 1].

        All randomness comes from torch's generator, which checkpoints keep.
        """
        count = self.recipe.batch_size
        index = torch.randint(0, len(self.train.names), (count,)).numpy()
        source = np.random.Generator(np.random.Philox(int(torch.randint(0, 1 << 62, ()))))
        sketches, paintings = draw_pairs(self.train.pixels[index], source, self.style)
        free = (torch.arange(count) + 1) % self.recipe.free_every == 0
        return sketches, paintings, (free & judged)[:, None].float()

    def _paint(self, sketch: Tensor, real: Tensor, free: Tensor) -> tuple[Tensor, ...]:
        """Return the paintings, their z, and the KL divergence of the z read off."""
        z, kl = torch.zeros(len(sketch), 0), torch.zeros(())
        if self.recipe.z_dim:
            with computing_in(self.recipe.precision):
                mean, log_variance = (value.float() for value in self.encoder(real))
            read = (free + _hinted(sketch)) == 0
            drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
            z = torch.where(read, drawn, torch.randn_like(mean))
            apart = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
            kl = (apart * read).sum() / read.sum().clamp(min=1)
        with computing_in(self.recipe.precision):
            painted = self.painter(sketch, z).float()
        return painted, z, kl

    def _loss(self, sketch: Tensor, real: Tensor, free: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the painter before the judge counts."""
        loss, _, figures = self._likeness(sketch, real, free)
        return loss, figures

    def _likeness(
        self, sketch: Tensor, real: Tensor, free: Tensor
    ) -> tuple[Tensor, tuple[Tensor, Tensor], dict[str, float]]:
        """Return L1 + KL, the paintings with their z, and figures."""
        painted, z, kl = self._paint(sketch, real, free)
        asked = (1 - free)[:, :, None, None]
        bands, drawn = (losses.laplacian_pyramid(x * asked, 5) for x in (real, painted))
        l1 = losses.pyramid_l1(drawn, bands) / asked.mean().clamp(min=1e-3)
        figures = {"l1": l1.item(), "kl": kl.item()}
        return l1 + self.kl_weight * kl, (painted, z), figures

    def _judged_loss(
        self, sketch: Tensor, real: Tensor, free: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the whole loss of the painter."""
        recipe = self.recipe
        loss, (painted, z), figures = self._likeness(sketch, real, free)
        with torch.no_grad():
            on_real = self._logits(sketch, real)
        duel = losses.relativistic(self._logits(sketch, painted), on_real)
        loss = loss + recipe.adversary_weight * duel
        figures["duel"] = duel.item()
        if recipe.z_dim and recipe.recovery_weight:
            # The encoder is held here, or it would learn to find a z that is hidden.
            held = {name: value.detach() for name, value in self.encoder.named_parameters()}
            with computing_in(recipe.precision):
                mean, _ = torch.func.functional_call(self.encoder, held, (painted,))
            distance = (mean.float() - z).abs().mean(dim=1, keepdim=True)
            asked = free * (1 - _hinted(sketch))
            recovery = (distance * asked).sum() / asked.sum().clamp(min=1)
            loss = loss + recipe.recovery_weight * recovery
            figures["recovery"] = recovery.item()
        return loss, figures

    def _logits(self, sketch: Tensor, picture: Tensor, *, exactly: bool = False) -> Tensor:
        """Return the judge's logits; ``exactly`` for those that are penalised."""
        pair = augment(torch.cat([sketch, picture], dim=1), self.recipe.augment)
        sketch, picture = torch.split(pair, [sketch.shape[1], picture.shape[1]], dim=1)
        with computing_in(self.recipe.precision, enabled=not exactly):
            logits: Tensor = self.judge(picture, sketch)
        return logits.float()

    def _judge(
        self, sketch: Tensor, real: Tensor, free: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the judge, with its penalty now and then."""
        recipe = self.recipe
        with torch.no_grad():
            painted, _, _ = self._paint(sketch, real, free)
        penalised = self.taken // recipe.judge_every % recipe.penalty_every == 0
        seen = real.detach().requires_grad_(penalised)
        on_real = self._logits(sketch, seen, exactly=penalised)
        on_fake = self._logits(sketch, painted)
        loss = losses.relativistic(on_real, on_fake)
        figures = {"judge": loss.item(), "margin": (on_real - on_fake).mean().item()}
        if penalised:
            penalty = losses.gradient_penalty(on_real, seen) / on_real[0].numel()
            figures["r1"] = penalty.item()
            loss = loss + recipe.penalty_weight * penalty
        return loss, figures

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, NETWORKS) | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, NETWORKS)
        self.taken = int(state["taken"])

    def paint(self, sketches: Float[Tensor, "N S R R"], seed: int) -> Float[Tensor, "N C R R"]:
        """Return what the averaged painter makes of sketches, with a z from the prior each."""
        source = torch.Generator().manual_seed(seed)
        z = torch.randn(len(sketches), self.recipe.z_dim, generator=source)
        with torch.inference_mode():
            painted: Tensor = self.average(sketches, z)
        return painted

    def sheet(self) -> Image.Image:
        """Return held-out pairs: sketch, painted twice with another z, and the painting."""
        source = np.random.Generator(np.random.Philox(1))
        sketches, paintings = draw_pairs(self.held.pixels[:SHOWN], source, self.style)
        views = [show(sketches), self.paint(sketches, 1), self.paint(sketches, 2), paintings]
        rows = np.stack([to_pixels(view) for view in views], axis=1)
        return contact_sheet(rows.reshape(-1, *rows.shape[2:]), 12)

    def export(self, folder: Path) -> None:
        """Write the model folder; the encoder goes with the painter and finds z of a painting."""
        config = {
            "id": folder.name,
            "family": "pix2pix",
            "sketch": list(CHANNELS),
            "style": asdict(self.style),
        }
        save_painter(self.average, folder, config, self.encoder if self.recipe.z_dim else None)


def _hinted(sketch: Float[Tensor, "N S R R"]) -> Float[Tensor, "N 1"]:
    """Return 1 for every sketch with a hint, else 0."""
    return sketch[:, -1:].amax(dim=(2, 3))
