"""Training of a style-based generator, in two phases of one run.

1. Autoencoding. An encoder maps a latent x to a Gaussian over z, and the generator paints it back:

       loss = |G(z) - x| + |pool4(G(z)) - pool4(x)| + b KL(q(z | x) || N(0, I))

   Random draws are whole and varied within minutes, though soft.
2. Sharpening. A discriminator, whose body starts as the encoder's, and the generator play the
   relativistic game with small penalties on real and generated latents (R3GAN, Huang et al. 2024,
   https://arxiv.org/abs/2501.05441); the patches of generated latents are held to the
   distribution of real ones (:func:`pipelines.training.losses.texture_distance`), and painting
   back stays as a weak anchor against forgetting (VAE-GAN, Larsen et al. 2016,
   https://arxiv.org/abs/1512.09300).

A run that starts from a trained model goes straight to the second phase, with a discriminator
that first learns alone for a while.
"""

from __future__ import annotations

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pipelines.image.autoencoder import LatentCodec
from pipelines.networks.discriminator import (
    Discriminator,
    DiscriminatorSizes,
    StyleEncoder,
    draw,
    load_encoder,
)
from pipelines.networks.local_discriminator import LocalDiscriminator
from pipelines.networks.style_gan2 import (
    Generator,
    GeneratorSizes,
    load_generator,
    save_generator,
)
from pipelines.training import losses
from pipelines.training.augment import augment
from pipelines.training.data import Pictures
from pipelines.training.latents import encode_pictures
from pipelines.training.loop import update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import LossOf, Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels
from pipelines.training.style_gan_recipe import StyleGanRecipe

__all__ = ["StyleGanRecipe", "StyleGanTraining"]

Batch = tuple[Tensor, Tensor]
OPTIMISERS = ("optimiser", "sharpener", "opponent")


class StyleGanTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: StyleGanRecipe,
        codec: LatentCodec | None,
        *,
        autoencoder: str = "",
        workers: int = 1,
        start: Path | None = None,
    ) -> None:
        """Encode the pictures and build the networks, or take them from the model ``start``.

        Without a codec, train on pixels.
        """
        self.recipe, self.codec, self.autoencoder = recipe, codec, autoencoder
        self.workers = Workers(workers)
        train = pictures.split("train")
        self.classes, self.frequencies = train.classes, train.frequencies()
        self.latents = encode_pictures(
            codec, train, variants=recipe.variants, workers=self.workers
        )
        _, channels, side, _ = self.latents.latents.shape
        sizes = DiscriminatorSizes(channels, len(train.classes), recipe.judge_channels)
        self.judge = _judge_of(recipe, sizes)
        wanted = recipe.generator_sizes(side, channels, len(train.classes))
        if start is None:
            self.generator = Generator(wanted)
            self.encoder = StyleEncoder(sizes, recipe.z_dim)
        else:
            self.generator, self.encoder = load_generator(start).train(), load_encoder(start)
            self.generator.requires_grad_()
            _check(self.generator.sizes, wanted, start)
            self._warm_judge()
        self.average = copy.deepcopy(self.generator).requires_grad_(requires_grad=False).eval()
        self.painters = [*self.generator.parameters(), *self.encoder.parameters()]
        self.optimiser = Muon(self.painters, recipe.pretrain_rate, vector_scale=0.1)
        self.sharpener = torch.optim.Adam(self.painters, recipe.learning_rate, (0.0, 0.99))
        self.opponent = torch.optim.Adam(
            self.judge.parameters(), recipe.learning_rate, (0.5, 0.99)
        )
        self.taken, self.sharpening = 0, start is not None
        self.alone = recipe.head_start if start is not None else 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of the phase that the progress is in."""
        self.taken += 1
        batch = self.latents.draw(self.recipe.batch_size)
        if progress < self.recipe.pretrain_share and not self.sharpening:
            figures = self._autoencode(batch, progress / self.recipe.pretrain_share)
        else:
            if not self.sharpening:
                self._warm_judge()
                self.sharpening = True
            figures = self._sharpen(batch, progress)
        decay = 0.5 ** (self.recipe.batch_size / self.recipe.ema)
        update_average(self.average, self.generator, min(decay, 1 - 1 / (1 + self.taken)))
        return figures

    def _warm_judge(self) -> None:
        """Start a discriminator of the encoder's shape from what the encoder knows."""
        judge = self.judge
        if isinstance(judge, Discriminator) and judge.sizes == self.encoder.sizes:
            judge.body.load_state_dict(self.encoder.body.state_dict())

    def _autoencode(self, batch: Batch, share: float) -> dict[str, float]:
        rate = self.recipe.pretrain_rate * (0.55 + 0.45 * float(np.cos(np.pi * share)))
        return self._update(self._paint_back, batch, self.optimiser, rate)

    def _sharpen(self, batch: Batch, progress: float) -> dict[str, float]:
        before = 0.0 if self.alone else self.recipe.pretrain_share
        share = (progress - before) / (1 - before)
        rate = self.recipe.learning_rate * min(1.0, 0.1 + 2 * (1 - share))
        for group in self.opponent.param_groups:
            group["lr"] = rate * self.recipe.judge_rate
        figures = self.workers.gradients(self._judge, batch, list(self.judge.parameters()))
        self.opponent.step()
        if self.taken <= self.alone:
            return figures
        return figures | self._update(self._fool, batch, self.sharpener, rate)

    def _update(
        self, loss_of: LossOf, batch: Batch, optimiser: torch.optim.Optimizer, rate: float
    ) -> dict[str, float]:
        for group in optimiser.param_groups:
            group["lr"] = rate
        figures = self.workers.gradients(loss_of, batch, self.painters)
        optimiser.step()
        with torch.no_grad():
            z = torch.randn(len(batch[1]), self.recipe.z_dim)
            self.generator.track(self.generator.mapping.one(z, batch[1]), batch[1], 0.99)
        return figures

    def _painted(self, z: Tensor, label: Tensor) -> Tensor:
        """Return what the generator paints in training, with random noise."""
        w = self.generator.mapping(z, label)
        with computing_in(self.recipe.precision):
            made: Tensor = self.generator.synthesis(w)
        return made.float()

    def _judged(self, x: Tensor, label: Tensor, *, exactly: bool = False) -> Tensor:
        """Return the logits of the discriminator; ``exactly`` for those that are penalised."""
        with computing_in(self.recipe.precision, enabled=not exactly):
            logits: Tensor = self.judge(augment(x, self.recipe.augment), label)
        return logits.float()

    def _paint_back(self, real: Tensor, label: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of phase 1."""
        with computing_in(self.recipe.precision):
            mean, log_variance = (value.float() for value in self.encoder(real))
        painted = self._painted(draw(mean, log_variance), label)
        l1 = (painted - real).abs().mean()
        coarse = (_pool(painted) - _pool(real)).abs().mean()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
        loss = l1 + coarse + self.recipe.kl_weight * kl
        return loss, {"l1": l1.item(), "coarse": coarse.item(), "kl": kl.item()}

    def _judge(self, real: Tensor, label: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the discriminator."""
        recipe = self.recipe
        with torch.no_grad():
            fake = self._painted(torch.randn(len(real), recipe.z_dim), label)
        penalised = self.taken % recipe.penalty_every == 0
        seen = [x.detach().requires_grad_(penalised) for x in (real, fake)]
        on_real, on_fake = (self._judged(x, label, exactly=penalised) for x in seen)
        loss = losses.relativistic(on_real, on_fake)
        figures = {"judge": loss.item(), "margin": (on_real - on_fake).mean().item()}
        if penalised:
            penalties = [
                losses.gradient_penalty(logits, x)
                for logits, x in zip((on_real, on_fake), seen, strict=True)
            ]
            figures |= {"r1": penalties[0].item(), "r2": penalties[1].item()}
            loss = loss + 0.5 * recipe.penalty_weight * recipe.penalty_every * sum(penalties)
        return loss, figures

    def _fool(self, real: Tensor, label: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the generator, and of the encoder that anchors it."""
        recipe = self.recipe
        fake = self._painted(torch.randn(len(real), recipe.z_dim), label)
        with torch.no_grad():
            on_real = self._judged(real, label)
        duel = losses.relativistic(self._judged(fake, label), on_real)
        loss, figures = duel, {"duel": duel.item()}
        if recipe.texture_weight:
            fine = losses.texture_distance(fake, real, num_projections=64)
            rough = losses.texture_distance(_pool2(fake), _pool2(real), num_projections=64)
            texture = fine + rough
            loss = loss + recipe.texture_weight * texture
            figures["texture"] = texture.item()
        if recipe.anchor_weight:
            anchor, parts = self._paint_back(real[::4], label[::4])
            loss = loss + recipe.anchor_weight * anchor
            figures |= {"l1": parts["l1"], "kl": parts["kl"]}
        return loss, figures

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        names = ("generator", "average", "encoder", "judge", *OPTIMISERS)
        kept: dict[str, Any] = {name: getattr(self, name).state_dict() for name in names}
        return kept | {"taken": self.taken, "sharpening": self.sharpening}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        for name in ("generator", "average", "encoder", "judge", *OPTIMISERS):
            getattr(self, name).load_state_dict(state[name])
        self.taken, self.sharpening = int(state["taken"]), bool(state["sharpening"])

    def sheet(self) -> Image.Image:
        """Return 80 random draws, the same z every time, classes at the data's frequencies."""
        source = torch.Generator().manual_seed(1)
        z = torch.randn(80, self.recipe.z_dim, generator=source)
        label = torch.multinomial(torch.tensor(self.frequencies), 80, True, generator=source)
        with torch.inference_mode():
            return contact_sheet(to_pixels(self.paint(z, label)), 16)

    def paint(self, z: Tensor, label: Tensor) -> Tensor:
        """Return pictures in [-1, 1] of the averaged generator."""
        made: Tensor = self.average(z, label)
        return made if self.codec is None else self.codec.decode(made)

    def export(self, folder: Path) -> None:
        """Measure the mean w of every class and write the model folder."""
        with torch.no_grad():
            for label in range(len(self.classes)):
                source = torch.Generator().manual_seed(label)
                z = torch.randn(1024, self.recipe.z_dim, generator=source)
                w = self.average.mapping.one(z, torch.full((1024,), label))
                self.average.w_mean[label] = w.mean(dim=0)
            share = torch.tensor(self.frequencies)[:, None]
            self.average.w_mean_all.copy_((share * self.average.w_mean).sum(dim=0))
        config: dict[str, Any] = {
            "id": folder.name,
            "family": "style-gan",
            "species": list(self.classes),
            "species_frequency": [round(share, 6) for share in self.frequencies],
        }
        if self.codec is not None:
            config |= {
                "autoencoder": self.autoencoder,
                "latent_mean": self.codec.latents_mean.flatten().tolist(),
                "latent_std": self.codec.latents_std.flatten().tolist(),
            }
        config["encoder"] = asdict(self.encoder.sizes)
        save_generator(self.average, folder, config, extra={"encoder": self.encoder})


def _judge_of(
    recipe: StyleGanRecipe, sizes: DiscriminatorSizes
) -> Discriminator | LocalDiscriminator:
    if recipe.judge == "local":
        return LocalDiscriminator(sizes.in_channels, sizes.num_classes, sizes.channels)
    if recipe.judge != "residual":
        raise ValueError(f"judge={recipe.judge} is neither residual nor local; choose one")
    return Discriminator(sizes)


def _check(found: GeneratorSizes, asked: GeneratorSizes, start: Path) -> None:
    if found != asked:
        raise ValueError(f"start={start} has {found}, the run asks for {asked}; set them alike")


def _pool(x: Tensor) -> Tensor:
    """Return the 4 x 4 means."""
    return functional.adaptive_avg_pool2d(x, 4)


def _pool2(x: Tensor) -> Tensor:
    """Return x at half its size."""
    return functional.avg_pool2d(x, 2)
