"""What can be measured of a drum pattern: the words that its sliders speak of.

With l_td the level of drum d at step t (`pipelines.music.drum_grid`), o_td whether it is struck,
b_t whether any drum but hats, ride and crash is, s_t the strength of a step and n(t) the next step
of a greater one (the pattern goes round):

    density      strokes a bar
    syncopation  sum_t b_t (1 - b_n(t)) (s_n(t) - s_t), a bar: strokes that a stronger step should
                 have answered, and does not (after Longuet-Higgins and Lee 1984)
    backbeat     mean level, of 3, of the loudest of snare, rim and clap on the second and fourth
                 beat, less that on the other steps
    hats         strokes of hi-hat and ride a bar
    kick         strokes of the kick a bar
    ghosts       soft strokes a bar
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.music.drum_grid import BAR, LANES, STRENGTHS

__all__ = ["ATTRIBUTES", "BACK", "BODY", "CYMBALS", "answers", "measure"]

Floats = NDArray[np.float32]
Levels = NDArray[np.int64]
ATTRIBUTES = ("density", "syncopation", "backbeat", "hats", "kick", "ghosts")
_NAMES = list(LANES)
CYMBALS = [_NAMES.index(name) for name in ("hat", "open", "ride")]
BODY = [i for i, name in enumerate(_NAMES) if name not in ("hat", "open", "ride", "crash")]
BACK = [_NAMES.index(name) for name in ("snare", "rim", "clap")]
BEATS = (4, 12)
"""Steps of the second and the fourth beat."""
LOUDEST = 3


def answers(steps: int) -> tuple[list[int], list[float]]:
    """n(t) of every step, and how much stronger it is; the strongest answer themselves.

    >>> answers(16)[0][3], answers(16)[1][3]
    (4, 2.0)
    """
    strengths = [STRENGTHS[t % BAR] for t in range(steps)]
    found, gains = [], []
    for t, strength in enumerate(strengths):
        later = ((t + ahead) % steps for ahead in range(1, steps))
        after = next((u for u in later if strengths[u] > strength), t)
        found.append(after)
        gains.append(float(strengths[after] - strength))
    return found, gains


def measure(levels: Levels) -> dict[str, Floats]:
    """Every attribute of every pattern.

    Args:
        levels: Whole bars, shape [N, T, lanes].

    Returns:
        By name, in the order of `ATTRIBUTES`: shape [N].
    """
    steps = levels.shape[1]
    bars = steps / BAR
    struck = levels > 0
    body: NDArray[np.bool_] = np.any(struck[:, :, BODY], axis=2)
    after, gains = answers(steps)
    back = levels[:, :, BACK].max(axis=2) / LOUDEST
    on = np.isin(np.arange(steps) % BAR, BEATS)
    found = {
        "density": struck.sum(axis=(1, 2)) / bars,
        "syncopation": (body & ~body[:, after]) @ np.array(gains) / bars,
        "backbeat": back[:, on].mean(axis=1) - back[:, ~on].mean(axis=1),
        "hats": struck[:, :, CYMBALS].sum(axis=(1, 2)) / bars,
        "kick": struck[:, :, 0].sum(axis=1) / bars,
        "ghosts": (levels == 1).sum(axis=(1, 2)) / bars,
    }
    return {name: found[name].astype(np.float32) for name in ATTRIBUTES}
