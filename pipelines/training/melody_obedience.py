"""Teaching what is written to obey the numbers of z that attributes are tied to.

What is read off a melody ties z_a to attribute a; this ties what is written of *any* z to it. For
draws z ~ N(0, I) the player writes melodies x(z), as it will for an artist, and

    loss = sum_a (1 - corr(s_a(x(z)), z_a)) + m sum_a [ L(mean_a) + L(deviation_a - 1) ]

where s_a are the attributes (`pipelines.music.attributes`), L(x) = log(1 + x^2), and means and
deviations are those of s_a over the draws, told in those of real melodies. A correlation asks that
z_a decides the attribute; the second part (moment matching, Li et al. 2015,
https://arxiv.org/abs/1502.02761) that draws are spread as real melodies are.

Notes are counted, so that the values have no slope. It is taken (straight through, Bengio et al.
2013, https://arxiv.org/abs/1308.3432) of attributes in which a note counts as often as its chance
says: o_t that one begins, h_t that one is held, e_t its pitch,

    x_t = x_(t-1) + o_t (e_t - x_(t-1))        what sounds
    m_t = m_(t-1) + o_t (e_t - x_(t-1) - m_(t-1))    the last move of the line
    b_t = b_(t-1) + o_t (strength_t - b_(t-1))    how strong the step is that it began on

with o, h and e themselves 1, 0 or the pitch that was written, and the slope of their chances.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.grid import FIRST, HIGHEST, HOLD, LOWEST, METRES, scale_tokens
from pipelines.music.melody_writing import Plan, Player
from pipelines.networks.melody import Decoder, Shape
from pipelines.training.melody_scores import measured

__all__ = ["Spread", "disobedience", "expected", "spread_of"]

TURN = 2.0
"""Steepness of the sign of the product of two moves, per square semitone."""
MODES = ("major", "minor")


@dataclass(frozen=True)
class Spread:
    """Means and deviations of the attributes of real melodies of one shape, each [A]."""

    mean: Float[Tensor, " A"]
    deviation: Float[Tensor, " A"]


def spread_of(tokens: Int[Tensor, "N T"], shape: Shape) -> Spread:
    """Of the melodies of a shape."""
    values = torch.from_numpy(measured(tokens.numpy(), shape)).float()
    return Spread(values.mean(dim=0), values.std(dim=0, correction=0).clamp_min(0.05))


def expected(
    chances: Float[Tensor, "N T V"], tokens: Int[Tensor, "N T"], shape: Shape
) -> Float[Tensor, "N A"]:
    """The attributes of melodies with the slope of the chances of every step; see the module.

    Args:
        chances: Of every token.
        tokens: What was written.
        shape: Of all melodies.

    Returns:
        In the order of `ATTRIBUTES`; the values are near those of the melodies, not quite theirs.
    """
    strengths = list(METRES.values())[shape.metre].strengths * shape.bars
    scale = torch.arange(LOWEST, HIGHEST + 1, dtype=chances.dtype)
    likely = chances[..., FIRST:].sum(dim=2)
    wanted = (chances[..., FIRST:] @ scale) / (likely + 1e-6)
    written = (tokens >= FIRST).to(chances.dtype)
    begins = _straight(written, likely)
    pitch = torch.where(
        tokens >= FIRST, _straight(tokens.to(wanted.dtype) - FIRST + LOWEST, wanted), wanted
    )
    held = _straight((tokens == HOLD).to(chances.dtype), chances[..., HOLD])
    x, move, begun = pitch[:, 0], torch.zeros(len(chances)), torch.full((len(chances),), 4.0)
    leaps, turns, off, line = [], [], [], [x]
    for t in range(1, shape.steps):
        here, step = begins[:, t], pitch[:, t] - x
        leaps.append(here * step.abs())
        turns.append(here * torch.sigmoid(-TURN * step * move))
        off.append(held[:, t] * (strengths[t] - begun).clamp_min(0.0))
        x, move = x + here * step, move + here * (step - move)
        begun = begun + here * (strengths[t] - begun)
        line.append(x)
    sounds, pairs = torch.stack(line, dim=1), begins[:, 1:].sum(dim=1) + 1e-6
    found = {
        "density": begins.sum(dim=1) / shape.bars,
        "pitch": sounds.mean(dim=1),
        "range": sounds.std(dim=1),
        "syncopation": torch.stack(off).sum(dim=0) / shape.bars,
        "leaps": torch.stack(leaps).sum(dim=0) / pairs,
        "calm": 1.0 - torch.stack(turns).sum(dim=0) / pairs,
    }
    return torch.stack([found[name] for name in ATTRIBUTES], dim=1)


def _straight(value: Tensor, slope: Tensor) -> Tensor:
    """``value`` with the derivative of ``slope``."""
    return value + (slope - slope.detach())


def disobedience(
    decoder: Decoder, shape: Shape, count: int, real: Spread, moments: float
) -> tuple[Tensor, Tensor]:
    """The loss of the module on ``count`` draws of z, and its first part alone.

    Args:
        decoder: Under training.
        shape: Of the melodies.
        count: Draws, 2 or more.
        real: Of real melodies of this shape.
        moments: Weight m of the second part.
    """
    z = torch.randn(count, decoder.sizes.z_dim)
    minor = int(torch.randint(0, 2, ()))
    modes = torch.full((count,), minor)
    plan = Plan.of(decoder, z, shape, modes)
    written = Player.of(decoder).write(plan, scale_tokens(MODES[minor]))
    tokens = torch.from_numpy(written)
    chances = decoder(z, tokens, shape, modes).float().softmax(dim=2)
    values = torch.from_numpy(measured(written, shape)).float()
    seen = (_straight(values, expected(chances, tokens, shape)) - real.mean) / real.deviation
    mean, wanted = seen.mean(dim=0), z[:, : len(ATTRIBUTES)]
    deviation = (seen - mean).square().mean(dim=0).add(1e-6).sqrt()
    wanted = (wanted - wanted.mean(dim=0)) / wanted.std(dim=0, correction=0)
    alike = ((seen - mean) * wanted).mean(dim=0) / deviation
    against = (1.0 - alike).sum()
    apart = (mean.square().log1p() + (deviation - 1.0).square().log1p()).sum()
    return against + moments * apart, against
