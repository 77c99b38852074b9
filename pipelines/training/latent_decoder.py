"""Training of a trained autoencoder's decoder alone, so that latents keep their meaning.

    loss = pyramid L1 + a * (duel on reconstructions + duel on drawn latents) + b * texture

What generators make is never quite what an encoder makes, and a decoder that has only seen the
latter answers with patterns. So half of the pictures are painted from latents with noise, and
beside them stand latents that a generator drew, which have no original: only the discriminator
of patches judges those. Its weight follows from the gradients that both losses send into the last
convolution (Esser et al. 2021, https://arxiv.org/abs/2012.09841).
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

from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.networks.patch_discriminator import PatchDiscriminator
from pipelines.networks.style_gan2 import load_generator
from pipelines.training import losses
from pipelines.training.data import Pictures
from pipelines.training.loop import update_average
from pipelines.training.parallel import Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

DRAWN = 4096
"""Latents that are drawn from the generator before the first step."""


@dataclass(frozen=True)
class DecoderRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Pictures a step.
        drawn_share: Latents of the generator a step, as a share of the pictures.
        learning_rate: Peak rate of the decoder (Adam), with warm-up and decay.
        adversary_weight: Gradient of the duels at the last convolution, as a share of L1's.
        texture_weight: Weight of the texture distance of the bands below the finest.
        adversary_rate: Learning rate of the discriminator (Adam).
        head_start: Steps that the discriminator learns alone.
        penalty_weight: Weight of its gradient penalties, per patch.
        penalty_every: Steps between penalties, which are scaled up to match.
        latent_noise: Largest deviation of the noise on the latents of half the pictures, as a
            share of the latents' own.
        judge_width: Channels of the discriminator's first convolution.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What convolutions compute in, "float32" or "bfloat16".
    """

    batch_size: int = 4
    drawn_share: float = 0.5
    learning_rate: float = 5e-4
    adversary_weight: float = 0.6
    texture_weight: float = 0.05
    adversary_rate: float = 1e-3
    head_start: int = 300
    penalty_weight: float = 5e-4
    penalty_every: int = 16
    latent_noise: float = 0.3
    judge_width: int = 48
    ema: float = 0.998
    precision: str = "float32"


class DecoderTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: DecoderRecipe,
        start: Path,
        *,
        painter: Path | None = None,
        workers: int = 1,
    ) -> None:
        """Take the autoencoder ``start``, and latents of the style-based ``painter`` if given.

        Raises:
            ValueError: If a folder can't be read, or the painter works in other latents.
        """
        self.recipe = recipe
        self.workers = Workers(workers)
        self.train = pictures.split("train")
        held = pictures.split("validation")
        self.held = held if len(held.names) else self.train
        self.model = load_autoencoder(start).train()
        self.codec = LatentCodec(self.model)
        trained = ("decoder.", "post_quant_conv.")
        self.painters = [p for n, p in self.model.named_parameters() if n.startswith(trained)]
        for parameter in self.painters:
            parameter.requires_grad_()
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.adversary = PatchDiscriminator(recipe.judge_width)
        self.optimiser = torch.optim.Adam(self.painters, recipe.learning_rate, (0.5, 0.98))
        self.opponent = torch.optim.Adam(
            self.adversary.parameters(), recipe.adversary_rate, (0.5, 0.99)
        )
        self.drawn = _latents_of(painter, self.train.frequencies(), start) if painter else None
        self.painted: list[tuple[Tensor, list[Tensor]]] = []
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take a step of the discriminator and, after its head start, of the decoder.

        The discriminator looks at what the decoder painted in the step before.
        """
        recipe = self.recipe
        self.taken += 1
        fall = min(1.0, 0.05 + 2 * (1 - progress))
        rise = min(1.0, max(0, self.taken - recipe.head_start) / 200)
        for optimiser, rate in (
            (self.optimiser, recipe.learning_rate * rise),
            (self.opponent, recipe.adversary_rate),
        ):
            for group in optimiser.param_groups:
                group["lr"] = rate * fall
        batch = self._batch()
        if self.taken <= recipe.head_start or not self.painted:
            with torch.no_grad():
                self.painted = [(batch[0], self._fakes(batch[1]))]
        real = torch.cat([real for real, _ in self.painted])
        fakes = [torch.cat(parts) for parts in zip(*(f for _, f in self.painted), strict=True)]
        figures = self.workers.gradients(
            self._judge, (real, *fakes), list(self.adversary.parameters())
        )
        self.opponent.step()
        if self.taken <= recipe.head_start:
            return figures
        self.painted = []
        figures |= self.workers.gradients(self._loss, batch, self.painters)
        nn.utils.clip_grad_norm_(self.painters, 1.0)
        self.optimiser.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 1 / (1 + self.taken)))
        return figures

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Return pictures [B, 3, R, R], each mirrored or not, and their latents [B, C, r, r].

        The pictures that stand beside drawn latents have those latents: what is painted from
        them is compared with nothing but by the discriminator.
        """
        count = self.recipe.batch_size
        index = torch.randint(0, len(self.train.pixels), (count,)).numpy()
        real = to_tensor(self.train.pixels[index])
        mirrored = torch.rand(count, 1, 1, 1) < 0.5  # noqa: PLR2004 - a fair coin
        real = torch.where(mirrored, real.flip(3), real)
        with torch.no_grad(), computing_in(self.recipe.precision):
            latents = self.codec.encode(real).float()
        amount = self.recipe.latent_noise * (2 * torch.rand(count, 1, 1, 1) - 1).relu()
        return real, latents + amount * torch.randn_like(latents)

    def _painted(self, latents: Tensor) -> Tensor:
        with computing_in(self.recipe.precision):
            return self.codec.decode(latents).float()

    def _fakes(self, latents: Tensor) -> list[Tensor]:
        """Paint the latents and, beside them, some that the generator drew."""
        share = round(self.recipe.drawn_share * len(latents))
        if self.drawn is None or not share:
            return [self._painted(latents)]
        drawn = self.drawn[torch.randint(0, len(self.drawn), (share,))].float()
        return list(torch.split(self._painted(torch.cat([latents, drawn])), [len(latents), share]))

    def _judge(self, real: Tensor, *fakes: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the discriminator, with its penalties now and then."""
        recipe = self.recipe
        penalised = self.taken % recipe.penalty_every == 0
        seen = [x.detach().requires_grad_(penalised) for x in (real, *fakes)]
        with computing_in(recipe.precision, enabled=not penalised):
            on_real, *on_fakes = (self.adversary(x).float() for x in seen)
        duels = [losses.relativistic(on_real[: len(f)], f) for f in on_fakes]
        loss = torch.stack(duels).mean()
        figures = {
            name: duel.item() for name, duel in zip(("judge", "drawn"), duels, strict=False)
        }
        if penalised:
            penalties = [
                losses.gradient_penalty(logits, x) / logits[0].numel()
                for logits, x in zip((on_real, *on_fakes), seen, strict=True)
            ]
            figures["penalty"] = penalties[0].item()
            loss = loss + 0.5 * recipe.penalty_weight * recipe.penalty_every * sum(penalties)
        return loss, figures

    def _loss(self, real: Tensor, latents: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the decoder."""
        fakes = self._fakes(latents)
        self.painted.append((real, [fake.detach() for fake in fakes]))
        l1 = losses.pyramid_l1(*(losses.laplacian_pyramid(x, 5) for x in (fakes[0], real)))
        with computing_in(self.recipe.precision):
            with torch.no_grad():
                on_real = self.adversary(real).float()
            on_fakes = [self.adversary(x).float() for x in fakes]
        texture = self._texture(real, fakes)
        duel = torch.stack([losses.relativistic(f, on_real[: len(f)]) for f in on_fakes]).mean()
        last = self.model.decoder.conv_out.weight
        slopes = [
            torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (l1, duel)
        ]
        weight = (slopes[0] / (slopes[1] + 1e-6)).clamp(0, 100).detach()
        figures = {"l1": l1.item(), "duel": duel.item(), "weight": weight.item()}
        figures["texture"] = texture.item()
        total = l1 + self.recipe.adversary_weight * weight * duel
        return total + self.recipe.texture_weight * texture, figures

    def _texture(self, real: Tensor, fakes: list[Tensor]) -> Tensor:
        """Return the texture distance of all but the finest band, where it would buy a mesh."""
        painted = torch.cat(fakes)
        beside = torch.cat([real, real])[: len(painted)]
        return losses.textures(*(losses.laplacian_pyramid(x, 5)[1:] for x in (painted, beside)))

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        names = ("model", "average", "adversary", "optimiser", "opponent")
        return {name: getattr(self, name).state_dict() for name in names} | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        for name in ("model", "average", "adversary", "optimiser", "opponent"):
            getattr(self, name).load_state_dict(state[name])
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return held-out pictures, their reconstructions, and what drawn latents give."""
        real = to_tensor(self.held.pixels[:16])
        with torch.inference_mode():
            codec = LatentCodec(self.average)
            rows = [real, codec.decode(codec.encode(real))]
            if self.drawn is not None:
                rows.append(codec.decode(self.drawn[:32].float()))
        return contact_sheet(to_pixels(torch.cat(rows)), 16)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        self.average.save_pretrained(folder)


def _latents_of(painter: Path, frequencies: list[float], start: Path) -> Float[Tensor, "N C r r"]:
    """Draw latents of a style-based generator, classes at the given frequencies."""
    generator = load_generator(painter)
    size = load_autoencoder(start).config["latent_channels"]
    if generator.sizes.out_channels != size or generator.sizes.num_classes != len(frequencies):
        raise ValueError(
            f"painter={painter} has {generator.sizes.out_channels} channels and "
            f"{generator.sizes.num_classes} classes; {size} and {len(frequencies)} are needed"
        )
    label = torch.multinomial(torch.tensor(frequencies), DRAWN, replacement=True)
    with torch.inference_mode():
        parts = [
            generator(torch.randn(len(part), generator.sizes.z_dim), part).half()
            for part in torch.split(label, 64)
        ]
    return torch.cat(parts).clone()
