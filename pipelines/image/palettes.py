"""Palettes: few colours for a sprite, its own or those of a well-made set.

    own    a sprite's colours are parted until there are as many groups as are asked for, each
           time the group of the greatest squared error, across its longest axis at its mean
           (after Wu 1991); then every colour goes to the nearest mean, three times (Lloyd 1982)
    named  every colour goes to the nearest of a set; of a large set to those that most go to

Distances are those of OKLab (`pipelines.image.oklab`). With dithering lightness is first moved by

    d A (B[y mod 4, x mod 4] - 1/2),    B the ordered matrix of Bayer 1973 over 16,

A being half a usual step between two colours of few. The named sets are Duet's own: ramps whose
shadows lean to blue and whose lights lean to yellow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.image.oklab import to_oklab

__all__ = ["ALL", "AS_IS", "PALETTES", "Palette", "colours_of", "reduced"]

Floats = NDArray[np.float32]
AS_IS = "as_is"
PALETTES: Mapping[str, str] = {
    AS_IS: "",
    "arcade": "080811 3c4253 89939e f6f5ee 90101a ee362f fa8927 fbd530 "
    "1e6626 4aba41 1e3f97 1289e7 63d6f1 7525a1 ed65b9 e5b28a",
    "garden": "0c111d f8f6e7 003f28 336f37 819c50 cbc88b 552926 8e5439 "
    "bc8b5b dec89a 743355 c2555a e59e76 4a5472 6b94b7 a9d7e3",
    "ember": "08060e 4c001c 830022 ae3a27 c6744e d18064 ffa14b ffd689 "
    "fdf7d0 25263e 474568 6e678c 968da9 3f6c6e 80afab",
    "dusk": "0a081b 141f4d 3c3b82 6b5da9 9a86c0 623265 9d4987 d26e9d "
    "f6a2b5 d09d8f f7ba90 ffe2b8 2d5b74 4197b0 91d1d8",
    "frost": "070d1a 17274c 2b497c 4570a8 689acd 97c3ea 628791 83bdc3 "
    "c4eeed f2fafd 423657 7d6192 b599bc c46761 e0b67b",
    "handheld": "0a3723 31653e 79a057 c7d97b",
    "sepia": "22110b 4b2d1f 785038 a47953 cca779 e8d1a8 f8eed5",
    "ink": "0e0d0b 3a3833 6c6863 a19e98 d1cec5 f7f5ec",
}
"""Name -> colours, hue by hue; those of the sprite itself where there are none."""
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16
AMPLITUDE = np.float32(0.16)
ROUNDS = 3
ALL = 32
"""Colours from which on a sprite keeps all of its own."""


@dataclass(frozen=True)
class Palette:
    """What is left of a sprite's colours.

    Attributes:
        name: One of `PALETTES`.
        num_colours: The most that one sprite has; from `ALL` on it keeps all of its own.
        dither: Strength of dithering, 0 to 1.
    """

    name: str = AS_IS
    num_colours: int = 32
    dither: float = 0.0

    def applied(self, lab: Floats, places: NDArray[np.int64]) -> Floats:
        """Colours of the palette for colours [M, 3] that stand at places [M, 2] (row, column)."""
        if not len(lab):
            return lab
        seen = lab.copy()
        if self.dither:
            seen[:, 0] += self.dither * AMPLITUDE * (BAYER[tuple((places % 4).T)] - 0.5)
        if self.name == AS_IS:
            if self.num_colours >= ALL:
                return lab
            chosen = reduced(lab, self.num_colours)
        else:
            chosen = _most_used(lab, colours_of(self.name), self.num_colours)
        return chosen[_nearest(seen, chosen)]


@cache
def colours_of(name: str) -> Floats:
    """OKLab of a named palette, shape [K, 3]."""
    rgb = np.frombuffer(bytes.fromhex(PALETTES[name]), np.uint8).reshape(-1, 3)
    lab = to_oklab(rgb)
    lab.flags.writeable = False
    return lab


def reduced(lab: Floats, count: int) -> Floats:
    """At most ``count`` colours that stand for colours [M, 3]; see the module."""
    colours = np.unique(lab, axis=0)
    if len(colours) <= count:
        return colours
    points = lab.astype(np.float64)
    groups = [points]
    errors = [_error(points)]
    while len(groups) < count and max(errors) > 0:
        worst = int(np.argmax(errors))
        group = groups[worst]
        apart = group - group.mean(axis=0)
        axis = np.linalg.eigh(apart.T @ apart)[1][:, -1]
        upper = apart @ axis > 0
        groups[worst], errors[worst] = group[upper], _error(group[upper])
        groups.append(group[~upper])
        errors.append(_error(group[~upper]))
    means = np.stack([group.mean(axis=0) for group in groups])
    for _ in range(ROUNDS):
        chosen = _nearest(points, means)
        total = np.bincount(chosen, minlength=len(means)).clip(1)[:, None]
        sums = np.stack([np.bincount(chosen, x, len(means)) for x in points.T], axis=1)
        means = np.where(np.isin(np.arange(len(means)), chosen)[:, None], sums / total, means)
    found: Floats = means.astype(np.float32)
    return found


def _error(points: NDArray[np.float64]) -> float:
    return float(((points - points.mean(axis=0)) ** 2).sum()) if len(points) > 1 else 0.0


def _nearest(lab: NDArray[np.floating], colours: NDArray[np.floating]) -> NDArray[np.int64]:
    """Index of the nearest of colours [K, 3], for each of lab [M, 3]."""
    apart = lab[:, None].astype(np.float64) - colours[None].astype(np.float64)
    found: NDArray[np.int64] = (apart**2).sum(axis=2).argmin(axis=1)
    return found


def _most_used(lab: Floats, colours: Floats, count: int) -> Floats:
    """The ``count`` of colours [K, 3] that most of lab [M, 3] are nearest to."""
    if count >= len(colours):
        return colours
    used = np.bincount(_nearest(lab, colours), minlength=len(colours))
    return colours[np.sort(np.argsort(-used, kind="stable")[:count])]
