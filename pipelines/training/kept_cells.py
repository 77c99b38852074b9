"""Which cells of a map are kept, drawn at random: what an artist may do, for a prior to learn.

Half of the maps keep nothing. The others keep the upper, lower, left or right part, a rectangle
or all but a rectangle, or what smooth noise says, as a brush might.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool
from torch import Tensor
from torch.nn import functional

__all__ = ["draw_kept"]

KINDS = 5
"""Ways to keep cells: part above, below, at a side; rectangles; blobs."""


def draw_kept(count: int, side: int) -> Bool[Tensor, "N r r"]:
    """Draw masks of kept cells; every map has cells that are not kept.

    All randomness comes from torch's generator, which checkpoints keep.
    """
    kept = torch.zeros(count, side, side, dtype=torch.bool)
    for i in range(count):
        if torch.rand(()) < 0.5:  # noqa: PLR2004 - half keep nothing
            continue
        drawn = _drawn(int(torch.randint(0, KINDS, ())), side)
        if not drawn.all():
            kept[i] = drawn
    return kept


def _drawn(kind: int, side: int) -> Bool[Tensor, "r r"]:
    kept = torch.zeros(side, side, dtype=torch.bool)
    if kind < 3:  # noqa: PLR2004 - a part, or its mirror images
        edge = int(torch.randint(side // 4, 3 * side // 4 + 1, ()))
        kept[:edge] = True
        return (kept, kept.flip(0), kept.T if torch.rand(()) < 0.5 else kept.T.flip(1))[kind]  # noqa: PLR2004
    if kind == 3:  # noqa: PLR2004 - a rectangle stays, or is drawn again
        (top, left), (tall, wide) = (torch.randint(0, side, (2,)), torch.randint(2, side, (2,)))
        kept[top : top + tall, left : left + wide] = True
        return kept if torch.rand(()) < 0.5 else ~kept  # noqa: PLR2004
    coarse = torch.rand(1, 1, 5, 5)
    smooth = functional.interpolate(coarse, (side, side), mode="bicubic", align_corners=True)[0, 0]
    share = 0.2 + 0.6 * float(torch.rand(()))
    return smooth > smooth.flatten().quantile(share)
