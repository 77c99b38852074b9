"""Teaching the plan to obey the numbers of z that attributes are tied to.

What is read off a melody ties z_a to attribute a; this ties what is written of *any* z to it:

    loss = sum_a (1 - corr(s_a(p(z)), z_a)),    z ~ N(0, I)

with p the chances of every step where the player hears nothing but the plan, and s_a attributes
(`pipelines.music.attributes`) in which a note that is begun with chance o_t at expected pitch e_t
counts o_t times:

    x_t = x_(t-1) + o_t (e_t - x_(t-1))        what sounds
    m_t = m_(t-1) + o_t (e_t - x_(t-1) - m_(t-1))    the last move of the line
    b_t = b_(t-1) + o_t (strength_t - b_(t-1))    how strong the step is that it began on

A correlation asks that z_a decides the attribute, and leaves its mean and spread to the data.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.grid import FIRST, HIGHEST, HOLD, LOWEST, METRES
from pipelines.networks.melody import Decoder, Shape

__all__ = ["disobedience", "expected", "unlike"]

TURN = 2.0
"""Steepness of the sign of the product of two moves, per square semitone."""
STILL = 1e-12
"""Variance of what does not vary; the slope of its root would be infinite."""


def expected(chances: Float[Tensor, "N T V"], shape: Shape) -> Float[Tensor, "N A"]:
    """The attributes of melodies of which only the chances of every step are known.

    Returns:
        In the order of `ATTRIBUTES`, in about their own units.
    """
    strengths = list(METRES.values())[shape.metre].strengths * shape.bars
    begins = chances[..., FIRST:].sum(dim=2)
    scale = torch.arange(LOWEST, HIGHEST + 1, dtype=chances.dtype)
    pitch = (chances[..., FIRST:] @ scale) / (begins + 1e-6)
    held = chances[..., HOLD]
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


def disobedience(decoder: Decoder, shape: Shape, count: int) -> Tensor:
    """The loss of the module, on ``count`` draws of z and of the mode."""
    z = torch.randn(count, decoder.sizes.z_dim)
    modes = torch.randint(0, 2, (count,))
    nothing = torch.zeros(count, shape.steps, dtype=torch.long)
    chances = decoder(z, nothing, shape, modes, forgotten=1.0).float().softmax(dim=2)
    return unlike(expected(chances, shape), z[:, : len(ATTRIBUTES)])


def unlike(seen: Float[Tensor, "N A"], wanted: Float[Tensor, "N A"]) -> Tensor:
    """How far each attribute is from rising with its number: 1 less the correlation, summed."""
    seen, wanted = (x - x.mean(dim=0) for x in (seen, wanted))
    deviations = [x.square().mean(dim=0).clamp_min(STILL).sqrt() for x in (seen, wanted)]
    alike = (seen * wanted).mean(dim=0) / (deviations[0] * deviations[1] + 1e-6)
    return (1.0 - alike).sum()
