"""Characters one after the other, each drawn with noise of its own.

With p the network's probabilities at temperature T, cut to what `Chances` leave, and x_i the
noise at place i, the character that is written is (Gumbel 1954; Maddison et al. 2014,
https://arxiv.org/abs/1411.0030)::

    c_i = argmax_c  log p(c | form, c_1 ... c_(i-1)) + G(f_c . x_i)
    G(y) = - log(- log Phi(y))                        standard Gumbel for y ~ N(0, 1)

f_c is a fixed unit vector of every character, drawn once for all models; the vectors of two
characters are nearly at right angles, so that their Gumbel variables are nearly independent and
c_i is drawn nearly from p. A small step of the noise moves every G a little, and changes
those characters that had a close rival, and what follows from them.

Characters that are given are read, not drawn. Form and rhyme hold by construction: a line ends
where it has to, and a rhyme is drawn among the characters that rhyme.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import normal
from pipelines.run import steady
from pipelines.verse.forms import mark
from pipelines.verse.wishes import Wishes

if TYPE_CHECKING:
    from pipelines.verse.tang_files import Parts

__all__ = ["NOISE", "PLACES", "Chances", "choose", "gumbel", "likely", "write"]

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
NOISE = 64
"""Numbers of noise a place."""
LONGEST, MOST = 7, 8
PLACES = MOST * LONGEST
"""Places of the largest form; a shorter line leaves the last ones of its row at rest."""


@dataclass(frozen=True)
class Chances:
    """How freely characters are drawn.

    Attributes:
        temperature: Divides the logits; 0 takes the most probable character.
        top_k: Draw among so many of the most probable; 0 for all.
        top_p: Draw among the most probable that hold this much probability.
        min_p: Draw among those that have this share of the probability of the most probable.
        repetition_penalty: Divides positive logits of what stands in the poem already, and
            multiplies negative ones (Keskar et al. 2019, https://arxiv.org/abs/1909.05858).
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0


@lru_cache(maxsize=4)
def features(count: int) -> Floats:
    """f: a unit vector for each of ``count`` tokens, shape [V, D]."""
    drawn = normal(0, (count, NOISE), "characters")
    unit: Floats = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    unit.setflags(write=False)
    return unit


def gumbel(noise: Floats, count: int) -> Floats:
    """G of every token, shape [V], from the noise at one place, shape [D]."""
    import torch

    y = torch.from_numpy(features(count) @ noise)
    found: Floats = (-(-torch.special.log_ndtr(y)).log()).numpy()
    return found


def choose(logits: Doubles, noise: Floats, allowed: NDArray[np.bool_], chances: Chances) -> int:
    """The token that the noise draws.

    Args:
        logits: Of every token, shape [V], any penalty taken off.
        noise: Their Gumbel variables, shape [V].
        allowed: What may be drawn, shape [V], at least one.
        chances: How freely.
    """
    logits = np.where(allowed, logits, -np.inf)
    if chances.temperature <= 0:
        return int(np.argmax(logits))
    scores = (logits - logits.max()) / chances.temperature
    p = np.exp(scores)
    if 0 < chances.top_k < len(p) or chances.top_p < 1:
        ranked = np.argsort(-logits, kind="stable")
        if chances.top_k:
            p[ranked[chances.top_k :]] = 0
        held = np.cumsum(p[ranked] / p.sum())
        p[ranked[1:][held[:-1] >= chances.top_p]] = 0
    drawn = allowed & (p >= chances.min_p) & (p > 0)
    return int(np.argmax(np.where(drawn, scores + noise, -np.inf)))


def penalised(logits: Doubles, written: Sequence[int], penalty: float) -> Doubles:
    """Logits with the repetition penalty; see `Chances`."""
    places = sorted(set(written))
    if penalty == 1.0 or not places:
        return logits
    again = logits[places]
    logits = logits.copy()
    logits[places] = np.where(again > 0, again / penalty, again * penalty)
    return logits


def write(parts: Parts, wishes: Wishes, noise: Floats, chances: Chances) -> Iterator[list[str]]:
    """Write a poem.

    Args:
        parts: The model.
        wishes: Form, and what is given.
        noise: Shape [`PLACES`, `NOISE`].
        chances: How freely characters are drawn.

    Yields:
        The lines so far after each line, without marks.
    """
    import torch

    poet, form = parts.poet, wishes.form
    cache = poet.begin()
    rhyme = _Rhyme(parts, wishes)
    waiting, written, lines = [parts.number(form.token)], list[int](), list[str]()
    for row, given in enumerate(wishes.lines):
        line = ""
        for column, wanted in enumerate(given):
            token, sign = parts.number(wanted), wanted
            if not wanted:
                with torch.inference_mode(), steady():
                    seen = poet.extend(cache, torch.tensor([waiting]))[0]
                waiting = []
                token = choose(
                    penalised(seen.double().numpy(), written, chances.repetition_penalty),
                    gumbel(noise[row * LONGEST + column], len(parts.tokens)),
                    rhyme.allowed(row, column),
                    chances,
                )
                sign = parts.tokens[token]
            line += sign
            waiting.append(token)
            written.append(token)
        rhyme.heard(row, token)
        waiting.append(parts.number(mark(row)))
        lines.append(line)
        yield list(lines)


def likely(
    parts: Parts, wishes: Wishes, lines: Sequence[str], at: tuple[int, int], num: int
) -> list[tuple[str, float]]:
    """The likeliest characters at a place of a poem that was written, and how likely each is.

    Args:
        parts: The model.
        wishes: What was asked of the poem; its rhyme is that of the lines that stand.
        lines: The poem, without marks.
        at: Line and place, from 0.
        num: How many characters.
    """
    import torch

    row, column = at
    signs = [sign for i, line in enumerate(lines[:row]) for sign in (*line, mark(i))]
    seen = [wishes.form.token, *signs, *lines[row][:column]]
    with torch.inference_mode(), steady():
        tokens = torch.tensor([[parts.number(sign) for sign in seen]])
        logits = parts.poet.extend(parts.poet.begin(), tokens)[0].double().numpy()
    others = tuple(tuple(line) if i != row else ("",) * len(line) for i, line in enumerate(lines))
    allowed = _Rhyme(parts, Wishes(wishes.form, others, wishes.rhyme)).allowed(row, column)
    p = np.exp(np.where(allowed, logits - logits[allowed].max(), -np.inf))
    p /= p.sum()
    best = np.argsort(-p, kind="stable")[:num]
    return [(parts.tokens[i], float(p[i])) for i in best if p[i] > 0]


class _Rhyme:
    """Which characters may be drawn where."""

    def __init__(self, parts: Parts, wishes: Wishes) -> None:
        """Take the rhyme of a line that is given, wherever it stands."""
        self.parts, self.wishes = parts, wishes
        self.used: list[int] = []
        self.group = -1
        for row, line in enumerate(wishes.lines):
            if line[-1] and wishes.form.rhymes(row):
                self.heard(row, parts.number(line[-1]))

    def heard(self, row: int, token: int) -> None:
        """Take note of how a line ends."""
        if self.wishes.form.rhymes(row):
            self.used.append(token)
            if self.group < 0:
                self.group = int(self.parts.rhymes[token])

    def allowed(self, row: int, column: int) -> NDArray[np.bool_]:
        """What may stand at a place: any character, or one that rhymes and did not yet."""
        parts, form = self.parts, self.wishes.form
        last = column == form.length - 1
        if not (self.wishes.rhyme and last and form.rhymes(row)):
            return parts.characters
        if self.group < 0:
            return parts.rhyming
        allowed: NDArray[np.bool_] = parts.rhymes == self.group
        fresh = allowed.copy()
        fresh[self.used] = False
        return fresh if fresh.any() else allowed
