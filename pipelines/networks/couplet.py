"""Variational autoencoder of couplets: a vector for two lines of English verse.

    q(z | x) = N(mu(x), sigma(x)^2),    p(x | z) = prod_t p(x_t | z, x_(t-R) ... x_(t-1), place)

(Bowman et al. 2016, https://arxiv.org/abs/1511.06349.) The encoder is a bidirectional GRU (Cho et
al. 2014, https://arxiv.org/abs/1406.1078) over words. The decoder hears no more than the last R
words (Bengio et al. 2003, https://www.jmlr.org/papers/v3/bengio03a.html), where it is in the line,
and in the second line the word that the first ended with and how long it was; all else it has to
have from z. A decoder of short reach keeps listening to z (Yang et al. 2017,
https://arxiv.org/abs/1702.08139), and a word that changes changes few of those after it, so that
near z give near couplets.

Legend: N batch, Z width of z, T tokens, R reach, E width of an embedding, W width of the decoder,
V number of tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.verse.couplet_words import MOST, PAD, UNKNOWN

__all__ = ["CoupletSizes", "Decoder", "Encoder", "Traits"]

LONGEST = 24
"""Most syllables of a line that are told apart."""


@dataclass(frozen=True)
class CoupletSizes:
    """Sizes of both halves.

    Attributes:
        num_tokens: Tokens of the lexicon, V.
        z_dim: Width Z of z.
        reach: How many words R the decoder hears.
        embedding: Width E of embeddings.
        width: Width W of the decoder.
        num_blocks: Residual blocks of the decoder.
        reading: Width of the encoder's GRU, each way.
    """

    num_tokens: int
    z_dim: int = 64
    reach: int = 5
    embedding: int = 160
    width: int = 320
    num_blocks: int = 2
    reading: int = 192


@dataclass(frozen=True)
class Traits:
    """Where in a couplet each token stands; see `pipelines.training.couplet_data.Couplets`.

    Attributes:
        lines: 0 or 1, shape [N, T].
        places: Tokens of the line before, shape [N, T].
        syllables: Of the line before, shape [N, T].
        first: Syllables of the first line; 0 while it is told, shape [N, T].
        answers: Its last word; `PAD` while it is told, shape [N, T].
    """

    lines: Int[Tensor, "N T"]
    places: Int[Tensor, "N T"]
    syllables: Int[Tensor, "N T"]
    first: Int[Tensor, "N T"]
    answers: Int[Tensor, "N T"]


class Encoder(nn.Module):
    """Tokens -> mean and log variance of z."""

    def __init__(self, sizes: CoupletSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.tokens = nn.Embedding(sizes.num_tokens, sizes.embedding)
        self.gru = nn.GRU(sizes.embedding, sizes.reading, batch_first=True, bidirectional=True)
        self.out = nn.Sequential(
            nn.Linear(4 * sizes.reading, 2 * sizes.reading),
            nn.SiLU(),
            nn.Linear(2 * sizes.reading, 2 * sizes.z_dim),
        )

    def forward(
        self, tokens: Int[Tensor, "N T"], hidden: float = 0.0
    ) -> tuple[Float[Tensor, "N Z"], Float[Tensor, "N Z"]]:
        """Mean and log variance of z, the latter in [-8, 2].

        Args:
            tokens: Couplets, `PAD` after the end.
            hidden: Share of words that are not seen, in training.
        """
        there = tokens != PAD
        if hidden:
            tokens = torch.where(torch.rand(tokens.shape) < hidden, UNKNOWN, tokens)
        lengths = there.sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            self.tokens(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        read, _ = nn.utils.rnn.pad_packed_sequence(
            self.gru(packed)[0], batch_first=True, total_length=tokens.shape[1]
        )
        weights = there[..., None].to(read.dtype)
        mean = (read * weights).sum(dim=1) / weights.sum(dim=1)
        most = read.masked_fill(~there[..., None], -2.0).amax(dim=1)
        center, log_variance = self.out(torch.cat([mean, most], dim=1)).chunk(2, dim=1)
        return center, log_variance.clamp(-8.0, 2.0)


class Decoder(nn.Module):
    """z and what was written -> logits of the next token; see the module."""

    def __init__(self, sizes: CoupletSizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = sizes.width
        self.tokens = nn.Embedding(sizes.num_tokens, sizes.embedding)
        nn.init.normal_(self.tokens.weight, std=sizes.embedding**-0.5)
        self.heard = nn.Linear(sizes.reach * sizes.embedding, width)
        self.places = nn.Embedding(2 * MOST, width)
        self.syllables = nn.Embedding(2 * LONGEST, width)
        self.first = nn.Embedding(LONGEST, width)
        self.answered = nn.Linear(sizes.embedding, width, bias=False)
        self.seen = nn.Linear(sizes.z_dim, (1 + sizes.num_blocks) * width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(sizes.num_blocks))
        self.norm = nn.LayerNorm(width)
        self.said = nn.Linear(width, sizes.embedding)
        self.bias = nn.Parameter(torch.zeros(sizes.num_tokens))

    def forward(
        self,
        z: Float[Tensor, "N Z"],
        tokens: Int[Tensor, "N T"],
        traits: Traits,
        *,
        forgotten: float = 0.0,
        dropout: float = 0.0,
    ) -> Float[Tensor, "N T V"]:
        """Logits of every token, given those before it.

        Args:
            z: Latents.
            tokens: What is to be told.
            traits: Where each stands.
            forgotten: Share of words that are not heard (word dropout, Bowman et al.), in
                training.
            dropout: Of the decoder's features, in training.
        """
        return self.scores(self.features(z, tokens, traits, forgotten, dropout))

    def features(
        self,
        z: Float[Tensor, "N Z"],
        tokens: Int[Tensor, "N T"],
        traits: Traits,
        forgotten: float = 0.0,
        dropout: float = 0.0,
    ) -> Float[Tensor, "N T E"]:
        """What `scores` makes logits of; arguments as of `forward`."""
        reach, count = self.sizes.reach, tokens.shape[1]
        before = functional.pad(tokens, (reach, 0), value=PAD)[:, : count + reach - 1]
        if forgotten:
            lost = (torch.rand(before.shape, device=before.device) < forgotten) & (before != PAD)
            before = torch.where(lost, UNKNOWN, before)
        heard = self.tokens(before).unfold(1, reach, 1).transpose(2, 3).flatten(2)
        at = traits.lines * MOST + traits.places.clamp_max(MOST - 1)
        syllables = traits.lines * LONGEST + traits.syllables.clamp_max(LONGEST - 1)
        x = self.heard(heard) + self.places(at) + self.syllables(syllables)
        second = traits.lines[..., None].to(x.dtype)
        length = self.first(traits.first.clamp_max(LONGEST - 1))
        x = x + second * (length + self.answered(self.tokens(traits.answers)))
        wanted = self.seen(z)[:, None].chunk(1 + len(self.blocks), dim=2)
        x = functional.silu(x + wanted[0])
        for block, wish in zip(self.blocks, wanted[1:], strict=True):
            x = block(x, wish, dropout)
        found: Tensor = self.said(functional.dropout(self.norm(x), dropout, dropout > 0))
        return found

    def scores(
        self, features: Float[Tensor, "*B E"], among: Int[Tensor, " K"] | None = None
    ) -> Float[Tensor, "*B K"]:
        """Logits of what `features` gives, of some tokens or of all."""
        every = slice(None) if among is None else among
        found: Tensor = functional.linear(features, self.tokens.weight[every], self.bias[every])
        return found


class _Block(nn.Module):
    """A residual block of two layers, which hears z in between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.opened = nn.Linear(width, width)
        self.closed = nn.Linear(width, width)
        nn.init.zeros_(self.closed.weight)

    def forward(
        self, x: Float[Tensor, "N T W"], wish: Float[Tensor, "N 1 W"], dropout: float
    ) -> Float[Tensor, "N T W"]:
        """Add what the block finds."""
        inner = functional.silu(self.opened(self.norm(x)) + wish)
        inner = functional.dropout(inner, dropout, dropout > 0)
        found: Tensor = x + self.closed(inner)
        return found
