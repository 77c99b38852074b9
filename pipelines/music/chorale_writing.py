"""Chorales token by token, each drawn with noise of its own.

As for verse (`pipelines.verse.writing`), with p the network's probabilities and x the noise of
the voice's beat, the token that is written at slot s of the beat is (Gumbel 1954; Maddison et al.
2014, https://arxiv.org/abs/1411.0030)::

    c = argmax_c  log p(c | what was told and written) + G(f_(s, c) . x)
    G(y) = - log(- log Phi(y))                        standard Gumbel for y ~ N(0, 1)

f is a fixed unit vector of every token at every slot. A small step of the noise changes notes that
had a close rival, and what follows from them. A beat of a bar has the same noise in every metre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import normal
from pipelines.music.chorale_grid import (
    BEAT,
    MOST_BARS,
    MOST_BEATS,
    VOICES,
    Beat,
    Row,
    row_of,
    vocabulary,
)
from pipelines.music.chorale_rules import Rules
from pipelines.music.chorale_walk import Place, Plan, Told, walk

if TYPE_CHECKING:
    from pipelines.music.chorale_decoding import Choir

__all__ = ["NOISE", "SHAPE", "Chances", "write"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
NOISE = 32
"""Numbers of noise of a beat of a voice."""
SHAPE = (MOST_BEATS, len(VOICES), NOISE)
"""Of the noise of the longest chorale."""
SLOTS = BEAT + 1
"""Sixteenths at which a note may begin, and the beat itself."""


@dataclass(frozen=True)
class Chances:
    """How freely tokens are drawn.

    Attributes:
        temperature: Divides the logits; 0 takes the most probable token.
        top_p: Draw among the most probable that hold this much probability.
        top_k: Draw among so many of the most probable; 0 for all.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0


@lru_cache(maxsize=1)
def features() -> Floats:
    """f: a unit vector for each slot and token, shape [S, V, D]."""
    drawn = normal(0, (SLOTS, len(vocabulary().names), NOISE), "chorale tokens")
    unit: Floats = drawn / np.linalg.norm(drawn, axis=2, keepdims=True)
    unit.setflags(write=False)
    return unit


def gumbel(noise: Floats, slot: int, tokens: NDArray[np.int64]) -> Doubles:
    """G of some tokens at a slot, shape [N], from the noise of a beat, shape [D]."""
    import torch

    y = torch.from_numpy(features()[slot, tokens] @ noise).double()
    found: Doubles = (-(-torch.special.log_ndtr(y)).log()).numpy()
    return found


def choose(logits: Doubles, noise: Doubles, chances: Chances) -> int:
    """Which of some tokens the noise draws; both of shape [N]."""
    if chances.temperature <= 0:
        return int(np.argmax(logits))
    scores = (logits - logits.max()) / chances.temperature
    p = np.exp(scores)
    ranked = np.argsort(-scores, kind="stable")
    if 0 < chances.top_k < len(p):
        p[ranked[chances.top_k :]] = 0
    if chances.top_p < 1:
        held = np.cumsum(p[ranked] / p.sum())
        p[ranked[1:][held[:-1] >= chances.top_p]] = 0
    return int(np.argmax(np.where(p > 0, scores + noise, -np.inf)))


def write(
    choir: Choir,
    plan: Plan,
    told: Told,
    noise: Floats,
    chances: Chances,
    *,
    closes: bool = True,
    parallels: bool = False,
) -> Iterator[Row]:
    """Write a chorale.

    Args:
        choir: The network.
        plan: What it is to be.
        told: What is given.
        noise: Shape `SHAPE`.
        chances: How freely tokens are drawn.
        closes: Whether it ends on the tonic.
        parallels: Whether voices may move in parallel fifths and octaves.

    Yields:
        After each bar, the rows of sixteenths in C so far, shape [4, T].
    """
    tokens, cache = vocabulary(), choir.begin()
    rules = Rules(plan, told, closes=closes, parallels=parallels)
    beats: list[list[Beat]] = [[] for _ in VOICES]
    course = walk(plan, told)
    place: Place | None = next(course)
    seen, waiting = 0, list[int]()
    while place is not None:
        if place.voice < 0 and place.beat % plan.beats == 0 and place.beat > seen:
            seen = place.beat
            yield np.array([row_of(one) for one in beats])
        waiting += place.told
        allowed = rules.allowed(place)
        if len(allowed) == 1:
            token = int(allowed[0])
        else:
            logits = choir.extend(cache, waiting)[allowed].astype(np.float64)
            waiting = []
            at = place.beat // plan.beats * (MOST_BEATS // MOST_BARS) + place.beat % plan.beats
            slot = place.slot if place.voice >= 0 else BEAT
            drawn = gumbel(noise[at, max(place.voice, 0)], slot, allowed)
            token = int(allowed[choose(logits, drawn, chances)])
        rules.written(place, token)
        if place.voice < 0:
            for voice, known in enumerate(told.given):
                beats[voice].append(told.beats[voice][place.beat] if known[place.beat] else ())
        else:
            note = (int(tokens.symbols[token]), int(tokens.lengths[token]))
            beats[place.voice][place.beat] += (note,)
        try:
            place = course.send(token)
        except StopIteration:
            place = None
    yield np.array([row_of(one) for one in beats])
