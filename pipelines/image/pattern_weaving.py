"""Weaves a tile from patches of designs: coarse to fine, by nearest neighbours, around the edges.

Patch nearest neighbours (Granot et al. 2022, https://arxiv.org/abs/2103.15545) on three levels,
1/16, 1/8 and 1/4 of the tile's size. On each the tile x and the design y are latents, and a few
times over

    m(p) = argmin_k  (|patch(x, p) - patch(y, k)|^2 + c_k(p)) / (a + least_k)
    x(p) = sum over o of g(o) y(m(p + o) - o)

every place takes the patch of the design that is most like it, and each latent the mean of what
the patches around say (texture optimisation, Kwatra et al. 2005,
https://doi.org/10.1145/1073204.1073263). On the coarsest level all patches are tried, and
``least``, the distance of patch k to whatever is nearest to it in the tile, asks that all of the
design is used; it is 1 elsewhere, where only patches are tried that continue those of the
neighbours (Ashikhmin 2001, https://doi.org/10.1145/364338.364405; Lefebvre and Hoppe 2005,
https://doi.org/10.1145/1073204.1073261), which is quick. The field of the latent is the first x.

Nothing knows where it is and everything wraps, so tiles have no seam and may be of any size.
Patches are compared as whole numbers, so that their sums are exact in any order.
Two designs at once lie side by side on one canvas. Each place leans to one of them: the cost c is
what the patches of the other seem further away there.

Legend: C channels, K of them compared, h and w places, D numbers in a patch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from pipelines.networks.pattern import around

__all__ = ["CELL", "Canvas", "canvases", "weave"]

CELL = 16
"""Pixels per place on the coarsest level, a side."""
GRAIN, MOST = 12.0, 40.0
"""Latents are compared as multiples of 1 / GRAIN, at most MOST of them."""
RADII, ROUNDS = (2, 2, 1), (6, 3, 2)
"""Radius of patches and rounds on each level."""
SPREADS = (1.0, 1.0, 0.7)
"""Deviation of g on each level, in places."""
LAST = 0.45
"""That of the very last mean: little, so that lines stay crisp."""
FRESH = 0.05
"""a, as a share of the mean distance: the smaller, the more of the design is used."""
CHUNK = 1 << 14
"""Places compared at once; bounds the memory of a large tile."""
FAR = 1e12


@dataclass(frozen=True)
class Canvas:
    """The designs on one level.

    Attributes:
        latents: Side by side, shape [h * w, C].
        keys: Every patch as whole numbers, shape [h * w, D].
        sizes: Their squared lengths, shape [h * w].
        valid: Whether a patch lies within one design, shape [h * w].
        owner: Which design a place is of, shape [h * w].
        shape: h and w.
        radius: Of the patches.
        compared: K.
    """

    latents: Tensor
    keys: Tensor
    sizes: Tensor
    valid: Tensor
    owner: Tensor
    shape: tuple[int, int]
    radius: int
    compared: int


def patches(x: Float[Tensor, "C h w"], compared: int, radius: int) -> Float[Tensor, "P D"]:
    """Return the patch around every place of a tile as whole numbers, row by row."""
    whole = (x[None, :compared] * GRAIN).round().clamp(-MOST, MOST)
    padded = around(whole, radius, wrap=True)
    return functional.unfold(padded, 2 * radius + 1)[0].T.contiguous()


def canvases(designs: Sequence[Tensor], compared: int) -> list[Canvas]:
    """Lay designs [C, h, w] side by side on every level, coarsest first.

    Args:
        designs: Latents at 1/4 of the size; what is left over multiples of four is cut off.
        compared: K.
    """
    found = []
    for radius, factor in zip(RADII, (4, 2, 1), strict=True):
        parts = [_pooled(one, factor) for one in designs]
        height = max(part.shape[1] for part in parts)
        filled = [functional.pad(part, (0, 0, 0, height - part.shape[1])) for part in parts]
        whole = torch.cat(filled, dim=2)
        owner = torch.cat(
            [torch.full((height, part.shape[2]), i) for i, part in enumerate(parts)], dim=1
        )
        inside = [_inside(part.shape[1:], height, radius) for part in parts]
        keys = patches(whole, compared, radius)
        found.append(
            Canvas(
                whole.flatten(1).T.contiguous(),
                keys,
                keys.square().sum(dim=1),
                torch.cat(inside, dim=1).flatten(),
                owner.flatten(),
                (height, whole.shape[2]),
                radius,
                compared,
            )
        )
    return found


def _pooled(design: Tensor, factor: int) -> Tensor:
    height, width = (side // 4 * 4 for side in design.shape[1:])
    cut = design[:, :height, :width]
    return cut if factor == 1 else functional.avg_pool2d(cut, factor)


def _inside(sides: Sequence[int], height: int, radius: int) -> Tensor:
    """Where patches do not reach over the edge of a design; small designs keep their middle."""
    valid = torch.zeros(height, sides[1], dtype=torch.bool)
    down, right = (min(radius, (side - 1) // 2) for side in sides)
    valid[down : sides[0] - down, right : sides[1] - right] = True
    return valid


def weave(
    levels: Sequence[Canvas], field: Float[Tensor, "K h w"], lean: Float[Tensor, "h w"]
) -> Float[Tensor, "C H W"]:
    """Return the latents of a tile, four times the size of the field.

    Args:
        levels: See `canvases`.
        field: Standard normal noise, or anything like it.
        lean: Which of two designs each place is of, in mean distances that patches of the other
            one seem further away: above zero the first, below the second.
    """
    x = _first(levels[0], field, lean)
    costs = torch.stack([(-lean).clamp_min(0), lean.clamp_min(0)]).flatten(1)
    match = torch.zeros(0, dtype=torch.long)
    for i, canvas in enumerate(levels):
        if i:
            match = _finer(match, levels[i - 1], canvas)
            x = _mean(canvas, match, 1, SPREADS[i])
        for _ in range(ROUNDS[i]):
            look = _nearest if i == 0 else _continuing
            match = look(canvas, x, match, costs)
            x = _mean(canvas, match, canvas.radius if i == 0 else 1, SPREADS[i])
    return _mean(levels[-1], match, 1, LAST)


def _first(canvas: Canvas, field: Tensor, lean: Tensor) -> Tensor:
    """Noise with the means and deviations of the design that each place is of."""
    made = []
    for i in range(int(canvas.owner.max()) + 1):
        own = canvas.latents[canvas.valid & (canvas.owner == i)]
        mean, deviation = own.mean(dim=0), own.std(dim=0, correction=0)
        x = mean[:, None, None].expand(-1, *field.shape[1:]).clone()
        x[: len(field)] += deviation[: len(field), None, None] * field
        made.append(x)
    return torch.where(lean >= 0, made[0], made[-1])


def _nearest(canvas: Canvas, x: Tensor, _: Tensor, costs: Tensor) -> Tensor:
    """The best patch for every place, among all; index into the canvas, shape [h, w]."""
    chosen = canvas.valid.nonzero()[:, 0]
    keys = canvas.keys[chosen]
    sizes = canvas.sizes[chosen]
    asked = patches(x, canvas.compared, canvas.radius)
    apart = [
        (part.square().sum(dim=1)[:, None] + sizes - 2 * part @ keys.T) for part in _pieces(asked)
    ]
    unit = sum(float(part.sum(dtype=torch.float64)) for part in apart) / (len(asked) * len(keys))
    least = torch.stack([part.amin(dim=0) for part in apart]).amin(dim=0)
    extra = costs[canvas.owner[chosen]].T * unit
    found = [
        ((part + more) / (FRESH * unit + least)).argmin(dim=1)
        for part, more in zip(apart, _pieces(extra), strict=True)
    ]
    return chosen[torch.cat(found)].view(x.shape[1:])


def _continuing(canvas: Canvas, x: Tensor, match: Tensor, _: Tensor) -> Tensor:
    """The best for every place among the patches that continue those around, shape [h, w].

    Where all around agree there is nothing to compare; elsewhere |k|^2 - 2 k q is.
    """
    asked = patches(x, canvas.compared, canvas.radius)
    tried = torch.stack([one for _, one in _shifted(canvas, match, 1)], dim=-1).flatten(0, 1)
    best = tried[:, 0].clone()
    unsure = (tried != best[:, None]).any(dim=1).nonzero()[:, 0]
    for places in _pieces(unsure):
        some = tried[places]
        apart = -2 * torch.bmm(canvas.keys[some], asked[places, :, None])[:, :, 0]
        apart = torch.where(canvas.valid[some], apart + canvas.sizes[some], FAR)
        best[places] = some.gather(1, apart.argmin(dim=1, keepdim=True))[:, 0]
    return best.view(match.shape)


def _shifted(canvas: Canvas, match: Tensor, radius: int) -> Iterator[tuple[int, Tensor]]:
    """For each neighbour, how far off it is, squared, and what its patch says lies here."""
    (height, width), (rows, columns) = canvas.shape, match.shape
    wide = around(match[None, None], radius, wrap=True)[0, 0]
    up, left = wide // width, wide % width
    for down in range(-radius, radius + 1):
        lines = slice(radius + down, radius + down + rows)
        for right in range(-radius, radius + 1):
            places = lines, slice(radius + right, radius + right + columns)
            row = (up[places] - down).clamp(0, height - 1)
            column = (left[places] - right).clamp(0, width - 1)
            yield down * down + right * right, row * width + column


def _mean(canvas: Canvas, match: Tensor, radius: int, spread: float) -> Tensor:
    """Latents [C, h, w] as the patches around each place say, the nearest loudest."""
    total, weight = torch.zeros(()), 0.0
    for far, said in _shifted(canvas, match, radius):
        loud = math.exp(-far / (2 * spread * spread))
        total = total + loud * canvas.latents[said]
        weight += loud
    return (total / weight).permute(2, 0, 1)


def _finer(match: Tensor, coarse: Canvas, fine: Canvas) -> Tensor:
    """The same patches on a level of twice the size, shape [2h, 2w]."""
    rows, columns = (
        one.repeat_interleave(2, 0).repeat_interleave(2, 1) * 2
        for one in (match // coarse.shape[1], match % coarse.shape[1])
    )
    rows[1::2] += 1
    columns[:, 1::2] += 1
    return rows * fine.shape[1] + columns


def _pieces(x: Tensor) -> list[Tensor]:
    """Rows of x, a few at a time."""
    return [x[start : start + CHUNK] for start in range(0, len(x), CHUNK)]
