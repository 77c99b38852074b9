"""Training of the encoder that inversion starts from, through a frozen style-based generator.

Two kinds of pairs in every batch. Of generated ones w is known exactly and there is no end:

    x = synthesis(w) + noise,    w drawn by the mapping, a third with two styles
    loss = |w^ - w|^2 / s^2 + |G(w^) - x| + cross entropy of the species

The noise stands for what the autoencoder loses. Of real pictures only the picture is known:

    loss = |G(w^) - x| + |pool4 G(w^) - pool4 x| + f |phi(decode G(w^)) - phi(decode x)|^2

phi are the features of `pipelines.networks.features`. Two pulls keep answers where sliders work:
on the layers' own offsets d (e4e, Tov et al. 2021, https://arxiv.org/abs/2102.02766) and on how
far w is from the mapping's draws (Zhu et al. 2020, https://arxiv.org/abs/2012.09036). For a survey
see Xia et al. 2022, https://arxiv.org/abs/2101.05278.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.networks.style_inverter import (
    FILE,
    InverterSizes,
    Prior,
    StyleInverter,
    save_inverter,
)
from pipelines.training.latents import LatentSet, encode_pictures
from pipelines.training.loop import update_average
from pipelines.training.muon import Muon
from pipelines.training.parallel import Workers
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels

if TYPE_CHECKING:
    from pipelines.training.data import Pictures

__all__ = ["InversionRecipe", "InversionTraining"]


@dataclass(frozen=True)
class InversionRecipe:
    """Settings of one run.

    Attributes:
        num_generated: Generated pairs of a batch.
        num_real: Real pictures of a batch.
        variants: Views of every real picture: as it is, mirrored, shifted.
        learning_rate: Of Muon, at the start; it falls along a cosine.
        ema: Images in which the average forgets half.
        noise: Deviation of the noise on generated latents; the round trip through the
            autoencoder of `orchard-kl` changes them by 0.18.
        own_weight: Pull on the layers' own offsets.
        prior_weight: Pull on w beyond where the mapping goes.
        feature_weight: Weight of the feature distance.
        feature_every: Steps from one feature loss to the next; decoding is what costs.
        num_features: Real pictures that are decoded for it.
        precision: What convolutions compute in.
    """

    num_generated: int = 32
    num_real: int = 24
    variants: int = 4
    learning_rate: float = 2e-2
    ema: float = 10_000.0
    noise: float = 0.18
    own_weight: float = 0.1
    prior_weight: float = 0.1
    feature_weight: float = 0.1
    feature_every: int = 6
    num_features: int = 4
    precision: str = "bfloat16"


class InversionTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, pictures: Pictures, recipe: InversionRecipe, start: Path) -> None:
        """Encode the training pictures and load the model in ``start``, which stays as it is.

        Raises:
            ValueError: If the model paints pixels, which need no autoencoder's encoder.
        """
        from pipelines import catalog
        from pipelines.training import features

        pipeline: Any = catalog.load(start).pipeline
        self.recipe, self.generator, self.painter = recipe, pipeline.generator, pipeline.painter
        if self.painter.decoder is None:
            raise ValueError(f"start={start} has no autoencoder; give a model that paints latents")
        shared = Path(start).parent / _autoencoder_of(start)
        codec = LatentCodec(load_autoencoder(shared))
        train = pictures.split("train")
        self.real: LatentSet = encode_pictures(
            codec, train, variants=recipe.variants, workers=Workers(1)
        )
        self.held = encode_pictures(
            codec, pictures.split("validation"), variants=1, workers=Workers(1)
        )
        self.shares = torch.tensor(pipeline.frequency, dtype=torch.float32)
        self.features = features.load()
        sizes = self.generator.sizes
        self.encoder = StyleInverter(
            InverterSizes(sizes.num_ws, sizes.w_dim, sizes.num_classes, sizes.out_channels)
        )
        with torch.no_grad():
            w = self._draw(8192)[0][:, 0]
            self.encoder.w_mean.copy_(w.mean(dim=0))
            self.encoder.w_scale.copy_(w.std(dim=0).clamp(min=1e-3))
            self.prior = Prior(w)
        self.average = copy.deepcopy(self.encoder).requires_grad_(requires_grad=False).eval()
        self.optimiser = Muon(self.encoder.parameters(), recipe.learning_rate, vector_scale=0.1)
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step; the rate falls along a cosine."""
        self.taken += 1
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * (
                0.51 + 0.49 * float(np.cos(np.pi * progress))
            )
        loss, figures = self._loss()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        images = self.recipe.num_generated + self.recipe.num_real
        decay = 0.5 ** (images / self.recipe.ema)
        update_average(self.average, self.encoder, min(decay, 1 - 1 / (1 + self.taken)))
        return figures

    def _draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Return w [N, L, D] of random seeds, all layers alike, and the species."""
        labels = torch.multinomial(self.shares, count, replacement=True)
        z = torch.randn(count, self.generator.z_dim)
        w: Tensor = self.generator.mapping(z, labels)
        return w, labels

    def _generated(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return w, what it paints with noise, and the species of its form."""
        with torch.no_grad():
            w, labels = self._draw(self.recipe.num_generated)
            mixed = len(w) // 3
            w = w.clone()
            for i in range(mixed):  # colour of another one, as style mixing does
                first = int(torch.randint(1, self.generator.num_ws, ()))
                w[i, first:] = w[-1 - i, first:]
            x = self._painted(w)
            return w, x + self.recipe.noise * torch.randn_like(x), labels

    def _loss(self) -> tuple[Tensor, dict[str, float]]:
        recipe, count = self.recipe, self.recipe.num_generated
        w, made, labels = self._generated()
        real, kinds = self.real.draw(recipe.num_real)
        x = torch.cat([made, real])
        with computing_in(recipe.precision):
            found, own, logits = (part.float() for part in self.encoder.parts(x))
        painted = self._painted(found)
        missed = ((found[:count] - w) / self.encoder.w_scale).square().mean()
        apart = (painted - x).abs()
        coarse = (_pool(painted) - _pool(x)).abs().mean()
        far = functional.relu(self.prior.reach(found) - 1).mean()
        alone = own.square().mean()
        species = functional.cross_entropy(logits, torch.cat([labels, kinds]))
        loss = missed + apart.mean() + coarse + 0.1 * species
        loss = loss + recipe.own_weight * alone + recipe.prior_weight * far
        figures = {
            "w": missed.item(),
            "made": apart[:count].mean().item(),
            "real": apart[count:].mean().item(),
            "own": alone.item(),
            "far": far.item(),
            "species": species.item(),
        }
        if self.taken % recipe.feature_every == 0:
            pair = slice(count, count + recipe.num_features)
            felt = (self._seen(painted[pair]) - self._seen(x[pair])).square().mean()
            loss = loss + recipe.feature_weight * recipe.feature_every * felt
            figures["features"] = felt.item()
        return loss, figures

    def _painted(self, w: Tensor) -> Tensor:
        """Return what the frozen generator paints."""
        with computing_in(self.recipe.precision):
            made: Tensor = self.generator.synthesis(w)
        return made.float()

    def _seen(self, x: Tensor) -> Tensor:
        """Return the features of what latents look like."""
        seen: Tensor = self.features(self._decode(x).clamp(-1, 1))[0]
        return seen

    def _decode(self, x: Tensor) -> Tensor:
        picture: Tensor = self.painter.decoder(x * self.painter.scale + self.painter.mean)
        return picture

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        names = ("encoder", "average", "optimiser")
        return {name: getattr(self, name).state_dict() for name in names} | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        for name in ("encoder", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return kept-out pictures as the autoencoder sees them, each above its first guess."""
        x = self.held.latents[:32].float()
        with torch.inference_mode():
            w, _ = self.average(x)
            both = [self._decode(x), self.painter(w)]
        rows = [to_pixels(one) for one in both]
        order = [rows[k][i : i + 16] for i in range(0, len(x), 16) for k in (0, 1)]
        return contact_sheet(np.concatenate(order), 16)

    def export(self, folder: Path) -> None:
        """Write the averaged encoder."""
        save_inverter(self.average, folder / FILE)


def _autoencoder_of(folder: Path) -> str:
    import json

    name: str = json.loads((folder / "config.json").read_text(encoding="utf-8"))["autoencoder"]
    return name


def _pool(x: Tensor) -> Tensor:
    """Return the 4 x 4 means."""
    return functional.adaptive_avg_pool2d(x, 4)
