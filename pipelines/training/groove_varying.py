"""Variations of grooves by rule, as a drummer varies them.

Each rule is applied by chance: the right hand moves between hi-hat and ride, plays twice as often
or half as often, or leaves strokes out; soft strokes of the snare come and go; a stroke of the
kick is left out, put in, or moved by a sixteenth; the backbeat moves between snare, rim and clap;
strokes are harder or softer; the last beats are filled by snare and toms, and a crash may begin.
What makes a groove this groove, its kick on one and most of its strokes, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.music.drum_grid import BAR, LANES, STEPS
from pipelines.training.groove_data import Groove

__all__ = ["variations", "varied"]

Levels = NDArray[np.int64]
Rng = np.random.Generator
KICK, SNARE, RIM, CLAP, HAT, OPEN, LOW, HIGH, RIDE, CRASH, BELL = range(len(LANES))
SOFT, PLAIN, LOUD = 1, 2, 3
PLAIN_SHARE = 0.25
"""Share of the variations that are the groove itself."""


def variations(grooves: Sequence[Groove], each: int, seed: int = 0) -> tuple[Levels, Levels]:
    """``each`` variations of every groove: levels [N, STEPS, lanes], number of the groove [N]."""
    rng = np.random.Generator(np.random.Philox(seed))
    rows = [varied(one.levels, rng) for one in grooves for _ in range(each)]
    return np.stack(rows), np.repeat(np.arange(len(grooves)), each)


def varied(levels: Levels, rng: Rng) -> Levels:
    """One variation, shape [STEPS, lanes]."""
    new = levels.copy()
    if rng.random() < PLAIN_SHARE:
        return new
    for chance, rule in RULES:
        if rng.random() < chance:
            rule(new, rng)
    return new


def _hand(new: Levels, rng: Rng) -> None:
    """Hi-hat to ride, or ride to hi-hat."""
    one, other = (HAT, RIDE) if new[:, HAT].any() else (RIDE, HAT)
    new[:, other] = np.maximum(new[:, other], new[:, one])
    new[:, one] = 0
    if other == RIDE:
        new[:, OPEN] = 0


def _thinner(new: Levels, rng: Rng) -> None:
    """Strokes between eighths, or some at random, are left out."""
    hand = HAT if new[:, HAT].any() else RIDE
    if rng.random() < 0.5:  # noqa: PLR2004
        new[1::2, hand] = 0
    else:
        new[rng.random(STEPS) < 0.15, hand] = 0  # noqa: PLR2004


def _busier(new: Levels, rng: Rng) -> None:
    """Soft strokes of the hi-hat between the others."""
    hand = HAT if new[:, HAT].any() else RIDE
    if not new[:, hand].any():
        return
    steps = np.arange(1, STEPS, 2)
    steps = steps[rng.random(len(steps)) < rng.choice([0.3, 1.0])]
    new[steps, hand] = np.maximum(new[steps, hand], SOFT)


def _opened(new: Levels, rng: Rng) -> None:
    """The hi-hat opens before a beat, once a bar."""
    step = int(rng.choice([2, 6, 10, 14]))
    new[step::BAR, OPEN], new[step::BAR, HAT] = PLAIN, 0


def _ghosts(new: Levels, rng: Rng) -> None:
    """Soft strokes of the snare come, or all go."""
    if (new[:, SNARE] == SOFT).any() and rng.random() < 0.4:  # noqa: PLR2004
        new[new[:, SNARE] == SOFT, SNARE] = 0
    elif new[:, SNARE].any():
        free = np.flatnonzero((new[:, SNARE] == 0) & (np.arange(STEPS) % 4 != 0))
        new[rng.choice(free, min(len(free), int(rng.integers(1, 5))), replace=False), SNARE] = SOFT


def _kick(new: Levels, rng: Rng) -> None:
    """A stroke of the kick is left out, put in, or moved by a sixteenth, in one bar or in both."""
    struck = np.flatnonzero(new[:BAR, KICK])
    struck = struck[struck > 0]
    step = int(rng.integers(1, BAR))
    bars = (0, BAR) if rng.random() < 0.5 else (int(rng.choice([0, BAR])),)  # noqa: PLR2004
    way = rng.random()
    for bar in bars:
        if way < 0.4 or not len(struck):  # noqa: PLR2004
            new[bar + step, KICK] = PLAIN
        else:
            old = bar + int(struck[step % len(struck)])
            level, new[old, KICK] = new[old, KICK], 0
            if way > 0.75:  # noqa: PLR2004
                new[min(STEPS - 1, old + (1 if step % 2 else -1)), KICK] = level


def _backbeat(new: Levels, rng: Rng) -> None:
    """Loud strokes of the snare are a rim shot's or a clap's, or the other way round."""
    if (new[:, SNARE] > SOFT).any():
        loud = new[:, SNARE] > SOFT
        other = int(rng.choice([RIM, CLAP]))
        new[loud, other], new[loud, SNARE] = new[loud, SNARE], 0
    else:
        for other in (RIM, CLAP):
            new[:, SNARE] = np.maximum(new[:, SNARE], new[:, other])
            new[:, other] = 0


def _touch(new: Levels, rng: Rng) -> None:
    """Some strokes are a level harder or softer."""
    some = (new > 0) & (rng.random(new.shape) < 0.1)  # noqa: PLR2004
    new[some] = np.clip(new[some] + rng.choice([-1, 1], int(some.sum())), SOFT, LOUD)


def _fill(new: Levels, rng: Rng) -> None:
    """The last one or two beats are filled by snare and toms."""
    length = int(rng.choice([4, 4, 8]))
    at = STEPS - length
    new[at:, [HAT, OPEN, RIDE, RIM, CLAP, BELL]] = 0
    drums = np.sort(rng.choice([SNARE, HIGH, LOW], length))[:: int(rng.choice([1, 1, -1]))]
    drums = np.where(drums == SNARE, SNARE, np.where(drums == LOW, HIGH, LOW))  # downwards
    for step, drum in enumerate(drums):
        if rng.random() < 0.75:  # noqa: PLR2004
            new[at + step, drum] = LOUD if step % 4 == 0 else PLAIN


def _crash(new: Levels, rng: Rng) -> None:
    """A crash begins."""
    new[0, CRASH] = LOUD


RULES: tuple[tuple[float, Callable[[Levels, Rng], None]], ...] = (
    (0.12, _hand),
    (0.2, _thinner),
    (0.15, _busier),
    (0.12, _opened),
    (0.3, _ghosts),
    (0.35, _kick),
    (0.12, _backbeat),
    (0.4, _touch),
    (0.15, _fill),
    (0.1, _crash),
)
"""How often each rule is applied, in this order."""
