"""Training of a latent diffusion model that listens to captions.

With z the normalised latent of a picture, c its caption and t a step of the noise schedule,

    z_t  = alpha_t z + sigma_t e,    e ~ N(0, I)
    v    = alpha_t e - sigma_t z     (Salimans and Ho 2022, https://arxiv.org/abs/2202.00512)
    loss = E w_t |U(z_t, t, T(c)) - v|^2,    w_t = (min(snr_t, g) + 1) / (snr_t + 1)

The weight is that of min-SNR (Hang et al. 2023, https://arxiv.org/abs/2303.09556) with one added,
so that the first step of sampling, where snr is 0, is learned too. The text encoder T starts from
nothing and learns with the U-Net.

A run that starts from a trained model G can fold guidance of scale s into its answer to words, so
that sampling takes one pass and not two (after Meng et al. 2023, https://arxiv.org/abs/2210.03142,
for one scale): where c says anything, v is replaced by

    G(z_t, t, T("")) + s (G(z_t, t, T(c)) - G(z_t, t, T("")))

which is without noise, and so is learned in a few hundred steps.
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
    GUIDANCE,
    NUM_TRAIN_TIMESTEPS,
    build_text_encoder,
    build_tokenizer,
    build_unet,
    folded_autoencoder,
    frequent,
    load_trained,
    noise_schedule,
    save_folder,
    with_words,
)
from pipelines.networks.tiny_decoder import folded_tiny, save_tiny
from pipelines.training.captions import bare, caption, describe
from pipelines.training.data import Pictures, balanced
from pipelines.training.diffusion_recipe import DiffusionRecipe, draw_timesteps
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
SHOWN_STEPS = 12


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

        Raises:
            ValueError: If guidance is to be folded into a model that has not learned yet.
        """
        if recipe.fold != 1 and start is None:
            raise ValueError(f"fold={recipe.fold} needs a trained model; give one with --start")
        self.recipe, self.workers = recipe, Workers(workers)
        self.vae, self.tiny = folded_autoencoder(autoencoder), folded_tiny(autoencoder)
        self.codec = LatentCodec(self.vae)
        train = pictures.split("train")
        held = pictures.split("validation")
        self.facts = describe(train, data)
        self.shown = describe(held if len(held.names) else train, data)[:SHOWN]
        self.kinds = train.classes
        self.latents = encode_pictures(
            self.codec, train, variants=recipe.variants, workers=self.workers
        )
        self.evenly = torch.from_numpy(balanced(self.latents.labels.numpy()))
        self.source = np.random.default_rng(int(torch.randint(0, 1 << 31, ())))
        if start is None:
            self.tokenizer, self.model = self._untrained()
        else:
            self.tokenizer, self.model = self._trained(start)
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.guide = copy.deepcopy(self.average) if recipe.fold != 1 else None
        named = dict(self.model.named_parameters())
        tables = [p for name, p in named.items() if "embeddings." in name]
        self.parameters = list(named.values())
        self.optimiser = Muon(
            [p for name, p in named.items() if "embeddings." not in name],
            recipe.learning_rate,
            vector_scale=0.3,
        )
        self.reader = torch.optim.Adam(tables, recipe.learning_rate, (0.9, 0.98))
        self.alphas = noise_schedule().alphas_cumprod
        self.taken = 0

    def _untrained(self) -> tuple[PreTrainedTokenizerFast, nn.ModuleDict]:
        sizes = self.recipe.sizes()
        tokenizer = build_tokenizer(self._vocabulary(), sizes.max_words)
        channels, side = self.latents.latents.shape[1:3]
        unet = build_unet(sizes, latent_channels=channels, side=side)
        return tokenizer, _modules(unet, build_text_encoder(sizes, len(tokenizer)))

    def _trained(self, start: Path) -> tuple[PreTrainedTokenizerFast, nn.ModuleDict]:
        trained = load_trained(start)
        tokenizer = with_words(trained.tokenizer, trained.text_encoder, self._vocabulary())
        return tokenizer, _modules(trained.unet, trained.text_encoder)

    def _vocabulary(self) -> list[str]:
        """The words that captions use often, and those that name a kind."""
        seen = [caption(facts, self.source) for facts in self.facts for _ in range(4)]
        named = [word for kind in self.kinds for one in bare(kind) for word in one.split()]
        return sorted({*frequent(seen, 4 * self.recipe.least), *named})

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

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Draw latents [B, C, R, R], the words of their captions [B, W] and steps [B]."""
        count = self.recipe.batch_size
        index = torch.randint(0, len(self.latents.labels), (count,))
        alone = torch.rand(count) < self.recipe.bare
        index[alone] = torch.multinomial(self.evenly, count, replacement=True)[alone]
        shown = [self.facts[i] for i in (index % len(self.facts)).tolist()]
        captions = [
            self.source.choice(bare(facts.kind))
            if named
            else caption(facts, self.source, self.recipe.empty)
            for facts, named in zip(shown, alone.tolist(), strict=True)
        ]
        return self.latents.latents[index].float(), self.words(captions), draw_timesteps(count)

    def words(self, captions: list[str]) -> Tensor:
        """Return token ids of captions, shape [B, W]."""
        ids: Tensor = self.tokenizer(
            captions, padding="max_length", truncation=True, return_tensors="pt"
        )["input_ids"]
        return ids

    def _loss(self, z: Tensor, words: Tensor, t: Tensor) -> tuple[Tensor, dict[str, float]]:
        share = self.alphas[t].view(-1, 1, 1, 1)
        alpha, sigma = share.sqrt(), (1 - share).sqrt()
        noise = torch.randn_like(z)
        noisy, v = alpha * z + sigma * noise, alpha * noise - sigma * z
        with computing_in(self.recipe.precision):
            found = _velocity(self.model, noisy, t, words)
            if self.guide is not None:
                v = self._guided(self.guide, v, noisy, t, words)
        errors = (found - v).square().mean(dim=(1, 2, 3))
        snr = (share / (1 - share)).flatten()
        weight = (snr.clamp(max=self.recipe.snr_limit) + 1) / (snr + 1)
        late = errors.detach()[t > NUM_TRAIN_TIMESTEPS // 2].mean()
        loss = (weight * errors).mean()
        return loss, {"loss": loss.item(), "v": errors.mean().item(), "v_noisy": late.item()}

    @torch.no_grad()
    def _guided(
        self, guide: nn.ModuleDict, v: Tensor, z: Tensor, t: Tensor, words: Tensor
    ) -> Tensor:
        """Return v [N, C, R, R] with what guidance gives where there are words [N, W]."""
        silent = self.words([""])
        at = (words != silent).any(dim=1).nonzero().flatten()
        told = torch.cat([words[at], silent.expand(len(at), -1)])
        twice = torch.cat([at, at])
        given, without = _velocity(guide, z[twice], t[twice], told).chunk(2)
        aim = v.clone()
        aim[at] = without + self.recipe.fold * (given - without)
        return aim

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
        both = torch.cat([self.words([""] * len(captions)), self.words(captions)])
        for t in scheduler.timesteps:
            with computing_in(self.recipe.precision):
                found = _velocity(self.average, torch.cat([z, z]), t, both)
            without, given = found.chunk(2)
            found = without + self._scale * (given - without)
            z = scheduler.step(found, t, z, return_dict=False)[0]
        return self.codec.decode(z)

    @property
    def _scale(self) -> float:
        """The guidance scale that shows the model at its best."""
        return GUIDANCE if self.guide is None else 1.0

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_folder(
            folder,
            {"kinds": list(self.kinds), "guidance_scale": self._scale},
            networks={
                "unet": self.average["unet"],
                "text_encoder": self.average["text_encoder"],
                "vae": self.vae,
            },
            tokenizer=self.tokenizer,
        )
        if self.tiny is not None:
            save_tiny(self.tiny, folder / "vae")


def _modules(unet: nn.Module, text_encoder: nn.Module) -> nn.ModuleDict:
    return nn.ModuleDict({"unet": unet, "text_encoder": text_encoder}).train()


def _velocity(model: nn.ModuleDict, z: Tensor, t: Tensor, words: Tensor) -> Tensor:
    """Return v [N, C, R, R] of latents at steps t, for words [N, W]."""
    text = model["text_encoder"](words)[0]
    v: Tensor = model["unet"](z, t, text, return_dict=False)[0]
    return v.float()
