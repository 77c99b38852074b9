"""Training of a translator between domains, in two phases of one run.

1. Reading. The translator has the weights of a style-based GAN and learns on what that paints to
   read the arrangement c and the style s of a picture; see
   :mod:`pipelines.training.star_gan_pairs`.
2. Play. StarGAN v2 (Choi et al. 2020, https://arxiv.org/abs/1912.01865) on real pictures x of
   domain a, translated to domain b in styles s of noise and of reference pictures:

       loss = adversary + |E(G(x, s), b) - s| + d(back, x) - w |G(x, s) - G(x, s')|

   where back is in turn x in its own style, G(x, E(x, a)), and its translation translated back,
   and d the L1 distance at full and at a quarter of the size. The adversary is the relativistic
   one with penalties on both sides (R3GAN, Huang et al. 2024, https://arxiv.org/abs/2501.05441).
   Painted pairs stay as an anchor against forgetting.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.networks.discriminator import Discriminator, DiscriminatorSizes
from pipelines.networks.star_gan import load_star_gan, save_star_gan
from pipelines.training import losses
from pipelines.training.augment import augment
from pipelines.training.data import Pictures
from pipelines.training.latents import latents_of
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.parallel import LossOf, Workers
from pipelines.training.sheets import contact_sheet, to_pixels
from pipelines.training.star_gan_pairs import (
    Painter,
    commonest,
    distance,
    only,
    shifted,
)
from pipelines.training.star_gan_recipe import StarGanRecipe

__all__ = ["StarGanRecipe", "StarGanTraining"]

NETWORKS = ("model", "average", "judge", "learner", "player", "opponent")
SHOWN = 10
"""Rows of a sheet."""


class StarGanTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: StarGanRecipe,
        *,
        autoencoder: Path,
        painter: Path,
        workers: int = 1,
        cache: Path | None = None,
        start: Path | None = None,
    ) -> None:
        """Encode the pictures and build the networks, or take them from the model ``start``.

        Args:
            pictures: What to learn.
            recipe: Settings.
            autoencoder: Folder of the KL autoencoder in whose latents is translated.
            painter: Folder of the style-based GAN to begin with, in the same latents.
            workers: Threads that split a batch.
            cache: Folder that keeps the latents.
            start: Trained translator of the same domains to go on from.

        Raises:
            ValueError: If a folder can't be read, or the painter doesn't know the domains.
        """
        self.recipe, self.workers, self.autoencoder = recipe, Workers(workers), autoencoder.name
        self.codec = LatentCodec(load_autoencoder(autoencoder))
        self.domains = commonest(pictures, recipe.num_domains)
        chosen = only(pictures, self.domains)
        train, held = chosen.split("train"), chosen.split("validation")
        self.train, self.held = (
            latents_of(self.codec, part, workers=self.workers, cache=cache)
            for part in (train, held if len(held.names) else train)
        )
        count = len(self.domains)
        self.members = [torch.nonzero(self.train.labels == i)[:, 0] for i in range(count)]
        self.frequency = torch.tensor([float(len(m)) for m in self.members]).sqrt()
        self.painter = Painter(painter, self.domains)
        self.model = self.painter.begun().eval()
        if start is not None:
            self.model.load_state_dict(load_star_gan(start).state_dict())
        body = self.painter.reader.sizes
        if self.train.latents.shape[2] != body.resolution:
            raise ValueError(f"painter={painter} paints at another size than {autoencoder}")
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False)
        sizes = DiscriminatorSizes(body.in_channels, count, body.channels, body.features)
        self.judge = Discriminator(sizes)
        self.judge.body.load_state_dict(self.painter.reader.body.state_dict())
        translator = self.model.translator
        readers = (translator.body, translator.arrange, self.model.heads)
        self.readers = [p for part in readers for p in part.parameters()]
        self.players = list(self.model.parameters())
        self.learner = torch.optim.Adam(self.readers, recipe.reading_rate, (0.9, 0.98))
        self.player = torch.optim.Adam(self.players, recipe.learning_rate, (0.5, 0.99))
        self.opponent = torch.optim.Adam(
            self.judge.parameters(), recipe.learning_rate, (0.5, 0.99)
        )
        self.taken, self.left = 0, 1.0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of the phase that the progress is in."""
        recipe, start = self.recipe, self.recipe.reading_share
        self.taken += 1
        if progress < start:
            rate = recipe.reading_rate * min(1.0, self.taken / 50) * (1.05 - progress / start)
            batch = self._painted(recipe.reading_batch)
            figures = self._update(self._learn, batch, self.learner, rate)
        else:
            self.left = (1 - progress) / (1 - start)
            figures = self._play(recipe.learning_rate * min(1.0, 0.1 + 2 * self.left))
        decay = 0.5 ** (1 / recipe.ema)
        update_average(self.average, self.model, min(decay, 1 - 1 / (1 + self.taken)))
        return figures

    def _play(self, rate: float) -> dict[str, float]:
        for group in self.opponent.param_groups:
            group["lr"] = rate
        label = torch.multinomial(self.frequency, self.recipe.batch_size, replacement=True)
        wanted = torch.randint(0, len(self.domains), label.shape)
        source, first, second = (self._members(kind) for kind in (label, wanted, wanted))
        batch = (source, label, wanted, first, second)
        figures: dict[str, float] = {}
        if self.recipe.duel_weight:
            judges = list(self.judge.parameters())
            figures = self.workers.gradients(self._judge, batch, judges)
            self.opponent.step()
        more = (*batch, *self._painted(len(label)))
        return figures | self._update(self._fool, more, self.player, rate)

    def _update(
        self, loss_of: LossOf, batch: Sequence[Tensor], optimiser: torch.optim.Adam, rate: float
    ) -> dict[str, float]:
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = [p for group in optimiser.param_groups for p in group["params"]]
        figures = self.workers.gradients(loss_of, tuple(batch), chosen)
        nn.utils.clip_grad_norm_(chosen, 5.0)
        optimiser.step()
        return figures

    def _painted(self, count: int) -> tuple[Tensor, ...]:
        return self.painter.draw(count, self.recipe.fresh if self.taken > 1 else 8 * count)

    def _members(self, label: Tensor) -> Tensor:
        """Draw a real picture of every domain asked for."""
        places = [self.members[i][torch.randint(len(self.members[i]), ())] for i in label.tolist()]
        return self.train.latents[torch.stack(places)].float()

    def _style(self, reference: Tensor, label: Tensor) -> Tensor:
        """Return styles, the first half of noise, the others of references."""
        half, model = len(label) // 2, self.model
        noise = torch.randn(half, model.sizes.generator.z_dim)
        read = model.styles(model.translator.read(reference[half:])[0], label[half:])
        return torch.cat([model.mapping.one(noise, label[:half]), read])

    def _learn(
        self, x: Tensor, coarse: Tensor, fine: Tensor, label: Tensor, *, whole: bool = False
    ) -> tuple[Tensor, dict[str, float]]:
        """Return how well painted pictures are read, and if ``whole`` also translated."""
        model, painter = self.model, self.painter
        wanted, z = torch.randint(0, len(self.domains), label.shape), torch.randn_like(fine)
        s = painter.style(z, wanted)
        read = model.translator.read(x)
        arranged = model.translator.arranged(read[0], s)
        place = (arranged - painter.style(coarse, wanted)).square().mean()
        style = (model.styles(read[0], label) - painter.style(fine, label)).square().mean()
        loss, figures = place + style, {"place": place.item(), "style": style.item()}
        if whole:
            target = painter.picture(coarse, z, wanted)
            x, target = shifted(x, target, self.recipe.shift)
            made = model.translator(x, s)
            pair, texture = distance(made, target), losses.texture_distance(made, target)
            loss = loss + pair + self.recipe.texture_weight * texture
            figures |= {"pair": pair.item(), "texture": texture.item()}
        return loss, figures

    def _judge(
        self, source: Tensor, label: Tensor, wanted: Tensor, first: Tensor, second: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the discriminator; ``first`` and ``second`` are real."""
        recipe = self.recipe
        with torch.no_grad():
            fake = self.model.translator(source, self._style(second, wanted))
        penalised = self.taken % recipe.penalty_every == 0
        seen = [x.detach().requires_grad_(penalised) for x in (first, fake)]
        on_real, on_fake = (self.judge(augment(x, recipe.augment), wanted) for x in seen)
        loss = losses.relativistic(on_real, on_fake)
        figures = {"judge": loss.item(), "margin": (on_real - on_fake).mean().item()}
        if penalised:
            penalties = [
                losses.gradient_penalty(logits, x)
                for logits, x in zip((on_real, on_fake), seen, strict=True)
            ]
            figures["penalty"] = penalties[0].item()
            loss = loss + 0.5 * recipe.penalty_weight * recipe.penalty_every * sum(penalties)
        return loss, figures

    def _fool(
        self, source: Tensor, label: Tensor, wanted: Tensor, first: Tensor, second: Tensor,
        *painted: Tensor,
    ) -> tuple[Tensor, dict[str, float]]:  # fmt: skip
        """Return the loss of the players."""
        recipe, model, translator = self.recipe, self.model, self.model.translator
        read, style = translator.read(source), self._style(second, wanted)
        fake = translator.paint(read, style)
        again, own = translator.read(fake), model.styles(read[0], label)
        arranged = translator.arranged(read[0], own).detach()
        told = (model.styles(again[0], wanted) - style.detach()).abs().mean()
        told = told + (translator.arranged(again[0], own.detach()) - arranged).abs().mean()
        back = distance(translator.paint(again if self.taken % 2 else read, own), source)
        anchor, figures = self._learn(*painted, whole=True)
        values = {"told": told, "back": back}
        loss = recipe.style_weight * told + recipe.cycle_weight * back
        loss = loss + recipe.anchor_weight * anchor
        if recipe.duel_weight:
            with torch.no_grad():
                on_real = self.judge(augment(first, recipe.augment), wanted)
            on_fake = self.judge(augment(fake, recipe.augment), wanted)
            duel = values["duel"] = losses.relativistic(on_fake, on_real)
            loss = loss + recipe.duel_weight * duel
        if recipe.diversity_weight:
            with torch.no_grad():
                elsewhere = translator.paint(read, self._style(first, wanted))
            varied = values["varied"] = (fake - elsewhere).abs().mean()
            loss = loss - recipe.diversity_weight * self.left * varied
        return loss, figures | {name: value.item() for name, value in values.items()}

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, NETWORKS) | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, NETWORKS)
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return held-out sources, each in every domain, then as itself in a reference's style."""
        source, label = self.held.latents.float(), self.held.labels
        order = torch.cat([torch.nonzero(label == i)[:3, 0] for i in range(len(self.domains))])
        chosen = order[torch.linspace(0, len(order) - 1, SHOWN).long()]
        noise = torch.randn(
            1, self.painter.generator.z_dim, generator=torch.Generator().manual_seed(1)
        )
        rows, every = [], torch.arange(len(self.domains))
        model, translator = self.average, self.average.translator
        with torch.inference_mode():
            style = model.mapping.one(noise.expand(len(every), -1), every)
            for i in chosen.tolist():
                x = source[i : i + 1]
                features, planes = translator.read(x)
                own = model.styles(features, label[i : i + 1])
                styles = torch.cat([style, own])
                spread = [plane.expand(len(styles), -1, -1, -1) for plane in planes]
                made = translator.paint((features.expand(len(styles), -1), spread), styles)
                rows.append(torch.cat([x, made]))
            pictures = self.codec.decode(torch.cat(rows))
        return contact_sheet(to_pixels(pictures), len(self.domains) + 2)

    def export(self, folder: Path) -> None:
        """Measure the mean styles, and write the model folder with sources to begin with."""
        domains = len(self.domains)
        self.average.measure()
        config = {
            "id": folder.name,
            "family": "star-gan",
            "autoencoder": self.autoencoder,
            "species": list(self.domains),
            "species_frequency": [1 / domains] * domains,
            "latent_mean": self.codec.latents_mean.flatten().tolist(),
            "latent_std": self.codec.latents_std.flatten().tolist(),
        }
        save_star_gan(self.average, folder, config)
        place = folder / "sources"
        place.mkdir(exist_ok=True)
        with torch.inference_mode():
            pictures = self.codec.decode(self.painter.sources(self.recipe.num_sources))
        for number, pixels in enumerate(to_pixels(pictures)):
            Image.fromarray(pixels).save(place / f"{number:02d}.png", optimize=True)
