"""How a couplet is written from z, word by word, in NumPy.

The decoder of `pipelines.networks.couplet` without torch: what z asks of every block is summed
once, and a word is a few small products. Where it starts, at a temperature of 0, the likeliest
word is taken each time; above, argmax(logits / temperature + g) with g standard Gumbel noise that
is tied to the place in the line (the draw of a softmax; Gumbel 1954), so that a line keeps its
noise whatever the other does.

Only words that the model has learnt are written, so that none is misspelt; quotation marks and
brackets, which come in pairs, are not. A line has `LEAST` words or more, does not end on a word
that asks for another (``DANGLING``), says no word of weight twice, and no other one twice within
a few.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.verse.couplet_page import Page
from pipelines.verse.couplet_tilt import Tilt
from pipelines.verse.couplet_words import END, MARKS, MOST, PAD, SPECIAL, TURN, UNKNOWN, Lexicon
from pipelines.verse.english_imagery import COMMON

if TYPE_CHECKING:
    from pipelines.networks.couplet import Decoder

__all__ = ["PLACES", "Writer"]

Floats = NDArray[np.float32]
PLACES = 2 * MOST
"""Places of a couplet, each with Gumbel noise of its own."""
LEAST = 3
WIDEST = 16
"""Words a line has at least, and syllables at most."""
ROOM = 3
"""Where so few tokens or syllables are left, no word is begun that asks for another."""
APART = 3
"""Words of a line before one of them may come again."""
NEVER = np.float32(-1e9)
_WORD = re.compile(r"^([^\w’]*)(.*?)([^\w’]*)$")
PAIRED = frozenset("“”‘’()…")
_DANGLING = (
    "a an the of and or nor but to in on at by for from with my thy his her its our your their "
    "that which who whose as than if no so not is are was were be am is’t th’ o’ i he she we they "
    "thou ye o upon into unto when where while though till how what every each this these those "
)
DANGLING = frozenset(_DANGLING.split())
"""Words that ask for another."""


@dataclass(frozen=True)
class Wished:
    """What N latents ask of every word.

    Attributes:
        blocks: By block of the decoder, shape [N, W].
        pull: By attribute, see `pipelines.verse.couplet_tilt`, shape [N, A].
        always: Of every token wherever it stands, shape [N, V].
    """

    blocks: Sequence[Floats]
    pull: Floats
    always: Floats


class Writer:
    """Writes couplets of a decoder.

    Args:
        decoder: The network.
        lexicon: Its words.
    """

    def __init__(self, decoder: Decoder, lexicon: Lexicon) -> None:
        self.sizes, self.lexicon, self.tilt = decoder.sizes, lexicon, Tilt.of(lexicon)
        state = {
            key: value.detach().float().numpy() for key, value in decoder.state_dict().items()
        }
        self.state = {
            key: np.ascontiguousarray(value.T) if _is_linear(key) else value
            for key, value in state.items()
        }
        self.table = np.ascontiguousarray(state["tokens.weight"].T)

    @cached_property
    def _never(self) -> NDArray[np.bool_]:
        """Tokens that are not written, shape [V]."""
        found = np.array([one.word in PAIRED for one in self.lexicon.words])
        found[[PAD, UNKNOWN]] = True
        return found

    @cached_property
    def _dangling(self) -> NDArray[np.bool_]:
        return np.array([one.word in DANGLING for one in self.lexicon.words])

    @cached_property
    def _weighty(self) -> NDArray[np.bool_]:
        """Words that are said once, shape [V]."""
        return np.array(
            [bool(one.stresses) and one.word not in COMMON for one in self.lexicon.words]
        )

    @cached_property
    def _syllables(self) -> NDArray[np.int64]:
        return np.array([one.syllables for one in self.lexicon.words])

    @cached_property
    def _marks(self) -> NDArray[np.bool_]:
        return np.array([one.word in MARKS for one in self.lexicon.words])

    def write(
        self,
        z: Floats,
        temperature: float = 0.0,
        noise: Floats | None = None,
        min_p: float = 0.0,
        given: Sequence[str] = ("", ""),
    ) -> list[list[int]]:
        """Write couplets.

        Args:
            z: Latents, shape [N, Z].
            temperature: How far to stray from the likeliest word, from 0.
            noise: Standard Gumbel noise, shape [`PLACES`, V]; needed above temperature 0.
            min_p: Of words less likely than this share of the likeliest, none is drawn.
            given: Lines that stand; an empty one is written.

        Returns:
            The tokens of each, with `TURN` and at the end `END`.
        """
        pages, wished = [Page() for _ in z], self._wished(z)
        while at := [n for n, page in enumerate(pages) if not page.done]:
            some = [n for n in at if not given[pages[n].line]]
            for n in at:
                if n not in some:
                    self._read(pages[n], given[pages[n].line], close=True)
            for n, logits in zip(some, self._logits(pages, some, wished), strict=True):
                self._put(pages[n], self._choose(pages[n], logits, temperature, noise, min_p))
        return [page.tokens for page in pages]

    def likely(
        self, z: Floats, lines: Sequence[str], at: tuple[int, int], num: int
    ) -> list[tuple[str, float]]:
        """The likeliest words at a place, and how likely each is; marks beside the word stay.

        Args:
            z: Latent, shape [1, Z].
            lines: The couplet.
            at: Line and word, from 0.
            num: How many words.
        """
        row, place = at
        words = lines[row].split(" ")
        match = _WORD.match(words[place])
        before, after = (match[1], match[3]) if match else ("", "")
        page = Page()
        for line in lines[:row]:
            self._read(page, line, close=True)
        self._read(page, " ".join([*words[:place], before]), close=False)
        logits = self._logits([page], [0], self._wished(z))[0].astype(np.float64)
        logits[self._syllables == 0] = NEVER
        p = np.exp(logits - logits.max())
        p /= p.sum()
        best = np.argsort(-p, kind="stable")[:num]
        shown = [(self.lexicon.words[i].shown, float(p[i])) for i in best if p[i] > 0]
        if not page.words:
            shown = [(one[:1].upper() + one[1:], share) for one, share in shown]
        return [(before + one + after, share) for one, share in shown]

    def _wished(self, z: Floats) -> Wished:
        """What latents ask of every word that is written."""
        seen = z @ self.state["seen.weight"] + self.state["seen.bias"]
        pull = self.tilt.pull(z)
        always = np.where(self._never, NEVER, self.tilt.always(pull) + self.state["bias"])
        return Wished(np.split(seen, 1 + self.sizes.num_blocks, axis=1), pull, always)

    def _logits(self, pages: Sequence[Page], at: Sequence[int], wished: Wished) -> Floats:
        """Logits of the next token of the pages ``at`` these places, rules and sliders in them."""
        if not at:
            return np.zeros((0, len(self.lexicon)), np.float32)
        some = [pages[n] for n in at]
        features = self._features(some, [wish[list(at)] for wish in wished.blocks])
        found: Floats = (features @ self.table + wished.always[list(at)]).astype(np.float32)
        for page, logits, pull in zip(some, found, wished.pull[list(at)], strict=True):
            self._ask(page, logits, pull)
        return found

    def _features(self, pages: Sequence[Page], wishes: Sequence[Floats]) -> Floats:
        """What `Decoder.features` gives for the next token of each, shape [N, E]."""
        state, reach = self.state, self.sizes.reach
        before = [([PAD] * reach + page.tokens)[-reach:] for page in pages]
        heard = state["tokens.weight"][np.array(before)].reshape(len(pages), -1)
        x = heard @ state["heard.weight"] + state["heard.bias"]
        lines = np.array([page.line for page in pages])
        places = np.array([min(page.place, MOST - 1) for page in pages])
        x = x + state["places.weight"][lines * MOST + places]
        longest = state["first.weight"].shape[0]
        count = np.array([min(page.syllables, longest - 1) for page in pages])
        x = x + state["syllables.weight"][lines * longest + count]
        first = state["first.weight"][[min(page.first, longest - 1) for page in pages]]
        answers = state["tokens.weight"][[page.answer for page in pages]]
        x = x + lines[:, None] * (first + answers @ state["answered.weight"])
        x = _silu((x + wishes[0]).astype(np.float32))
        for number, wish in enumerate(wishes[1:]):
            name = f"blocks.{number}."
            inner = self._normal(x, name + "norm") @ state[name + "opened.weight"]
            inner = _silu(inner + state[name + "opened.bias"] + wish)
            x = x + inner @ state[name + "closed.weight"] + state[name + "closed.bias"]
        found: Floats = self._normal(x, "norm") @ state["said.weight"] + state["said.bias"]
        return found

    def _normal(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(1e-5))
        found: Floats = centred / scale * self.state[name + ".weight"] + self.state[name + ".bias"]
        return found

    def _ask(self, page: Page, logits: Floats, pull: Floats) -> None:
        """Lay sliders and rules on the logits of a page, in place."""
        self.tilt.add(logits, pull, page)
        close, other = (TURN, END) if page.line == 0 else (END, TURN)
        logits[other] = NEVER
        if not page.words or self._marks[page.tokens[-1]] or self._dangling[page.last]:
            logits[self._marks] = NEVER
        if page.words < LEAST or self._dangling[page.last]:
            logits[close] = NEVER
        if page.place >= MOST - ROOM or page.syllables >= WIDEST - ROOM:
            logits[self._dangling] = NEVER
        said = [token for token in page.tokens if self._weighty[token]]
        logits[said] = NEVER
        logits[page.recent] = NEVER
        logits[self._syllables > WIDEST - page.syllables] = NEVER
        if page.place >= MOST - 1 or logits.max() <= NEVER / 2:
            logits[:] = NEVER
            logits[close] = 0

    def _choose(
        self, page: Page, logits: Floats, temperature: float, noise: Floats | None, min_p: float
    ) -> int:
        if temperature > 0 and noise is not None:
            logits = logits / np.float32(temperature)
            if min_p > 0:
                logits = np.where(logits < logits.max() + np.log(min_p), NEVER, logits)
            logits = logits + noise[page.line * MOST + min(page.place, MOST - 1)]
        return int(logits.argmax())

    def _read(self, page: Page, line: str, *, close: bool) -> None:
        """Put down a line that is given, and what closes it."""
        for token, syllables in self.lexicon.line(line):
            self._put(page, token, syllables)
        if close:
            self._put(page, TURN if page.line == 0 else END)

    def _put(self, page: Page, token: int, syllables: int | None = None) -> None:
        """Put down a token; the lexicon knows its syllables where they are not given."""
        page.tokens.append(token)
        page.place += 1
        if token == TURN:
            page.first, page.answer = page.syllables, page.last
            page.line, page.place, page.syllables, page.words, page.last = 1, 0, 0, 0, PAD
            page.recent, page.mood = [], 0.0
        elif token == UNKNOWN or token >= len(SPECIAL) + len(MARKS):
            page.syllables += int(self._syllables[token]) if syllables is None else syllables
            page.words, page.last = page.words + 1, token
            page.recent = [*page.recent[1 - APART :], token]
            page.mood += float(self.tilt.moods[token])


def _is_linear(key: str) -> bool:
    linear = ("heard", "answered", "seen", "opened", "closed", "said")
    return key.endswith(".weight") and key.split(".")[-2] in linear


def _silu(x: Floats) -> Floats:
    found: Floats = x * (0.5 + 0.5 * np.tanh(0.5 * x))
    return found
