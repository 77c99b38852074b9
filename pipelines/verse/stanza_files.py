"""Reads the folder of a model of English verse; see `pipelines.networks.stanza_files`.

That of a network of single letters (`pipelines.networks.char_rnn`) has the same tables.

``verse.json`` says beside it which spellings rhyme (``rhymes``: two tails each), which letters
begin a line (``begins``), which words end one (``ends``) and which it may write (``words``), all
counted in the stanzas that it was trained on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import Direction
from pipelines.networks.decoding import PoemDecoder
from pipelines.networks.network_files import weights_of
from pipelines.networks.stanza_files import read_tokenizer, save_stanza_poet
from pipelines.networks.verse_files import TOKENIZER, WEIGHTS, load_poet
from pipelines.networks.writer import TokenWriter
from pipelines.request import Weights
from pipelines.verse import control_vectors
from pipelines.verse.endings import Rhymes, last_word, tail
from pipelines.verse.spelling import Spelling
from pipelines.verse.stanza_forms import (
    LENGTH,
    LINES,
    LONGEST,
    MOST,
    SOFT,
    SPECIAL,
    WIDEST,
    letters_of,
    opening,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SPACE", "TABLES", "Decoder", "Kind", "Parts", "read", "told"]

TABLES = "verse.json"
SPACE = "▁"
"""With what a piece begins that begins a word."""
Mask = NDArray[np.bool_]
_GOES_ON = re.compile(r"[\w’-]")


class Decoder(Protocol):
    """A network that is ready to write."""

    def begin(self, added: NDArray[np.float32] | None = None) -> Any:  # noqa: ANN401 - its own
        """A memory of nothing, with a ``length`` that can be made less to go back."""

    def extend(self, memory: Any, tokens: Sequence[int]) -> NDArray[np.float32]:  # noqa: ANN401
        """Logits of the token after the last of ``tokens``, which follow those read, shape [V]."""


@dataclass(frozen=True)
class Kind:
    """A kind of network that writes English verse.

    Attributes:
        file: Its weights in a model's folder.
        load: Reads the network there.
        ready: Makes it ready to write.
        save: Writes network and pieces of words.
        vectors: Reads its control vectors.
        single: Whether every piece is a single sign.
    """

    file: str
    load: Callable[[Path], Any]
    ready: Callable[[Any], Decoder]
    save: Callable[[Any, Tokenizer, Path, dict[str, Any]], None]
    vectors: Callable[[Path, Any], tuple[Direction, ...]] = lambda folder, poet: ()
    single: bool = False


TRANSFORMER = Kind(
    WEIGHTS,
    load_poet,
    PoemDecoder.of,
    save_stanza_poet,
    lambda folder, poet: control_vectors.read(folder, poet.sizes),
)


@dataclass(frozen=True)
class Parts:
    """What a model's folder holds.

    Attributes:
        weights: Digest of the weights, the pieces and the tables.
        poet: The network.
        decoder: The same, ready to write.
        tokenizer: Words to pieces.
        rhymes: What rhymes.
        begins: Letters that begin a line, small and large.
        ends: Words that end a line.
        kind: Of the network.
        words: Words that may be written, in small letters; none for any.
        vectors: Its control vectors.
    """

    weights: Weights
    poet: TokenWriter
    decoder: Decoder
    tokenizer: Tokenizer
    rhymes: Rhymes
    begins: frozenset[str]
    ends: tuple[str, ...]
    kind: Kind
    words: frozenset[str] = frozenset()
    vectors: tuple[Direction, ...] = ()

    @property
    def single(self) -> bool:
        """Whether every piece is a single sign."""
        return self.kind.single

    @property
    def longest(self) -> int:
        """Tokens of the longest line that is drawn."""
        return WIDEST if self.single else LONGEST

    @property
    def soft(self) -> int:
        """Tokens of a line after which no new word begins."""
        return WIDEST if self.single else SOFT

    @property
    def noise(self) -> int:
        """Numbers of noise a place: fewer where few tokens are rivals."""
        return 16 if self.single else 32

    @property
    def places(self) -> int:
        """Tokens of the longest stanza that is drawn."""
        return MOST * self.longest

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All tokens in the order of their numbers."""
        numbers: dict[str, int] = self.tokenizer.get_vocab()
        return tuple(sorted(numbers, key=lambda token: numbers[token]))

    def number(self, token: str) -> int:
        """The number of a token that is there."""
        found: int = self.tokenizer.token_to_id(token) or 0
        return found

    @cached_property
    def spelling(self) -> Spelling:
        """Which tokens spell words."""
        return Spelling(self.words, self.tokens, SPACE)

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """The numbers of `LINES`."""
        return tuple(self.number(name) for name in LINES)

    @cached_property
    def heads(self) -> Mask:
        """Which tokens begin a word, shape [V]."""
        return np.array([token.startswith(SPACE) for token in self.tokens])

    @cached_property
    def insides(self) -> Mask:
        """Which tokens go on within a word, or are a mark at its end, shape [V]."""
        return ~self.heads & (np.arange(len(self.tokens)) >= len(SPECIAL))

    @cached_property
    def going_on(self) -> Mask:
        """Which of `insides` make a word longer, shape [V]."""
        found: Mask = self.insides & np.array([bool(_GOES_ON.match(t)) for t in self.tokens])
        return found

    @cached_property
    def lettered(self) -> Mask:
        """Which tokens have a letter, shape [V]."""
        return np.array(
            [i >= len(SPECIAL) and letters_of(one) != "" for i, one in enumerate(self.tokens)]
        )

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """How many characters each token has, the space before it too, shape [V]."""
        return np.array([len(token) for token in self.tokens])

    def heads_with(self, letter: str) -> Mask:
        """Which tokens begin with a letter, large or small, after the space if any, shape [V]."""
        wanted = letter.casefold()
        begins = [one.removeprefix(SPACE)[:1].casefold() == wanted for one in self.tokens]
        found: Mask = self.lettered & np.array(begins)
        return found

    @cached_property
    def _ends(self) -> dict[str, list[tuple[str, list[int]]]]:
        """By tail: words that end a line, plain and as tokens."""
        found: dict[str, list[tuple[str, list[int]]]] = {}
        for word in self.ends:
            plain = last_word(word)
            found.setdefault(tail(plain), []).append((plain, self.pieces(word)))
        return found

    def rhyming(self, word: str) -> list[tuple[str, list[int]]]:
        """Words that end a line and rhyme with one, plain and as tokens."""
        return [
            one
            for other, words in self._ends.items()
            if other == tail(word) or self.rhymes.pair(other, tail(word))
            for one in words
            if one[0] != word
        ]

    def pieces(self, line: str) -> list[int]:
        """A line as tokens."""
        return list(self.tokenizer.encode(line).ids)

    def text(self, tokens: Sequence[int]) -> str:
        """Tokens as they are read."""
        return "".join(self.tokens[one] for one in tokens).replace(SPACE, " ").strip()

    def told(self, lines: Sequence[str]) -> tuple[str, str]:
        """How a stanza is told to the network; see `told`."""
        return told(lines, self.rhymes)

    def prefix(self, lines: Sequence[str], count: int) -> list[int]:
        """What the network has read when the next line of a stanza of ``count`` begins.

        The mark of the next line is not in it.
        """
        back = self.rhymes.back([last_word(line) for line in lines])
        found = [self.number(opening(count))]
        for distance, line in zip(back, lines, strict=True):
            found += [self.marks[distance], *self.pieces(line)]
        return found


def told(lines: Sequence[str], rhymes: Rhymes) -> tuple[str, str]:
    """How a stanza is told to the network: how many lines, and the lines with their marks."""
    back = rhymes.back([last_word(line) for line in lines])
    rest = "".join(LINES[distance] + line for distance, line in zip(back, lines, strict=True))
    return opening(len(lines)), rest


def read(folder: Path, kind: Kind = TRANSFORMER) -> Parts:
    """Read a model's folder.

    Args:
        folder: Where it is.
        kind: Of its network.

    Raises:
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError: If a file is
            missing, damaged, or does not fit the configuration; see `pipelines.bounds.bounded`.
    """
    poet, tokenizer = kind.load(folder), read_tokenizer(folder)
    if tokenizer.get_vocab_size() != poet.sizes.num_tokens:
        raise ValueError("the pieces of words are not as many as the network's")
    if any(tokenizer.token_to_id(name) != i for i, name in enumerate(SPECIAL)):
        raise ValueError("the network does not write stanzas")
    if getattr(poet.sizes, "length", LENGTH) < LENGTH:
        raise ValueError("the network reads too little for these forms")
    tables = json.loads((folder / TABLES).read_text(encoding="utf-8"))
    rhymes = Rhymes.of([str(pair).split() for pair in tables["rhymes"]])
    begins = frozenset(str(tables["begins"]).lower() + str(tables["begins"]).upper())
    ends = tuple(str(tables["ends"]).split())
    words = frozenset(str(tables.get("words", "")).split())
    vectors = kind.vectors(folder, poet)
    weights = weights_of([folder / name for name in (kind.file, TOKENIZER, TABLES)])
    return Parts(
        weights=weights,
        poet=poet,
        decoder=kind.ready(poet),
        tokenizer=tokenizer,
        rhymes=rhymes,
        begins=begins,
        ends=ends,
        kind=kind,
        words=words,
        vectors=vectors,
    )
