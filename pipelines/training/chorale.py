"""Training of the Transformer that writes chorales.

    loss = - mean over drawn tokens of log p(token | what was told and written before it)

Each sequence is a part of a chorale in a key that its voices can sing, with some bars of some
voices given (`pipelines.training.chorale_data`), so that one network learns to write freely, to
harmonise and to fill in. Chorales are few: the embedding of a token is a sum of what it shares
with others (its voice, pitch, pitch class, length) and of a part of its own,

    E = A F        A what each token consists of, [V, K];  F the embeddings of these parts, [K, W]

so that a C that one voice has seldom sung is known from the others. In the model's file stands E,
as in any Llama. F takes Adam's steps, every matrix of the layers Muon's.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from pipelines.music.chorale_grid import vocabulary
from pipelines.music.grid import transposition
from pipelines.networks.chorale_files import LENGTH, load_choir, save_choir
from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.chorale_data import drawn, given, load_pieces, whole
from pipelines.training.chorale_reading import Reading, readings, told
from pipelines.training.chorale_rolls import SHOWN, rolls
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.precision import computing_in

__all__ = ["ChoraleRecipe", "ChoraleTraining", "bits_per_token", "components"]

STATES = ("model", "average", "muon", "adam")
UNKNOWN = vocabulary().numbers["<unk>"]
CHECKED = 200
"""Steps between two looks at held-out chorales."""
AHEAD = 6
"""Batches that are drawn at once and sorted by length."""


@dataclass(frozen=True)
class ChoraleRecipe:
    """Settings of one training run.

    Attributes:
        batch_tokens: Tokens of a step, about.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: The same of the embeddings' parts.
        ema: Decay of the averaged weights, which are what is exported.
        dropout: Share of the notes that the network does not see, in training.
        residual_dropout: Share of what attention and MLPs add that is left out, in training:
            chorales are few, and with 0.1 of it the network knows them by heart after ten rounds.
        precision: What the network computes in, "float32" or "bfloat16".
        width: See :class:`pipelines.networks.verse.PoemSizes`.
        hidden: See there.
        num_layers: See there.
        num_heads: See there.
    """

    batch_tokens: int = 2500
    learning_rate: float = 5e-3
    embedding_rate: float = 1e-3
    ema: float = 0.99
    dropout: float = 0.12
    residual_dropout: float = 0.25
    precision: str = "float32"
    width: int = 160
    hidden: int = 432
    num_layers: int = 4
    num_heads: int = 5


class ChoraleTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: ChoraleRecipe, start: Path | None = None) -> None:
        """Read the chorales; go on from the model in ``start``, if given.

        Raises:
            ValueError: If the chorales or the model can't be read.
        """
        self.recipe = recipe
        pieces = load_pieces(data)
        self.train = [one for one in pieces if one.split == "train"] or pieces
        held = [one for one in pieces if one.split == "validation"] or self.train
        self.held = readings(held)
        shown = [whole(one) for one in held if one.metre == "4/4"][:: len(held) // SHOWN or 1]
        shifts = [transposition(one.tonic) for one in shown]
        self.shown = [
            np.where(one.rows >= 0, one.rows - by, one.rows)
            for one, by in zip(shown, shifts, strict=True)
        ]
        parts = components()
        self.components, self.scale = parts, math.sqrt(parts.sum(1).mean().item())
        if start is None:
            sizes = PoemSizes(
                num_tokens=len(parts),
                width=recipe.width,
                hidden=recipe.hidden,
                num_layers=recipe.num_layers,
                num_heads=recipe.num_heads,
                length=LENGTH,
            )
            self.model = PoemTransformer(sizes)
            shared = torch.randn(parts.shape[1], recipe.width) * 0.02 / self.scale
        else:
            self.model = load_choir(start).requires_grad_(requires_grad=True).train()
            known = self.model.model.embed_tokens.weight.detach()
            shared = torch.linalg.lstsq(parts, known, driver="gelsd").solution
        self.shared = nn.Parameter(shared)
        self._compose()
        for one in self.model.parameters():
            one.requires_grad_(one.ndim > 1)  # the scale of a norm: the matrix after it has it too
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        if recipe.residual_dropout:
            for layer in self.model.model.layers:
                for part in ("self_attn", "mlp"):
                    leaves_out = _leaves_out(recipe.residual_dropout)
                    layer.get_submodule(part).register_forward_hook(leaves_out)
        embeddings = self.model.model.embed_tokens.weight
        others = [one for one in self.model.parameters() if one.ndim > 1 and one is not embeddings]
        self.muon = Muon(others, recipe.learning_rate)
        self.adam = torch.optim.AdamW(
            [self.shared], recipe.embedding_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.notes = torch.tensor([kind == "note" for kind in vocabulary().kinds])
        self.taken = 0
        self.waiting: list[list[Reading]] = []
        self.chance = np.random.Generator(np.random.PCG64(int(torch.randint(2**31, ()))))

    def _compose(self) -> None:
        with torch.no_grad():
            self.model.model.embed_tokens.weight.copy_(self.components @ self.shared)

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
        tokens, counted = _padded(self.batch())
        seen = tokens[:, :-1]
        hidden = (torch.rand(seen.shape) < recipe.dropout) & self.notes[seen]
        seen = torch.where(hidden, UNKNOWN, seen)
        with computing_in(recipe.precision):
            logits = self.model(seen)
        loss = _each(logits, tokens[:, 1:])[counted[:, 1:]].mean()
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        slope = self.model.model.embed_tokens.weight.grad
        if slope is not None:
            self.shared.grad = self.components.T @ slope / self.scale
        nn.utils.clip_grad_norm_([*self.model.parameters(), self.shared], 1.0)
        self.muon.step()
        self.adam.step()
        self._compose()
        update_average(self.average, self.model, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        figures = {"loss": loss.item()}
        if self.taken % CHECKED == 0:
            figures["held_bits"] = bits_per_token(self.average, self.held)
        return figures

    def batch(self) -> list[Reading]:
        """Sequences of about the same length."""
        if not self.waiting:
            self.waiting = self._draw()
        return self.waiting.pop()

    def _draw(self) -> list[list[Reading]]:
        """A few batches, each of sequences of about one length."""
        bars = np.array([float(one.bars) for one in self.train])
        found: list[Reading] = []
        while sum(len(one.tokens) for one in found) < AHEAD * self.recipe.batch_tokens:
            piece = self.train[int(self.chance.choice(len(bars), p=bars / bars.sum()))]
            part, plan = drawn(piece, self.chance)
            found.append(told(part, plan, given(plan.bars, self.chance)))
        found.sort(key=lambda one: len(one.tokens))
        batches: list[list[Reading]] = [[]]
        for one in found:
            if batches[-1] and len(one.tokens) * (len(batches[-1]) + 1) > self.recipe.batch_tokens:
                batches.append([])
            batches[-1].append(one)
        order = self.chance.permutation(len(batches))
        return [batches[i] for i in order]

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        seed = int(self.chance.integers(2**31))
        self.chance, self.waiting = np.random.Generator(np.random.PCG64(seed)), []
        kept = {"taken": self.taken, "shared": self.shared.detach().clone(), "seed": seed}
        return states_of(self, STATES) | kept

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, STATES)
        self.taken = int(state["taken"])
        self.chance, self.waiting = np.random.Generator(np.random.PCG64(int(state["seed"]))), []
        with torch.no_grad():
            self.shared.copy_(state["shared"])

    def sheet(self) -> Image.Image:
        """Return rolls of held-out chorales, and of what the averaged model writes."""
        return rolls(self.average, self.shown)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_choir(self.average, folder)


def components() -> Float[Tensor, "V K"]:
    """A: what every token consists of, zeros and ones; its own part is the last V columns."""
    tokens = vocabulary()
    parts: list[set[str]] = []
    for name, kind, voice, symbol, length in zip(
        tokens.names, tokens.kinds, tokens.voices, tokens.symbols, tokens.lengths, strict=True
    ):
        mine = {f"kind {kind}", f"{kind} of voice {voice}", f"length {length}"}
        pitch = int(symbol)
        if kind == "look":
            told = name[2 : name.index("+")]
            mine.add(f"look {name[name.index('+') :]}")
            pitch = -9 if told == "r" else int(told)
        if pitch >= 0:
            mine |= {f"pitch {pitch}", f"class {pitch % 12}", f"{kind} of class {pitch % 12}"}
        elif kind == "note":
            mine.add(f"symbol {pitch}")
        parts.append(mine)
    names = {one: i for i, one in enumerate(sorted(set().union(*parts)))}
    table = torch.zeros(len(parts), len(names) + len(parts))
    for row, mine in enumerate(parts):
        table[row, [names[one] for one in mine]] = 1
        table[row, len(names) + row] = 1
    return table


@torch.no_grad()
def bits_per_token(model: PoemTransformer, rows: Sequence[Reading]) -> float:
    """How many bits a drawn token costs: notes, and whether a beat has a fermata."""
    nats, count = 0.0, 0
    for one in rows:
        tokens, counted = _padded([one])
        found = _each(model(tokens[:, :-1]), tokens[:, 1:])[counted[:, 1:]]
        nats, count = nats + float(found.sum()), count + len(found)
    return nats / count / math.log(2)


def _padded(rows: Sequence[Reading]) -> tuple[Tensor, Tensor]:
    """Tokens and which of them are to be foretold, each [N, L]."""
    longest = max(len(one.tokens) for one in rows)
    tokens = torch.zeros(len(rows), longest, dtype=torch.long)
    counted = torch.zeros(len(rows), longest, dtype=torch.bool)
    for i, one in enumerate(rows):
        tokens[i, : len(one.tokens)] = torch.tensor(one.tokens)
        counted[i, : len(one.tokens)] = torch.tensor(one.drawn)
    return tokens, counted


def _leaves_out(share: float) -> Callable[[nn.Module, object, Tensor], Tensor]:
    """A hook that leaves out a share of what a part of the network gives."""
    return lambda part, given, found: functional.dropout(found, share, part.training)


def _each(logits: Float[Tensor, "N L V"], tokens: Tensor) -> Tensor:
    """Nats of every token, shape [N, L]."""
    return functional.cross_entropy(
        logits.float().flatten(0, 1), tokens.flatten(), reduction="none"
    ).view_as(tokens)
