"""Chorales token by token, each drawn with noise of its own.

See `pipelines.music.drawing`: x is the noise of the voice's beat, and f has a unit vector of every
token at every slot of the beat. A beat of a bar has the same noise in every metre.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
from pipelines.music.drawing import Chances, choose, directions, gumbel

if TYPE_CHECKING:
    from pipelines.networks.decoding import PoemDecoder

__all__ = ["NOISE", "SHAPE", "write"]

Floats = NDArray[np.float32]
NOISE = 32
"""Numbers of noise of a beat of a voice."""
SHAPE = (MOST_BEATS, len(VOICES), NOISE)
"""Of the noise of the longest chorale."""
SLOTS = BEAT + 1
"""Sixteenths at which a note may begin, and the beat itself."""


def features() -> Floats:
    """f: a unit vector for each slot and token, shape [S, V, D]."""
    return directions((SLOTS, len(vocabulary().names), NOISE), "chorale tokens")


def write(
    choir: PoemDecoder,
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
            drawn = gumbel(features()[slot, allowed], noise[at, max(place.voice, 0)])
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
