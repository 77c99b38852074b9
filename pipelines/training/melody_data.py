"""Melodies of 2 and 4 bars out of `pipelines.training.melody_corpus`, in tokens.

Every tune is moved so that its keynote is a C (see `pipelines.music.grid`), which says the same
as training on all twelve transpositions. Kept are tunes in 4/4, 3/4 and 6/8; two bars of 2/4 count
as one of 4/4. A melody may begin at any bar. Tunes that share two four-bar phrases are one group,
and a hash of the group says which split it is in (`pipelines.training.splits`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from pipelines.music.grid import (
    BARS,
    FIRST,
    HIGHEST,
    HOLD,
    LOWEST,
    METRES,
    REST,
    token_of,
)
from pipelines.networks.melody import Shape
from pipelines.training import melody_corpus as corpus
from pipelines.training.splits import Split, splits_of

__all__ = ["MINOR", "Melodies", "Song", "counts", "in_c", "load_songs", "melodies"]

MINOR = frozenset(("minor", "dorian", "phrygian", "aeolian", "locrian"))
PHRASE = 4
Bar = tuple[int, ...]


@dataclass(frozen=True)
class Song:
    """A tune in C.

    Attributes:
        title: As the collection has it.
        metre: Name in `METRES`.
        minor: Whether its third is minor.
        bars: Tokens of every bar; None for one that is not full.
        split: Where it belongs.
    """

    title: str
    metre: str
    minor: bool
    bars: tuple[Bar | None, ...]
    split: Split


@dataclass(frozen=True)
class Melodies:
    """Melodies of one shape.

    Attributes:
        tokens: Shape [M, T].
        modes: 0 for major, 1 for minor, shape [M].
    """

    tokens: Int[Tensor, "M T"]
    modes: Int[Tensor, " M"]

    def some(self, index: Int[Tensor, " N"]) -> Melodies:
        """Those with these numbers."""
        return Melodies(self.tokens[index], self.modes[index])


def load_songs(folder: Path) -> list[Song]:
    """The tunes in ``folder``; they are read from the corpus first where it has none.

    Raises:
        ValueError: If they cannot be read.
    """
    if not (folder / corpus.TUNES).is_file():
        corpus.build(folder)
    found = [song for tune in corpus.read(folder) if (song := _song(tune)) is not None]
    if not found:
        raise ValueError(f"data={folder} has no tune in {', '.join(METRES)}")
    phrases = [{str(part) for part in _runs(song.bars, PHRASE)} for song in found]
    splits = splits_of(phrases, [f"{song.title} {song.bars}" for song in found])
    return [
        Song(song.title, song.metre, song.minor, song.bars, split)
        for song, split in zip(found, splits, strict=True)
    ]


def _song(tune: corpus.Tune) -> Song | None:
    metre, bars = tune.metre, tune.bars
    if metre == "2/4":
        metre, bars = "4/4", _paired(bars)
    if metre == "2/2":
        metre = "4/4"
    if metre not in METRES:
        return None
    written = in_c(tune.tonic, bars)
    if written is None:
        return None
    return Song(tune.title, metre, tune.mode in MINOR, written, "train")


def in_c(tonic: int, bars: Sequence[Bar | None]) -> tuple[Bar | None, ...] | None:
    """Bars of the corpus in tokens of the grid, moved to C; None if no note is in them.

    Args:
        tonic: Pitch class of the keynote.
        bars: See `pipelines.training.melody_corpus`.
    """
    pitches = [p for bar in bars if bar for p in bar if p >= 0]
    if not pitches:
        return None
    shift = -_nearest(tonic, pitches)
    return tuple(_written(bar, shift) for bar in bars)


def _paired(bars: Sequence[Bar | None]) -> tuple[Bar | None, ...]:
    """Bars of 2/4 two by two; one that is not full begins the count anew."""
    found: list[Bar | None] = []
    waiting: Bar | None = None
    for bar in bars:
        if bar is None:
            waiting = None
            found.append(None)
        elif waiting is None:
            waiting = bar
        else:
            found.append(waiting + bar)
            waiting = None
    return tuple(found)


def _nearest(tonic: int, pitches: Sequence[int]) -> int:
    """How far to move down to a C: to that which keeps the tune in reach, or else the nearer."""
    return min((tonic, tonic - 12), key=lambda by: (_beyond(by, pitches), abs(by)))


def _beyond(by: int, pitches: Sequence[int]) -> int:
    return sum(not LOWEST <= pitch - by <= HIGHEST for pitch in pitches)


def _written(bar: Bar | None, shift: int) -> Bar | None:
    """A bar in tokens."""
    if bar is None:
        return None
    signs = {corpus.HOLD: HOLD, corpus.REST: REST}
    return tuple(signs[p] if p in signs else token_of(p + shift) for p in bar)


def _runs(bars: Sequence[Bar | None], count: int) -> list[Bar]:
    """Every run of ``count`` full bars, as one row of tokens."""
    found: list[Bar] = []
    for start in range(len(bars) - count + 1):
        part = bars[start : start + count]
        if all(part):
            before = next((t for b in reversed(bars[:start]) if b for t in b[::-1] if t), REST)
            row = [token for bar in part if bar for token in bar]
            row[0] = row[0] or before  # a note that is held into the first bar begins there
            found.append(tuple(row))
    return found


def melodies(songs: Iterable[Song]) -> dict[Shape, Melodies]:
    """All melodies of 2 and 4 bars with at least a note a bar, by their shape, each once."""
    rows: dict[Shape, dict[tuple[Bar, int], None]] = defaultdict(dict)
    for song in songs:
        metre = list(METRES).index(song.metre)
        for bars in BARS:
            for row in _runs(song.bars, bars):
                if sum(token >= FIRST for token in row) >= bars:
                    rows[Shape(metre, bars)][row, int(song.minor)] = None
    return {
        shape: Melodies(
            torch.tensor([row for row, _ in found]), torch.tensor([minor for _, minor in found])
        )
        for shape, found in sorted(rows.items(), key=lambda x: (x[0].metre, x[0].bars))
    }


def counts(found: Mapping[Shape, Melodies]) -> dict[str, int]:
    """How many melodies of each shape there are, for people."""
    names = list(METRES)
    return {f"{names[s.metre]} x {s.bars}": len(rows.tokens) for s, rows in found.items()}
