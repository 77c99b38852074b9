"""Variational autoencoder of melodies: a vector for 2 or 4 bars.

    q(z | x) = N(mu(x), sigma(x)^2),    p(x | z) = prod_t p(x_t | f_t(z), x_1 ... x_(t-1))

(Roberts et al. 2018, MusicVAE, https://arxiv.org/abs/1803.05428.) The encoder is a bidirectional
GRU (Cho et al. 2014, https://arxiv.org/abs/1406.1078) over quarters of four sixteenths. The
decoder has two parts, as there a conductor and a player. The *plan* f gives what z wants at every
sixteenth, all at once: a vector a bar, scaled and shifted by a learned gain and bias of each
quarter of the bar, two residual blocks, then four sixteenths out of each. The *player* is a narrow
GRU that goes from step to step, hears the plan, the last token and the pitch that sounds, and so
keeps a line together. It is too narrow to write tunes without the plan, so that z keeps its say,
and cheap enough to run in NumPy (`pipelines.music.melody_writing`). The numbers of z that are tied
to attributes pull at its choices directly as well (`pipelines.music.tilt`).

Legend: N batch, Z width of z, T steps, B bars, P width of a quarter, W width of the plan, M width
of the player, E width of an embedding, V number of tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.grid import BARS, METRES, MOST_BARS, MOST_STEPS, NUM_TOKENS
from pipelines.music.tilt import GAINS, tilts

__all__ = ["Block", "Decoder", "Encoder", "MelodySizes", "Shape", "heard"]

NUM_MODES = 2
"""Major and minor, as the network tells modes apart by their third."""
QUARTER = 4
"""Sixteenths that are read and planned at once; the bars of all metres are whole quarters."""


@dataclass(frozen=True)
class Shape:
    """What all melodies of a batch have in common.

    Attributes:
        metre: Number of the metre in `METRES`.
        bars: Of `BARS`.
    """

    metre: int
    bars: int

    @property
    def bar_steps(self) -> int:
        """Sixteenths of a bar, S."""
        return list(METRES.values())[self.metre].steps

    @property
    def steps(self) -> int:
        """Sixteenths in all, T."""
        return self.bars * self.bar_steps

    @property
    def strengths(self) -> tuple[int, ...]:
        """How strong each sixteenth of a bar is; see `pipelines.music.grid.Metre`."""
        return list(METRES.values())[self.metre].strengths

    @property
    def quarters(self) -> int:
        """Quarters of a bar."""
        return self.bar_steps // QUARTER


@dataclass(frozen=True)
class MelodySizes:
    """Sizes of both halves.

    Attributes:
        z_dim: Width Z of z.
        quarter: Width P of a quarter, in both halves.
        width: Width W of the plan.
        memory: Width M of the player.
        embedding: Width E of embeddings.
        reading: Width of the encoder's GRU, each way.
    """

    z_dim: int = 64
    quarter: int = 192
    width: int = 128
    memory: int = 128
    embedding: int = 48
    reading: int = 192


class Encoder(nn.Module):
    """Tokens -> mean and log variance of z."""

    def __init__(self, sizes: MelodySizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = sizes.quarter
        self.tokens = nn.Embedding(NUM_TOKENS, sizes.embedding)
        self.sounding = nn.Embedding(NUM_TOKENS + 1, sizes.embedding)
        self.folded = nn.Linear(QUARTER * sizes.embedding, width)
        self.places = nn.Parameter(0.1 * torch.randn(len(METRES), MOST_STEPS // QUARTER, width))
        self.bars = nn.Parameter(0.1 * torch.randn(MOST_BARS, width))
        self.modes = nn.Embedding(NUM_MODES, width)
        self.gru = nn.GRU(width, sizes.reading, batch_first=True, bidirectional=True)
        self.out = nn.Sequential(
            nn.Linear(6 * sizes.reading, 2 * sizes.reading),
            nn.SiLU(),
            nn.Linear(2 * sizes.reading, 2 * sizes.z_dim),
        )

    def forward(
        self, tokens: Int[Tensor, "N T"], shape: Shape, modes: Int[Tensor, " N"]
    ) -> tuple[Float[Tensor, "N Z"], Float[Tensor, "N Z"]]:
        """Mean and log variance of z, the latter in [-8, 2].

        Args:
            tokens: See `pipelines.music.grid`.
            shape: Of all melodies.
            modes: 0 for major, 1 for minor.
        """
        sounds = torch.where(tokens > 1, tokens, heard(tokens))
        steps = self.tokens(tokens) + self.sounding(sounds)
        quarters = self.folded(steps.unflatten(1, (-1, QUARTER)).flatten(2))
        place = self.places[shape.metre, : shape.quarters]
        where = (self.bars[: shape.bars, None] + place).flatten(0, 1)
        x = nn.functional.silu(quarters + where + self.modes(modes)[:, None])
        read, last = self.gru(x)
        ends = last.transpose(0, 1).flatten(1)
        found = self.out(torch.cat([ends, read.mean(dim=1), read.amax(dim=1)], dim=1))
        mean, log_variance = found.chunk(2, dim=1)
        return mean, log_variance.clamp(-8.0, 2.0)


class Decoder(nn.Module):
    """z -> plan -> tokens; see the module."""

    def __init__(self, sizes: MelodySizes) -> None:
        super().__init__()
        self.sizes = sizes
        width, places = sizes.quarter, (len(METRES), MOST_STEPS // QUARTER)
        self.metres = nn.Embedding(len(METRES), width)
        self.lengths = nn.Embedding(len(BARS), width)
        self.modes = nn.Embedding(NUM_MODES, width)
        self.seen = nn.Linear(sizes.z_dim, width)
        self.bars = nn.Linear(width, MOST_BARS * width)
        self.direct = nn.Linear(sizes.z_dim, MOST_BARS * width)
        self.gain = nn.Parameter(0.3 * torch.randn(*places, width))
        self.bias = nn.Parameter(0.3 * torch.randn(*places, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.unfolded = nn.Linear(width, QUARTER * sizes.width)
        self.tokens = nn.Embedding(NUM_TOKENS + 1, sizes.embedding)
        self.sounding = nn.Embedding(NUM_TOKENS + 1, sizes.embedding)
        self.gru = nn.GRU(sizes.width + 2 * sizes.embedding, sizes.memory, batch_first=True)
        self.said = nn.Linear(sizes.memory, NUM_TOKENS)
        self.wanted = nn.Linear(sizes.width, NUM_TOKENS)
        self.gains: Tensor
        self.register_buffer("gains", torch.tensor(GAINS))

    def plan(
        self, z: Float[Tensor, "N Z"], shape: Shape, modes: Int[Tensor, " N"]
    ) -> Float[Tensor, "N T W"]:
        """What z wants at every step.

        Args:
            z: Latents.
            shape: Of all melodies.
            modes: 0 for major, 1 for minor.
        """
        asked = self.metres.weight[shape.metre] + self.lengths.weight[BARS.index(shape.bars)]
        whole = nn.functional.silu(self.seen(z) + asked + self.modes(modes))
        bars = (self.bars(whole) + self.direct(z)).unflatten(1, (MOST_BARS, -1))
        bars = bars[:, : shape.bars, None]
        gain, bias = (x[shape.metre, : shape.quarters] for x in (self.gain, self.bias))
        quarters = (bars * (1 + gain) + bias).flatten(1, 2)
        for block in self.blocks:
            quarters = block(quarters)
        steps: Tensor = self.unfolded(quarters).unflatten(2, (QUARTER, -1)).flatten(1, 2)
        return nn.functional.silu(steps)

    def forward(
        self,
        z: Float[Tensor, "N Z"],
        tokens: Int[Tensor, "N T"],
        shape: Shape,
        modes: Int[Tensor, " N"],
        forgotten: float = 0.0,
    ) -> Float[Tensor, "N T V"]:
        """Logits of every token, given those before it.

        Args:
            z: Latents.
            tokens: What is to be told; see `pipelines.music.grid`.
            shape: Of all melodies.
            modes: 0 for major, 1 for minor.
            forgotten: Share of steps at which the player does not hear what came before (word
                dropout, Bowman et al. 2016, https://arxiv.org/abs/1511.06349).
        """
        plan = self.plan(z, shape, modes)
        before = torch.cat([torch.full_like(tokens[:, :1], NUM_TOKENS), tokens[:, :-1]], dim=1)
        sounds = heard(tokens)
        if forgotten:
            lost = torch.rand(tokens.shape, device=tokens.device) < forgotten
            before = torch.where(lost, NUM_TOKENS, before)
            sounds = torch.where(lost, NUM_TOKENS, sounds)
        x = torch.cat([plan, self.tokens(before), self.sounding(sounds)], dim=2)
        asked = torch.from_numpy(tilts(tokens.numpy(force=True), shape.strengths)).to(z.device)
        tilted = torch.einsum("ntav,na->ntv", asked, self.pull(z))
        logits: Tensor = self.said(self.gru(x)[0]) + self.wanted(plan) + tilted
        return logits

    def pull(self, z: Float[Tensor, "N Z"]) -> Float[Tensor, "N A"]:
        """How much z pulls by each attribute; see `pipelines.music.tilt`."""
        return self.gains * z[:, : len(ATTRIBUTES)]


def heard(tokens: Int[Tensor, "N T"]) -> Int[Tensor, "N T"]:
    """The token of the note that was begun last before each step; `NUM_TOKENS` before any."""
    steps = torch.arange(tokens.shape[1], device=tokens.device)
    begun = torch.where(tokens > 1, steps, -1)
    last = begun.cummax(dim=1).values
    last = torch.cat([torch.full_like(last[:, :1], -1), last[:, :-1]], dim=1)
    found = tokens.gather(1, last.clamp_min(0))
    return torch.where(last < 0, NUM_TOKENS, found)


class Block(nn.Module):
    """A residual block of two layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.SiLU(),
            nn.Linear(2 * width, width),
        )

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """X and what the layers add to it."""
        changed: Tensor = x + self.layers(x)
        return changed
