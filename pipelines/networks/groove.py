"""Variational autoencoder of drum patterns: a vector for two bars.

    q(z | x, c) = N(mu(x, c), sigma(x, c)^2),    p(x | z, c) = prod_td p(x_td | f_td(z, c))

(Roberts et al. 2018, MusicVAE, https://arxiv.org/abs/1803.05428; Gillick et al. 2019, GrooVAE,
https://arxiv.org/abs/1905.06118.) x_td is the level of drum d at sixteenth t
(`pipelines.music.drum_grid`), c the style, or that none is told. The encoder is a bidirectional
GRU over beats. The decoder says all cells at once: a vector a bar, scaled and shifted by a learned
gain and bias of each beat of the bar, residual blocks, which a bidirectional GRU joins to one
another, then four sixteenths of all drums out of each. Drums need no player that goes from step to
step, as a melody does: what they strike is nearly settled by z. Both bars begin as one vector, as
most grooves say a bar twice; what tells them apart is learnt on top of it.

Legend: N batch, Z width of z, T steps, D drums, L levels, P width of a beat.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from pipelines.music.drum_grid import BAR, LANES, LEVELS, STEPS
from pipelines.networks.melody import QUARTER, Block

__all__ = ["Decoder", "Encoder", "GrooveSizes"]

BARS, BEATS = STEPS // BAR, BAR // QUARTER
DROPPED = 0.1
"""Share of a beat's vector that is left out, in training."""
CELLS = len(LANES) * LEVELS


@dataclass(frozen=True)
class GrooveSizes:
    """Sizes of both halves.

    Attributes:
        num_styles: Styles that can be told; their number itself stands for none.
        z_dim: Width Z of z.
        beat: Width P of a beat, in both halves.
        reading: Width of the GRUs, each way.
    """

    num_styles: int
    z_dim: int = 32
    beat: int = 160
    reading: int = 96


class Encoder(nn.Module):
    """Levels -> mean and log variance of z."""

    def __init__(self, sizes: GrooveSizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = sizes.beat
        self.cells = nn.Linear(QUARTER * CELLS, width)
        self.places = nn.Parameter(0.1 * torch.randn(BARS * BEATS, width))
        self.styles = nn.Embedding(sizes.num_styles + 1, width)
        self.gru = nn.GRU(width, sizes.reading, batch_first=True, bidirectional=True)
        self.out = nn.Sequential(
            nn.Linear(4 * sizes.reading, 2 * sizes.reading),
            nn.SiLU(),
            nn.Linear(2 * sizes.reading, 2 * sizes.z_dim),
        )

    def forward(
        self, levels: Int[Tensor, "N T D"], styles: Int[Tensor, " N"]
    ) -> tuple[Float[Tensor, "N Z"], Float[Tensor, "N Z"]]:
        """Mean and log variance of z, the latter in [-8, 2]."""
        told = nn.functional.one_hot(levels, LEVELS).flatten(2).float()
        beats = self.cells(told.reshape(len(told), BARS * BEATS, -1))
        x = nn.functional.silu(beats + self.places + self.styles(styles)[:, None])
        read, last = self.gru(x)
        ends = last.transpose(0, 1).flatten(1)
        mean, log_variance = self.out(torch.cat([ends, read.mean(dim=1)], dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-8.0, 2.0)


class Decoder(nn.Module):
    """z -> logits of every level of every cell; see the module."""

    def __init__(self, sizes: GrooveSizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = sizes.beat
        self.styles = nn.Embedding(sizes.num_styles + 1, width)
        self.seen = nn.Linear(sizes.z_dim, width)
        self.bar = nn.Linear(sizes.z_dim + width, width)
        self.apart = nn.Linear(width, BARS * width)
        nn.init.normal_(self.apart.weight, std=0.01)
        self.gain = nn.Parameter(0.3 * torch.randn(BEATS, width))
        self.bias = nn.Parameter(0.3 * torch.randn(BEATS, width))
        self.dropped = nn.Dropout(DROPPED)
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.gru = nn.GRU(width, sizes.reading, batch_first=True, bidirectional=True)
        self.heard = nn.Linear(2 * sizes.reading, width)
        self.out = nn.Linear(width, QUARTER * CELLS)

    def forward(
        self, z: Float[Tensor, "N Z"], styles: Int[Tensor, " N"]
    ) -> Float[Tensor, "N T D L"]:
        """Logits of every level of every cell."""
        whole = nn.functional.silu(self.seen(z) + self.styles(styles))
        both = self.bar(torch.cat([z, whole], dim=1))[:, None, None]
        bars = both + self.apart(whole).unflatten(1, (BARS, 1, -1))
        beats = self.dropped((bars * (1 + self.gain) + self.bias).flatten(1, 2))
        first, second = self.blocks
        beats = first(beats)
        beats = second(beats + self.heard(self.gru(beats)[0]))
        steps = self.out(nn.functional.silu(beats)).unflatten(2, (QUARTER, len(LANES), LEVELS))
        logits: Tensor = steps.flatten(1, 2)
        return logits
