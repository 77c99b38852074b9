"""Training of a variational autoencoder of drum patterns.

    loss = -log p(x | z, c) + b KL(q(z | x, c) || N(0, I)) + a sum_i (mu_i - s_i(x))^2
           + o disobedience

(Roberts et al. 2018, MusicVAE, https://arxiv.org/abs/1803.05428.) b is steered so that the KL
divergence comes to ``kl_target`` nats. As for melodies, a number of z is tied to each attribute
(`pipelines.training.melody_scores`), and what is written of random z is asked to follow it. The
scores are ranks among the grooves of a style where it is told (density is then more than this
style usually has), and among all where it is not.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pipelines.music.drum_attributes import ATTRIBUTES, measure
from pipelines.networks.discriminator import draw
from pipelines.networks.groove import Decoder, Encoder, GrooveSizes
from pipelines.networks.groove_files import save_groove
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.groove_data import read, styles_of
from pipelines.training.groove_proof import Patterns, expected, reconstruction
from pipelines.training.groove_sheets import sheet
from pipelines.training.groove_varying import variations
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.melody_obedience import unlike
from pipelines.training.normal_scores import normal_scores
from pipelines.training.two_rates import TwoRates, divergence, steered

__all__ = ["GrooveRecipe", "GrooveTraining"]

STATES = ("encoder", "decoder", "average_encoder", "average", "muon", "adam")


@dataclass(frozen=True)
class GrooveRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Patterns a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: Peak rate of Adam, for embeddings, places and biases.
        kl_target: How much z says of two bars, in nats.
        kl_weight: Weight b at the start.
        attribute_weight: Weight a of an attribute's square error.
        obedience_weight: Weight o of the part that makes patterns of random z follow z, reached
            half way.
        dreamt: Random z a step for it.
        untold: Share of the patterns whose style is not told.
        each: Variations of every groove.
        ema: Decay of the averaged weights, which are what is exported.
        z_dim: See `GrooveSizes`, as all that follow.
        beat: Of a beat.
        reading: Of the GRUs.
    """

    batch_size: int = 128
    learning_rate: float = 5e-3
    embedding_rate: float = 3e-3
    kl_target: float = 20.0
    kl_weight: float = 0.05
    attribute_weight: float = 1.0
    obedience_weight: float = 1.0
    dreamt: int = 48
    untold: float = 0.4
    each: int = 400
    ema: float = 0.998
    z_dim: int = 32
    beat: int = 160
    reading: int = 96


class GrooveTraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: GrooveRecipe) -> None:
        """Read the grooves in ``data`` and build.

        Raises:
            ValueError: If there are none.
        """
        self.recipe = recipe
        grooves = read(data)
        self.styles = styles_of(grooves)
        train = [one for one in grooves if one.split == "train"] or grooves
        held = [one for one in grooves if one.split == "validation"] or train
        levels, numbers = variations(train, recipe.each)
        named = np.array([self.styles.index(one.style) for one in train])[numbers]
        self.train = Patterns(torch.from_numpy(levels), torch.from_numpy(named))
        self.held = Patterns.of(held, self.styles)
        self.scores = _scores(levels, named)
        sizes = {one.name: getattr(recipe, one.name) for one in fields(GrooveSizes)[1:]}
        told = GrooveSizes(num_styles=len(self.styles), **sizes)
        self.encoder, self.decoder = Encoder(told), Decoder(told)
        self.average_encoder, self.average = copy.deepcopy((self.encoder, self.decoder))
        for kept in (self.average_encoder, self.average):
            kept.requires_grad_(requires_grad=False).eval()
        self.optimisers = TwoRates(
            (self.encoder, self.decoder), recipe.learning_rate, recipe.embedding_rate
        )
        self.muon, self.adam = self.optimisers.muon, self.optimisers.adam
        self.taken, self.kl_weight, self.obedience = 0, recipe.kl_weight, 0.0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        self.obedience = recipe.obedience_weight * min(1.0, 2 * progress)
        loss, figures = self._loss(torch.randint(len(self.train.levels), (recipe.batch_size,)))
        self.optimisers.step(loss, schedule(progress, self.taken, warm_up=60))
        decay = min(recipe.ema, 1 - 8 / (9 + self.taken))
        update_average(self.average_encoder, self.encoder, decay)
        update_average(self.average, self.decoder, decay)
        self.kl_weight = steered(self.kl_weight, figures["kl"] / recipe.kl_target)
        if self.taken % 200 == 0:
            figures |= reconstruction(self.average_encoder, self.average, self.held)
        return figures | {"kl_weight": self.kl_weight}

    def _loss(self, index: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the whole loss and figures, all a pattern."""
        recipe, levels = self.recipe, self.train.levels[index]
        untold = torch.rand(len(index)) < recipe.untold
        styles = torch.where(untold, len(self.styles), self.train.styles[index])
        wanted = torch.where(untold[:, None], *(one[index] for one in self.scores))
        mean, log_variance = self.encoder(levels, styles)
        logits = self.decoder(draw(mean, log_variance), styles)
        nats = functional.cross_entropy(
            logits.flatten(0, 2), levels.flatten(), reduction="sum"
        ) / len(index)
        kl = divergence(mean, log_variance).sum(dim=1).mean()
        tied = (mean[:, : len(ATTRIBUTES)] - wanted).square().mean(dim=0).sum()
        against = self._disobedience()
        loss = nats + self.kl_weight * kl + recipe.attribute_weight * tied
        loss = loss + self.obedience * against
        right = (logits.argmax(dim=3) == levels).float().mean()
        figures = {"nats": nats, "kl": kl, "tied": tied, "against": against, "right": right}
        return loss, {name: float(value.detach()) for name, value in figures.items()}

    def _disobedience(self) -> Tensor:
        """How far what is written of random z, its style told to half, does not follow z."""
        z = torch.randn(self.recipe.dreamt, self.recipe.z_dim)
        style = int(torch.randint(len(self.styles), ()))
        seen = z[:, : len(ATTRIBUTES)]
        half = len(z) // 2
        total = torch.zeros(())
        for part, told in ((slice(0, half), style), (slice(half, None), len(self.styles))):
            chances = self.decoder(z[part], torch.full((len(z[part]),), told)).softmax(dim=3)
            total = total + unlike(expected(chances), seen[part])
        return total / 2

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, STATES) | {"taken": self.taken, "kl_weight": self.kl_weight}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, STATES)
        self.taken, self.kl_weight = int(state["taken"]), float(state["kl_weight"])

    def sheet(self) -> Image.Image:
        """Return grids: held-out grooves, above what is read of them, and draws."""
        return sheet(self.average_encoder, self.average, self.held)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_groove(self.average_encoder, self.average, self.styles, folder)


def _scores(
    levels: np.ndarray[Any, Any], styles: np.ndarray[Any, Any]
) -> tuple[Float[Tensor, "N A"], Float[Tensor, "N A"]]:
    """Normal scores of the attributes: among all patterns, and among those of the same style."""
    found = measure(levels)
    columns = np.stack([found[name] for name in ATTRIBUTES], axis=1)
    everywhere = torch.stack([normal_scores(x) for x in columns.T], dim=1)
    within = torch.zeros_like(everywhere)
    for style in np.unique(styles):
        at = np.flatnonzero(styles == style)
        within[at] = torch.stack([normal_scores(x) for x in columns[at].T], dim=1)
    return everywhere, within
