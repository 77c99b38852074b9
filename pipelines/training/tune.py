"""Training of the recurrent network that writes dance tunes.

    loss = - mean over events of log p(event | what was written, what is told)

Parts of tunes are drawn afresh at every step (`pipelines.training.tune_data`). Tunes are few: the
embedding of an event is a sum of what it shares with others (its pitch, pitch class, length) and
of a part of its own,

    E = A F        A what each event consists of, [V, K];  F the embeddings of these parts, [K, W]

as for chorales. What is left out in training, and of which weights, is said in
`pipelines.networks.tune`. Matrices learn by Muon, all else by Adam.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from pipelines.latents import normal
from pipelines.music.drawing import Chances
from pipelines.music.grid import FIRST, HOLD, METRES
from pipelines.music.keeping import ANY
from pipelines.music.tune_decoding import Fiddler
from pipelines.music.tune_grid import (
    DANCES,
    MOST_BARS,
    NOTHING,
    NUM_EVENTS,
    NUM_LOOKS,
    bars_of,
    symbol_of,
)
from pipelines.music.tune_writing import SHAPE, Wish, write
from pipelines.networks.tune import TuneLSTM, TuneSizes
from pipelines.networks.tune_files import load_tune, save_tune
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.loop import begin_from, states_of, take_back, update_average
from pipelines.training.melody_rolls import DRAWN, REAL, sheet_of
from pipelines.training.muon import Muon
from pipelines.training.precision import computing_in
from pipelines.training.tune_data import Reading, drawn, load_tunes, parts, read

__all__ = ["TuneRecipe", "TuneTraining", "bits_per_event", "components", "padded"]

STATES = ("model", "average", "muon", "adam")
CHECKED = 200
"""Steps between two looks at held-out tunes."""
ROLLS = 3
"""Held-out tunes on a sheet."""
AHEAD = 8
"""Batches that are drawn at once and sorted by length."""


@dataclass(frozen=True)
class TuneRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Parts of tunes a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: The same of Adam, for embeddings and biases.
        ema: Decay of the averaged weights, which are what is exported.
        unheard: Share of the events that the network does not hear, in training.
        leave_out: See `TuneLSTM.forward`.
        precision: What matrices are multiplied in, "float32" or "bfloat16".
        width: See `TuneSizes`, as all that follow.
        memory: Of every layer.
        num_layers: Of the LSTM.
    """

    batch_size: int = 32
    learning_rate: float = 4e-3
    embedding_rate: float = 2e-3
    ema: float = 0.995
    unheard: float = 0.1
    leave_out: float = 0.35
    precision: str = "float32"
    width: int = 128
    memory: int = 288
    num_layers: int = 2


class TuneTraining:
    """One run; see `pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: TuneRecipe, start: Path | None = None) -> None:
        """Read the tunes; go on from the model in ``start``, if given.

        Raises:
            ValueError: If the tunes or the model can't be read.
        """
        self.recipe = recipe
        tunes = [one for one in load_tunes(data) if one.runs]
        self.train = [one for one in tunes if one.split == "train"] or tunes
        held = parts([one for one in tunes if one.split == "validation"] or tunes)
        self.held = [read(one) for one in held]
        self.shown = held[:: len(held) // ROLLS or 1]
        self.lengths = np.array([float(sum(map(len, one.runs))) for one in self.train])
        self.model = TuneLSTM(TuneSizes(recipe.width, recipe.memory, recipe.num_layers))
        self.components = components()
        self.scale = math.sqrt(self.components.sum(1).mean().item())
        table = torch.randn(self.components.shape[1], recipe.width) * 0.1 / self.scale
        if start is not None:
            begin_from(start, [(self.model, load_tune)])
            known = self.model.events.weight.detach()
            table = torch.linalg.lstsq(self.components, known, driver="gelsd").solution
        self.shared = nn.Parameter(table)
        self._compose()
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.others = [
            one for one in self.model.parameters() if one is not self.model.events.weight
        ]
        tables = {id(one.weight) for one in self.model.states.values()}
        plain = [one for one in self.others if one.ndim != 2 or id(one) in tables]  # noqa: PLR2004
        known_ids = {id(one) for one in plain}
        matrices = [one for one in self.others if id(one) not in known_ids]
        self.muon = Muon(matrices, recipe.learning_rate)
        self.adam = torch.optim.AdamW(
            [self.shared, *plain], recipe.embedding_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.taken = 0
        self.waiting: list[list[Reading]] = []
        self.chance = np.random.Generator(np.random.PCG64(int(torch.randint(2**31, ()))))

    def _compose(self) -> None:
        with torch.no_grad():
            self.model.events.weight.copy_(self.components @ self.shared)

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
        before, looks, told, events = padded(self.batch())
        unheard = (torch.rand(before.shape) < recipe.unheard) & (before >= 0)
        before = torch.where(unheard, NOTHING, before)
        with computing_in(recipe.precision):
            logits = self.model(before, looks, told, recipe.leave_out)
        loss = _nats(logits, events)
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        slope = self.model.events.weight.grad
        if slope is not None:
            self.shared.grad = self.components.T @ slope / self.scale
        nn.utils.clip_grad_norm_([*self.others, self.shared], 1.0)
        self.muon.step()
        self.adam.step()
        self._compose()
        update_average(self.average, self.model, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        figures = {"loss": loss.item()}
        if self.taken % CHECKED == 0:
            figures["held_bits"] = bits_per_event(self.average, self.held)
        return figures

    def batch(self) -> list[Reading]:
        """Parts of about the same length."""
        if not self.waiting:
            p = self.lengths / self.lengths.sum()
            size = self.recipe.batch_size
            some = self.chance.choice(len(p), AHEAD * size, p=p)
            found = [read(drawn(self.train[int(i)], self.chance), self.chance) for i in some]
            found.sort(key=lambda one: len(one.events))
            order = self.chance.permutation(AHEAD)
            self.waiting = [found[i * size : (i + 1) * size] for i in order]
        return self.waiting.pop()

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
        """Return rolls of held-out tunes, and of what the averaged model writes."""
        real = [(bars_of(one.bars), METRES[one.tune.metre].steps, REAL) for one in self.shown]
        fiddler, fresh = Fiddler.of(self.average), []
        for seed, dance in enumerate(DANCES):
            steps = METRES[DANCES[dance]].steps
            free = np.full(MOST_BARS * steps, ANY)
            wish = Wish(dance, "major", MOST_BARS, closes=True, accidentals=True, kept=free)
            *_, bars = write(fiddler, wish, normal(seed, SHAPE, "tune"), Chances())
            fresh.append((bars_of(bars), steps, DRAWN))
        return sheet_of([*([one] for one in real[:ROLLS]), *([one] for one in fresh)])

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        save_tune(self.average, folder)


def components() -> Float[Tensor, "V K"]:
    """A: what every event consists of, zeros and ones; its own part is the last V columns."""
    found: list[set[str]] = []
    for one in range(NUM_EVENTS):
        token, length = symbol_of(one)
        kind = "note" if token >= FIRST else "hold" if token == HOLD else "rest"
        mine = {f"kind {kind}", f"length {length}", f"{kind} of length {length}"}
        if token >= FIRST:
            mine |= {f"pitch {token}", f"class {token % 12}"}
        found.append(mine)
    found += [{f"look {one}"} for one in range(NUM_LOOKS - NUM_EVENTS)]
    names = {one: i for i, one in enumerate(sorted(set().union(*found)))}
    table = torch.zeros(len(found), len(names) + len(found))
    for row, mine in enumerate(found):
        table[row, [names[one] for one in mine]] = 1
        table[row, len(names) + row] = 1
    return table


@torch.no_grad()
def bits_per_event(model: TuneLSTM, rows: Sequence[Reading]) -> float:
    """How many bits an event costs where nothing is told ahead."""
    nats, count = 0.0, 0
    for at in range(0, len(rows), 32):
        before, looks, told, events = padded(rows[at : at + 32])
        number = int((events >= 0).sum())
        nats += float(_nats(model(before, looks, told), events)) * number
        count += number
    return nats / count / math.log(2)


def padded(rows: Sequence[Reading]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What is heard and what is to be foretold: before, looks, told and events.

    Events are -100 after the end.
    """
    longest = max(len(one.events) for one in rows)
    shape = (len(rows), longest)
    events = torch.full(shape, -100, dtype=torch.long)
    before = torch.full(shape, -1, dtype=torch.long)
    looks = torch.zeros(*shape, rows[0].looks.shape[1], dtype=torch.long)
    told = torch.zeros(*shape, rows[0].told.shape[1], dtype=torch.long)
    for i, one in enumerate(rows):
        size = len(one.events)
        events[i, :size] = torch.from_numpy(one.events)
        before[i, 1:size] = events[i, : size - 1]
        looks[i, :size] = torch.from_numpy(one.looks)
        told[i, :size] = torch.from_numpy(one.told)
    return before, looks, told, events


def _nats(logits: Float[Tensor, "N T V"], events: Tensor) -> Tensor:
    return functional.cross_entropy(logits.float().flatten(0, 1), events.flatten())
