"""Pieces of English words one after the other, each drawn with noise of its own.

See `pipelines.verse.drawing`. A line ends where the network ends it: what closes a line is one
more token. Lines that are given are read, not drawn. The number of lines holds by construction.
Pieces of words only spell known ones (`pipelines.verse.spelling`). Where a line has to rhyme and
does not, its last word is drawn again among the words that poets have ended lines with and that
rhyme: each as likely as all its pieces, or letter by letter where pieces are letters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.verse.drawing import Chances, choose, gumbel, penalised
from pipelines.verse.endings import last_word
from pipelines.verse.spelling import words_in
from pipelines.verse.stanza_files import SPACE
from pipelines.verse.stanza_forms import END, MOST, WIDEST, opening
from pipelines.verse.stanza_wishes import StanzaWishes

if TYPE_CHECKING:
    from pipelines.verse.stanza_files import Parts

__all__ = ["write"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
NARROW = 64
"""Characters of a line after which no new word begins: 1 line in 100 is as long."""
TRIED = 24
"""How many words that rhyme are read to their end, those with the likeliest first piece."""
TURNS = 6
"""How often a word that stands in the poem is drawn again, letter by letter."""


def write(
    parts: Parts,
    wishes: StanzaWishes,
    noise: Floats,
    chances: Chances,
    added: Floats | None = None,
) -> Iterator[list[str]]:
    """Write a stanza.

    Args:
        parts: The model.
        wishes: Form, and what is given.
        noise: Shape [places, numbers a place], both of the model.
        chances: How freely words are drawn.
        added: To the hidden states; see `pipelines.verse.control_vectors`.

    Yields:
        The lines so far after each line.
    """
    pen = _Pen(parts, wishes, noise.reshape(MOST, parts.longest, parts.noise), chances, added)
    for row in range(wishes.form.lines):
        pen.write(row)
        yield list(pen.lines)


class _Pen:
    """A stanza that is being written.

    ``read`` is what the network is told, ``known`` what its memory holds, ``mark`` opens the next
    line.
    """

    def __init__(
        self,
        parts: Parts,
        wishes: StanzaWishes,
        noise: Floats,
        chances: Chances,
        added: Floats | None,
    ) -> None:
        self.parts, self.wishes, self.noise, self.chances = parts, wishes, noise, chances
        self.memory, self.known = parts.decoder.begin(added), list[int]()
        self.read = [parts.number(opening(wishes.form.lines))]
        self.lines: list[str] = []
        self.mark = parts.marks[wishes.rhymes[0] or 0]

    def write(self, row: int) -> None:
        """Write or read the line with this number."""
        self.read.append(self.mark)
        start = len(self.read)
        if given := self.wishes.lines[row]:
            self.read += self.parts.pieces(given)
            self.lines.append(given)
            self.mark = self._closing(row, None)
            return
        self._draw(row, start)
        wanted = self.wishes.rhymes[row]
        if wanted:
            self._rhyme(row, start, self.lines[row - wanted])
        self.lines.append(self.parts.text(self.read[start:]))

    def _rhyme(self, row: int, start: int, other: str) -> None:
        """Draw the last word of the line again among those that rhyme with the other's."""
        parts, line = self.parts, self.read[start:]
        word = last_word(other)
        if parts.rhymes.hold(last_word(parts.text(line)), word):
            return
        used = {last_word(one) for one in self.lines}
        words = [pieces for end, pieces in parts.rhyming(word) if end not in used]
        lettered = [i for i, token in enumerate(line) if parts.lettered[token]]
        heads = [i for i in range(lettered[-1] + 1) if parts.heads[line[i]]]
        if not words or not heads:
            return
        before, after = self.read[: start + heads[-1]], line[lettered[-1] + 1 :]
        redraw = self._spelt if parts.single else self._weighed
        found = redraw((row, heads[-1]), before, words)
        self._next([*before, *found])
        self.read = [*before, *found, *after]

    def _weighed(
        self, at: tuple[int, int], before: list[int], words: list[list[int]]
    ) -> list[int]:
        """One of the words, each as likely as all its pieces."""
        first = _log_shares(self._next(before))
        words.sort(key=lambda pieces: -first[pieces[0]])
        scores = []
        for pieces in words[:TRIED]:
            score = first[pieces[0]]
            for count in range(1, len(pieces)):
                score += _log_shares(self._next([*before, *pieces[:count]]))[pieces[count]]
            scores.append(score)
        heads_noise = gumbel(self.noise[at], len(first))
        drawn = choose(
            np.array(scores),
            heads_noise[[pieces[0] for pieces in words[:TRIED]]],
            np.ones(len(scores), dtype=bool),
            self.chances,
        )
        return words[drawn]

    def _spelt(self, at: tuple[int, int], before: list[int], words: list[list[int]]) -> list[int]:
        """One of the words, letter by letter; all ways to go on after it are one."""
        parts, (row, column) = self.parts, at
        end, found = parts.number(END), list[int]()
        while True:
            words = [word for word in words if word[: len(found)] == found]
            longer = [word[len(found)] for word in words if len(word) > len(found)]
            if not longer:
                return found
            logits = self._next([*before, *found])
            allowed = np.zeros(len(logits), dtype=bool)
            allowed[longer] = True
            if len(longer) < len(words):
                logits[end] = np.logaddexp.reduce(logits[~parts.going_on])
                allowed[end] = True
            place = self.noise[row, min(column + len(found), parts.longest - 1)]
            token = choose(logits, gumbel(place, len(logits)), allowed, self.chances)
            if token == end:
                return found
            found.append(token)

    def _draw(self, row: int, start: int) -> None:
        """Draw the rest of a line, and what opens the next one."""
        parts, chances, turns = self.parts, self.chances, 0
        while True:
            column = len(self.read) - start
            logits = self._next()
            allowed = self._allowed(row, self.read[start:])
            ends = allowed[list(parts.marks)].any() or allowed[parts.number(END)]
            if ends:
                logits, allowed = self._one_end(row, logits, allowed)
            written = [] if parts.single else [one for one in self.read if parts.lettered[one]]
            place = np.roll(self.noise[row, min(column, parts.longest - 1)], turns)
            token = choose(
                penalised(logits, written, chances.repetition_penalty),
                gumbel(place, len(logits)),
                allowed,
                chances,
            )
            if parts.single and not parts.going_on[token]:
                again = self._said_again(start, place) if turns < TURNS else 0
                turns = turns + 1 if again else 0
                if again:
                    del self.read[-again:]
                    continue
            if token in parts.marks or token == parts.number(END):
                self.mark = self._closing(row, token)
                return
            self.read.append(token)

    def _said_again(self, start: int, place: Floats) -> int:
        """Letters of the word that ends here, if it is to be drawn again; else 0.

        A word that stands in the poem is taken once in ``repetition_penalty`` times.
        """
        parts, line, penalty = self.parts, self.read[start:], self.chances.repetition_penalty
        begun = parts.spelling.begun(line)
        if penalty == 1.0 or not begun:
            return 0
        before = " ".join([*self.lines, parts.text(line[: len(line) - len(begun)])])
        luck = math.exp(-math.exp(-float(gumbel(place, len(parts.tokens) + 1)[-1])))
        return len(begun) if begun in words_in(before) and luck * penalty > 1 else 0

    def _next(self, read: list[int] | None = None) -> NDArray[np.float64]:
        """Logits of the token after what was read; of the memory, what is alike is used."""
        read = self.read if read is None else read
        known = min(len(self.known), len(read) - 1)
        while self.known[:known] != read[:known]:
            known -= 1
        self.memory.length = known
        found = self.parts.decoder.extend(self.memory, read[known:])
        self.known = list(read)
        return found.astype(np.float64)

    def _allowed(self, row: int, line: list[int]) -> Mask:
        """What may stand after the tokens of a line, as words are spelt."""
        return self.parts.spelling.spelt(self._formed(row, line), line)

    def _formed(self, row: int, line: list[int]) -> Mask:
        """What may stand after the tokens of a line, by its form."""
        parts, head = self.parts, self.wishes.heads[row]
        bare = bool(line) and parts.tokens[line[-1]] == SPACE
        ends = [parts.number(END)] if row == self.wishes.form.lines - 1 else list(parts.marks)
        allowed = parts.insides.copy() if line else parts.heads.copy()
        if head and len(line) == int(bare) and not (parts.single and not bare):
            wanted = parts.heads_with(head)
            return allowed & wanted if (allowed & wanted).any() else wanted
        if not line:
            return allowed
        written = int(parts.widths[line].sum())
        if len(line) < parts.soft and written < NARROW and not bare:
            allowed |= parts.heads
        allowed &= parts.widths <= WIDEST - written
        if len(line) >= parts.longest:
            allowed[:] = False
        if (parts.lettered[line].any() and not bare) or not allowed.any():
            allowed[ends] = True
        return allowed

    def _one_end(
        self, row: int, logits: NDArray[np.float64], allowed: Mask
    ) -> tuple[NDArray[np.float64], Mask]:
        """All ways to end a line as the one that is asked for."""
        parts = self.parts
        every = [*parts.marks, parts.number(END)]
        wanted = self._wanted(row)
        if wanted is None:
            allowed[list(parts.marks[row + 2 :])] = False
            return logits, allowed
        logits = logits.copy()
        logits[wanted] = np.logaddexp.reduce(logits[every])
        allowed[every] = False
        allowed[wanted] = True
        return logits, allowed

    def _wanted(self, row: int) -> int | None:
        """The token that has to end a line; None where the network says which."""
        if row == self.wishes.form.lines - 1:
            return self.parts.number(END)
        back = self.wishes.rhymes[row + 1]
        return None if back is None else self.parts.marks[back]

    def _closing(self, row: int, token: int | None) -> int:
        """What opens the next line."""
        if token is not None:
            return token
        wanted = self._wanted(row)
        if wanted is not None:
            return wanted
        marks = list(self.parts.marks[: row + 2])
        if nxt := self.wishes.lines[row + 1]:
            words = [last_word(line) for line in (*self.lines, nxt)]
            return marks[self.parts.rhymes.back(words)[-1]]
        return marks[int(np.argmax(self._next()[marks]))]


def _log_shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = logits - np.logaddexp.reduce(logits)
    return found
