"""Training of a network that writes poems token by token, in any language.

    loss = - mean log p(c_i | form, c_1 ... c_(i-1))

over the tokens of a batch of poems. Embeddings, which are also the scores of the last layer, and
biases take Adam's steps, every other matrix Muon's. Poems are few: tokens that the network reads
are left out in part (`PoemRecipe.dropout`), and of a Transformer what attention and MLPs add
(`TransformerRecipe.residual_dropout`).
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.networks.writer import TokenWriter
from pipelines.training.autoencoder_kl import schedule
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.precision import computing_in

__all__ = ["PoemRecipe", "PoemTraining", "TransformerRecipe", "made_ready", "nats_of_each"]

STATES = ("model", "average", "muon", "adam")
PAD, UNKNOWN = 0, 1
"""Numbers of ``<pad>`` and ``<unk>`` among the tokens of every poet."""

WriterT = TypeVar("WriterT", bound=TokenWriter)


@dataclass(frozen=True)
class PoemRecipe:
    """Settings of one training run.

    Attributes:
        batch_tokens: Tokens of a step.
        learning_rate: Peak rate of Muon, after a short warm-up and before a cosine decay.
        embedding_rate: The same of the embeddings.
        ema: Decay of the averaged weights, which are what is exported.
        dropout: Share of the tokens that the network does not see, in training.
        precision: What the network computes in, "float32" or "bfloat16".
    """

    batch_tokens: int = 2000
    learning_rate: float = 5e-3
    embedding_rate: float = 3e-3
    ema: float = 0.99
    dropout: float = 0.0
    precision: str = "float32"


@dataclass(frozen=True)
class TransformerRecipe(PoemRecipe):
    """Settings of a run of a Transformer.

    Attributes:
        residual_dropout: Share of what attention and MLPs add that is left out, in training: poems
            are few, and without it the network knows them by heart after five rounds.
        width: See :class:`pipelines.networks.verse.PoemSizes`.
        hidden: See there.
        num_layers: See there.
        num_heads: See there.
    """

    residual_dropout: float = 0.0
    width: int = 192
    hidden: int = 512
    num_layers: int = 4
    num_heads: int = 6

    def sizes(self, num_tokens: int, length: int) -> PoemSizes:
        """Of a network for so many tokens, and sequences of at most ``length``."""
        return PoemSizes(
            num_tokens=num_tokens,
            width=self.width,
            hidden=self.hidden,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            length=length,
        )


class PoemTraining(ABC, Generic[WriterT]):
    """One run; see :class:`pipelines.training.loop.Trainable`.

    Args:
        recipe: Settings.
        model: The network to train.
        poems: Sequences of tokens, rows of one length under a name; 0 is what fills a row.
        held: The same that are not trained on.
    """

    num_special: ClassVar[int]
    """Tokens before the first word."""
    checked: ClassVar[int] = 100
    """Steps between two looks at held poems."""

    def __init__(
        self,
        recipe: PoemRecipe,
        model: WriterT,
        poems: Mapping[str, Tensor],
        held: Mapping[str, Tensor],
    ) -> None:
        self.recipe, self.model = recipe, model
        self.poems, self.held = poems, held
        self.average = copy.deepcopy(model).requires_grad_(requires_grad=False).eval()
        tables = {id(one.weight) for one in model.modules() if isinstance(one, nn.Embedding)}
        learning = [one for one in model.parameters() if one.requires_grad]
        plain = [one for one in learning if one.ndim == 1 or id(one) in tables]
        taken = {id(one) for one in plain}
        matrices = [one for one in learning if id(one) not in taken]
        self.muon = Muon(matrices, recipe.learning_rate)
        self.adam = torch.optim.AdamW(
            plain, recipe.embedding_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.taken = 0

    def logits(self, seen: Int[Tensor, "N L"]) -> Float[Tensor, "N L V"]:
        """Of the token after each, in training."""
        found: Tensor = self.model(seen)
        return found

    @abstractmethod
    def held_bits(self) -> float:
        """Bits a character of some held poems."""

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
            hidden = (torch.rand(seen.shape) < recipe.dropout) & (seen >= self.num_special)
            seen = torch.where(hidden, UNKNOWN, seen)
        with computing_in(recipe.precision):
            logits = self.logits(seen)
        wanted = tokens[:, 1:]
        loss = nats_of_each(logits, wanted)[wanted != PAD].mean()
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.muon.step()
        self.adam.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 8 / (9 + self.taken)))
        figures = {"loss": loss.item()}
        if self.taken % self.checked == 0:
            figures["held_bits"] = self.held_bits()
        return figures

    def batch(self) -> Int[Tensor, "N L"]:
        """Draw poems of one name, a name as often as it has tokens."""
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

    @abstractmethod
    def sheet(self) -> str:
        """Return a few poems as the averaged model writes them."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write the model folder."""


def made_ready(model: PoemTransformer, residual_dropout: float) -> PoemTransformer:
    """A Transformer that trains: what it adds is left out in part, the scales of norms stand."""
    for one in model.parameters():
        one.requires_grad_(one.ndim > 1)  # the scale of a norm: the matrix after it has it too
    if residual_dropout:
        for layer in model.model.layers:
            for part in ("self_attn", "mlp"):
                leaves_out = _leaves_out(residual_dropout)
                layer.get_submodule(part).register_forward_hook(leaves_out)
    return model


def _leaves_out(share: float) -> Callable[[nn.Module, object, Tensor], Tensor]:
    """A hook that leaves out a share of what a part of the network gives."""
    return lambda part, given, found: functional.dropout(found, share, part.training)


def nats_of_each(
    logits: Float[Tensor, "N L V"], tokens: Int[Tensor, "N L"]
) -> Float[Tensor, "N L"]:
    """Nats of every token."""
    return functional.cross_entropy(
        logits.float().flatten(0, 1), tokens.flatten(), reduction="none"
    ).view_as(tokens)
