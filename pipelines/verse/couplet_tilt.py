"""What each word of a slider asks of the next word, given what was written so far.

The first numbers of z are tied to the attributes of `pipelines.verse.couplet_attributes`. Beside
what the network makes of z, they weigh on the logits directly, as in guided decoding (Yang and
Klein 2021, FUDGE, https://arxiv.org/abs/2104.05218)::

    logit_v += sum_a g_a bounded(z_a) phi_a(v),    bounded(x) = B tanh(x / B)

With the gains g of `GAINS` and

    length     for what closes a line: how many syllables it has beyond those that z asks for,
               `USUAL` + `STEP` z, from -`REACH` to `REACH`, whatever z is
    metre      how well the word fits where it would stand, 3/4 a syllable less
    rhyming    1 for a word that rhymes with the first line's last, where the second line is
               about as long; at its close 1 after such a word and, where rhyme is asked for, -1
               after others; the first line does not close on a word that few rhyme with
    mood       for a glad word: how much gladder z asks the line to be than it is, from -1 to 1,
               times `SWAY`, whatever z is; a line takes a word or two, not all of them
    softness, landscape, archaism   of the word itself, whatever stands before it

What seeds draw of these numbers is made less (`quieted`): a pull that a slider needs would make
draws wild.

Legend: N couplets, A attributes, V tokens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.verse.couplet_attributes import ATTRIBUTES, OLD, alike, is_landscape, metre_of
from pipelines.verse.couplet_page import Page
from pipelines.verse.couplet_words import END, TURN, Lexicon, Word

__all__ = ["GAINS", "QUIET", "Tilt", "quieted"]

Floats = NDArray[np.float32]
QUIET = (0.35, 0.35, 0.6, 0.35, 0.35, 0.4, 0.4)
"""What of each tied number a seed keeps."""
TURNS = frozenset(("no", "not", "nor", "never", "without", "none", "neither", "cannot"))
"""Words that turn the mood of others, and are not asked for because of their own."""
BOUND = 3.0
"""B: no number of z pulls harder, however far it is."""
FEW, ALONE = 5, 0.5
"""Words that rhyme are few if fewer, and how much of the pull keeps a line from closing on one."""
NEAR = 3
"""So many syllables before the length of the first line a rhyme is looked for."""
USUAL, STEP, REACH, CLOSING = 8.0, 3.0, 4.0, 4.0
"""Syllables of a usual line, how many more one of z asks for, and how strongly."""
SWAY = 6.0
"""How strongly a word is asked for that is as glad as can be, where the line has none."""
FITTING = 0.75
"""What a syllable is worth to metre in the mean."""
GAINS = (STEP, 3.2, 7.0, 1.5, 1.7, 1.2, 0.9)
"""In the order of `ATTRIBUTES`, that of mood in glad words a line; by trial."""
LENGTH, METRE, RHYMING, MOOD = range(4)


def _mood(word: Word) -> float:
    """Between -1 and 1; none of a word that turns the mood of others."""
    return 0.0 if word.word in TURNS else float(np.tanh(0.7 * word.valence))


def quieted(z: Floats) -> Floats:
    """Latents [..., Z] with less of the tied numbers."""
    found = z.copy()
    found[..., : len(QUIET)] *= np.array(QUIET, np.float32)
    return found


@dataclass(frozen=True)
class Tilt:
    """The phi of a lexicon.

    Attributes:
        lexicon: The words.
        own: Of words wherever they stand: softness, landscape, archaism, shape [V, 3].
        metre: Where the word would begin in a weak and in a strong place, shape [2, V].
        moods: How glad each word is, -1 to 1, shape [V].
        alone: 1 for a word that few words rhyme with, else 0, shape [V].
        rhymes: How well every token rhymes with one, by the number of that one, as asked for.
    """

    lexicon: Lexicon
    own: Floats
    metre: Floats
    moods: Floats
    alone: Floats
    rhymes: dict[int, Floats]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Tilt:
        """Look up every word."""
        words = lexicon.words
        soft = [w.soft / w.consonants - 0.5 if w.consonants else 0.0 for w in words]
        own = [
            [2 * s, 1.5 * is_landscape(w.word), 1.5 * (w.word in OLD)]
            for w, s in zip(words, soft, strict=True)
        ]
        metre = [
            [metre_of(w.stresses, begin) - FITTING * w.syllables for w in words]
            for begin in (0, 1)
        ]
        moods = [_mood(w) for w in words]
        often = Counter(w.rhyme for w in words)
        alone = [often[w.rhyme] < FEW for w in words]
        a, b, c, d = (np.array(one, np.float32) for one in (own, metre, moods, alone))
        return cls(lexicon, own=a, metre=b, moods=c, alone=d, rhymes={})

    def rhyming(self, answer: int) -> Floats:
        """How well every token rhymes with one, 0 to 1, shape [V]."""
        if answer not in self.rhymes:
            words = self.lexicon.words
            found = [alike(words[answer], one) for one in words]
            self.rhymes[answer] = np.array(found, np.float32)
        return self.rhymes[answer]

    def pull(self, z: Floats) -> Floats:
        """How much each latent [N, Z] pulls by each attribute, shape [N, A]."""
        tied = z[:, : len(ATTRIBUTES)]
        found: Floats = np.array(GAINS, np.float32) * BOUND * np.tanh(tied / BOUND)
        return found

    def always(self, pull: Floats) -> Floats:
        """What is asked of words whatever stands before them, shape [N, V]."""
        found: Floats = pull[:, len(ATTRIBUTES) - self.own.shape[1] :] @ self.own.T
        return found

    def add(self, logits: Floats, pull: Floats, page: Page) -> None:
        """Add what depends on where a couplet is to its next logits [V], in place.

        Args:
            logits: Of the next token.
            pull: Of this couplet, shape [A].
            page: What stands there.
        """
        close = TURN if page.line == 0 else END
        logits += pull[METRE] * self.metre[page.syllables % 2]
        beyond = page.syllables - (USUAL + pull[LENGTH])
        logits[close] += CLOSING * min(max(beyond, -REACH), REACH)
        logits += SWAY * min(max(pull[MOOD] - page.mood, -1.0), 1.0) * self.moods
        if not page.line:
            logits[close] -= ALONE * max(0.0, pull[RHYMING]) * self.alone[page.last]
        elif page.syllables >= page.first - NEAR:
            rhyming = self.rhyming(page.answer)
            logits += pull[RHYMING] * rhyming
            there = rhyming[page.last]
            logits[close] += pull[RHYMING] * (2 * there - 1 if pull[RHYMING] > 0 else there)
