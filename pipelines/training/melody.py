"""Training of a variational autoencoder of melodies.

    loss = -log p(x | z) + b KL(q(z | x) || N(0, I)) + a sum_i (mu_i - s_i(x))^2 + o disobedience

(Kingma and Welling 2014, https://arxiv.org/abs/1312.6114; Roberts et al. 2018, MusicVAE,
https://arxiv.org/abs/1803.05428.) How much is told through z is set directly: b starts small and
is steered so that the KL divergence comes to ``kl_target`` nats (ControlVAE, Shao et al. 2020,
https://arxiv.org/abs/2004.05988), which warms up and frees bits in one. The
third part ties a number of z to each attribute (`pipelines.training.melody_scores`), the last
makes what is written follow it (`pipelines.training.melody_obedience`), so that sliders do what
they say. At ``forgotten`` of the steps the player does not hear what came before, so that it keeps
listening to z.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pipelines.music.attributes import ATTRIBUTES
from pipelines.networks.discriminator import draw
from pipelines.networks.melody import Decoder, Encoder, MelodySizes, Shape
from pipelines.networks.melody_files import save_melody
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.melody_data import Melodies, load_songs, melodies
from pipelines.training.melody_obedience import disobedience
from pipelines.training.melody_proof import reconstruction
from pipelines.training.melody_rolls import rolls
from pipelines.training.melody_scores import scores
from pipelines.training.precision import computing_in
from pipelines.training.two_rates import TwoRates, divergence, steered

__all__ = ["MelodyRecipe", "MelodyTraining"]

STATES = ("encoder", "decoder", "average_encoder", "average", "muon", "adam")
PROVEN = 256


@dataclass(frozen=True)
class MelodyRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Melodies a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: Peak rate of Adam, for embeddings, places and biases.
        kl_target: How much z says of a melody of 4 bars, in nats; of one of 2 bars, 0.6 of that.
        kl_weight: Weight b at the start.
        attribute_weight: Weight a of an attribute's square error.
        obedience_weight: Weight o of the part that makes melodies of random z follow z, reached
            half way: what is not learnt yet obeys by silence.
        dreamt: Random z a step for it.
        forgotten: Share of steps at which the player does not hear what came before.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What matrices are multiplied in, "float32" or "bfloat16".
        z_dim: See `MelodySizes`, as all that follow.
        quarter: Of a quarter.
        width: Of the plan.
        memory: Of the player.
        embedding: Of tokens.
        reading: Of the encoder.
    """

    batch_size: int = 128
    learning_rate: float = 6e-3
    embedding_rate: float = 3e-3
    kl_target: float = 70.0
    kl_weight: float = 0.05
    attribute_weight: float = 1.0
    obedience_weight: float = 2.0
    dreamt: int = 48
    forgotten: float = 0.25
    ema: float = 0.998
    precision: str = "float32"
    z_dim: int = 64
    quarter: int = 192
    width: int = 128
    memory: int = 128
    embedding: int = 48
    reading: int = 192


class MelodyTraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: MelodyRecipe) -> None:
        """Read the tunes in ``data`` and build.

        Raises:
            ValueError: If there are none.
        """
        self.recipe = recipe
        songs = load_songs(data)
        self.train = melodies([one for one in songs if one.split == "train"] or songs)
        held = melodies(one for one in songs if one.split == "validation")
        self.held = held or self.train
        self.scores = scores(self.train)
        sizes = MelodySizes(**{one.name: getattr(recipe, one.name) for one in fields(MelodySizes)})
        self.encoder, self.decoder = Encoder(sizes), Decoder(sizes)
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
        shape, index = self._drawn()
        self.obedience = recipe.obedience_weight * min(1.0, 2 * progress)
        loss, figures = self._loss(shape, self.train[shape].some(index), self.scores[shape][index])
        self.optimisers.step(loss, schedule(progress, self.taken, warm_up=60))
        decay = min(recipe.ema, 1 - 8 / (9 + self.taken))
        update_average(self.average_encoder, self.encoder, decay)
        update_average(self.average, self.decoder, decay)
        self.kl_weight = steered(self.kl_weight, figures["kl"] / self._target(shape))
        if self.taken % 200 == 0:
            some = {
                s: one.some(torch.arange(min(PROVEN, len(one.tokens))))
                for s, one in self.held.items()
            }
            figures |= reconstruction(self.average_encoder, self.average, some)
        return figures | {"kl_weight": self.kl_weight}

    def _drawn(self) -> tuple[Shape, Tensor]:
        """Draw a shape, as often as there are steps of it, and numbers of melodies of it."""
        shapes = list(self.train)
        weights = torch.tensor([float(self.train[one].tokens.numel()) for one in shapes])
        shape = shapes[int(torch.multinomial(weights, 1))]
        return shape, torch.randint(0, len(self.train[shape].tokens), (self.recipe.batch_size,))

    def _target(self, shape: Shape) -> float:
        return self.recipe.kl_target * (
            1.0 if shape.bars == max(s.bars for s in self.train) else 0.6
        )

    def _loss(
        self, shape: Shape, real: Melodies, wanted: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the whole loss and figures, all a melody."""
        recipe = self.recipe
        with computing_in(recipe.precision):
            mean, log_variance = (
                value.float() for value in self.encoder(real.tokens, shape, real.modes)
            )
            z = draw(mean, log_variance)
            logits = self.decoder(z, real.tokens, shape, real.modes, recipe.forgotten).float()
            against = disobedience(self.decoder, shape, recipe.dreamt)
        nats = functional.cross_entropy(
            logits.flatten(0, 1), real.tokens.flatten(), reduction="sum"
        ) / len(real.tokens)
        kl = divergence(mean, log_variance).sum(dim=1).mean()
        tied = (mean[:, : len(ATTRIBUTES)] - wanted).square().mean(dim=0).sum()
        loss = nats + self.kl_weight * kl + recipe.attribute_weight * tied
        loss = loss + self.obedience * against
        right = (logits.argmax(dim=2) == real.tokens).float().mean()
        figures = {"nats": nats, "kl": kl, "tied": tied, "against": against, "right": right}
        return loss, {name: float(value.detach()) for name, value in figures.items()}

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, STATES) | {"taken": self.taken, "kl_weight": self.kl_weight}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, STATES)
        self.taken, self.kl_weight = int(state["taken"]), float(state["kl_weight"])

    def sheet(self) -> Image.Image:
        """Return rolls: of each shape held-out melodies, above what is read of them, and draws."""
        return rolls(self.average_encoder, self.average, self.held)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_melody(self.average_encoder, self.average, folder)
