"""Training of the Transformer that writes Tang verse.

    loss = - mean log p(c_i | form, c_1 ... c_(i-1))

over the characters and marks of a batch of poems of one form. Embeddings, which are also the
scores of the last layer, begin as what a count of neighbours knows: the leading singular vectors
of the positive pointwise mutual information of a character with the one before it, the one after
it, and the one at its place in the other line of the couplet (Levy and Goldberg 2014,
https://papers.nips.cc/paper/5477). They take Adam's steps, every other matrix Muon's.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.networks.verse_files import load_poet, read_tokens, save_poet
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.precision import computing_in
from pipelines.training.verse_data import SPECIAL, load_poems, sequences, vocabulary
from pipelines.training.verse_rhymes import save_tables
from pipelines.verse.forms import FORMS

__all__ = ["VerseRecipe", "VerseTraining", "bits_per_character", "neighbours"]

STATES = ("model", "average", "muon", "adam")
CHUNK = 64
SHOWN = 3
"""Poems of every form on a sheet."""


@dataclass(frozen=True)
class VerseRecipe:
    """Settings of one training run.

    Attributes:
        batch_tokens: Tokens of a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: The same of the embeddings.
        ema: Decay of the averaged weights, which are what is exported.
        dropout: Share of the characters that the network does not see, in training.
        residual_dropout: Share of what attention and MLPs add that is left out, in training: poems
            are few, and without it the network knows them by heart after five rounds.
        least: How often a character stands in the training poems, to be a token.
        start_scale: Standard deviation of the embeddings at the start; 0 for random ones.
        precision: What the network computes in, "float32" or "bfloat16".
        width: See :class:`pipelines.networks.verse.PoemSizes`.
        hidden: See there.
        num_layers: See there.
        num_heads: See there.
    """

    batch_tokens: int = 2000
    learning_rate: float = 5e-3
    embedding_rate: float = 3e-3
    ema: float = 0.99
    dropout: float = 0.0
    residual_dropout: float = 0.0
    least: int = 5
    start_scale: float = 0.02
    precision: str = "float32"
    width: int = 192
    hidden: int = 512
    num_layers: int = 4
    num_heads: int = 6


class VerseTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: VerseRecipe, start: Path | None = None) -> None:
        """Read the poems; go on from the model in ``start``, if given, with its characters.

        Raises:
            ValueError: If the poems or the model can't be read.
        """
        self.recipe = recipe
        poems = load_poems(data)
        self.train = train = [poem for poem in poems if poem.split == "train"] or poems
        held = [poem for poem in poems if poem.split == "validation"] or train
        if start is None:
            self.tokens = tuple(vocabulary(train, recipe.least))
            sizes = PoemSizes(
                num_tokens=len(self.tokens),
                width=recipe.width,
                hidden=recipe.hidden,
                num_layers=recipe.num_layers,
                num_heads=recipe.num_heads,
            )
            self.model = PoemTransformer(sizes)
        else:
            self.tokens = read_tokens(start)
            self.model = load_poet(start).requires_grad_(requires_grad=True).train()
        self.poems = sequences(train, self.tokens)
        self.held = sequences(held, self.tokens)
        embeddings = self.model.model.embed_tokens.weight
        if start is None and recipe.start_scale:
            found = neighbours(self.poems, *embeddings.shape)
            embeddings.data.copy_(recipe.start_scale * found)
        for one in self.model.parameters():
            one.requires_grad_(one.ndim > 1)  # the scale of a norm: the matrix after it has it too
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        if recipe.residual_dropout:
            for layer in self.model.model.layers:
                for part in ("self_attn", "mlp"):
                    leaves_out = _leaves_out(recipe.residual_dropout)
                    layer.get_submodule(part).register_forward_hook(leaves_out)
        others = [one for one in self.model.parameters() if one.ndim > 1 and one is not embeddings]
        self.muon = Muon(others, recipe.learning_rate)
        self.adam = torch.optim.AdamW(
            [embeddings], recipe.embedding_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step."""
        recipe = self.recipe
        self.taken += 1
        share = schedule(progress, self.taken, warm_up=60)
        for optimiser, rate in (
            (self.muon, recipe.learning_rate),
            (self.adam, recipe.embedding_rate),
        ):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        tokens = self.batch()
        seen = tokens[:, :-1]
        if recipe.dropout:
            hidden = (torch.rand(seen.shape) < recipe.dropout) & (seen >= len(SPECIAL))
            seen = torch.where(hidden, SPECIAL.index("<unk>"), seen)
        with computing_in(recipe.precision):
            logits = self.model(seen)
        loss = _each(logits, tokens[:, 1:]).mean()
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.muon.step()
        self.adam.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        figures = {"loss": loss.item()}
        if self.taken % 100 == 0:
            some = {name: rows[:CHUNK] for name, rows in self.held.items()}
            figures["held_bits"] = bits_per_character(self.average, some)
        return figures

    def batch(self) -> Int[Tensor, "N L"]:
        """Draw poems of one form, a form as often as it has characters."""
        names = list(self.poems)
        weights = torch.tensor([float(self.poems[name].numel()) for name in names])
        rows = self.poems[names[int(torch.multinomial(weights, 1))]]
        count = max(1, self.recipe.batch_tokens // rows.shape[1])
        return rows[torch.randint(0, len(rows), (count,))]

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return states_of(self, STATES) | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, STATES)
        self.taken = int(state["taken"])

    def sheet(self) -> str:
        """Return a few poems of every form, as the averaged model writes them freely."""
        drawn = torch.Generator().manual_seed(0)
        poems = [self._written(name, drawn) for name in FORMS for _ in range(SHOWN)]
        return "\n\n".join(poems) + "\n"

    @torch.no_grad()
    def _written(self, name: str, drawn: torch.Generator) -> str:
        form, cache = FORMS[name], self.average.begin()
        signs: list[str] = []
        tokens = torch.tensor([[self.tokens.index(form.token)]])
        for _ in range(form.lines * (form.length + 1)):
            chances = self.average.extend(cache, tokens).softmax(-1)
            tokens = torch.multinomial(chances, 1, generator=drawn)
            signs.append(self.tokens[int(tokens)])
        step = form.length + 1
        return "\n".join("".join(signs[i : i + step]) for i in range(0, len(signs), step))

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_poet(self.average, self.tokens, folder, {"family": "tang", "id": folder.name})
        save_tables(self.train, folder)


def _leaves_out(share: float) -> Callable[[nn.Module, object, Tensor], Tensor]:
    """A hook that leaves out a share of what a part of the network gives."""
    return lambda part, given, found: functional.dropout(found, share, part.training)


def neighbours(poems: Mapping[str, Tensor], count: int, width: int) -> Float[Tensor, "V W"]:
    """Embeddings from what stands beside each token, with a standard deviation of 1.

    Args:
        poems: Sequences by the name of their form; see `verse_data.sequences`.
        count: V.
        width: W.
    """
    pairs = []
    for name, rows in poems.items():
        form = FORMS[name]
        lines = rows[:, 1:-1].reshape(len(rows), form.lines // 2, 2, form.length + 1)
        pairs.append((rows[:, 1:], rows[:, :-1], 0))
        pairs.append((rows[:, :-1], rows[:, 1:], 1))
        pairs.append((lines[:, :, 0], lines[:, :, 1], 2))
        pairs.append((lines[:, :, 1], lines[:, :, 0], 2))
    rows = torch.cat([one.flatten() for one, _, _ in pairs])
    columns = torch.cat([other.flatten() + kind * count for _, other, kind in pairs])
    ones = torch.ones(len(rows))
    places, shape = torch.stack([rows, columns]), (count, 3 * count)
    together = torch.sparse_coo_tensor(places, ones, shape, check_invariants=True).coalesce()
    places, seen = together.indices(), together.values()
    left = torch.zeros(count).index_add_(0, places[0], seen)
    right = torch.zeros(3 * count).index_add_(0, places[1], seen).pow(0.75)
    expected = left[places[0]] * right[places[1]] / right.sum()
    information = (seen / expected).log().clamp(min=0)
    table = torch.sparse_coo_tensor(
        places, information, shape, check_invariants=True, is_coalesced=True
    )
    state = torch.get_rng_state()
    torch.manual_seed(0)
    u, s, _ = torch.svd_lowrank(table, q=min(width, count), niter=2)
    torch.set_rng_state(state)
    found = u * s.sqrt()
    padded = functional.pad(found, (0, width - found.shape[1]))
    scaled: Tensor = padded / padded.std()
    return scaled


@torch.no_grad()
def bits_per_character(model: PoemTransformer, poems: Mapping[str, Tensor]) -> float:
    """How many bits a character costs; forms, marks and ends are not counted.

    Args:
        model: The network.
        poems: Sequences by the name of their form.
    """
    nats, count = 0.0, 0
    for rows in poems.values():
        for part in torch.split(rows, CHUNK):
            wanted = part[:, 1:]
            counted = (wanted >= len(SPECIAL)) | (wanted == SPECIAL.index("<unk>"))
            nats += float(_each(model(part[:, :-1]), wanted)[counted].sum())
            count += int(counted.sum())
    return nats / count / math.log(2)


def _each(logits: Float[Tensor, "N L V"], tokens: Int[Tensor, "N L"]) -> Float[Tensor, "N L"]:
    """Nats of every token."""
    return functional.cross_entropy(
        logits.float().flatten(0, 1), tokens.flatten(), reduction="none"
    ).view_as(tokens)
