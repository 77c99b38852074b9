"""Training of a vector-quantised autoencoder: codes for pictures, and pictures for codes.

    loss = pyramid L1 + a |z - sg(c_k)|^2 + b * texture + c * adversary

It starts from a trained KL autoencoder, whose latents are gathered into a codebook by k-means.
Then encoder and decoder learn with codes between them, the gradient passing straight through
(van den Oord et al. 2017, https://arxiv.org/abs/1711.00937), and the codebook follows. From
``settled_from`` on, what a picture's codes are stays fixed, so that a prior may learn them, and
the decoder alone goes on; textures and a light patch discriminator (Esser et al. 2021,
https://arxiv.org/abs/2012.09841) come late, as in :mod:`pipelines.training.autoencoder_kl`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from pipelines.networks.patch_discriminator import PatchDiscriminator
from pipelines.networks.vq_autoencoder import VQAutoencoder
from pipelines.networks.vq_files import from_kl, save_vq
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.data import Pictures
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.patch_judged import PatchJudged
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

__all__ = ["VQRecipe", "VQTraining", "starting_from"]

NETWORKS = ("model", "average", "adversary", "optimiser", "opponent")


@dataclass(frozen=True)
class VQRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Pictures a step, or crops that cover as much.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        num_codes: Codes in the codebook.
        gathered: Pictures whose latents the codebook starts from.
        commitment: Weight a of the distance between latents and their codes.
        settled_from: Share of the run after which encoder and codebook stay as they are.
        texture_weight: Weight b of the texture distance.
        adversary_weight: Weight c of the patch discriminator.
        adversary_rate: Its learning rate (Adam).
        texture_from: Share of the run after which textures count.
        adversary_from: Share of the run after which the discriminator counts.
        penalty_weight: Weight of the gradient penalty of the discriminator.
        crop: Side of the squares of the first part of the run, in pixels.
        crop_until: Share of the run after which whole pictures are trained on.
        shift: Largest random shift of a picture, in pixels.
        judge_width: Channels of the discriminator's first convolution.
        ema: Decay of the averaged weights, which are what is exported.
        keep: Share of the weights it started from in the decoder that is exported: a short
            run loses texture that the KL autoencoder had learned slowly, and the way between
            both is paved (Wortsman et al. 2022, https://arxiv.org/abs/2109.01903).
        precision: What convolutions compute in, "float32" or "bfloat16".
    """

    batch_size: int = 4
    learning_rate: float = 1.5e-3
    num_codes: int = 512
    gathered: int = 1024
    commitment: float = 0.25
    settled_from: float = 0.5
    texture_weight: float = 0.05
    adversary_weight: float = 0.1
    adversary_rate: float = 8e-4
    texture_from: float = 0.3
    adversary_from: float = 0.5
    penalty_weight: float = 0.1
    crop: int = 64
    crop_until: float = 0.65
    shift: int = 6
    judge_width: int = 24
    ema: float = 0.995
    keep: float = 0.0
    precision: str = "float32"


class VQTraining(PatchJudged):
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(
        self, pictures: Pictures, recipe: VQRecipe, *, autoencoder: Path, workers: int = 1
    ) -> None:
        """Start from the KL autoencoder in the folder ``autoencoder``.

        Raises:
            ValueError: If that folder can't be read, or its networks are of another kind.
        """
        self.recipe: VQRecipe = recipe
        self.workers = Workers(workers)
        self.train = pictures.split("train")
        held = pictures.split("validation")
        self.held = held if len(held.names) else self.train
        self.classes, self.frequency = self.train.classes, self.train.frequencies()
        self.model = starting_from(autoencoder, recipe.num_codes)
        self.origin = copy.deepcopy(self.model.decoder)
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.adversary = PatchDiscriminator(recipe.judge_width)
        self.painters = list(self.model.parameters())
        self.optimiser = Muon(self.painters, recipe.learning_rate)
        self.opponent = torch.optim.Adam(
            self.adversary.parameters(), recipe.adversary_rate, (0.5, 0.98)
        )
        self.taken, self.settled = 0, False
        self.seen: list[Tensor] = []

    def step(self, progress: float) -> dict[str, float]:
        """Take one step of the autoencoder and, late in the run, of its adversary."""
        recipe = self.recipe
        if not self.taken:
            self.gather()
        self.taken += 1
        if progress >= recipe.settled_from and not self.settled:
            self.settle()
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
            judges = list(self.adversary.parameters())
            figures |= self.workers.gradients(self._judge, (real,), judges)
            self.opponent.step()
        chosen = list(self.model.decoder.parameters()) if self.settled else self.painters
        figures |= self.workers.gradients(loss_of, (real,), chosen)
        nn.utils.clip_grad_norm_(chosen, 1.0)
        self.optimiser.step()
        if self.seen:
            self.model.codebook.follow(torch.cat(self.seen))
            self.seen.clear()
        update_average(self.average, self.model, min(recipe.ema, 1 - 1 / (1 + self.taken)))
        return figures

    @torch.no_grad()
    def gather(self) -> None:
        """Gather latents of the training pictures into the codebook."""
        index = torch.randperm(len(self.train.names))[: self.recipe.gathered].numpy()
        parts = np.array_split(self.train.pixels[index], -(-len(index) // 32))
        found = self.workers.map(lambda part: self.model.encoder(to_tensor(part)), parts)
        flat = torch.cat(found).permute(0, 2, 3, 1).flatten(0, 2)
        most = 128 * self.recipe.num_codes
        self.model.codebook.gather(flat[torch.randperm(len(flat))[:most]])
        self.average.codebook.load_state_dict(self.model.codebook.state_dict())

    def settle(self) -> None:
        """From here on codes stay what they are: those of the averaged encoder."""
        if self.taken > 1:
            self.model.encoder.load_state_dict(self.average.encoder.state_dict())
        for parameter in self.model.encoder.parameters():
            parameter.grad = None
        self.settled = True

    def _drawn(self, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return the commitment and the picture that comes back."""
        book = self.model.codebook
        with (
            torch.set_grad_enabled(torch.is_grad_enabled() and not self.settled),
            computing_in(self.recipe.precision),
        ):
            z = self.model.encoder(real).float()
        codes = book.look_up(book.nearest(z.detach()))
        if not self.settled and torch.is_grad_enabled():
            self.seen.append(z.detach().permute(0, 2, 3, 1).flatten(0, 2))
        with computing_in(self.recipe.precision):
            fake = self.model.decoder(z + (codes - z).detach()).float()
        return (z - codes).square().mean(), fake

    def _regularised(self, told: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the weighted commitment."""
        return self.recipe.commitment * told, {"apart": told.item()}

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, NETWORKS) | {"taken": self.taken, "settled": self.settled}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, NETWORKS)
        self.taken, self.settled = int(state["taken"]), bool(state["settled"])

    def sheet(self) -> Image.Image:
        """Return held-out pictures (upper rows) over what comes back (lower rows)."""
        shown = self.held.pixels[:24]
        with torch.inference_mode():
            drawn = to_pixels(self.exported()(to_tensor(shown)))
        rows = [shown[:12], drawn[:12], shown[12:], drawn[12:]]
        return contact_sheet(np.concatenate(rows), 12)

    def exported(self) -> VQAutoencoder:
        """Return the averaged model, its decoder mixed with the one it started from."""
        mixed = copy.deepcopy(self.average)
        update_average(mixed.decoder, self.origin, 1 - self.recipe.keep)
        return mixed

    def export(self, folder: Path) -> None:
        """Write the model folder; a prior is trained on it next."""
        config = {
            "id": folder.name,
            "family": "vq",
            "side": self.train.pixels.shape[1] // self.model.sizes.scale,
            "species": list(self.classes),
            "species_frequency": self.frequency,
        }
        save_vq(self.exported(), folder, config)


def starting_from(folder: Path, num_codes: int) -> VQAutoencoder:
    """Return what :func:`pipelines.networks.vq_files.from_kl` reads, ready to learn.

    Raises:
        ValueError: If the folder can't be read, or its networks are of another kind.
    """
    model = from_kl(folder, num_codes)
    # Convolutions of few channels are faster with the channels last.
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
