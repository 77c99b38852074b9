"""Characters one after the other, each drawn with noise of its own; see `pipelines.verse.drawing`.

Characters that are given are read, not drawn. Form and rhyme hold by construction: a line ends
where it has to, and a rhyme is drawn among the characters that rhyme.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.run import steady
from pipelines.verse.drawing import Chances, choose, gumbel, penalised
from pipelines.verse.forms import mark
from pipelines.verse.wishes import Wishes

if TYPE_CHECKING:
    from pipelines.verse.tang_files import Parts

__all__ = ["NOISE", "PLACES", "likely", "write"]

Floats = NDArray[np.float32]
NOISE = 64
"""Numbers of noise a place."""
LONGEST, MOST = 7, 8
PLACES = MOST * LONGEST
"""Places of the largest form; a shorter line leaves the last ones of its row at rest."""


def write(
    parts: Parts, wishes: Wishes, noise: Floats, chances: Chances, added: Floats | None = None
) -> Iterator[list[str]]:
    """Write a poem.

    Args:
        parts: The model.
        wishes: Form, and what is given.
        noise: Shape [`PLACES`, `NOISE`].
        chances: How freely characters are drawn.
        added: To the hidden states; see `pipelines.verse.control_vectors`.

    Yields:
        The lines so far after each line, without marks.
    """
    import torch

    poet, form = parts.poet, wishes.form
    cache = poet.begin(added=None if added is None else torch.from_numpy(added))
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
    parts: Parts,
    wishes: Wishes,
    lines: Sequence[str],
    at: tuple[int, int],
    num: int,
    added: Floats | None = None,
) -> list[tuple[str, float]]:
    """The likeliest characters at a place of a poem that was written, and how likely each is.

    Args:
        parts: The model.
        wishes: What was asked of the poem; its rhyme is that of the lines that stand.
        lines: The poem, without marks.
        at: Line and place, from 0.
        num: How many characters.
        added: To the hidden states.
    """
    import torch

    row, column = at
    signs = [sign for i, line in enumerate(lines[:row]) for sign in (*line, mark(i))]
    seen = [wishes.form.token, *signs, *lines[row][:column]]
    with torch.inference_mode(), steady():
        tokens = torch.tensor([[parts.number(sign) for sign in seen]])
        cache = parts.poet.begin(added=None if added is None else torch.from_numpy(added))
        logits = parts.poet.extend(cache, tokens)[0].double().numpy()
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
