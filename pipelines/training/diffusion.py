"""Training of a latent diffusion model that listens to captions.

With z the normalised latent of a picture, c its caption and t a step of the noise schedule,

    z_t  = alpha_t z + sigma_t e,    e ~ N(0, I)
    v    = alpha_t e - sigma_t z     (Salimans and Ho 2022, https://arxiv.org/abs/2202.00512)
    loss = E w_t |U(z_t, t, T(c)) - v|^2,    w_t = (min(snr_t, g) + 1) / (snr_t + 1)

The weight is that of min-SNR (Hang et al. 2023, https://arxiv.org/abs/2303.09556) with one added,
so that the first step of sampling, where snr is 0, is learned too. The text encoder T starts from
nothing and learns with the U-Net.

A share of every batch also learns what guidance of a drawn scale s would do, so that one pass of
the U-Net guides and not two (Tang et al. 2025, https://arxiv.org/abs/2502.12154):

    v <- v + (s - 1) (U(z_t, t, T(c)) - U(z_t, t, T(""))),    of the averaged weights, at s = 1
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from pipelines.image.autoencoder import LatentCodec
from pipelines.image.diffusion_files import (
    NUM_TRAIN_TIMESTEPS,
    build_text_encoder,
    build_tokenizer,
    build_unet,
    folded_autoencoder,
    frequent,
    guidance_embedding,
    hearing_guidance,
    load_trained,
    noise_schedule,
    save_folder,
)
from pipelines.training.captions import caption, describe
from pipelines.training.data import Pictures
from pipelines.training.diffusion_recipe import DiffusionRecipe
from pipelines.training.latents import encode_pictures
from pipelines.training.loop import update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["DiffusionRecipe", "DiffusionTraining"]

SHOWN = 40
"""Pictures on a contact sheet."""
SHOWN_STEPS, SHOWN_GUIDANCE = 12, 2.5
TABLES = ("embeddings.", "cond_proj.")
"""Parameters that are looked up rather than multiplied, of which Muon makes nothing."""


class DiffusionTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self,
        pictures: Pictures,
        recipe: DiffusionRecipe,
        *,
        data: Path,
        autoencoder: Path,
        workers: int = 1,
        start: Path | None = None,
    ) -> None:
        """Describe and encode the pictures of the folder ``data`` and build the networks.

        Args:
            pictures: What to learn.
            recipe: Settings; the sizes of the networks are those of ``start`` where it is given.
            data: Folder of the pictures, with the collection's table if it has one.
            autoencoder: Folder of the KL autoencoder whose latents are learned.
            workers: Threads that split a batch.
            start: Folder of a trained model to go on from, its words included.
        """
        self.recipe, self.workers = recipe, Workers(workers)
        self.vae = folded_autoencoder(autoencoder)
        self.codec = LatentCodec(self.vae)
        train = pictures.split("train")
        held = pictures.split("validation")
        self.facts = describe(train, data)
        self.shown = describe(held if len(held.names) else train, data)[:SHOWN]
        self.kinds = train.classes
        self.latents = encode_pictures(
            self.codec, train, variants=recipe.variants, workers=self.workers
        )
        self.source = np.random.default_rng(int(torch.randint(0, 1 << 31, ())))
        if start is None:
            self.tokenizer, self.model = self._untrained()
        else:
            trained = load_trained(start)
            self.tokenizer = trained.tokenizer
            unet = trained.unet
            if recipe.guided:
                unet = hearing_guidance(unet, recipe.guidance_width)
            self.model = _modules(unet, trained.text_encoder)
        network: Any = self.model["unet"]
        self.heard = int(network.config["time_cond_proj_dim"] or 0)
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        named = dict(self.model.named_parameters())
        tables = {name: p for name, p in named.items() if any(one in name for one in TABLES)}
        self.parameters = list(named.values())
        self.optimiser = Muon(
            [p for name, p in named.items() if name not in tables],
            recipe.learning_rate,
            vector_scale=0.3,
        )
        self.reader = torch.optim.Adam(list(tables.values()), recipe.learning_rate, (0.9, 0.98))
        self.alphas = noise_schedule().alphas_cumprod
        self.taken = 0

    def _untrained(self) -> tuple[PreTrainedTokenizerFast, nn.ModuleDict]:
        recipe, sizes = self.recipe, self.recipe.sizes()
        seen = [caption(facts, self.source) for facts in self.facts for _ in range(4)]
        tokenizer = build_tokenizer(frequent(seen, 4 * recipe.least), sizes.max_words)
        channels, side = self.latents.latents.shape[1:3]
        unet = build_unet(sizes, latent_channels=channels, side=side)
        return tokenizer, _modules(unet, build_text_encoder(sizes, len(tokenizer)))

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        rate = recipe.learning_rate * min(1.0, self.taken / 100, 3.3 * (1.003 - progress))
        for optimiser in (self.optimiser, self.reader):
            for group in optimiser.param_groups:
                group["lr"] = rate
        figures = self.workers.gradients(self._loss, self.batch(), self.parameters)
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        self.reader.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        return figures

    def batch(self) -> tuple[Tensor, ...]:
        """Draw latents [B, C, R, R], words of captions [B, W], steps [B] and scales [B]."""
        count = self.recipe.batch_size
        index = torch.randint(0, len(self.latents.labels), (count,))
        pictures = (index % len(self.facts)).tolist()
        words = self.words(
            [caption(self.facts[i], self.source, self.recipe.empty) for i in pictures]
        )
        spread = (torch.arange(count) + torch.rand(count)) / count  # one step from each part
        steps = (spread * NUM_TRAIN_TIMESTEPS).long()
        return self.latents.latents[index].float(), words, steps, self.scales(count)

    def scales(self, count: int) -> Tensor:
        """Draw guidance scales [B]: 1 for those that learn none, small ones more often."""
        recipe = self.recipe
        if not self.heard:
            return torch.ones(count)
        drawn = 1 + (recipe.most_guidance - 1) * torch.rand(count).square()
        return torch.where(torch.rand(count) < recipe.guided, drawn, 1.0)

    def words(self, captions: list[str]) -> Tensor:
        """Return token ids of captions, shape [B, W]."""
        ids: Tensor = self.tokenizer(
            captions, padding="max_length", truncation=True, return_tensors="pt"
        )["input_ids"]
        return ids

    def _loss(
        self, z: Tensor, words: Tensor, t: Tensor, scale: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        share = self.alphas[t].view(-1, 1, 1, 1)
        alpha, sigma = share.sqrt(), (1 - share).sqrt()
        noise = torch.randn_like(z)
        noisy = alpha * z + sigma * noise
        with computing_in(self.recipe.precision):
            found = self._velocity(self.model, noisy, t, words, scale)
            target = alpha * noise - sigma * z + self._push(noisy, t, words, scale)
        errors = (found - target).square().mean(dim=(1, 2, 3))
        snr = (share / (1 - share)).flatten()
        weight = (snr.clamp(max=self.recipe.snr_limit) + 1) / (snr + 1)
        late = errors.detach()[t > NUM_TRAIN_TIMESTEPS // 2].mean()
        loss = (weight * errors).mean()
        return loss, {"loss": loss.item(), "v": errors.mean().item(), "v_noisy": late.item()}

    def _velocity(
        self, model: nn.ModuleDict, z: Tensor, t: Tensor, words: Tensor, scale: Tensor
    ) -> Tensor:
        """Return v [N, C, R, R] of a model for words [N, W] and guidance scales [N]."""
        heard = guidance_embedding(scale, self.heard) if self.heard else None
        text = model["text_encoder"](words)[0]
        v: Tensor = model["unet"](z, t, text, timestep_cond=heard, return_dict=False)[0]
        return v.float()

    @torch.no_grad()
    def _push(self, z: Tensor, t: Tensor, words: Tensor, scale: Tensor) -> Tensor:
        """Return what guidance adds to v, [N, C, R, R]; nothing where the scale is 1."""
        push = torch.zeros_like(z)
        at = (scale > 1).nonzero().flatten()
        if len(at):
            silent = self.words([""]).expand(len(at), -1)
            both = torch.cat([words[at], silent])
            twice = torch.cat([at, at])
            ones = torch.ones(len(both))
            v = self._velocity(self.average, z[twice], t[twice], both, ones)
            given, without = v.chunk(2)
            push[at] = (scale[at] - 1).view(-1, 1, 1, 1) * (given - without)
        return push

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        names = ("model", "average", "optimiser", "reader")
        kept: dict[str, Any] = {name: getattr(self, name).state_dict() for name in names}
        return kept | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        for name in ("model", "average", "optimiser", "reader"):
            getattr(self, name).load_state_dict(state[name])
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return draws for the captions of pictures that are not trained on, always the same."""
        captions = [
            caption(facts, np.random.default_rng([7, i])) for i, facts in enumerate(self.shown)
        ]
        with torch.inference_mode():
            return contact_sheet(to_pixels(self.paint(captions, seed=1)), 10)

    def paint(self, captions: list[str], *, seed: int) -> Tensor:
        """Return pictures [N, 3, 8R, 8R] of the averaged model, with DDIM and guidance."""
        scheduler = noise_schedule()
        scheduler.set_timesteps(SHOWN_STEPS)
        source = torch.Generator().manual_seed(seed)
        z = torch.randn(len(captions), *self.latents.latents.shape[1:], generator=source)
        given, silent = self.words(captions), self.words([""] * len(captions))
        ones = torch.ones(len(captions))
        for t in scheduler.timesteps:
            with computing_in(self.recipe.precision):
                if self.heard:
                    v = self._velocity(self.average, z, t, given, SHOWN_GUIDANCE * ones)
                else:
                    away, towards = (
                        self._velocity(self.average, z, t, words, ones)
                        for words in (silent, given)
                    )
                    v = away + SHOWN_GUIDANCE * (towards - away)
            z = scheduler.step(v, t, z, return_dict=False)[0]
        return self.codec.decode(z)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_folder(
            folder,
            {"kinds": list(self.kinds)},
            networks={
                "unet": self.average["unet"],
                "text_encoder": self.average["text_encoder"],
                "vae": self.vae,
            },
            tokenizer=self.tokenizer,
        )


def _modules(unet: nn.Module, text_encoder: nn.Module) -> nn.ModuleDict:
    return nn.ModuleDict({"unet": unet, "text_encoder": text_encoder}).train()
