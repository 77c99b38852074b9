"""Training of a variational autoencoder of couplets.

    loss = -log p(x | z) + b KL(q(z | x) || N(0, I)) + a sum_i (mu_i - s_i(x))^2

(Bowman et al. 2016, https://arxiv.org/abs/1511.06349.) b is steered so that z tells ``kl_target``
nats (`pipelines.training.two_rates`), and at ``forgotten`` of the places the decoder does not
hear the word (word dropout, there), so that it listens to z. The last part ties a number of z to
each attribute (`pipelines.verse.couplet_attributes`, as `pipelines.training.normal_scores`), so
that sliders do what they say. Couplets are few: words of the encoder and features of the decoder
are left out in part.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipelines.latents import LatentSpace, normal
from pipelines.networks.couplet import CoupletSizes, Decoder, Encoder
from pipelines.networks.couplet_files import save_couplets
from pipelines.networks.discriminator import draw
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.couplet_data import Couplets, couplets_of, told
from pipelines.training.couplet_sounds import lexicon, mood, sounded
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.neighbours import embeddings
from pipelines.training.normal_scores import normal_scores
from pipelines.training.precision import computing_in
from pipelines.training.stanza_data import load_stanzas
from pipelines.training.stanza_rhymes import learnt
from pipelines.training.two_rates import TwoRates, divergence, steered
from pipelines.verse.couplet_attributes import ATTRIBUTES, measured
from pipelines.verse.couplet_tilt import quieted
from pipelines.verse.couplet_words import MARKS, PAD, tokens_of
from pipelines.verse.couplet_writing import Writer

__all__ = ["CoupletRecipe", "CoupletTraining", "attributes_of", "told_nats"]

Pair = tuple[str, str]
STATES = ("encoder", "decoder", "average_encoder", "average", "muon", "adam")
PROVEN = 512
SHOWN, STEPS = 8, 8


@dataclass(frozen=True)
class CoupletRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Couplets a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: Peak rate of Adam, for embeddings and biases.
        kl_target: How much z says of a couplet, in nats.
        kl_weight: Weight b at the start.
        attribute_weight: Weight a of an attribute's square error.
        forgotten: Share of words that the decoder does not hear.
        hidden: Share of words that the encoder does not see.
        dropout: Of the decoder's features.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What matrices are multiplied in, "float32" or "bfloat16".
        num_others: Words a step that no couplet of the batch has.
        num_words: Words that are learnt, at most.
        z_dim: See `CoupletSizes`, as all that follow.
        reach: Words the decoder hears.
        embedding: Of words.
        width: Of the decoder.
        num_blocks: Of the decoder.
        reading: Of the encoder.
    """

    batch_size: int = 192
    learning_rate: float = 5e-3
    embedding_rate: float = 3e-3
    kl_target: float = 25.0
    kl_weight: float = 0.05
    attribute_weight: float = 0.5
    forgotten: float = 0.2
    hidden: float = 0.05
    dropout: float = 0.1
    ema: float = 0.998
    precision: str = "float32"
    num_others: int = 800
    num_words: int = 8000
    z_dim: int = 64
    reach: int = 5
    embedding: int = 160
    width: int = 320
    num_blocks: int = 2
    reading: int = 192


class CoupletTraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: CoupletRecipe) -> None:
        """Read the stanzas in ``data`` and build.

        Raises:
            ValueError: If there are none.
        """
        self.recipe = recipe
        stanzas = load_stanzas(data)
        train = [one for one in stanzas if one.split == "train"] or stanzas
        pairs = couplets_of(train, learnt(train))
        self.lexicon = lexicon(couplets_of(train), recipe.num_words)
        self.train = told(pairs, self.lexicon)
        held = couplets_of(one for one in stanzas if one.split == "validation") or pairs
        self.held_pairs, self.held = held, told(held, self.lexicon)
        self.scores = torch.stack([normal_scores(x) for x in attributes_of(pairs).T], dim=1)
        given = {one.name: getattr(recipe, one.name, 0) for one in fields(CoupletSizes)}
        sizes = CoupletSizes(**given | {"num_tokens": len(self.lexicon)})
        self.encoder, self.decoder = Encoder(sizes), Decoder(sizes)
        begun = _begun(self.train.tokens, len(self.lexicon), sizes.embedding)
        with torch.no_grad():
            self.encoder.tokens.weight.copy_(begun)
            self.decoder.tokens.weight.copy_(begun / sizes.embedding**0.5)
        self.average_encoder, self.average = copy.deepcopy((self.encoder, self.decoder))
        for kept in (self.average_encoder, self.average):
            kept.requires_grad_(requires_grad=False).eval()
        self.optimisers = TwoRates(
            (self.encoder, self.decoder), recipe.learning_rate, recipe.embedding_rate
        )
        self.muon, self.adam = self.optimisers.muon, self.optimisers.adam
        self.taken, self.kl_weight = 0, recipe.kl_weight

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        index = torch.randint(0, len(self.train), (recipe.batch_size,))
        loss, figures = self._loss(self.train.some(index), self.scores[index])
        self.optimisers.step(loss, schedule(progress, self.taken, warm_up=60))
        decay = min(recipe.ema, 1 - 8 / (9 + self.taken))
        update_average(self.average_encoder, self.encoder, decay)
        update_average(self.average, self.decoder, decay)
        self.kl_weight = steered(self.kl_weight, figures["kl"] / recipe.kl_target)
        if self.taken % 200 == 0:
            some = self.held.some(torch.arange(min(PROVEN, len(self.held))))
            nats, kl = told_nats(self.average_encoder, self.average, some)
            figures |= {"held_nats": float(nats.mean()), "held_kl": float(kl.sum(dim=1).mean())}
        return figures | {"kl_weight": self.kl_weight}

    def _loss(self, real: Couplets, wanted: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the whole loss and figures, all a couplet."""
        recipe = self.recipe
        with computing_in(recipe.precision):
            mean, log_variance = (
                value.float() for value in self.encoder(real.tokens, recipe.hidden)
            )
            z = draw(mean, log_variance)
            features = self.decoder.features(
                z, real.tokens, real.traits, recipe.forgotten, recipe.dropout
            )
            there = real.tokens != PAD
            among, truth, offset = self._some(real.tokens[there])
            logits = self.decoder.scores(features[there], among)
            each = functional.cross_entropy(logits.float() + offset, truth, reduction="sum")
        nats = each.float() / len(real)
        kl = divergence(mean, log_variance).sum(dim=1).mean()
        tied = (mean[:, : len(ATTRIBUTES)] - wanted).square().mean(dim=0).sum()
        loss = nats + self.kl_weight * kl + recipe.attribute_weight * tied
        figures = {"nats": nats, "kl": kl, "tied": tied}
        return loss, {name: float(value.detach()) for name, value in figures.items()}

    def _some(self, truth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens to tell apart: those of the batch, and some of the rest, which count for all.

        An estimate of the sum over all words that is right in the mean (Bengio and Senecal 2008,
        https://doi.org/10.1109/TNN.2007.912312).

        Returns:
            Their numbers [K], the place of every ``truth`` among them, and what is added to each
            logit [K].
        """
        here, places = torch.unique(truth, return_inverse=True)
        rest = torch.ones(len(self.lexicon), dtype=torch.bool)
        rest[here] = False
        others = rest.nonzero()[:, 0]
        count = min(self.recipe.num_others, len(others))
        drawn = others[torch.randperm(len(others))[:count]]
        offset = torch.zeros(len(here) + count)
        offset[len(here) :] = math.log(len(others) / max(1, count))
        return torch.cat([here, drawn]), places, offset

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, STATES) | {"taken": self.taken, "kl_weight": self.kl_weight}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, STATES)
        self.taken, self.kl_weight = int(state["taken"]), float(state["kl_weight"])

    @torch.no_grad()
    def sheet(self) -> str:
        """Return draws, held-out couplets above what comes back of them, and a morph."""
        writer, width = Writer(self.average, self.lexicon), self.recipe.z_dim
        z = quieted(normal(0, (2 * SHOWN, width), "couplet draws"))
        drawn = [self.lexicon.text(one) for one in writer.write(z)]
        some = self.held.some(torch.arange(min(SHOWN, len(self.held))))
        means = self.average_encoder(some.tokens)[0].numpy()
        back = [self.lexicon.text(one) for one in writer.write(means)]
        twice = [f"{' / '.join(a)}\n  {b}" for a, b in zip(self.held_pairs, back, strict=False)]
        space = LatentSpace.of_noise((1, width))
        way = [space.interpolate(z[:1], z[1:2], i / (STEPS - 1))[0] for i in range(STEPS)]
        walked = [self.lexicon.text(one) for one in writer.write(np.stack(way))]
        parts = ["draws", *drawn, "come back", *twice, "morph", *walked]
        return "\n\n".join(parts) + "\n"

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_couplets(self.average_encoder, self.average, self.lexicon, folder)


def _begun(tokens: Tensor, count: int, width: int) -> Tensor:
    """Embeddings from neighbours one and two places away."""
    pairs = []
    for away in (1, 2):
        one, other = tokens[:, away:].flatten(), tokens[:, :-away].flatten()
        there = one != PAD
        pairs += [(one[there], other[there]), (other[there], one[there])]
    return embeddings(pairs, count, width)


def attributes_of(pairs: Sequence[Pair]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The attributes of real couplets, shape [N, A], in the order of `ATTRIBUTES`."""
    rows = []
    for pair in pairs:
        lines = [[sounded(x) for x in tokens_of(line) if x not in MARKS] for line in pair]
        found = measured(lines) | {"mood": mood("\n".join(pair))}
        rows.append([found[name] for name in ATTRIBUTES])
    return np.array(rows, np.float32)


@torch.no_grad()
def told_nats(encoder: Encoder, decoder: Decoder, real: Couplets) -> tuple[Tensor, Tensor]:
    """Of each couplet: -log p(x | z) with one draw of z [N], and the KL divergence [N, Z]."""
    mean, log_variance = encoder(real.tokens)
    logits = decoder(draw(mean, log_variance), real.tokens, real.traits)
    each = functional.cross_entropy(
        logits.flatten(0, 1), real.tokens.flatten(), reduction="none"
    ).view_as(real.tokens)
    return (each * (real.tokens != PAD)).sum(dim=1), divergence(mean, log_variance)
